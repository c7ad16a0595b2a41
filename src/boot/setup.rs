//! From the checked configuration to what each part is built from.

use super::doors::Edge;
use super::{BootError, Options, Sockets, emergencies, recordings_dir};
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::mirror;
use call::api::{Message, Phone, QueueRules, Say, Treatment};
use config::{AgentPhone, Config};
use domain::{AgentId, AgentRow, TrunkId};
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use switchboard::api::{AgentRules, CallbackOffer, Entry, QueueSetup, Recognition, Rules, Srtp};

/// More calls than this at once are refused.
const CALLS_MAX: usize = 5_000;
/// How long a sign-in lasts.
const SESSION: Duration = Duration::from_secs(12 * 3_600);
/// How long the demo's link lasts.
const START_LINK: Duration = Duration::from_secs(30 * 60);

/// Writes what the configuration names into the store, and demo data into an empty demo.
pub(super) async fn seed(store: &crm::Store, config: &Config, demo: bool) -> Result<(), BootError> {
    let agents: Vec<AgentRow> =
        config.agents().iter().map(|agent| AgentRow { id: agent.id, name: agent.name.clone() }).collect();
    let queues: Vec<_> = config.queues().iter().map(|queue| (queue.setup.id, queue.setup.name.clone())).collect();
    let users: Vec<crm::SeedUser> = config
        .users()
        .iter()
        .map(|user| crm::SeedUser {
            login: user.login.clone(),
            name: user.name.clone(),
            role: user.role,
            agent: user.agent,
            password: user.password.clone(),
        })
        .collect();
    store.seed_agents(&agents).await?;
    store.seed_queues(&queues).await?;
    store.seed_dispositions(config.dispositions()).await?;
    store.seed_users(&users).await?;
    if demo {
        store.demo_customers(crate::clock::wall_now()).await?;
    }
    Ok(())
}

/// What the SIP transports are built from.
pub(super) fn transports(config: &Config, tls: sip_io::Tls) -> sip_io::Settings {
    let connections = config.sip_settings().connections;
    let limits = sip_io::Limits {
        connections_max: connections.max,
        connections_per_address_max: connections.per_address_max,
        ..sip_io::Limits::default()
    };
    sip_io::Settings { tls, limits, door: config.door() }
}

/// Who may hold connections to the HTTP servers.
pub(super) fn gate(config: &Config) -> http_api::Gate {
    let connections = config.server().connections;
    http_api::Gate::new(http_api::ConnectionLimits {
        connections_max: connections.max,
        connections_per_address_max: connections.per_address_max,
        ..http_api::ConnectionLimits::default()
    })
}

/// What of the wire is kept and mirrored.
pub(super) fn mirror(config: &Config, sockets: &Sockets) -> mirror::Setup {
    let settings = config.mirror();
    let agent = |hep: &config::HepSettings| mirror::hep::Agent {
        id: hep.capture_id,
        password: hep.password.as_ref().map(|password| password.expose_secret().to_owned()),
    };
    mirror::Setup {
        limits: sip::trace::Limits { bytes: settings.trace_bytes, messages_per_call: settings.trace_messages },
        server: settings.hep.as_ref().map(|hep| (hep.server, agent(hep))),
        sip: (sockets.sip.local, sockets.sip.tls.as_ref().map(|(_, address)| *address)),
    }
}

/// What the media workers are built from.
pub(super) fn media(config: &Config) -> media_io::Settings {
    let media = config.media();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = if media.workers == 0 { cores.saturating_sub(1).max(1) } else { usize::from(media.workers) };
    media_io::Settings {
        address: media.address,
        ports: media.rtp_ports,
        browser_address: SocketAddr::new(media.browser_address.unwrap_or(media.address), media.browser_port),
        workers,
        silence_after: media.silence,
        default_language: config.server().default_language,
        codecs: media.codecs.iter().map(|codec| media_codec(*codec)).collect(),
        port_rest: media.port_rest,
        rtcp_tap: None,
        voice: None,
    }
}

/// How texts are spoken.
pub(super) fn speaker(config: &Config) -> speech::SpeakerSettings {
    let settings = config.speech();
    speech::SpeakerSettings {
        enabled: settings.enabled,
        timeout: settings.timeout,
        max_concurrent: settings.max_concurrent,
        cache_bytes: settings.cache_bytes,
        cache_dir: super::prompts::cache_dir(config.data_dir()),
    }
}

/// The program that speaks them.
pub(crate) fn voice_program(config: &Config) -> speech::Program {
    let settings = config.speech();
    speech::Program::new(speech::ProgramSettings {
        command: settings.command.clone(),
        rate: settings.rate,
        voices: settings.voices.clone(),
    })
}

const fn media_codec(codec: config::AudioCodec) -> media::codec::Codec {
    use media::codec::Codec;
    match codec {
        config::AudioCodec::Pcmu => Codec::Pcmu,
        config::AudioCodec::Pcma => Codec::Pcma,
        config::AudioCodec::G722 => Codec::G722,
        config::AudioCodec::Opus => Codec::Opus,
    }
}

fn phone(phone: &AgentPhone) -> Phone {
    match phone {
        AgentPhone::Registered { user, .. } => Phone::Registered(user.clone()),
        AgentPhone::Uri(uri) => Phone::Uri(uri.clone()),
    }
}

fn treatment(of: &config::Treatment) -> Treatment {
    let message = |message: &config::Message| Message {
        after: message.after,
        every: message.every,
        say: message.prompts.iter().copied().map(Say::Prompt).collect(),
    };
    let messages = of.messages.iter().map(message).collect();
    Treatment { position: of.position, wait: of.wait, repeat: of.repeat, messages }
}

fn queue_setup(queue: &config::Queue) -> QueueSetup {
    let has_default = queue.default_disposition.is_some();
    QueueSetup {
        rules: QueueRules {
            id: queue.setup.id,
            music: queue.music,
            treatment: Arc::new(treatment(&queue.treatment)),
            record: queue.record,
            default_disposition: queue.default_disposition,
            disposition_required: !queue.dispositions.is_empty() && has_default,
            survey: queue.survey,
            secure_entry: queue.secure_entry,
        },
        dispositions: queue.dispositions.clone(),
        hours: queue.hours,
    }
}

/// Callers who called before, and those who may not call.
fn recognition(config: &Config) -> Recognition {
    let settings = config.recognition().clone();
    Recognition {
        after_cut_off: settings.after_cut_off,
        last_agent: settings.last_agent,
        blocked: settings.blocked,
        blocked_flow: settings.blocked_flow,
    }
}

/// When and how a queue calls back.
fn callback_offer(settings: &config::CallbackSettings) -> CallbackOffer {
    CallbackOffer {
        rules: call::api::CallbackRules {
            mode: match settings.mode {
                config::CallbackMode::AgentFirst => call::api::CallbackMode::AgentFirst,
                config::CallbackMode::CustomerFirst => call::api::CallbackMode::CustomerFirst,
            },
            attempts: settings.attempts,
            pause: settings.pause,
            ring: settings.ring,
        },
        min_wait: settings.min_wait,
        most_open: settings.most_open,
        within: settings.within,
        most_load_percent: settings.most_load_percent,
        quarantine: settings.quarantine,
    }
}

/// What flows may ask over HTTP, and with which secrets.
pub(super) fn http_step(config: &Config) -> http_step::Settings {
    let settings = config.http_step();
    http_step::Settings {
        allow_private: settings.allow_private.clone(),
        max_concurrent: settings.max_concurrent,
        secrets: settings.secrets.iter().cloned().collect(),
        tls: crate::tls::asking(settings.roots()),
    }
}

/// The trunk by which numbers are dialled: the first with a peer; then the others of its group.
fn dialled_by(config: &Config) -> impl Iterator<Item = TrunkId> {
    let mut peers = config.trunks().iter().filter(|trunk| trunk.peer.is_some() || trunk.host.is_some());
    let first = peers.next();
    let group = first.and_then(|trunk| trunk.rank.group.as_ref());
    let others = peers.filter(move |trunk| group.is_some() && trunk.rank.group.as_ref() == group);
    first.into_iter().chain(others).map(|trunk| trunk.id)
}

/// The switchboard's rules besides those of SIP and the ACD.
pub(super) fn rules(config: &Config) -> Rules {
    let entry = |entry: &config::Entry| Entry {
        id: entry.id,
        dnis: entry.dnis.as_ref().map(|dnis| dnis.as_str().to_owned()),
        flow: entry.flow,
        language: entry.language,
    };
    let agent =
        |agent: &config::Agent| AgentRules { id: agent.id, phone: phone(&agent.phone), signed_in: agent.signed_in };
    Rules {
        entries: config.entries().iter().map(entry).collect(),
        flows: config.flows().clone(),
        agents: config.agents().iter().map(agent).collect(),
        queues: config.queues().iter().map(|queue| (queue.setup.id, queue_setup(queue))).collect(),
        callbacks: config
            .queues()
            .iter()
            .filter_map(|queue| Some((queue.setup.id, callback_offer(queue.callback.as_ref()?))))
            .collect(),
        recognition: recognition(config),
        reasons: config.reasons().iter().filter(|reason| !reason.system).map(|reason| reason.code).collect(),
        dial_trunk: dialled_by(config).next(),
        dial_spares: dialled_by(config).skip(1).collect(),
        srtp: Srtp {
            tls_phones: config.media().srtp == config::SrtpOffers::Tls,
            trunks: config.trunks().iter().filter(|trunk| trunk.srtp).map(|trunk| trunk.id).collect(),
        },
        schedules: config.schedules().to_vec(),
        default_language: config.server().default_language,
        utc_offset_s: config.server().utc_offset_s,
        emergency: config.sip_settings().emergency.clone(),
        max_calls: CALLS_MAX,
    }
}

/// What the switchboard is built from. `sip`: where it listens, and where for TLS.
pub(super) fn switchboard(
    config: &Config,
    sip: (SocketAddr, Option<SocketAddr>),
    clock: &Clock,
) -> Result<switchboard::Setup, BootError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| BootError::NoRandomness)?;
    Ok(switchboard::Setup {
        sip: config.sip(sip.0, sip.1),
        acd: config.acd(),
        rules: rules(config),
        emergencies: emergencies::read(config.data_dir()),
        wall_at_start: clock.wall_at_start(),
        seed,
    })
}

/// Which calls are let in while more come than can be served.
pub(super) fn admission(config: &Config) -> sip::admission::Rules {
    sip::admission::Rules { emergency: config.sip_settings().emergency.clone(), ..sip::admission::Rules::default() }
}

/// The agents' SIP accounts.
pub(super) fn phone_tickets(config: &Config, sip: SocketAddr) -> BTreeMap<AgentId, PhoneAccount> {
    let ticket = |agent: &config::Agent| match &agent.phone {
        AgentPhone::Registered { user, password } => PhoneAccount {
            user: user.clone(),
            password: password.as_ref().map(|secret| secret.expose_secret().to_owned()),
            domain: sip.ip().to_string(),
            fixed: None,
        },
        AgentPhone::Uri(uri) => PhoneAccount {
            user: agent.id.to_string(),
            password: None,
            domain: sip.ip().to_string(),
            fixed: Some(uri.clone()),
        },
    };
    config.agents().iter().map(|agent| (agent.id, ticket(agent))).collect()
}

/// The agents' SIP accounts, which a reload replaces.
#[derive(Clone)]
pub(super) struct PhoneAccounts(Arc<Mutex<BTreeMap<AgentId, PhoneAccount>>>);

impl PhoneAccounts {
    pub(super) fn new(accounts: BTreeMap<AgentId, PhoneAccount>) -> Self {
        Self(Arc::new(Mutex::new(accounts)))
    }

    pub(super) fn replace(&self, accounts: BTreeMap<AgentId, PhoneAccount>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = accounts;
    }

    pub(super) fn of(&self, agent: AgentId) -> Option<PhoneAccount> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&agent).cloned()
    }
}

/// An agent's SIP account.
#[derive(Clone)]
pub(super) struct PhoneAccount {
    pub user: String,
    pub password: Option<String>,
    pub domain: String,
    pub fixed: Option<String>,
}

/// What the CTI bridge is built from.
pub(super) fn bridge(clock: &Clock) -> cti_bridge::Settings {
    cti_bridge::Settings {
        wall_at_start: clock.wall_at_start(),
        server_version: env!("CARGO_PKG_VERSION").to_owned(),
        started: clock.started(),
        start: Clock::START,
    }
}

/// What queues and agents are called.
pub(super) fn names(config: &Config) -> cti_bridge::Names {
    cti_bridge::Names {
        queues: config.queues().iter().map(|queue| (queue.setup.id, queue.setup.name.clone())).collect(),
        agents: config.agents().iter().map(|agent| (agent.id, agent.name.clone())).collect(),
    }
}

/// Why agents may be not ready, for people.
pub(super) fn reasons(config: &Config) -> Vec<http_api::dto::Reason> {
    let reason = |reason: &config::Reason| http_api::dto::Reason {
        code: reason.code.to_string(),
        labels: reason.labels.iter().map(|(language, label)| (language.to_string(), label.clone())).collect(),
        system: reason.system,
    };
    config.reasons().iter().map(reason).collect()
}

/// What the API is built from.
pub(super) fn http(config: &Config, clock: &Clock, options: Options, sip: SocketAddr) -> http_api::Settings {
    let wall = clock.wall_at_start();
    let expires = wall.at(clock.now() + START_LINK);
    let demo = options.demo.is_some();
    let start = options.demo.map(|demo| {
        let mut credentials = demo.credentials;
        credentials.sip_uri = format!("sip:{}@{sip}", credentials.sip_user);
        http_api::StartTicket { token: demo.start_token, expires, credentials }
    });
    http_api::Settings {
        company: options.company,
        languages: vec!["en".to_owned(), "zh".to_owned()],
        web_call_number: options.web_call_number,
        demo,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        clock: http_api::Clock { wall_at_start: wall, started: clock.started(), start: Clock::START },
        recordings: recordings_dir(config.data_dir()),
        reasons: reasons(config),
        asyncapi: cti_bridge::asyncapi_json(),
        session: SESSION,
        start,
    }
}

/// The daemon's own figures.
pub(super) fn metrics(
    metrics: Arc<Metrics>,
    journal: crm::Journal,
    edge: Edge,
    speaker: speech::Speaker,
) -> Arc<dyn Fn() -> Vec<http_api::Metric> + Send + Sync> {
    let runtime = tokio::runtime::Handle::current();
    Arc::new(move || {
        let mut samples = metrics.samples();
        samples.push(http_api::Metric {
            name: "switchroom_tasks",
            help: "Tasks of the runtime that are not over",
            kind: http_api::MetricKind::Gauge,
            samples: vec![(Vec::new(), runtime.metrics().num_alive_tasks() as f64)],
        });
        samples.extend(crate::metrics::edge(&edge.counters, &edge.gate));
        samples.extend(crate::metrics::mirror(&edge.mirror));
        samples.extend(crate::metrics::http_steps(&edge.steps));
        samples.extend(crate::metrics::speech(&speaker));
        samples.push(http_api::Metric {
            name: "switchroom_journal_backlog",
            help: "Contact events that are not on disk yet",
            kind: http_api::MetricKind::Gauge,
            samples: vec![(Vec::new(), journal.health().backlog as f64)],
        });
        samples
    })
}

/// How the daemon is.
pub(super) fn readiness(journal: crm::Journal) -> Arc<dyn Fn() -> http_api::Readiness + Send + Sync> {
    Arc::new(move || {
        let health = journal.health();
        let detail = match (health.failing, health.spooled) {
            (true, _) => "neither the database nor the spool takes events".to_owned(),
            (false, 0) => "events are stored".to_owned(),
            (false, n) => format!("the database does not answer; {n} events wait in the spool"),
        };
        let check = http_api::dto::HealthCheck { name: "history".to_owned(), ok: !health.failing, detail };
        http_api::Readiness { ready: !health.failing, checks: vec![check] }
    })
}
