//! What must be true of a switchboard at every moment, read from what it wants and tells.

use crate::plan::{COOL_S, STICKY_S};
use config::Config;
use core::time::Duration;
use domain::{
    AgentId, AgentState, AgentView, ContactEvent, ContactEventKind as Kind, ContactId, DeskBody, FloorView, Instant,
    OfferId, OfferResult, Outcome, Proficiency, QueueId, Requirement, SkillId, WaitingView,
};
use std::collections::{BTreeMap, BTreeSet};
use switchboard::Switchboard;

/// A contact as its events tell it.
#[derive(Default)]
struct Story {
    last: u32,
    closed: bool,
    /// With whom the customer talks.
    talking: Option<AgentId>,
    /// Only for the preferred agent until then.
    sticky_until: Instant,
    answered: bool,
}

/// What the events say that an agent has in hand.
#[derive(Clone, Copy, Debug, Default)]
struct Hand {
    ringing: Option<(OfferId, ContactId)>,
    dialling: Option<ContactId>,
    talking: Option<ContactId>,
    wrapping: Option<ContactId>,
    cool_until: Instant,
}

impl Hand {
    fn is_free(&self) -> bool {
        self.ringing.is_none() && self.dialling.is_none() && self.talking.is_none() && self.wrapping.is_none()
    }
}

pub(crate) struct Watch {
    needs: BTreeMap<QueueId, Requirement>,
    skills: BTreeMap<AgentId, Vec<(SkillId, Proficiency)>>,
    stories: BTreeMap<ContactId, Story>,
    hands: BTreeMap<AgentId, Hand>,
    /// What happened, and how often.
    pub tally: BTreeMap<String, usize>,
    /// Which contacts each agent's desk was shown.
    shown: BTreeSet<(AgentId, ContactId)>,
    /// The tickets of wishes that were not answered yet.
    pub open_wishes: BTreeSet<u64>,
    pub faults: Vec<String>,
}

impl Watch {
    pub fn new(config: &Config) -> Self {
        Self {
            needs: config.queues().iter().map(|q| (q.setup.id, q.setup.requirement.clone())).collect(),
            skills: config.agents().iter().map(|agent| (agent.id, agent.skills.clone())).collect(),
            stories: BTreeMap::new(),
            hands: config.agents().iter().map(|agent| (agent.id, Hand::default())).collect(),
            tally: BTreeMap::new(),
            shown: BTreeSet::new(),
            open_wishes: BTreeSet::new(),
            faults: Vec::new(),
        }
    }

    fn fault(&mut self, what: String) {
        self.faults.push(what);
    }

    fn count(&mut self, kind: &Kind) {
        let word = match kind {
            Kind::OfferEnded { result, .. } => format!("offer_ended {result:?}"),
            Kind::Closed { outcome, by } => format!("closed {outcome:?} by {by:?}"),
            Kind::DispositionSet { by, .. } => format!("disposition_set {by:?}"),
            Kind::Transferred { to, .. } => format!("transferred {}", to.split(':').next().unwrap_or_default()),
            other => other.as_str().to_owned(),
        };
        *self.tally.entry(word).or_default() += 1;
    }

    /// An agent's desk is told something.
    pub fn desk(&mut self, agent: AgentId, body: &DeskBody) {
        let contact = match body {
            DeskBody::Offered(offer) => offer.pop.contact,
            DeskBody::Interaction(view) => view.contact,
            DeskBody::Phone { reachable } => {
                let word = if *reachable { "phone registered" } else { "phone gone" };
                *self.tally.entry(word.to_owned()).or_default() += 1;
                return;
            }
            _ => return,
        };
        self.shown.insert((agent, contact));
    }

    /// An agent's phone gets a message: it must not ring for what the desk was not shown.
    pub fn phone(&mut self, agent: AgentId, bytes: &[u8]) {
        let Some(text) = bytes.starts_with(b"INVITE").then(|| String::from_utf8_lossy(bytes)) else { return };
        let contact = text.lines().find_map(|line| line.strip_prefix("X-Switchroom-Contact: "));
        let Some(contact) = contact.and_then(|contact| contact.parse().ok()) else { return };
        if !self.shown.contains(&(agent, contact)) {
            self.fault(format!("{agent} was rung for {contact} before the desk was told"));
        }
    }

    pub fn replied(&mut self, ticket: u64) {
        if !self.open_wishes.remove(&ticket) {
            self.fault(format!("wish {ticket} was answered twice or never made"));
        }
    }

    /// Takes in an event of a contact.
    pub fn event(&mut self, event: &ContactEvent) {
        self.order(event);
        self.count(&event.kind);
        let contact = event.contact;
        match &event.kind {
            Kind::Started { dialled_by: Some(agent), .. } => {
                self.take(*agent, &event.kind);
                self.hand(*agent).dialling = Some(contact);
            }
            Kind::Offered { offer, agent, .. } => {
                self.take(*agent, &event.kind);
                self.hand(*agent).ringing = Some((*offer, contact));
            }
            Kind::OfferEnded { offer, agent, result } => self.offer_ended(event, *offer, *agent, *result),
            Kind::Connected { agent, .. } => self.connected(contact, *agent),
            Kind::InteractionEnded { agent, .. } => self.talk_ended(contact, *agent),
            Kind::WrapUpEnded { agent, .. } => {
                let ended = self.hand(*agent).wrapping.take();
                if ended != Some(contact) {
                    self.fault(format!("{agent} ended a wrap-up of {contact} that was not in hand"));
                }
            }
            Kind::Transferred { to, .. } if to.starts_with("agent:") => {
                self.story(contact).sticky_until = event.at + Duration::from_secs(STICKY_S);
            }
            Kind::Closed { outcome, .. } => self.closed(contact, *outcome),
            _ => {}
        }
    }

    fn order(&mut self, event: &ContactEvent) {
        let story = self.stories.entry(event.contact).or_default();
        let (last, closed) = (story.last, story.closed);
        story.last = event.seq;
        let (contact, word) = (event.contact, event.kind.as_str());
        if event.seq != last + 1 {
            self.fault(format!("{contact}: event {word} has number {} after {last}", event.seq));
        }
        if (last == 0) != matches!(event.kind, Kind::Started { .. }) {
            self.fault(format!("{contact}: event {} is {word}", event.seq));
        }
        if closed && !matches!(event.kind, Kind::RecordingFinished { .. }) {
            self.fault(format!("{contact}: {word} after the end"));
        }
    }

    fn hand(&mut self, agent: AgentId) -> &mut Hand {
        self.hands.entry(agent).or_default()
    }

    fn story(&mut self, contact: ContactId) -> &mut Story {
        self.stories.entry(contact).or_default()
    }

    /// An agent who gets something must have nothing.
    fn take(&mut self, agent: AgentId, kind: &Kind) {
        let hand = *self.hand(agent);
        if !hand.is_free() {
            self.fault(format!("{agent} gets {} and has {hand:?}", kind.as_str()));
        }
    }

    fn offer_ended(&mut self, event: &ContactEvent, offer: OfferId, agent: AgentId, result: OfferResult) {
        let hand = self.hand(agent);
        let ringing = hand.ringing.take();
        if matches!(
            result,
            OfferResult::Declined | OfferResult::Busy | OfferResult::Unreachable | OfferResult::NoAnswer
        ) {
            hand.cool_until = event.at + Duration::from_secs(COOL_S);
        }
        if ringing != Some((offer, event.contact)) {
            self.fault(format!("{agent}: offer {offer} ended, but {ringing:?} rang"));
        }
    }

    fn connected(&mut self, contact: ContactId, agent: AgentId) {
        let hand = self.hand(agent);
        hand.dialling = None;
        let other = hand.talking.replace(contact);
        if other.is_some() {
            self.fault(format!("{agent} is in two calls: {contact} and {other:?}"));
        }
        let story = self.story(contact);
        story.answered = true;
        let other = story.talking.replace(agent);
        if other.is_some() {
            self.fault(format!("{contact} talks with two agents: {agent} and {other:?}"));
        }
    }

    fn talk_ended(&mut self, contact: ContactId, agent: AgentId) {
        let hand = self.hand(agent);
        let had = hand.talking.take().or(hand.dialling.take());
        let wrapping = hand.wrapping.replace(contact);
        if had != Some(contact) || wrapping.is_some() {
            self.fault(format!("{agent} ended the talk of {contact}, had {had:?} and wrapped up {wrapping:?}"));
        }
        self.story(contact).talking = None;
    }

    fn closed(&mut self, contact: ContactId, outcome: Outcome) {
        let story = self.story(contact);
        story.closed = true;
        let answered = story.answered;
        if answered != (outcome == Outcome::Answered) {
            self.fault(format!("{contact} ended as {} though answered is {answered}", outcome.as_str()));
        }
        let has = |hand: &Hand| {
            [hand.ringing.map(|(_, of)| of), hand.dialling, hand.talking, hand.wrapping].contains(&Some(contact))
        };
        if let Some((agent, hand)) = self.hands.iter().find(|(_, hand)| has(hand)) {
            let what = format!("{contact} is closed while {agent} has {hand:?}");
            self.fault(what);
        }
    }

    /// What must be true between two steps.
    pub fn check(&mut self, now: Instant, board: &Switchboard) {
        for (agent, hand) in &self.hands {
            let state = board.agent_state(*agent).unwrap_or(AgentState::LoggedOut);
            let fits = match state {
                AgentState::LoggedOut | AgentState::NotReady(_) | AgentState::Ready => hand.is_free(),
                AgentState::Reserved(offer) => hand.ringing.is_some_and(|(rings, _)| rings == offer),
                AgentState::Busy => hand.talking.is_some() || hand.dialling.is_some(),
                AgentState::AfterContactWork => hand.wrapping.is_some(),
            };
            if !fits {
                self.faults.push(format!("{agent} is {} with {hand:?}", state.as_str()));
            }
        }
        let floor = board.floor(now);
        for waiting in floor.waiting.iter().filter(|waiting| !waiting.offered) {
            if let Some(agent) = floor.agents.iter().find(|agent| self.could_take(now, agent, waiting)) {
                let (contact, queue) = (waiting.contact, waiting.queue);
                self.faults.push(format!("{contact} waits in {queue} though {} is ready", agent.id));
            }
        }
    }

    fn could_take(&self, now: Instant, agent: &AgentView, waiting: &WaitingView) -> bool {
        let sticky = self.stories.get(&waiting.contact).is_some_and(|story| story.sticky_until >= now);
        let cooling = self.hands.get(&agent.id).is_some_and(|hand| hand.cool_until >= now);
        let is_free = agent.state == AgentState::Ready && agent.reachable && !cooling && !sticky;
        if !is_free || !agent.queues.contains(&waiting.queue) {
            return false;
        }
        let Some(need) = self.needs.get(&waiting.queue) else { return false };
        let (need, skills) = (need.need_at(now.since(waiting.since)), self.skills.get(&agent.id));
        need.iter().all(|(skill, least)| {
            skills.is_some_and(|skills| skills.iter().any(|(has, level)| has == skill && level >= least))
        })
    }

    /// What must be true when everybody has gone home.
    pub fn check_end(&mut self, board: &Switchboard, floor: &FloorView) {
        let open: Vec<_> = self.stories.iter().filter(|(_, story)| !story.closed).map(|(id, _)| *id).collect();
        if !open.is_empty() {
            self.fault(format!("{} contacts were never closed, such as {}", open.len(), open[0]));
        }
        if !self.open_wishes.is_empty() {
            self.fault(format!("{} wishes were never answered", self.open_wishes.len()));
        }
        if (board.calls(), board.legs()) != (0, 0) {
            self.fault(format!("{} calls and {} legs are left", board.calls(), board.legs()));
        }
        if let Some((at, why)) = board.deadline() {
            self.fault(format!("a timer is left: {why:?} at {at:?}"));
        }
        if !floor.waiting.is_empty() {
            self.fault(format!("{} contacts still wait", floor.waiting.len()));
        }
        for agent in &floor.agents {
            let home = matches!(agent.state, AgentState::Ready | AgentState::NotReady(_) | AgentState::LoggedOut);
            if !home || agent.contact.is_some() {
                self.fault(format!("{} is {} with {:?}", agent.id, agent.state.as_str(), agent.contact));
            }
        }
    }
}
