//! What agents do in a run: they come and go, are rung, talk, and do after-contact work.

use super::contacts::{Phase, Way, slot_of};
use super::distribution::micros;
use super::events::What;
use super::floor::Served;
use super::replication::Replication;
use super::tally::Exit;
use acd::api::{Command, Fact};
use domain::{ContactId, Instant, OfferId, OfferResult};

impl Replication<'_> {
    /// An agent has the contact in hand.
    pub(super) fn on_seized(&mut self, agent: u32, slot: u32) {
        self.waiting -= 1;
        self.floor.occupy(self.now, agent);
        let desk = &mut self.floor.desks[agent as usize];
        desk.contact = Some(slot);
        let group = desk.group;
        let contact = self.contacts.of_mut(slot);
        contact.phase = Phase::Served;
        contact.apart.agent = None;
        if contact.way != Way::Live {
            return self.on_apart_seized(agent, slot, group);
        }
        contact.waited = self.now - contact.entered;
        let (wait, is_virtual, reachable, queue) =
            (contact.waited, contact.is_virtual, contact.reachable, contact.queue);
        if !is_virtual {
            self.lose_twin(slot, true);
            self.note_answer(queue);
            self.leave(slot, Exit::Answered(group), wait);
            self.plan_talk(agent, slot, group);
            return;
        }
        let callback = self.centre.scenario().callback;
        let dialled = callback.map_or(0.0, |rule| if reachable { rule.dial_s } else { rule.no_answer_s });
        self.events.plan(self.now.saturating_add(micros(dialled)), What::DialEnds(agent));
    }

    pub(super) fn plan_talk(&mut self, agent: u32, slot: u32, group: u16) {
        self.floor.desks[agent as usize].talks_since = self.now;
        let length = self.service(slot, group);
        self.events.plan(self.now.saturating_add(length), What::TalkEnds(agent));
    }

    fn service(&self, slot: u32, group: u16) -> u64 {
        let contact = self.contacts.of(slot);
        let kind = &self.centre.kinds[usize::from(contact.kind)];
        if let Some(mailbox) = kind.mailbox.filter(|_| contact.way == Way::Message) {
            return mailbox.handle.at(contact.service);
        }
        if let Some(logged) = contact.logged {
            return kind.logged(logged, contact.service).0;
        }
        let served_as = &self.centre.kinds[usize::from(contact.queue)];
        served_as.service[usize::from(group)].map_or(0, |sampler| sampler.at(contact.service))
    }

    pub(super) fn wrap_up(&self, slot: u32) -> Option<u64> {
        let contact = self.contacts.of(slot);
        let kind = &self.centre.kinds[usize::from(contact.kind)];
        let sampler = self.centre.kinds[usize::from(contact.queue)].wrap_up?;
        let drawn = || sampler.at(contact.wrap_up);
        Some(contact.logged.map_or_else(drawn, |logged| kind.logged(logged, contact.service).1))
    }

    pub(super) fn on_talk_end(&mut self, agent: u32) {
        let desk = &mut self.floor.desks[agent as usize];
        let (Some(slot), since) = (desk.contact.take(), desk.talks_since) else { return };
        let (served, wrap_up) = (self.served(slot), self.wrap_up(slot));
        self.note_handling(served, since);
        self.release(agent, slot, served, wrap_up);
        self.go(slot);
    }

    pub(super) fn on_dial_end(&mut self, agent: u32) {
        let desk = &mut self.floor.desks[agent as usize];
        let (Some(slot), group) = (desk.contact, desk.group) else { return };
        if self.contacts.of(slot).way == Way::Callback {
            return self.on_called_back(agent, slot, group);
        }
        let (wait, reachable) = (self.contacts.of(slot).waited, self.contacts.of(slot).reachable);
        if reachable {
            self.leave(slot, Exit::Answered(group), wait);
            self.plan_talk(agent, slot, group);
        } else {
            self.floor.desks[agent as usize].contact = None;
            self.leave(slot, Exit::Unreached, wait);
            let (served, wrap_up) = (self.served(slot), self.wrap_up(slot).map(|_| 0));
            self.release(agent, slot, served, wrap_up);
            self.go(slot);
        }
    }

    /// The agent is done with the talk. `wrap_up`: what is still to be done; `None` where the type never has any.
    pub(super) fn release(&mut self, agent: u32, slot: u32, served: Served, wrap_up: Option<u64>) {
        match wrap_up {
            None => {
                self.floor.free(self.now, agent);
                self.note_end(served);
            }
            Some(length) => {
                self.floor.desks[agent as usize].wraps_up = Some((served, self.now));
                self.events.plan(self.now.saturating_add(length), What::WrapUpEnds(agent));
            }
        }
        let contact = self.contacts.id(slot);
        self.tell(Fact::Finished { contact, agent: self.centre.seats[agent as usize].id });
    }

    pub(super) fn on_wrap_up_end(&mut self, agent: u32) {
        if let Some((served, since)) = self.floor.desks[agent as usize].wraps_up.take() {
            self.note_handling(served, since);
            self.note_end(served);
        }
        self.floor.free(self.now, agent);
        self.wish(Command::FinishWrapUp(self.centre.seats[agent as usize].id));
    }

    pub(super) fn on_shift_start(&mut self, agent: u32) {
        let id = self.centre.seats[agent as usize].id;
        self.floor.sign_in(self.now, agent);
        let reason = "simulation".parse().unwrap_or_else(|_| unreachable!("a word is a reason code"));
        self.wish(Command::SignIn(id, reason));
        self.wish(Command::Ready(id));
    }

    pub(super) fn on_shift_end(&mut self, agent: u32) {
        self.floor.sign_out(self.now, agent);
        self.wish(Command::SignOut(self.centre.seats[agent as usize].id));
    }

    // Offers that ring.

    pub(super) fn on_ringing(&mut self, agent: u32, slot: u32, (offer, deadline): (OfferId, Instant)) {
        self.floor.occupy(self.now, agent);
        let contact = self.contacts.of_mut(slot);
        contact.phase = Phase::Offered;
        contact.apart.agent = Some(agent);
        if self.dials_first(slot) {
            self.floor.desks[agent as usize].offer = Some((offer, u64::MAX));
            return self.dial_first(slot, offer, deadline);
        }
        self.ring(agent, offer);
    }

    /// The agent's telephone rings.
    pub(super) fn ring(&mut self, agent: u32, offer: OfferId) {
        let desk = &mut self.floor.desks[agent as usize];
        let group = &self.centre.scenario().groups[usize::from(desk.group)];
        let draw = self.draws.offers.uniform();
        let at = self.now.saturating_add(micros(group.answer_s));
        desk.offer = Some((offer, at));
        if draw < group.decline {
            self.events.plan(at, What::Decline(agent));
        } else if draw >= group.decline + group.rona {
            self.events.plan(at, What::Answer(agent));
        }
    }

    pub(super) fn end_offer(&mut self, agent: u32, result: OfferResult) {
        if let Some((offer, at)) = self.floor.desks[agent as usize].offer
            && at == self.now
        {
            self.tell(Fact::OfferEnded { offer, result });
        }
    }

    pub(super) fn on_offer_over(&mut self, agent: u32, contact: ContactId, result: OfferResult) {
        self.floor.desks[agent as usize].offer = None;
        let slot = slot_of(contact);
        if result == OfferResult::Answered {
            self.on_seized(agent, slot);
            return;
        }
        self.floor.free(self.now, agent);
        let contact = self.contacts.of_mut(slot);
        contact.apart.agent = None;
        if contact.phase == Phase::Offered {
            contact.phase = Phase::Waiting;
        }
    }
}
