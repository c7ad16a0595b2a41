//! The engine's state, part by part, and whether what was read can be one.

use super::{Reader, SnapshotError, Stored, Writer};
use crate::agent::{Agent, Hand, Held};
use crate::api::Setup;
use crate::contact::{Contact, Ringing};
use crate::draw::Draw;
use crate::engine::Engine;
use crate::heap::NONE;
use crate::queue::Queue;
use domain::{ContactId, Instant, OfferId};

/// An offer at an agent: its id, which of the contacts, and its deadline.
type Offer = (OfferId, (u32, Instant));

impl Engine {
    pub(super) fn write_state(&self, out: &mut Writer) {
        let rules = &self.rules;
        self.now.write(out);
        rules.sticky.write(out);
        rules.contact_rule.write(out);
        rules.interrupts.iter().for_each(|over| out.byte(*over));
        for flag in [rules.at_once, rules.quiet, rules.explains] {
            flag.write(out);
        }
        self.draw.0.write(out);
        self.offers.next.write(out);
        (self.queues.len() as u64).write(out);
        self.queues.iter().for_each(|queue| write_queue(queue, out));
        let numbers = self.write_contacts(out);
        (self.agents.len() as u64).write(out);
        self.agents.iter().for_each(|agent| write_agent(agent, &numbers, out));
    }

    /// Contacts by queue, each line in its order. Returns the number of each slot's contact.
    fn write_contacts(&self, out: &mut Writer) -> Vec<u32> {
        let mut numbers = vec![NONE; self.contacts.slots() as usize];
        let mut next = 0;
        for queue in &self.queues {
            queue.line.len().write(out);
            for slot in queue.line.slots(&self.contacts) {
                write_contact(&self.contacts[slot], out);
                numbers[slot as usize] = next;
                next += 1;
            }
        }
        numbers
    }

    pub(super) fn read_state(from: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        let mut engine = Self::new(Setup::default(), 0);
        engine.now = Stored::read(from)?;
        engine.rules.sticky = Stored::read(from)?;
        engine.rules.contact_rule = Stored::read(from)?;
        for over in &mut engine.rules.interrupts {
            *over = from.byte()?;
        }
        engine.rules.at_once = Stored::read(from)?;
        engine.rules.quiet = Stored::read(from)?;
        engine.rules.explains = Stored::read(from)?;
        engine.draw = Draw::new(Stored::read(from)?);
        engine.offers.next = Stored::read(from)?;
        let queues = from.len()?;
        engine.queues = (0..queues).map(|_| read_queue(from)).collect::<Result<_, _>>()?;
        ensure(engine.queues.is_sorted_by(|one, other| one.setup.id < other.setup.id))?;
        engine.read_contacts(from)?;
        engine.read_agents(from)?;
        engine.index();
        Ok(engine)
    }

    fn read_contacts(&mut self, from: &mut Reader<'_>) -> Result<(), SnapshotError> {
        for queue in 0..self.queues.len() as u32 {
            for _ in 0..from.len()? {
                let contact = read_contact(from, queue, self.queues.len() as u32)?;
                ensure(self.contacts.find(contact.id).is_none() && contact.entered <= self.now)?;
                let (slot, _) = self.contacts.insert(contact);
                self.queues[queue as usize].line.add(&mut self.contacts, slot);
            }
        }
        Ok(())
    }

    fn read_agents(&mut self, from: &mut Reader<'_>) -> Result<(), SnapshotError> {
        let agents = from.len()?;
        let mut ringing: Vec<(OfferId, u32, u32)> = Vec::new();
        for number in 0..agents as u32 {
            let (mut agent, offer) = read_agent(from, self.queues.len() as u32)?;
            if let Some((offer, (slot, deadline))) = offer {
                let contact = self.contacts.at(slot).ok_or(SnapshotError::Damaged)?;
                agent.offer = Some(Held { offer, contact: slot, queue: contact.queue, deadline });
                ringing.push((offer, slot, number));
            }
            self.agents.push(agent);
        }
        ensure(self.agents.is_sorted_by(|one, other| one.setup.id < other.setup.id))?;
        ringing.sort_unstable();
        for (offer, slot, agent) in ringing {
            ensure(self.offers.standing.insert(offer, agent).is_none())?;
            self.contacts[slot].ringing.push(agent);
        }
        Ok(())
    }
}

fn ensure(holds: bool) -> Result<(), SnapshotError> {
    if holds { Ok(()) } else { Err(SnapshotError::Damaged) }
}

fn write_queue(queue: &Queue, out: &mut Writer) {
    queue.setup.write(out);
    queue.known.write(out);
    queue.open.write(out);
    queue.admits.write(out);
    queue.counts.write(out);
}

fn read_queue(from: &mut Reader<'_>) -> Result<Queue, SnapshotError> {
    let mut queue = Queue::new(Stored::read(from)?);
    queue.known = Stored::read(from)?;
    queue.open = Stored::read(from)?;
    queue.admits = Stored::read(from)?;
    queue.counts = Stored::read(from)?;
    Ok(queue)
}

fn write_contact(contact: &Contact, out: &mut Writer) {
    contact.id.write(out);
    contact.ask.write(out);
    contact.entered.write(out);
    contact.joined.write(out);
    contact.moved.write(out);
    contact.tried.write(out);
}

fn read_contact(from: &mut Reader<'_>, queue: u32, queues: u32) -> Result<Contact, SnapshotError> {
    let contact = Contact {
        id: ContactId::read(from)?,
        ask: Stored::read(from)?,
        entered: Stored::read(from)?,
        joined: Stored::read(from)?,
        queue,
        class: NONE,
        preferred: NONE,
        ring: 0,
        moved: Stored::read(from)?,
        ringing: Ringing::default(),
        tried: Stored::read(from)?,
    };
    ensure(contact.tried.iter().all(|tried| *tried < queues))?;
    Ok(contact)
}

fn write_agent(agent: &Agent, numbers: &[u32], out: &mut Writer) {
    agent.setup.write(out);
    agent.known.write(out);
    agent.presence.write(out);
    agent.hands.write(out);
    let offer = agent.offer.map(|held| (held.offer, (numbers[held.contact as usize], held.deadline)));
    offer.write(out);
    agent.clock.write(out);
    agent.told.write(out);
    agent.tally.write(out);
}

fn read_agent(from: &mut Reader<'_>, queues: u32) -> Result<(Agent, Option<Offer>), SnapshotError> {
    let mut agent = Agent::new(Stored::read(from)?);
    agent.known = Stored::read(from)?;
    agent.presence = Stored::read(from)?;
    agent.hands = Vec::<Hand>::read(from)?;
    ensure(agent.hands.iter().filter_map(|hand| hand.queue).all(|queue| queue < queues))?;
    let offer = Option::<Offer>::read(from)?;
    agent.clock = Stored::read(from)?;
    agent.told = Stored::read(from)?;
    agent.tally = Stored::read(from)?;
    Ok((agent, offer))
}
