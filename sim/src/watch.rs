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
    /// In a queue's line.
    in_line: bool,
    /// The customer left.
    gone: bool,
}

/// What the events say that an agent has in hand.
#[derive(Clone, Copy, Debug, Default)]
struct Hand {
    ringing: Option<(OfferId, ContactId)>,
    /// Rung for a consult, by the ACD or by name.
    asked: Option<(OfferId, ContactId)>,
    /// Talks with an agent who consults.
    helping: Option<ContactId>,
    dialling: Option<ContactId>,
    talking: Option<ContactId>,
    wrapping: Option<ContactId>,
    cool_until: Instant,
}

impl Hand {
    fn is_free(&self) -> bool {
        let helps = self.asked.is_some() || self.helping.is_some();
        !helps && self.ringing.is_none() && self.dialling.is_none() && self.talking.is_none() && self.wrapping.is_none()
    }
}

pub(crate) struct Watch {
    needs: BTreeMap<QueueId, Requirement>,
    skills: BTreeMap<AgentId, Vec<(SkillId, Proficiency)>>,
    /// How long a contact must have waited for an agent's help.
    delays: BTreeMap<(AgentId, QueueId), Duration>,
    /// Queues that ring several agents at once.
    ring_all: BTreeSet<QueueId>,
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
        let mut watch = Self {
            needs: BTreeMap::new(),
            skills: BTreeMap::new(),
            delays: BTreeMap::new(),
            ring_all: BTreeSet::new(),
            stories: BTreeMap::new(),
            hands: config.agents().iter().map(|agent| (agent.id, Hand::default())).collect(),
            tally: BTreeMap::new(),
            shown: BTreeSet::new(),
            open_wishes: BTreeSet::new(),
            faults: Vec::new(),
        };
        watch.reconfigured(config);
        watch
    }

    /// These rules hold from now on.
    pub fn reconfigured(&mut self, config: &Config) {
        let rings_all = |queue: &&config::Queue| matches!(queue.setup.agent_rule, acd::api::AgentRule::RingAll(_));
        let delays = |agent: &config::Agent| {
            let agent_id = agent.id;
            agent.queues.iter().map(move |part| ((agent_id, part.queue), part.delay)).collect::<Vec<_>>()
        };
        self.needs = config.queues().iter().map(|q| (q.setup.id, q.setup.requirement.clone())).collect();
        self.skills = config.agents().iter().map(|agent| (agent.id, agent.skills.clone())).collect();
        self.delays = config.agents().iter().flat_map(delays).collect();
        self.ring_all.extend(config.queues().iter().filter(rings_all).map(|queue| queue.setup.id));
    }

    fn fault(&mut self, what: String) {
        self.faults.push(what);
    }

    fn count(&mut self, kind: &Kind) {
        let word = match kind {
            Kind::OfferEnded { result, .. } => format!("offer_ended {result:?}"),
            Kind::Closed { outcome, by } => format!("closed {outcome:?} by {by:?}"),
            Kind::ConsultEnded { result, .. } => format!("consult_ended {result:?}"),
            Kind::Monitored { mode, .. } => format!("monitored {mode:?}"),
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

    /// An agent asks to monitor a contact: the phone may ring for it.
    pub fn asked_to_monitor(&mut self, agent: AgentId, contact: ContactId) {
        self.shown.insert((agent, contact));
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
            Kind::Queued { .. } => self.story(contact).in_line = true,
            Kind::QueueLeft { .. } => {
                let was = core::mem::replace(&mut self.story(contact).in_line, false);
                if !was || self.rings(contact) > 0 {
                    self.fault(format!("{contact} left a line: in line {was}, rings at {}", self.rings(contact)));
                }
            }
            Kind::Overflowed { .. } if !self.story(contact).in_line => {
                self.fault(format!("{contact} moved on to a queue and was in none"));
            }
            Kind::CustomerLeft { .. } => {
                let story = self.story(contact);
                (story.gone, story.in_line) = (true, false);
            }
            Kind::Offered { offer, agent, queue, .. } => {
                self.take(*agent, &event.kind);
                if !self.story(contact).in_line {
                    self.fault(format!("{contact} is offered and in no line"));
                }
                if self.rings(contact) > 0 && !self.ring_all.contains(queue) {
                    self.fault(format!("{contact} rings at several agents in {queue}"));
                }
                self.hand(*agent).ringing = Some((*offer, contact));
            }
            Kind::ConsultOffered { offer, agent, .. } => {
                self.take(*agent, &event.kind);
                self.hand(*agent).asked = Some((*offer, contact));
            }
            Kind::ConsultAnswered { agent, .. } => {
                self.take(*agent, &event.kind);
                self.hand(*agent).helping = Some(contact);
                if self.story(contact).talking.is_none_or(|first| first == *agent) {
                    self.fault(format!("{agent} helps nobody with {contact}"));
                }
            }
            Kind::Monitored { agent, .. } => self.take(*agent, &event.kind),
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
        if closed && !matches!(event.kind, Kind::RecordingFinished { .. } | Kind::LegQuality(_)) {
            self.fault(format!("{contact}: {word} after the end"));
        }
    }

    /// At how many agents the contact rings.
    fn rings(&self, contact: ContactId) -> usize {
        self.hands.values().filter(|hand| hand.ringing.is_some_and(|(_, of)| of == contact)).count()
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
        let ringing = hand.ringing.take().or(hand.asked.take());
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
        (hand.dialling, hand.helping) = (None, None);
        let other = hand.talking.replace(contact);
        if other.is_some() {
            self.fault(format!("{agent} is in two calls: {contact} and {other:?}"));
        }
        let story = self.story(contact);
        (story.answered, story.in_line) = (true, false);
        let other = story.talking.replace(agent);
        if other.is_some() {
            self.fault(format!("{contact} talks with two agents: {agent} and {other:?}"));
        }
    }

    fn talk_ended(&mut self, contact: ContactId, agent: AgentId) {
        let hand = self.hand(agent);
        let had = hand.talking.take().or(hand.dialling.take()).or(hand.helping.take());
        let wrapping = hand.wrapping.replace(contact);
        if had != Some(contact) || wrapping.is_some() {
            self.fault(format!("{agent} ended the talk of {contact}, had {had:?} and wrapped up {wrapping:?}"));
        }
        self.story(contact).talking.take_if(|talking| *talking == agent);
    }

    fn closed(&mut self, contact: ContactId, outcome: Outcome) {
        let story = self.story(contact);
        story.closed = true;
        let answered = story.answered;
        if answered != (outcome == Outcome::Answered) {
            self.fault(format!("{contact} ended as {} though answered is {answered}", outcome.as_str()));
        }
        let has = |hand: &Hand| {
            let rings = hand.ringing.or(hand.asked).map(|(_, of)| of);
            [rings, hand.helping, hand.dialling, hand.talking, hand.wrapping].contains(&Some(contact))
        };
        if let Some((agent, hand)) = self.hands.iter().find(|(_, hand)| has(hand)) {
            let what = format!("{contact} is closed while {agent} has {hand:?}");
            self.fault(what);
        }
    }

    /// What must be true between two steps.
    pub fn check(&mut self, now: Instant, board: &Switchboard) {
        let floor = board.floor(now);
        let monitors = |agent: AgentId| floor.agents.iter().flat_map(|of| &of.monitors).any(|on| on.agent == agent);
        for (agent, hand) in &self.hands {
            let state = board.agent_state(*agent).unwrap_or(AgentState::LoggedOut);
            let fits = match state {
                AgentState::LoggedOut | AgentState::NotReady(_) | AgentState::Ready => hand.is_free(),
                AgentState::Reserved(offer) => hand.ringing.or(hand.asked).is_some_and(|(rings, _)| rings == offer),
                AgentState::Busy => {
                    let helps = hand.helping.is_some() || hand.asked.is_some();
                    helps || hand.talking.is_some() || hand.dialling.is_some() || monitors(*agent)
                }
                AgentState::AfterContactWork => hand.wrapping.is_some(),
            };
            if !fits {
                self.faults.push(format!("{agent} is {} with {hand:?}", state.as_str()));
            }
        }
        let gone =
            |contact: &ContactId| self.stories.get(contact).is_some_and(|story| story.gone || story.talking.is_some());
        let rings = self.hands.iter().filter_map(|(agent, hand)| Some((agent, hand.ringing?.1)));
        let late: Vec<_> = rings.filter(|(_, contact)| gone(contact)).collect();
        if let Some((agent, contact)) = late.first() {
            let what = format!("{agent} is rung for {contact}, who left or talks");
            self.faults.push(what);
        }
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
        let delay = self.delays.get(&(agent.id, waiting.queue)).copied().unwrap_or_default();
        if now.since(waiting.since) < delay {
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
        if let Some((at, why)) = board.deadline().filter(|(_, why)| *why != switchboard::api::Reason::Midnight) {
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
