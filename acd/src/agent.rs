//! An agent: presence, contacts in hand, the state that follows from them, and the place in the index.

use crate::api::{AgentRule, AgentSetup, Effect, Membership};
use crate::capacity::Capacity;
use crate::clock::Clock;
use crate::ranks::{Rank, idleness, prefix, rank};
use domain::{AgentState, Channel, ContactId, Instant, NextState, OfferId, ReasonCode};
use std::collections::BTreeSet;

/// A contact that an agent serves or finishes.
#[derive(Clone, Debug)]
pub(crate) struct Hand {
    pub(crate) contact: ContactId,
    /// Whose wrap-up rule holds.
    pub(crate) queue: Option<u32>,
    /// The queue brought it, so that it counts towards the queue's cap.
    pub(crate) brought: bool,
    pub(crate) channel: Channel,
    pub(crate) begun: Instant,
    /// When wrap-up ends; `None` while the customer is there.
    pub(crate) wrap_up: Option<Instant>,
}

/// The offer that rings at an agent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) offer: OfferId,
    /// The slot of the contact.
    pub(crate) contact: u32,
    pub(crate) queue: u32,
    pub(crate) deadline: Instant,
}

/// What the agent and the agent's phone want.
#[derive(Clone, Debug)]
pub(crate) struct Presence {
    pub(crate) signed_in: bool,
    /// Why the agent takes no new work. Only set while nothing is in hand.
    pub(crate) away: Option<ReasonCode>,
    /// What follows when nothing is in hand any more.
    pub(crate) next: Option<NextState>,
    /// Phone, socket and media are usable.
    pub(crate) routable: bool,
    /// When the cool-down ends.
    pub(crate) cooling: Option<Instant>,
    /// Offers in a row without an answer.
    pub(crate) unanswered: u8,
}

/// What was last told about an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) state: AgentState,
    pub(crate) since: Instant,
    pub(crate) next: Option<NextState>,
    pub(crate) wrap_up: Option<Instant>,
}

/// An agent's part in a queue, by number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) queue: u32,
    /// The first tier of age from which the agent helps.
    pub(crate) tier: u16,
    pub(crate) membership: Membership,
}

/// A class that the agent can serve by skill, queue and capacity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) class: u32,
    /// The bit of the class's channel.
    pub(crate) channel: u8,
    /// The number of contacts answered goes into the rank.
    pub(crate) counts: bool,
    /// The sum of levels over the needed skills.
    pub(crate) sum: u16,
    /// The part of the rank that does not change.
    pub(crate) prefix: u64,
}

/// The agent's place in the index of classes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    /// Queues served.
    pub(crate) parts: Vec<Part>,
    /// Skills held, by number, with levels.
    pub(crate) skills: Vec<(u32, u8)>,
    /// Classes in order.
    pub(crate) places: Vec<Place>,
    /// The same classes as a bit set.
    pub(crate) bits: Vec<u64>,
    /// Took new work when last looked at: decides where sticky contacts wait.
    pub(crate) accepting: bool,
    /// Was signed in when last looked at: is counted so in the queues.
    pub(crate) signed_in: bool,
    /// Slots of waiting contacts whose sticky window for this agent is open.
    pub(crate) preferred_by: BTreeSet<u32>,
}

impl Index {
    pub(crate) fn add(&mut self, place: Place) {
        let at = self.places.partition_point(|other| other.class < place.class);
        self.places.insert(at, place);
        let word = place.class as usize / 64;
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        self.bits[word] |= 1 << (place.class % 64);
    }

    pub(crate) fn remove(&mut self, class: u32) {
        self.places.retain(|place| place.class != class);
        if let Some(word) = self.bits.get_mut(class as usize / 64) {
            *word &= !(1 << (class % 64));
        }
    }

    /// The place in a class. As places are in order of class, as many stand before it as there are lower bits.
    #[inline]
    pub(crate) fn place(&self, class: u32) -> Option<&Place> {
        let (word, bit) = (class as usize / 64, 1 << (class % 64));
        let last = self.bits.get(word).filter(|last| *last & bit != 0)?;
        let before: u32 = self.bits[..word].iter().map(|word| word.count_ones()).sum();
        self.places.get((before + (last & (bit - 1)).count_ones()) as usize)
    }

    pub(crate) fn part(&self, queue: u32) -> Option<&Part> {
        self.parts.iter().find(|part| part.queue == queue)
    }

    pub(crate) fn level(&self, skill: u32) -> u8 {
        self.skills.binary_search_by_key(&skill, |(skill, _)| *skill).map_or(0, |at| self.skills[at].1)
    }

    /// The sum of levels over the needed skills, if the agent has them all at or above their level.
    pub(crate) fn level_sum(&self, need: &[(u32, u8)]) -> Option<u16> {
        need.iter().try_fold(0_u16, |sum, (skill, least)| {
            let level = self.level(*skill);
            (level >= *least).then(|| sum.saturating_add(level.into()))
        })
    }
}

/// What of an agent is looked at for every rank: kept apart from the agents, so that it stays near.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Standing {
    /// With work in hand, and since when: [`crate::ranks::idleness`].
    pub(crate) idleness: u64,
    /// Offers answered since the counters began.
    pub(crate) answered: u32,
    /// Channels on which the agent can be offered a contact now.
    pub(crate) available: u8,
    /// Channels under which the agent stands among the idle of the classes.
    pub(crate) listed: u8,
    /// In the list of those who became available since the last match.
    pub(crate) dirty: bool,
}

impl Standing {
    #[inline]
    pub(crate) fn rank(&self, place: &Place, agent: u32) -> Rank {
        let figure = if place.counts { self.answered.into() } else { 0 };
        rank(place.prefix | figure, self.idleness, agent)
    }
}

/// Contacts handled, and the time they took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// Offers answered.
    pub(crate) answered: u64,
    pub(crate) handled: u64,
    pub(crate) handle_us: u64,
}

/// An agent.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) setup: AgentSetup,
    /// In the setup. Who is not is there only for what is in hand.
    pub(crate) known: bool,
    pub(crate) capacity: Capacity,
    pub(crate) presence: Presence,
    pub(crate) hands: Vec<Hand>,
    pub(crate) offer: Option<Held>,
    pub(crate) clock: Clock,
    pub(crate) told: Told,
    pub(crate) tally: Tally,
    pub(crate) index: Index,
}

impl Agent {
    pub(crate) fn new(setup: AgentSetup) -> Self {
        let presence =
            Presence { signed_in: false, away: None, next: None, routable: true, cooling: None, unanswered: 0 };
        let told = Told { state: AgentState::LoggedOut, since: Instant::ZERO, next: None, wrap_up: None };
        Self {
            capacity: Capacity::new(&setup.capacity),
            setup: tidied(setup),
            known: true,
            presence,
            hands: Vec::new(),
            offer: None,
            clock: Clock::default(),
            told,
            tally: Tally::default(),
            index: Index::default(),
        }
    }

    /// Takes over a setup. The index is the caller's.
    pub(crate) fn set_up(&mut self, setup: AgentSetup) {
        self.capacity = Capacity::new(&setup.capacity);
        self.setup = tidied(setup);
        self.known = true;
    }

    /// The agent serves, finishes or is being rung for a contact.
    #[inline]
    pub(crate) fn has_in_hand(&self) -> bool {
        self.offer.is_some() || !self.hands.is_empty()
    }

    /// The agent serves a contact whose customer is there.
    #[inline]
    pub(crate) fn is_serving(&self) -> bool {
        self.hands.iter().any(|hand| hand.wrap_up.is_none())
    }

    /// The agent wants new work, now or as soon as there is room.
    #[inline]
    pub(crate) fn is_accepting(&self) -> bool {
        let leaving = matches!(self.presence.next, Some(NextState::NotReady(_) | NextState::LoggedOut));
        self.presence.signed_in && self.presence.away.is_none() && !leaving
    }

    pub(crate) fn state(&self) -> AgentState {
        if !self.presence.signed_in {
            return AgentState::LoggedOut;
        }
        match (self.offer, self.presence.away) {
            (Some(held), _) => AgentState::Reserved(held.offer),
            (None, _) if self.is_serving() => AgentState::Busy,
            (None, _) if !self.hands.is_empty() => AgentState::AfterContactWork,
            (None, Some(reason)) => AgentState::NotReady(reason),
            (None, None) => AgentState::Ready,
        }
    }

    /// With nothing in hand, what was to follow is entered now.
    #[inline]
    pub(crate) fn enter_next_state(&mut self) {
        if self.presence.next.is_none() || self.has_in_hand() {
            return;
        }
        match self.presence.next.take() {
            None => {}
            Some(NextState::Ready) => self.presence.away = None,
            Some(NextState::NotReady(reason)) => self.presence.away = Some(reason),
            Some(NextState::LoggedOut) => {
                self.presence.signed_in = false;
                self.presence.away = None;
            }
        }
    }

    /// When the first wrap-up ends.
    #[inline]
    pub(crate) fn wrap_up_deadline(&self) -> Option<Instant> {
        self.hands.iter().filter_map(|hand| hand.wrap_up).min()
    }

    /// When something of this agent's falls due.
    #[inline]
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let offer = self.offer.map(|held| held.deadline);
        [offer, self.presence.cooling, self.wrap_up_deadline()].into_iter().flatten().min()
    }

    /// Channels on which the agent can be offered a contact now.
    #[inline]
    pub(crate) fn availability(&self, interrupts: &[u8; 7]) -> u8 {
        let presence = &self.presence;
        if self.offer.is_some() || !presence.routable || presence.cooling.is_some() || !self.is_accepting() {
            return 0;
        }
        self.capacity.room(&self.hands, interrupts)
    }

    /// Longest idle first; an agent with work in hand ranks after every agent with none.
    #[inline]
    pub(crate) fn idleness(&self) -> u64 {
        idleness(!self.hands.is_empty(), self.idle_time())
    }

    /// Since when there is nothing in hand; with work in hand, when the last of it was assigned.
    #[inline]
    pub(crate) fn idle_time(&self) -> Instant {
        if self.hands.is_empty() { self.clock.idle_since } else { self.clock.assigned }
    }

    /// The agent's state, if it is not what was told last.
    pub(crate) fn news(&mut self, now: Instant) -> Option<Effect> {
        let (state, next, wrap_up) = (self.state(), self.presence.next, self.wrap_up_deadline());
        let told = &mut self.told;
        if (state, next, wrap_up) == (told.state, told.next, told.wrap_up) {
            return None;
        }
        let since = if state == told.state { told.since } else { now };
        *told = Told { state, since, next, wrap_up };
        Some(Effect::AgentState { agent: self.setup.id, state, since, next, wrap_up_deadline: wrap_up })
    }
}

/// The setup with skills in order, each once.
fn tidied(mut setup: AgentSetup) -> AgentSetup {
    setup.skills.sort();
    setup.skills.dedup_by_key(|(skill, _)| *skill);
    setup
}

/// The upper part of a rank, by the rule of the queue; what changes is put in later.
pub(crate) fn fixed_prefix(rule: AgentRule, membership: &Membership, sum: u16) -> u64 {
    let figure = match rule {
        AgentRule::BestLevel => u32::MAX - u32::from(sum),
        AgentRule::RingOrder => membership.order.into(),
        AgentRule::LongestIdle
        | AgentRule::LeastOccupied
        | AgentRule::FewestContacts
        | AgentRule::WeightedRandom
        | AgentRule::RingAll(_) => 0,
    };
    prefix(membership.preference, figure)
}
