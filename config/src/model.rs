//! What a checked configuration is made of.

use crate::tls::{self, TrunkTls};
use crate::treatment::Treatment;
use core::fmt;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use domain::{
    AgentId, Channel, DispositionCode, Dnis, EntryPointId, FlowId, HttpPlace, Language, Proficiency, PromptId,
    ReasonCode, Role, ScheduleId, SecretId, SkillId, TrunkId,
};
use rustls::RootCertStore;
use secrecy::SecretString;
use sip::api::{Destination, Policy, Timers, TrunkRegistration};
use sip::door::Rules;
use sip::locate::Host;
use std::path::PathBuf;

/// Where the daemon serves people, and where it keeps things.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// The company's name, for the console.
    pub company: String,
    /// HTTP, the console, CTI and SIP over WebSocket.
    pub http: SocketAddr,
    /// The same over TLS; `None`: not at all.
    pub https: Option<SocketAddr>,
    /// Connections to both, WebSockets among them.
    pub connections: Connections,
    /// Recordings, the spool, and the database when it is a file.
    pub data_dir: PathBuf,
    /// Prompts.
    pub prompts_dir: PathBuf,
    /// The language where nothing else says one.
    pub default_language: Language,
    /// Local time minus UTC, in seconds.
    pub utc_offset_s: i32,
}

/// The SIP side.
#[derive(Clone, Debug)]
pub struct SipSettings {
    /// UDP and TCP.
    pub listen: SocketAddr,
    /// What peers are told; `None`: the address that is listened on.
    pub advertised: Option<SocketAddr>,
    /// TLS; `None`: not at all.
    pub tls_listen: Option<SocketAddr>,
    /// What peers are told of TLS; `None`: the address that is listened on, or that of `advertised`.
    pub tls_advertised: Option<SocketAddr>,
    /// The digest realm.
    pub realm: String,
    /// Domains served; empty: any.
    pub domains: Vec<String>,
    /// Offer MD5 beside SHA-256.
    pub allow_md5: bool,
    /// Offer MD5 alone: some phones give up at a challenge that they do not know.
    pub md5_only: bool,
    /// Numbers that are let in also while more calls come than can be served.
    pub emergency: Vec<String>,
    /// Least and most seconds of a registration.
    pub expires_s: (u32, u32),
    /// Servers of the domain name system; none: those of the machine.
    pub dns: Vec<SocketAddr>,
    /// Timers of RFC 3261 §17.
    pub timers: Timers,
    /// Session timers, redirections, keep-alive.
    pub policy: Policy,
    /// Who may come in. Trunks are not in it: see [`crate::Config::door`].
    pub door: Rules,
    /// TCP, TLS and WebSocket connections.
    pub connections: Connections,
}

/// What of the wire is kept in memory, and where it is mirrored to.
#[derive(Clone, Debug)]
pub struct MirrorSettings {
    /// Bytes of SIP messages kept for `switchroom trace`; 0: none.
    pub trace_bytes: usize,
    /// Messages kept of one Call-ID.
    pub trace_messages: usize,
    /// The capture server.
    pub hep: Option<HepSettings>,
}

/// A capture server that takes HEP version 3 over UDP.
#[derive(Clone, Debug)]
pub struct HepSettings {
    /// Where it is.
    pub server: SocketAddr,
    /// Our number there.
    pub capture_id: u32,
    /// Its password.
    pub password: Option<SecretString>,
}

/// Connections at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// In all.
    pub max: usize,
    /// From one address.
    pub per_address_max: usize,
}

/// The media side.
#[derive(Clone, Debug)]
pub struct MediaSettings {
    /// The address put into SDP and bound for RTP.
    pub address: IpAddr,
    /// First and last UDP port for RTP.
    pub rtp_ports: (u16, u16),
    /// The address at which browsers reach the media; `None`: `address`.
    pub browser_address: Option<IpAddr>,
    /// The UDP port of all browser legs; 0: any free one.
    pub browser_port: u16,
    /// Worker threads; 0: one for each core but one.
    pub workers: u16,
    /// A leg that sends no packet for so long is dead.
    pub silence: Duration,
    /// Nothing is recorded while fewer bytes of the disk are free.
    pub keep_free: u64,
    /// Codecs for trunks and desk phones, best first.
    pub codecs: Vec<AudioCodec>,
    /// How long a port rests after its call.
    pub port_rest: Duration,
    /// Which phones are offered SRTP.
    pub srtp: SrtpOffers,
}

/// Which phones are offered SRTP with keys in the session description (RFC 4568). Whoever offers it to us gets it
/// whatever stands here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SrtpOffers {
    /// None.
    #[default]
    Off,
    /// Those reached by TLS, and nothing else is offered to them.
    Tls,
}

/// A codec for trunks and desk phones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudioCodec {
    /// G.711 µ-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
    /// G.722.
    G722,
    /// Opus.
    Opus,
}

/// Where contacts, customers and users are stored.
#[derive(Clone)]
pub enum Database {
    /// An SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL URL, which may hold a password.
    Postgres(SecretString),
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "Sqlite({})", path.display()),
            Self::Postgres(_) => f.write_str("Postgres(…)"),
        }
    }
}

/// What a caller who was cut off waits for the same agent, where nothing else is said. It is the age of the contact that
/// counts: who has waited longer than that is served by anybody.
pub(crate) const STICKY_S: u64 = 15;

/// Routing over all queues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routing {
    /// A returning customer waits so long for the same agent only; zero: not at all.
    pub sticky: Duration,
    /// Which contact goes first.
    pub contact_rule: acd::api::ContactRule,
    /// What may be offered over what.
    pub interrupts: Vec<acd::api::Interrupt>,
}

impl Default for Routing {
    fn default() -> Self {
        let sticky = Duration::from_secs(STICKY_S);
        Self { sticky, contact_rule: acd::api::ContactRule::default(), interrupts: Vec::new() }
    }
}

/// A skill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    /// The id.
    pub id: SkillId,
    /// The name.
    pub name: String,
}

/// A queue: what the ACD needs, and the rest.
#[derive(Clone, Debug)]
pub struct Queue {
    /// What the ACD needs.
    pub setup: acd::api::QueueSetup,
    /// What waiting callers hear.
    pub music: PromptId,
    /// What they are told besides.
    pub treatment: Treatment,
    /// New contacts are let in while this schedule is open; `None`: always.
    pub hours: Option<ScheduleId>,
    /// Its contacts are recorded.
    pub record: bool,
    /// Dispositions that its agents may choose.
    pub dispositions: Vec<DispositionCode>,
    /// The disposition set when nobody chose one in time.
    pub default_disposition: Option<DispositionCode>,
    /// Its customers may be called back; `None`: that is not offered.
    pub callback: Option<CallbackSettings>,
    /// The flow to which a customer comes when the agent has ended the talk; `None`: nothing follows.
    pub survey: Option<FlowId>,
    /// The flow to which an agent may lend a customer, who keys there what the agent is not to hear.
    pub secure_entry: Option<FlowId>,
}

/// What is done with callers who called before, and with those who may not call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecognitionSettings {
    /// One who was cut off and calls again within this time comes to the same agent, or to the old place in line.
    pub after_cut_off: Duration,
    /// One who calls again within this time is offered to the agent of the last talk first.
    pub last_agent: Duration,
    /// Numbers that may not call; with `*` at the end all that begin so.
    pub blocked: Vec<String>,
    /// What those hear; `None`: they are declined.
    pub blocked_flow: Option<FlowId>,
}

/// What `http` nodes may ask, and the secrets that they send.
#[derive(Clone, Debug)]
pub struct HttpStepSettings {
    /// Places in private networks that may be asked; none by default.
    pub allow_private: Vec<HttpPlace>,
    /// Requests under way at once; more fail.
    pub max_concurrent: usize,
    /// The secrets, which flows know by their ids only.
    pub secrets: Vec<(SecretId, SecretString)>,
    /// Whom we believe beside the public certification authorities, as PEM.
    pub(crate) ca: Option<String>,
}

impl HttpStepSettings {
    /// Whom we believe beside the public certification authorities.
    #[must_use]
    pub fn roots(&self) -> Option<RootCertStore> {
        self.ca.as_deref().and_then(tls::believed)
    }
}

/// Whose telephone rings first when a customer is called back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CallbackMode {
    /// The agent's.
    #[default]
    AgentFirst,
    /// The customer's.
    CustomerFirst,
}

/// When and how a queue calls its customers back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallbackSettings {
    /// Whose telephone rings first.
    pub mode: CallbackMode,
    /// How often the customer is called at most.
    pub attempts: u8,
    /// Time between two attempts.
    pub pause: Duration,
    /// How long the customer's telephone rings.
    pub ring: Duration,
    /// Offered when the expected wait is at least so long; zero: always.
    pub min_wait: Duration,
    /// More are not open at once.
    pub most_open: u32,
    /// Not offered when those that are open would keep the agents busy for longer.
    pub within: Duration,
    /// Not offered when live callers need more of the agents' time, in percent.
    pub most_load_percent: u32,
    /// The least time between two calls to one number.
    pub quarantine: Duration,
}

/// How an agent's phone is reached.
#[derive(Clone)]
pub enum AgentPhone {
    /// It registers, from a desk or a browser, as this SIP user.
    Registered {
        /// The SIP user name.
        user: String,
        /// The SIP password; `None`: the daemon makes one (`Config::fill_sip_passwords`).
        password: Option<SecretString>,
    },
    /// It is always at this SIP URI.
    Uri(String),
}

impl fmt::Debug for AgentPhone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registered { user, .. } => write!(f, "Registered({user})"),
            Self::Uri(uri) => write!(f, "Uri({uri})"),
        }
    }
}

/// An agent.
#[derive(Clone, Debug)]
pub struct Agent {
    /// The id.
    pub id: AgentId,
    /// The name.
    pub name: String,
    /// The sign-in name of the agent's user, if there is one in the configuration.
    pub login: Option<String>,
    /// The phone.
    pub phone: AgentPhone,
    /// Signed in and ready from the start, without a console.
    pub signed_in: bool,
    /// Skills with levels.
    pub skills: Vec<(SkillId, Proficiency)>,
    /// Queues served, each once.
    pub queues: Vec<acd::api::Membership>,
    /// Contacts of each channel at once.
    pub capacity: Vec<(Channel, u8)>,
}

/// A person who signs in.
#[derive(Clone, Debug)]
pub struct User {
    /// The sign-in name.
    pub login: String,
    /// The name.
    pub name: String,
    /// What the person may do.
    pub role: Role,
    /// The agent that the person is.
    pub agent: Option<AgentId>,
    /// The password.
    pub password: SecretString,
}

/// A phone that registers and belongs to no agent.
#[derive(Clone, Debug)]
pub struct SoftPhone {
    /// The SIP user name.
    pub user: String,
    /// The name shown.
    pub name: String,
    /// The SIP password.
    pub password: SecretString,
}

/// A trunk.
#[derive(Clone, Debug)]
pub struct Trunk {
    /// The id.
    pub id: TrunkId,
    /// Networks from which its requests come: address and prefix length.
    pub sources: Vec<(IpAddr, u8)>,
    /// Where calls to it are sent.
    pub peer: Option<Destination>,
    /// The same by name.
    pub host: Option<Host>,
    /// User name and password of both directions.
    pub credentials: Option<(String, SecretString)>,
    /// Its P-Asserted-Identity is believed, and private identities are told to it (RFC 3325).
    pub trusted: bool,
    /// `X-` header fields of its INVITEs that reach the screen pop and the agent's phone.
    pub pass_headers: Vec<String>,
    /// We register with it.
    pub registration: Option<TrunkRegistration>,
    /// How it proves who it is, for a peer that is reached by TLS.
    pub tls: Option<TrunkTls>,
    /// Calls to it are offered with SRTP alone (RFC 4568).
    pub srtp: bool,
    /// Its place among those by which numbers are dialled.
    pub rank: TrunkRank,
}

/// A trunk's place among those by which numbers are dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkRank {
    /// Trunks of one group stand in for each other.
    pub group: Option<String>,
    /// The least is tried first.
    pub priority: u16,
    /// The share of the calls among trunks of one priority.
    pub weight: u16,
    /// Calls at once; `None`: no limit.
    pub max_channels: Option<u32>,
}

/// Why an agent is not ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The code.
    pub code: ReasonCode,
    /// The label by language.
    pub labels: Vec<(Language, String)>,
    /// Only the engine sets it: `rona`, `connection`, `device`.
    pub system: bool,
}

/// An entry point: a called number and the flow that it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The id.
    pub id: EntryPointId,
    /// The called number; `None`: any that no other entry point names.
    pub dnis: Option<Dnis>,
    /// The flow.
    pub flow: FlowId,
    /// The language to begin with.
    pub language: Language,
}
