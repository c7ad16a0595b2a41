//! What comes out of the check.

use crate::check::check;
use crate::flow_set::FlowFile;
use crate::model::{
    Agent, AgentPhone, Database, Entry, HttpStepSettings, MediaSettings, MirrorSettings, Queue, Reason,
    RecognitionSettings, Routing, ServerSettings, SipSettings, Skill, SoftPhone, Trunk, User,
};
use crate::outside::Outside;
use crate::problem::Problem;
use crate::report::Source;
use crate::tls::Identity;
use crate::voice::{FlowWords, SpeechSettings};
use core::net::{IpAddr, SocketAddr};
use domain::{AgentId, DispositionRow, FlowId, QueueId};
use hours::Schedule;
use ivr::Flow;
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A checked configuration. If it exists, it is right.
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) server: ServerSettings,
    pub(crate) tls: Option<Identity>,
    pub(crate) sip: SipSettings,
    pub(crate) media: MediaSettings,
    pub(crate) mirror: MirrorSettings,
    pub(crate) database: Option<Database>,
    pub(crate) routing: Routing,
    pub(crate) recognition: RecognitionSettings,
    pub(crate) http_step: HttpStepSettings,
    pub(crate) speech: SpeechSettings,
    pub(crate) flow_words: Vec<FlowWords>,
    pub(crate) schedules: Vec<Arc<Schedule>>,
    pub(crate) skills: Vec<Skill>,
    pub(crate) queues: Vec<Queue>,
    pub(crate) agents: Vec<Agent>,
    pub(crate) users: Vec<User>,
    pub(crate) phones: Vec<SoftPhone>,
    pub(crate) trunks: Vec<Trunk>,
    pub(crate) words: Words,
    pub(crate) entries: Vec<Entry>,
    pub(crate) flows: BTreeMap<FlowId, Arc<Flow>>,
    pub(crate) flow_files: Vec<FlowFile>,
    pub(crate) warnings: Vec<Problem>,
}

/// Codes with labels.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    pub(crate) reasons: Vec<Reason>,
    pub(crate) dispositions: Vec<DispositionRow>,
}

/// Values that the daemon knows better than the file, such as those of its command line.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Where HTTP listens.
    pub http: Option<SocketAddr>,
    /// Where SIP listens.
    pub sip: Option<SocketAddr>,
    /// The address put into SDP and bound for RTP.
    pub media_address: Option<IpAddr>,
    /// First and last UDP port for RTP.
    pub rtp_ports: Option<(u16, u16)>,
    /// The address at which browsers reach the media.
    pub browser_address: Option<IpAddr>,
    /// The UDP port of all browser legs.
    pub browser_port: Option<u16>,
    /// The data directory.
    pub data_dir: Option<PathBuf>,
    /// The folder of prompts.
    pub prompts_dir: Option<PathBuf>,
    /// The database.
    pub database: Option<Database>,
}

impl Config {
    /// Checks a configuration.
    ///
    /// # Errors
    /// Every problem, in order of place; at least one of them is an error.
    pub fn from_source(main: Source, outside: &dyn Outside) -> Result<Self, Vec<Problem>> {
        check(main, outside)
    }

    /// The same with other values in places.
    #[must_use]
    pub fn with_overrides(mut self, overrides: Overrides) -> Self {
        self.server.http = overrides.http.unwrap_or(self.server.http);
        self.sip.listen = overrides.sip.unwrap_or(self.sip.listen);
        self.media.address = overrides.media_address.unwrap_or(self.media.address);
        self.media.rtp_ports = overrides.rtp_ports.unwrap_or(self.media.rtp_ports);
        self.media.browser_address = overrides.browser_address.or(self.media.browser_address);
        self.media.browser_port = overrides.browser_port.unwrap_or(self.media.browser_port);
        self.server.data_dir = overrides.data_dir.unwrap_or(self.server.data_dir);
        self.server.prompts_dir = overrides.prompts_dir.unwrap_or(self.server.prompts_dir);
        self.database = overrides.database.or(self.database);
        self
    }

    /// Gives each registering phone without a password one of its own, by its SIP user. To be called before `sip`.
    pub fn fill_sip_passwords(&mut self, mut make: impl FnMut(&str) -> SecretString) {
        for agent in &mut self.agents {
            if let AgentPhone::Registered { user, password: password @ None } = &mut agent.phone {
                *password = Some(make(user));
            }
        }
    }

    /// The password of a registering agent's phone.
    #[must_use]
    pub fn sip_password(&self, sip_user: &str) -> Option<&SecretString> {
        self.agents.iter().find_map(|agent| match &agent.phone {
            AgentPhone::Registered { user, password: Some(password) } if user == sip_user => Some(password),
            _ => None,
        })
    }

    /// What the configuration can be used with but should be looked at.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// Listeners, directories, language and time zone.
    #[must_use]
    pub fn server(&self) -> &ServerSettings {
        &self.server
    }

    /// Who we are towards those who connect by TLS. There if anything listens for TLS.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.tls.as_ref()
    }

    /// The SIP side.
    #[must_use]
    pub fn sip_settings(&self) -> &SipSettings {
        &self.sip
    }

    /// The media side.
    #[must_use]
    pub fn media(&self) -> &MediaSettings {
        &self.media
    }

    /// Callers who called before, and those who may not call.
    #[must_use]
    pub fn recognition(&self) -> &RecognitionSettings {
        &self.recognition
    }

    /// What `http` nodes may ask, and the secrets that they send.
    #[must_use]
    pub fn http_step(&self) -> &HttpStepSettings {
        &self.http_step
    }

    /// Who speaks texts.
    #[must_use]
    pub fn speech(&self) -> &SpeechSettings {
        &self.speech
    }

    /// What each flow may say.
    #[must_use]
    pub fn flow_words(&self) -> &[FlowWords] {
        &self.flow_words
    }

    /// What of the wire is kept and mirrored.
    #[must_use]
    pub fn mirror(&self) -> &MirrorSettings {
        &self.mirror
    }

    /// The data directory.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.server.data_dir
    }

    /// The database; without a word on it, a file in the data directory.
    #[must_use]
    pub fn database(&self) -> Database {
        self.database.clone().unwrap_or_else(|| Database::Sqlite(self.server.data_dir.join("switchroom.db")))
    }

    /// What the ACD is built from, but for the seed of its draws.
    #[must_use]
    pub fn acd(&self) -> acd::api::Setup {
        let agent = |agent: &Agent| acd::api::AgentSetup {
            id: agent.id,
            name: agent.name.clone(),
            skills: agent.skills.clone(),
            queues: agent.queues.clone(),
            capacity: agent.capacity.clone(),
        };
        let queues = self.queues.iter().map(|queue| queue.setup.clone()).collect();
        let agents = self.agents.iter().map(agent).collect();
        let Routing { sticky, contact_rule, interrupts } = self.routing.clone();
        acd::api::Setup { queues, agents, sticky, contact_rule, interrupts, seed: 0 }
    }

    /// Routing over all queues.
    #[must_use]
    pub fn routing(&self) -> &Routing {
        &self.routing
    }

    /// Schedules of opening hours.
    #[must_use]
    pub fn schedules(&self) -> &[Arc<Schedule>] {
        &self.schedules
    }

    /// The flows.
    #[must_use]
    pub fn flows(&self) -> &BTreeMap<FlowId, Arc<Flow>> {
        &self.flows
    }

    /// The files in which flows stand.
    #[must_use]
    pub fn flow_files(&self) -> &[FlowFile] {
        &self.flow_files
    }

    /// A flow.
    #[must_use]
    pub fn flow(&self, id: FlowId) -> Option<&Arc<Flow>> {
        self.flows.get(&id)
    }

    /// The entry point of a called number.
    #[must_use]
    pub fn entry_for(&self, dnis: &str) -> Option<&Entry> {
        let named = self.entries.iter().find(|entry| entry.dnis.as_ref().is_some_and(|known| known.as_str() == dnis));
        named.or_else(|| self.entries.iter().find(|entry| entry.dnis.is_none()))
    }

    /// The entry points.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The skills.
    #[must_use]
    pub fn skills(&self) -> &[Skill] {
        &self.skills
    }

    /// The agents.
    #[must_use]
    pub fn agents(&self) -> &[Agent] {
        &self.agents
    }

    /// An agent.
    #[must_use]
    pub fn agent(&self, id: AgentId) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.id == id)
    }

    /// The users, agents' users included.
    #[must_use]
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// Phones that register and belong to no agent.
    #[must_use]
    pub fn phones(&self) -> &[SoftPhone] {
        &self.phones
    }

    /// The trunks.
    #[must_use]
    pub fn trunks(&self) -> &[Trunk] {
        &self.trunks
    }

    /// The queues.
    #[must_use]
    pub fn queues(&self) -> &[Queue] {
        &self.queues
    }

    /// A queue.
    #[must_use]
    pub fn queue(&self, id: QueueId) -> Option<&Queue> {
        self.queues.iter().find(|queue| queue.setup.id == id)
    }

    /// Why agents may be not ready, the engine's own reasons last.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        &self.words.reasons
    }

    /// The dispositions.
    #[must_use]
    pub fn dispositions(&self) -> &[DispositionRow] {
        &self.words.dispositions
    }
}
