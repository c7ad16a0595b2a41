//! Everything that can wake the switchboard, and everything it can want, on one page.

use acd::callback::CapacityTest;
use call::api::{CallbackRules, FinishedRecording, Phone, QueueRules};
use core::time::Duration;
use domain::{
    AgentId, CommandError, ContactEvent, ContactId, Customer, DeskEvent, DispositionCode, Emergency, EntryPointId,
    FlowId, HttpAnswer, HttpRequest, Language, QueueId, ReasonCode, RecordingId, Redacted, ScheduleId, TrunkId,
    WallTime, Wish,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The header field of INVITEs that we send for a contact, with its id.
pub const CONTACT_FIELD: &str = "X-Switchroom-Contact";

/// A called number and the flow that it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The id.
    pub id: EntryPointId,
    /// The number; `None`: every number that no other entry point has.
    pub dnis: Option<String>,
    /// The flow.
    pub flow: FlowId,
    /// The language at the start.
    pub language: Language,
}

/// What the switchboard knows of an agent beyond the ACD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRules {
    /// The agent.
    pub id: AgentId,
    /// How the agent is rung.
    pub phone: Phone,
    /// Signed in and ready from the start.
    pub signed_in: bool,
}

/// What the switchboard knows of a queue beyond the ACD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSetup {
    /// What the call needs to know.
    pub rules: QueueRules,
    /// Dispositions that may be chosen.
    pub dispositions: Vec<DispositionCode>,
    /// New contacts are let in while this schedule is open; `None`: always.
    pub hours: Option<ScheduleId>,
}

/// What is done with callers who called before, and with those who may not call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recognition {
    /// One who was cut off and calls again within this time comes to the same agent, or to the old place in line.
    pub after_cut_off: Duration,
    /// One who calls again within this time is offered to the agent of the last talk first.
    pub last_agent: Duration,
    /// Numbers that may not call; with `*` at the end all that begin so.
    pub blocked: Vec<String>,
    /// What those hear; `None`: they are declined.
    pub blocked_flow: Option<FlowId>,
}

/// When a queue offers to call back, and how it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallbackOffer {
    /// How customers are called.
    pub rules: CallbackRules,
    /// Offered when the expected wait is at least so long; zero: always.
    pub min_wait: Duration,
    /// More calls back than this are not open at once.
    pub most_open: u32,
    /// Not offered when the calls back that are open, and this one, would keep the agents busy for longer.
    pub within: Duration,
    /// Not offered when live callers alone need more of the agents' time than this, in percent of all of it.
    pub most_load_percent: u32,
    /// The least time between two calls to one number.
    pub quarantine: Duration,
}

impl CallbackOffer {
    /// The test by which it is offered.
    #[must_use]
    pub const fn test(&self) -> CapacityTest {
        let Self { min_wait, most_open, within, most_load_percent, .. } = *self;
        CapacityTest { min_wait, most_open, within, most_load_percent }
    }
}

impl Default for CallbackOffer {
    fn default() -> Self {
        Self {
            rules: CallbackRules::default(),
            min_wait: Duration::from_secs(120),
            most_open: 100,
            within: Duration::from_secs(3_600),
            most_load_percent: 95,
            quarantine: Duration::from_secs(60),
        }
    }
}

/// The business rules besides those of SIP and the ACD.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Entry points.
    pub entries: Vec<Entry>,
    /// Flows.
    pub flows: BTreeMap<FlowId, Arc<ivr::Flow>>,
    /// Agents.
    pub agents: Vec<AgentRules>,
    /// Queues.
    pub queues: BTreeMap<QueueId, QueueSetup>,
    /// Queues that offer to call back.
    pub callbacks: BTreeMap<QueueId, CallbackOffer>,
    /// Callers who called before, and those who may not call.
    pub recognition: Recognition,
    /// Reason codes that agents may give.
    pub reasons: BTreeSet<ReasonCode>,
    /// The trunk for outgoing calls.
    pub dial_trunk: Option<TrunkId>,
    /// The other trunks of its group, which stand in for it.
    pub dial_spares: Vec<TrunkId>,
    /// Who is offered SRTP.
    pub srtp: Srtp,
    /// Schedules of opening hours.
    pub schedules: Vec<Arc<hours::Schedule>>,
    /// The language where nothing else says one.
    pub default_language: Language,
    /// Local time minus UTC, in seconds.
    pub utc_offset_s: i32,
    /// Numbers that are called in an emergency: those calls are let in however many there are.
    pub emergency: Vec<String>,
    /// More calls than this at once are refused with 503.
    pub max_calls: usize,
}

/// Who is offered SRTP alone (RFC 4568). Whoever offers it gets it all the same.
#[derive(Clone, Debug, Default)]
pub struct Srtp {
    /// Phones that are reached by TLS.
    pub tls_phones: bool,
    /// These trunks.
    pub trunks: BTreeSet<TrunkId>,
}

/// What a switchboard is built from.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The SIP endpoint.
    pub sip: sip::api::Setup,
    /// The ACD engine.
    pub acd: acd::api::Setup,
    /// The rest.
    pub rules: Rules,
    /// Schedules that a person has closed.
    pub emergencies: BTreeMap<ScheduleId, Emergency>,
    /// Wall time at the engine's start.
    pub wall_at_start: WallTime,
    /// Seed of every id, tag, branch and nonce.
    pub seed: [u8; 32],
}

/// A new configuration for a switchboard that runs. Calls in progress keep the flow in which they are.
#[derive(Clone, Debug)]
pub struct Reconfiguration {
    /// The ACD engine.
    pub acd: acd::api::Setup,
    /// The rest.
    pub rules: Rules,
    /// Phones that may register from now on, or whose password changed.
    pub add_users: Vec<sip::api::Credentials>,
    /// Phones that may not register any more.
    pub remove_users: Vec<String>,
}

/// Who asked for a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    /// The contact's arrival: for the screen pop.
    Arrival,
    /// A `lookup` node of the flow.
    Flow,
}

/// How a customer is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LookupBy {
    /// By a telephone number.
    Number,
    /// By an account number.
    Account,
}

/// Everything that can wake the switchboard.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "most inputs are SIP messages; a box would be one allocation for each")]
pub enum Input {
    /// From the SIP transports.
    Sip(sip::api::Fact),
    /// From the media workers.
    Media(media::api::Event),
    /// The contact's first event is durable: its id may be shown.
    Stored(ContactId),
    /// The answer to a look-up.
    Found {
        /// The contact.
        contact: ContactId,
        /// Who asked.
        asker: Asker,
        /// The customer, if known.
        customer: Option<Box<Customer>>,
    },
    /// What became of a request of a flow.
    HttpStep {
        /// The contact.
        contact: ContactId,
        /// The request's number.
        number: u64,
        /// What came back.
        answer: HttpAnswer,
    },
    /// A recording was closed; `None`: it failed.
    Recorded {
        /// The recording.
        recording: RecordingId,
        /// What stands on disk.
        finished: Option<FinishedRecording>,
    },
    /// A person's wish. Answered by `Effect::Replied`.
    Wish {
        /// Names the wish.
        ticket: u64,
        /// The agent on whose behalf; `None`: a wish that steers the floor.
        agent: Option<AgentId>,
        /// The wish.
        wish: Box<Wish>,
    },
    /// An agent's first console came, or the last one left.
    Presence {
        /// The agent.
        agent: AgentId,
        /// At least one console is connected.
        connected: bool,
    },
    /// Queues, agents, flows and words are these from now on.
    Reconfigure(Box<Reconfiguration>),
    /// Let this user register and call (a web caller's ticket).
    AddSipUser(sip::api::Credentials),
    /// Take it back.
    RemoveSipUser(String),
    /// Stop taking new calls.
    Drain,
    /// The deadline of [`crate::Switchboard::deadline`] has come.
    Tick,
}

/// What became of a trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrunkState {
    /// It answers again.
    Up,
    /// It does not answer: numbers are not dialled by it.
    Down,
    /// We are registered with it.
    Registered,
    /// We are not registered with it, and try again; the status that refused it, if it gave one.
    Unregistered(Option<u16>),
}

/// Everything the switchboard can want.
#[derive(Debug)]
pub enum Effect {
    /// Send a SIP message.
    Send {
        /// Where to.
        to: sip::api::Destination,
        /// The message.
        bytes: Vec<u8>,
    },
    /// Ask the domain name system. Answered by `Input::Sip` with `Fact::Resolved`.
    Resolve(sip::locate::Question),
    /// A host that is to be called is nowhere: for the log.
    Unlocated {
        /// Its name.
        host: String,
    },
    /// Close a SIP connection.
    Close(sip::api::FlowId),
    /// Tell the media workers.
    Media(media::api::Command),
    /// Keep this event. The first of a contact is answered by `Input::Stored`.
    Store(ContactEvent),
    /// Tell a desk.
    Desk(DeskEvent),
    /// Look a customer up. Answered by `Input::Found`.
    Lookup {
        /// The contact.
        contact: ContactId,
        /// Who asks.
        asker: Asker,
        /// How.
        by: LookupBy,
        /// The number.
        value: Redacted,
    },
    /// Ask another system over HTTP. Answered by `Input::HttpStep`.
    HttpStep {
        /// The contact.
        contact: ContactId,
        /// What is asked.
        request: Box<HttpRequest>,
    },
    /// The answer to a wish.
    Replied {
        /// The wish.
        ticket: u64,
        /// Done, or why not.
        result: Result<(), CommandError>,
    },
    /// The call with this Call-ID has come in and is this contact: for the trace. Those that go out say so themselves, in
    /// [`CONTACT_FIELD`].
    Dialog {
        /// The contact.
        contact: ContactId,
        /// The Call-ID.
        call_id: String,
    },
    /// Count this.
    Count(sip::api::Counter),
    /// The transports' door must know this.
    Door(sip::api::DoorNote),
    /// Keep over a restart which schedules a person has closed.
    KeepEmergencies(BTreeMap<ScheduleId, Emergency>),
    /// A trunk came or went: for the log.
    Trunk {
        /// The trunk.
        trunk: TrunkId,
        /// What became of it.
        state: TrunkState,
    },
    /// A flow went otherwise than written: for the log.
    FlowNote {
        /// The contact.
        contact: ContactId,
        /// What.
        note: ivr::api::Note,
    },
}

/// Which of the composed machines asks to be called next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The SIP endpoint.
    Sip(sip::api::Reason),
    /// The ACD engine.
    Acd(acd::api::Reason),
    /// A call or the run of its flow.
    Call(ContactId),
    /// A new day begins for the counters.
    Midnight,
    /// A schedule opens or closes.
    Hours,
}
