//! The switchboard's state, its inputs and its deadlines.

use crate::api::{AgentRules, Asker, Effect, Input, Reason, Rules, Setup};
use crate::callbacks::Callbacks;
use crate::quality::Quality;
use crate::recognition::Memory;
use crate::timetable::Timetable;
use call::Call;
use call::api::Phone;
use domain::{AgentId, ContactId, Instant, InteractionId, LegId, QueueId, RecordingId, TrunkId, WallTime};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use sip::api::Transport;
use sip::message::Uri;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A call, its run through a flow and when either wants to be called.
pub(crate) struct Live {
    pub call: Call,
    pub run: Option<ivr::Run>,
    /// Rests while the customer is lent to another flow.
    pub resting: Option<ivr::Run>,
    pub wake: Option<Instant>,
    pub recording: RecordingId,
    /// What the caller speaks in a flow.
    pub comments: Vec<RecordingId>,
}

/// One thing that a machine is to be told. Jobs run in order; each may add more.
pub(crate) enum Job {
    Call(ContactId, call::Fact),
    Flow(ContactId, ivr::api::Fact),
    Acd(acd::api::Fact),
    AgentLost(AgentId),
    /// A waiting call asks where it stands.
    Place(ContactId),
    Sip(sip::api::Effect),
}

/// Who is where.
#[derive(Default)]
pub(crate) struct Directory {
    pub agents: BTreeMap<AgentId, AgentRules>,
    /// SIP users of agents' phones.
    pub users: BTreeMap<String, AgentId>,
    /// Registered users, and how the newest of their phones came.
    pub registered: BTreeMap<String, Transport>,
    /// Legs that are offered with SRTP alone.
    pub secured: BTreeSet<LegId>,
    /// Trunks that do not answer.
    pub silent_trunks: BTreeSet<TrunkId>,
    /// Agents with a console.
    pub consoles: BTreeSet<AgentId>,
    /// The contact that each agent has in hand: ringing, talking or wrapping up.
    pub in_hand: BTreeMap<AgentId, ContactId>,
    pub legs: BTreeMap<LegId, ContactId>,
    /// The same, from the other side: for forgetting a contact without looking at others.
    pub legs_of: BTreeMap<ContactId, Vec<LegId>>,
    pub recordings: BTreeMap<RecordingId, ContactId>,
}

impl Directory {
    fn new(agents: &[AgentRules]) -> Self {
        let mut directory = Self::default();
        directory.name(agents);
        directory
    }

    /// Agents and their phones are these from now on. One who is no more stays known: a call may be in hand.
    pub fn name(&mut self, agents: &[AgentRules]) {
        let users = agents.iter().filter_map(|agent| match &agent.phone {
            Phone::Registered(user) => Some((user.clone(), agent.id)),
            _ => None,
        });
        self.users = users.collect();
        self.agents.extend(agents.iter().map(|agent| (agent.id, agent.clone())));
    }

    /// A leg belongs to a contact.
    pub fn add_leg(&mut self, leg: LegId, contact: ContactId) {
        self.legs.insert(leg, contact);
        self.legs_of.entry(contact).or_default().push(leg);
    }

    /// Forgets the legs of a contact that is over.
    pub fn forget_legs(&mut self, contact: ContactId) {
        for leg in self.legs_of.remove(&contact).unwrap_or_default() {
            self.legs.remove(&leg);
            self.secured.remove(&leg);
        }
    }

    /// The agent's phone can be rung: it is registered or has a fixed address.
    pub fn reachable(&self, agent: AgentId) -> bool {
        match self.agents.get(&agent).map(|agent| &agent.phone) {
            Some(Phone::Registered(user)) => self.registered.contains_key(user),
            Some(_) => true,
            None => false,
        }
    }

    /// The agent's phone is a browser.
    pub fn browser(&self, phone: &Phone) -> bool {
        matches!(phone, Phone::Registered(user) if self.registered.get(user).is_some_and(|way| way.is_browser()))
    }

    /// The phone is reached by TLS.
    fn by_tls(&self, phone: &Phone) -> bool {
        match phone {
            Phone::Registered(user) => self.registered.get(user) == Some(&Transport::Tls),
            Phone::Uri(uri) => Uri::parse(uri).is_ok_and(|uri| uri.is_tls()),
            Phone::Trunk(..) => false,
        }
    }
}

/// The switchboard.
pub struct Switchboard {
    pub(crate) sip: sip::Endpoint,
    pub(crate) acd: acd::Engine,
    pub(crate) watch: acd::forecast::Watch,
    pub(crate) rules: Rules,
    pub(crate) directory: Directory,
    pub(crate) quality: Quality,
    pub(crate) callbacks: Callbacks,
    pub(crate) memory: Memory,
    /// Callers who speak a message, and the contact that gets it.
    pub(crate) speaking: BTreeMap<ContactId, ContactId>,
    pub(crate) calls: BTreeMap<ContactId, Live>,
    pub(crate) timers: BTreeSet<(Instant, ContactId)>,
    pub(crate) jobs: VecDeque<Job>,
    pub(crate) wall_at_start: WallTime,
    pub(crate) draining: bool,
    pub(crate) timetable: Timetable,
    /// Today's figures.
    pub(crate) day: stats::Day,
    /// Queues that a supervisor closed.
    pub(crate) closed: BTreeSet<QueueId>,
    dice: ChaCha20Rng,
}

impl Switchboard {
    /// A switchboard with nobody on the line. Agents signed in by configuration are ready afterwards.
    #[must_use]
    pub fn new(now: Instant, setup: Setup, out: &mut Vec<Effect>) -> Self {
        let day = crate::day::begin(now, &setup);
        let mut dice = ChaCha20Rng::from_seed(setup.seed);
        let mut sip_seed = [0; 32];
        dice.fill_bytes(&mut sip_seed);
        let first_offer = dice.next_u64();
        let mut acd = acd::Engine::new(acd::api::Setup { seed: dice.next_u64(), ..setup.acd }, first_offer);
        acd.begin_at(now);
        acd.explain_decisions(true);
        let wall = setup.wall_at_start.at(now);
        let timetable = Timetable::new(&setup.rules.schedules, setup.emergencies, wall);
        let mut board = Self {
            sip: sip::Endpoint::new(setup.sip, sip_seed),
            acd,
            watch: acd::forecast::Watch::new(),
            directory: Directory::new(&setup.rules.agents),
            quality: Quality::default(),
            callbacks: Callbacks::default(),
            memory: Memory::default(),
            speaking: BTreeMap::new(),
            rules: setup.rules,
            calls: BTreeMap::new(),
            timers: BTreeSet::new(),
            jobs: VecDeque::new(),
            wall_at_start: setup.wall_at_start,
            draining: false,
            timetable,
            day,
            closed: BTreeSet::new(),
            dice,
        };
        board.set_doors(now);
        board.sign_in_configured(now, &BTreeSet::new(), out);
        board.settle(now, out);
        board
    }

    /// Tells the switchboard that something happened or is wished, and collects what it wants.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Vec<Effect>) {
        self.turn_day(now);
        self.turn_hours(now);
        match input {
            Input::Sip(fact) => self.tell_sip(now, fact, out),
            Input::Media(media::api::Event::Stats { leg, stats }) => self.on_measured(now, leg, &stats, out),
            Input::Media(media::api::Event::LiveStats(told)) => self.quality.lately(&told),
            Input::Media(media::api::Event::FellSilent { recording }) => self.on_fell_silent(recording),
            Input::Media(event) => self.on_media(event),
            Input::Stored(contact) => self.on_stored(contact),
            Input::Found { contact, asker, customer } => self.on_found(contact, asker, customer),
            Input::HttpStep { contact, number, answer } => {
                self.jobs.push_back(Job::Flow(contact, ivr::api::Fact::Response { number, answer }));
            }
            Input::Recorded { recording, finished } => {
                if let Some(contact) = self.directory.recordings.get(&recording).copied() {
                    self.on_recorded(contact, recording, finished);
                }
            }
            Input::Wish { ticket, agent, wish } => {
                let result = self.wish(now, agent, *wish, out);
                out.push(Effect::Replied { ticket, result });
            }
            Input::Presence { agent, connected: true } => _ = self.directory.consoles.insert(agent),
            Input::Presence { agent, connected: false } => _ = self.directory.consoles.remove(&agent),
            Input::Reconfigure(new) => self.reconfigure(now, *new, out),
            Input::AddSipUser(credentials) => self.sip.add_user(credentials),
            Input::RemoveSipUser(user) => self.sip.remove_user(&user),
            Input::Drain => {
                self.draining = true;
                self.command_sip(now, sip::api::Command::Drain, out);
            }
            Input::Tick => self.on_tick(now, out),
        }
        self.settle(now, out);
    }

    /// When to call [`Input::Tick`] next, and why.
    #[must_use]
    pub fn deadline(&self) -> Option<(Instant, Reason)> {
        let sip = self.sip.deadline().map(|(at, why)| (at, Reason::Sip(why)));
        let acd = self.acd.deadline().map(|(at, why)| (at, Reason::Acd(why)));
        let call = self.timers.first().map(|(at, contact)| (*at, Reason::Call(*contact)));
        let midnight = Some((self.midnight(), Reason::Midnight));
        let hours = self.hours_change().map(|at| (at, Reason::Hours));
        [sip, acd, call, midnight, hours].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// Calls in progress, with those that only wrap up.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.len()
    }

    /// SIP legs in progress.
    #[must_use]
    pub fn legs(&self) -> usize {
        self.sip.legs()
    }

    /// SIP transactions, the lingering ones among them.
    #[must_use]
    pub fn transactions(&self) -> usize {
        self.sip.transactions()
    }

    /// The state of an agent.
    #[must_use]
    pub fn agent_state(&self, agent: AgentId) -> Option<domain::AgentState> {
        self.acd.agent_state(agent)
    }

    /// Runs every pending job, and those that they bring about.
    fn settle(&mut self, now: Instant, out: &mut Vec<Effect>) {
        while let Some(job) = self.jobs.pop_front() {
            match job {
                Job::Call(contact, fact) => self.tell_call(now, contact, fact, out),
                Job::Flow(contact, fact) => self.tell_flow(now, contact, fact, out),
                Job::Acd(fact) => self.tell_acd(now, fact, out),
                Job::AgentLost(agent) => self.on_agent_lost(now, agent, out),
                Job::Place(contact) => self.tell_place(now, contact, out),
                Job::Sip(effect) => self.on_sip(now, effect, out),
            }
        }
    }

    fn on_tick(&mut self, now: Instant, out: &mut Vec<Effect>) {
        if self.sip.deadline().is_some_and(|(at, _)| at <= now) {
            self.tell_sip(now, sip::api::Fact::Tick, out);
        }
        // Also when nothing is due: what is read of the ACD is as of its last input.
        self.jobs.push_back(Job::Acd(acd::api::Fact::Tick));
        let due: Vec<ContactId> = self.timers.iter().take_while(|(at, _)| *at <= now).map(|(_, c)| *c).collect();
        for contact in due {
            self.jobs.push_back(Job::Call(contact, call::Fact::Tick));
            self.jobs.push_back(Job::Flow(contact, ivr::api::Fact::Tick));
        }
    }

    fn on_stored(&mut self, contact: ContactId) {
        self.jobs.push_back(Job::Call(contact, call::Fact::Stored));
        // Only now the caller is promised to be called back.
        let order = self.calls.get(&contact).and_then(|live| live.call.callback_order());
        if let Some(caller) = order.and_then(|(order, ..)| order.from) {
            self.jobs.push_back(Job::Flow(caller, ivr::api::Fact::Callback(ivr::api::Booking::Booked)));
        }
    }

    fn on_found(&mut self, contact: ContactId, asker: Asker, customer: Option<Box<domain::Customer>>) {
        if let Some(customer) = customer.clone() {
            self.jobs.push_back(Job::Call(contact, call::Fact::Customer(customer)));
        }
        if asker == Asker::Flow {
            self.jobs.push_back(Job::Flow(contact, ivr::api::Fact::Found(customer)));
        }
    }

    pub(crate) fn draw_u64(&mut self) -> u64 {
        self.dice.next_u64()
    }

    fn draw_u128(&mut self) -> u128 {
        (u128::from(self.dice.next_u64()) << 64) | u128::from(self.dice.next_u64())
    }

    pub(crate) fn new_contact(&mut self) -> ContactId {
        ContactId::new(self.draw_u128())
    }

    pub(crate) fn new_interaction(&mut self) -> InteractionId {
        InteractionId::new(self.draw_u128())
    }

    pub(crate) fn new_recording(&mut self) -> RecordingId {
        RecordingId::new(self.draw_u128())
    }

    /// Notes whether a leg to this phone is offered with SRTP alone.
    pub(crate) fn secure(&mut self, leg: LegId, phone: &Phone) {
        let srtp = &self.rules.srtp;
        let secured = match phone {
            Phone::Trunk(trunk, _) => srtp.trunks.contains(trunk),
            Phone::Registered(_) | Phone::Uri(_) => srtp.tls_phones && self.directory.by_tls(phone),
        };
        if secured {
            self.directory.secured.insert(leg);
        }
    }

    /// A leg of a contact to this phone.
    pub(crate) fn new_leg_to(&mut self, contact: ContactId, phone: &Phone) -> LegId {
        let leg = self.new_leg(contact);
        self.secure(leg, phone);
        leg
    }

    pub(crate) fn new_leg(&mut self, contact: ContactId) -> LegId {
        let leg = LegId::new(self.draw_u64());
        self.directory.add_leg(leg, contact);
        leg
    }
}
