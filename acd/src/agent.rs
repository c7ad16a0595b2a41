//! An agent: presence, contacts in hand, the state that follows from them, and time accounts.

use crate::api::AgentSetup;
use domain::{AgentState, Channel, ContactId, Instant, NextState, OfferId, Proficiency, ReasonCode, SkillId};
use std::collections::BTreeSet;

/// A telephone contact needs an agent with nothing in hand, and leaves no room for anything else.
pub(crate) const fn is_exclusive(channel: Channel) -> bool {
    matches!(channel, Channel::Voice | Channel::Callback)
}

/// The bit of a channel in sets of channels.
pub(crate) const fn bit(channel: Channel) -> u8 {
    1 << channel as u8
}

/// A contact that an agent serves or finishes.
#[derive(Clone, Debug)]
pub(crate) struct Hand {
    pub(crate) contact: ContactId,
    /// Whose wrap-up rule holds.
    pub(crate) queue: Option<u32>,
    pub(crate) channel: Channel,
    pub(crate) begun: Instant,
    /// When wrap-up ends; `None` while the customer is there.
    pub(crate) wrap_up: Option<Instant>,
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
}

/// Time accounts of an agent, brought up to `mark`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    mark: Instant,
    busy_us: u64,
    on_us: u64,
    busy: bool,
    on: bool,
    idle: bool,
    /// When the agent last became ready with nothing in hand.
    pub(crate) idle_since: Instant,
    /// When the last offer was made.
    pub(crate) assigned: Instant,
}

impl Clock {
    /// Books the time so far, then goes on with these conditions.
    pub(crate) fn turn(&mut self, now: Instant, in_hand: bool, accepting: bool) {
        let passed = now.as_micros().saturating_sub(self.mark.as_micros());
        self.busy_us += if self.busy { passed } else { 0 };
        self.on_us += if self.on { passed } else { 0 };
        self.mark = now;
        self.busy = in_hand;
        self.on = in_hand || accepting;
        let idle = accepting && !in_hand;
        if idle && !self.idle {
            self.idle_since = now;
        }
        self.idle = idle;
    }

    /// Share of busy time in 2^20ths.
    pub(crate) fn occupancy(&self, now: Instant) -> i64 {
        let passed = now.as_micros().saturating_sub(self.mark.as_micros());
        let busy_ms = (self.busy_us + if self.busy { passed } else { 0 }) / 1_000;
        let on_ms = (self.on_us + if self.on { passed } else { 0 }) / 1_000;
        i64::try_from(busy_ms.saturating_mul(1 << 20) / on_ms.max(1)).unwrap_or(i64::MAX)
    }
}

/// What was last told about an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) state: AgentState,
    pub(crate) since: Instant,
    pub(crate) next: Option<NextState>,
    pub(crate) wrap_up: Option<Instant>,
}

/// The agent's place in the index of classes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    /// Classes the agent can serve by skill, queue and capacity, with the sum of levels over the needed skills.
    pub(crate) classes: Vec<(u32, u16)>,
    /// The same classes as a bit set.
    pub(crate) bits: Vec<u64>,
    /// Channels under which the agent stands in the idle sets, and the rank there.
    pub(crate) listed: u8,
    pub(crate) rank: (bool, Instant),
    /// In the engine's list of agents whose availability changed.
    pub(crate) dirty: bool,
    /// Took new work when last looked at: decides where sticky contacts wait.
    pub(crate) accepting: bool,
}

impl Index {
    pub(crate) fn add_class(&mut self, class: u32, sum: u16) {
        self.classes.push((class, sum));
        let word = class as usize / 64;
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        self.bits[word] |= 1 << (class % 64);
    }

    pub(crate) fn remove_class(&mut self, class: u32) {
        self.classes.retain(|(c, _)| *c != class);
        if let Some(word) = self.bits.get_mut(class as usize / 64) {
            *word &= !(1 << (class % 64));
        }
    }

    pub(crate) fn serves(&self, class: u32) -> bool {
        self.bits.get(class as usize / 64).is_some_and(|word| word & (1 << (class % 64)) != 0)
    }
}

/// Contacts handled, and the time they took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) handled: u64,
    pub(crate) handle_us: u64,
}

/// An agent.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) setup: AgentSetup,
    capacity: [u8; 7],
    pub(crate) presence: Presence,
    pub(crate) hands: Vec<Hand>,
    pub(crate) offer: Option<OfferId>,
    pub(crate) clock: Clock,
    pub(crate) told: Told,
    pub(crate) index: Index,
    /// Waiting contacts whose sticky window for this agent is open.
    pub(crate) preferred_by: BTreeSet<ContactId>,
    pub(crate) tally: Tally,
}

impl Agent {
    pub(crate) fn new(mut setup: AgentSetup) -> Self {
        setup.skills.sort();
        setup.skills.dedup_by_key(|(skill, _)| *skill);
        Self {
            capacity: capacities(&setup.capacity),
            setup,
            presence: Presence { signed_in: false, away: None, next: None, routable: true, cooling: None },
            hands: Vec::new(),
            offer: None,
            clock: Clock::default(),
            told: Told { state: AgentState::LoggedOut, since: Instant::ZERO, next: None, wrap_up: None },
            index: Index::default(),
            preferred_by: BTreeSet::new(),
            tally: Tally::default(),
        }
    }

    /// The agent serves, finishes or is being rung for a contact.
    pub(crate) fn has_in_hand(&self) -> bool {
        self.offer.is_some() || !self.hands.is_empty()
    }

    /// The agent serves a contact whose customer is there.
    pub(crate) fn is_serving(&self) -> bool {
        self.hands.iter().any(|hand| hand.wrap_up.is_none())
    }

    /// The agent wants new work, now or as soon as there is room.
    pub(crate) fn is_accepting(&self) -> bool {
        let leaving = matches!(self.presence.next, Some(NextState::NotReady(_) | NextState::LoggedOut));
        self.presence.signed_in && self.presence.away.is_none() && !leaving
    }

    pub(crate) fn state(&self) -> AgentState {
        if !self.presence.signed_in {
            return AgentState::LoggedOut;
        }
        match (self.offer, self.presence.away) {
            (Some(offer), _) => AgentState::Reserved(offer),
            (None, _) if self.is_serving() => AgentState::Busy,
            (None, _) if !self.hands.is_empty() => AgentState::AfterContactWork,
            (None, Some(reason)) => AgentState::NotReady(reason),
            (None, None) => AgentState::Ready,
        }
    }

    /// With nothing in hand, what was to follow is entered now.
    pub(crate) fn enter_next_state(&mut self) {
        if self.has_in_hand() {
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
    pub(crate) fn wrap_up_deadline(&self) -> Option<Instant> {
        self.hands.iter().filter_map(|hand| hand.wrap_up).min()
    }

    /// Units of a channel that the agent has, used or not.
    pub(crate) const fn capacity(&self, channel: Channel) -> u8 {
        self.capacity[channel as usize]
    }

    /// Channels on which the agent can be offered a contact now.
    pub(crate) fn availability(&self) -> u8 {
        let presence = &self.presence;
        let held = self.offer.is_some() || (!self.hands.is_empty() && !self.is_serving());
        if held || !presence.routable || presence.cooling.is_some() || !self.is_accepting() {
            return 0;
        }
        if self.hands.iter().any(|hand| is_exclusive(hand.channel)) {
            return 0;
        }
        Channel::ALL.into_iter().filter(|channel| self.has_room(*channel)).fold(0, |set, channel| set | bit(channel))
    }

    fn has_room(&self, channel: Channel) -> bool {
        let used = self.hands.iter().filter(|hand| hand.channel == channel).count();
        used < usize::from(self.capacity(channel)) && (self.hands.is_empty() || !is_exclusive(channel))
    }

    /// Longest idle first; an agent with work in hand ranks after every agent with none.
    pub(crate) fn idle_rank(&self) -> (bool, Instant) {
        if self.hands.is_empty() { (false, self.clock.idle_since) } else { (true, self.clock.assigned) }
    }

    /// The sum of levels over the needed skills, if the agent has them all at or above their level.
    pub(crate) fn level_sum(&self, need: &[(SkillId, Proficiency)]) -> Option<u16> {
        need.iter().try_fold(0, |sum, (skill, least)| {
            let at = self.setup.skills.binary_search_by_key(skill, |(s, _)| *s).ok()?;
            let level = self.setup.skills[at].1;
            (level >= *least).then(|| sum + u16::from(level.level()))
        })
    }
}

/// An empty list means one voice contact; callbacks are calls and use voice's figure where they have none.
fn capacities(list: &[(Channel, u8)]) -> [u8; 7] {
    let mut units = [0; 7];
    for (channel, count) in list {
        units[*channel as usize] = *count;
    }
    if list.is_empty() {
        units[Channel::Voice as usize] = 1;
    }
    if !list.iter().any(|(channel, _)| *channel == Channel::Callback) {
        units[Channel::Callback as usize] = units[Channel::Voice as usize];
    }
    units
}
