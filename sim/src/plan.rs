//! What a world is made of: its configuration as a text, and the setups that follow from it.

use crate::dice::Dice;
use call::api::{CallbackMode, CallbackRules, Message, Phone, QueueRules, Say, Treatment};
use config::{AgentPhone, Config, Outside, PromptSet, Source};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use domain::{AgentId, WallTime};
use sip::api::{Destination, Policy, Timers, Trunk};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;
use switchboard::api::{AgentRules, CallbackOffer, Entry, QueueSetup, Rules};

/// A minute and a half before midnight: the counters of each world begin anew in its middle.
pub(crate) const WALL_AT_START: WallTime = WallTime::from_micros(1_700_006_310_000_000);

/// Where the switchboard listens.
pub(crate) const BOARD: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 1)), 5060);
/// The person behind every number outside.
pub(crate) const NUMBERS: usize = 0;
/// The person with the first agent's phone.
pub(crate) const FIRST_AGENT: usize = 1;
/// How many agents there are.
pub(crate) const AGENTS: usize = 6;
/// The first caller.
pub(crate) const FIRST_CALLER: usize = FIRST_AGENT + AGENTS;
/// Cool-down after every failed offer, in seconds.
pub(crate) const COOL_S: u64 = 3;
/// The sticky window in seconds.
pub(crate) const STICKY_S: u64 = 4;
/// The password of every phone that registers.
pub(crate) const PASSWORD: &str = "open sesame";

const TEXT: &str = r#"
[server]
company = "A small world"
[sip]
listen = "127.0.0.1:5060"
phone_keep_alive_s = 0
trunk_keep_alive_s = 0
[media]
rtp_ports = [40000, 40199]
[routing]
sticky_s = 4

[[trunk]]
id = "carrier"
sources = ["127.0.0.0/8"]
peer = "udp:127.0.1.1:5060"

[[entry]]
id = "main"
dnis = "8000"
flow = "main"
[[entry]]
id = "quick"
dnis = "8001"
flow = "direct"
[[entry]]
id = "crew"
dnis = "8002"
flow = "crew"

[[skill]]
id = "billing"
[[skill]]
id = "support"

[[queue]]
id = "billing"
skills = { billing = 5 }
relax = [{ after_s = 20, skills = { billing = 1 } }]
offer_timeout_s = 10
wrap_up_s = 10
wrap_up_extension_s = 10
default_disposition = "other"
secure_entry = "card"
cool_downs = { declined_s = 3, busy_s = 3, unreachable_s = 3, no_answer_s = 3 }
[[queue]]
id = "support"
skills = { support = 4 }
agent_rule = "best_level"
offer_timeout_s = 6
wrap_up_s = 5
cool_downs = { declined_s = 3, busy_s = 3, unreachable_s = 3, no_answer_s = 3, no_answer_limit = 0 }
[[queue]]
id = "quick"
record = false
agent_rule = "least_occupied"
offer_timeout_s = 8
wrap_up_s = 0
cool_downs = { declined_s = 3, busy_s = 3, unreachable_s = 3, no_answer_s = 3, no_answer_limit = 0 }
[[queue]]
id = "crew"
secure_entry = "card"
agent_rule = "ring_all"
ring_all_at_once = 3
offer_timeout_s = 7
wrap_up_s = 4
max_waiting = 6
max_wait_s = 40
needs_agents = true
overflow = { to = "support", after_s = 15 }
cool_downs = { declined_s = 3, busy_s = 3, unreachable_s = 3, no_answer_s = 3, no_answer_limit = 2 }

[[reason]]
code = "break"
labels = { en = "Break" }
[[disposition]]
code = "resolved"
labels = { en = "Resolved" }
[[disposition]]
code = "paid"
labels = { en = "Paid" }
queues = ["billing"]
[[disposition]]
code = "other"
labels = { en = "Other" }

[flow.main]
start = "greeting"
[flow.main.node.greeting]
type = "play"
prompts = ["greeting"]
next = "caller"
[flow.main.node.caller]
type = "lookup"
by = "ani"
timeout_ms = 800
found = "menu"
not_found = "menu"
[flow.main.node.menu]
type = "menu"
prompts = ["main-menu"]
digits = { 1 = "billing", 2 = "support", 3 = "outside", 9 = "goodbye" }
timeout_s = 3
attempts = 2
no_input = "billing"
no_match = "goodbye"
[flow.main.node.billing]
type = "enqueue"
queue = "billing"
announce = ["please-hold"]
[flow.main.node.support]
type = "enqueue"
queue = "support"
priority = 30
[flow.main.node.outside]
type = "transfer"
number = "5550"
[flow.main.node.goodbye]
type = "hangup"
prompts = ["goodbye"]

[flow.card]
start = "ask"
[flow.card.node.ask]
type = "collect"
prompts = ["main-menu"]
variable = "code"
min = 1
max = 2
masked = true
first_digit_timeout_s = 2
attempts = 1
exhausted = "sorry"
next = "done"
[flow.card.node.done]
type = "return"
[flow.card.node.sorry]
type = "hangup"
prompts = ["goodbye"]

[flow.direct]
start = "quick"
[flow.direct.node.quick]
type = "enqueue"
queue = "quick"
announce = ["please-hold"]

[flow.crew]
start = "crew"
[flow.crew.node.crew]
type = "enqueue"
queue = "crew"
announce = ["please-hold"]
full = "sorry"
no_agents = "sorry"
closed = "goodbye"
overflow = "quick"
[flow.crew.node.sorry]
type = "play"
prompts = ["goodbye"]
next = "quick"
[flow.crew.node.quick]
type = "enqueue"
queue = "quick"
overflow = "goodbye"
[flow.crew.node.goodbye]
type = "hangup"
prompts = ["goodbye"]
"#;

/// What a supervisor may change of the configuration while calls go on: old words and new ones.
const CHANGES: &[(&str, &str)] = &[
    ("relax = [{ after_s = 20,", "relax = [{ after_s = 3,"),
    ("agent_rule = \"best_level\"", "agent_rule = \"fewest_contacts\""),
    ("agent_rule = \"least_occupied\"", "agent_rule = \"weighted_random\""),
    ("ring_all_at_once = 3", "ring_all_at_once = 2"),
    ("max_waiting = 6", "max_waiting = 1"),
    ("billing = 2, support = 9", "billing = 7"),
    ("queues = [\"billing\", \"crew\"]", "queues = [\"support\"]"),
    ("skills = { support = 4 }", "skills = {}"),
    ("priority = 30", "priority = 300"),
];

/// The configuration and nothing around it.
struct Nothing;

impl Outside for Nothing {
    fn read(&self, path: &str) -> Result<String, String> {
        Err(format!("there is no {path} in this world"))
    }

    fn variable(&self, _name: &str) -> Option<String> {
        None
    }

    fn prompts(&self, _dir: &str) -> Result<Option<PromptSet>, String> {
        Ok(None)
    }

    fn resolve(&self, path: &str) -> PathBuf {
        PathBuf::from(path)
    }
}

/// Where a person's phone is.
pub(crate) fn address(person: usize) -> SocketAddr {
    let last = u8::try_from(person % 250 + 1).unwrap_or(u8::MAX);
    let net = u8::try_from(person / 250 + 1).unwrap_or(u8::MAX);
    SocketAddr::from(([127, 0, net, last], 5060))
}

/// The person at this address.
pub(crate) fn person_at(address: SocketAddr) -> Option<usize> {
    match address.ip() {
        IpAddr::V4(ip) => match ip.octets() {
            [127, 0, net, last] if net > 0 && last > 0 => Some((usize::from(net) - 1) * 250 + usize::from(last) - 1),
            _ => None,
        },
        IpAddr::V6(_) => None,
    }
}

fn text() -> String {
    let skills =
        ["billing = 8", "billing = 6, support = 4", "billing = 2, support = 9", "support = 5", "billing = 5", ""];
    let queues = [
        r#""billing", "crew""#,
        r#""billing", "support", "crew""#,
        r#""support", "billing", "quick""#,
        r#""support", "quick", "crew""#,
        r#""billing", { queue = "quick", delay_s = 10, preference = 2 }"#,
        r#""quick", "crew""#,
    ];
    let mut text = TEXT.to_owned();
    for (number, (skills, queues)) in skills.iter().zip(queues).enumerate() {
        let signed_in = number < 5;
        let phone = match user(FIRST_AGENT + number) {
            Some(user) => format!("sip_user = \"{user}\"\nsip_password = \"{PASSWORD}\""),
            None => format!("phone = \"sip:a{number}@{}\"", address(FIRST_AGENT + number)),
        };
        // Writing into a String cannot fail.
        let _ = write!(
            text,
            "\n[[agent]]\nid = \"a{number}\"\n{phone}\nskills = {{ {skills} }}\nqueues = [{queues}]\nsigned_in = {signed_in}\n"
        );
    }
    text
}

/// The SIP user of a person whose phone registers: every third agent's.
pub(crate) fn user(person: usize) -> Option<String> {
    let agent = person.checked_sub(FIRST_AGENT).filter(|agent| *agent < AGENTS && agent % 3 == 1)?;
    Some(format!("phone{agent}"))
}

/// The agents, in order of their phones.
pub(crate) fn agents() -> Vec<AgentId> {
    (0..AGENTS).filter_map(|number| format!("a{number}").parse().ok()).collect()
}

/// The checked configuration.
pub(crate) fn config() -> Config {
    checked(text())
}

/// The same with some things changed.
pub(crate) fn changed(dice: &mut Dice) -> Config {
    let mut text = text();
    for (old, new) in CHANGES {
        assert!(text.contains(old), "the world's configuration has no {old}");
        if dice.percent(40) {
            text = text.replace(old, new);
        }
    }
    checked(text)
}

/// # Panics
/// If the text is not a good configuration.
pub(crate) fn checked(text: String) -> Config {
    let source = Source { name: "world.toml".to_owned(), text };
    Config::from_source(source, &Nothing).unwrap_or_else(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("the world's configuration is wrong:\n{}", lines.join("\n"))
    })
}

fn treatment(of: &config::Treatment) -> Arc<Treatment> {
    let message = |message: &config::Message| Message {
        after: message.after,
        every: message.every,
        say: message.prompts.iter().copied().map(Say::Prompt).collect(),
    };
    let messages = of.messages.iter().map(message).collect();
    Arc::new(Treatment { position: of.position, wait: of.wait, repeat: of.repeat, messages })
}

fn queue(queue: &config::Queue) -> QueueSetup {
    let rules = QueueRules {
        id: queue.setup.id,
        music: queue.music,
        treatment: treatment(&queue.treatment),
        record: queue.record,
        default_disposition: queue.default_disposition,
        disposition_required: !queue.dispositions.is_empty() && queue.default_disposition.is_some(),
        survey: queue.survey,
        secure_entry: queue.secure_entry,
    };
    QueueSetup { rules, dispositions: queue.dispositions.clone(), hours: queue.hours }
}

fn callback_offer(settings: &config::CallbackSettings) -> CallbackOffer {
    let mode = match settings.mode {
        config::CallbackMode::AgentFirst => CallbackMode::AgentFirst,
        config::CallbackMode::CustomerFirst => CallbackMode::CustomerFirst,
    };
    CallbackOffer {
        rules: CallbackRules { mode, attempts: settings.attempts, pause: settings.pause, ring: settings.ring },
        min_wait: settings.min_wait,
        most_open: settings.most_open,
        within: settings.within,
        most_load_percent: settings.most_load_percent,
        quarantine: settings.quarantine,
    }
}

fn rules(config: &Config, max_calls: usize) -> Rules {
    let entry = |entry: &config::Entry| Entry {
        id: entry.id,
        dnis: entry.dnis.as_ref().map(|dnis| dnis.as_str().to_owned()),
        flow: entry.flow,
        language: entry.language,
    };
    let agent = |agent: &config::Agent| {
        let phone = match &agent.phone {
            AgentPhone::Registered { user, .. } => Phone::Registered(user.clone()),
            AgentPhone::Uri(uri) => Phone::Uri(uri.clone()),
        };
        AgentRules { id: agent.id, phone, signed_in: agent.signed_in }
    };
    Rules {
        callbacks: config
            .queues()
            .iter()
            .filter_map(|one| Some((one.setup.id, callback_offer(one.callback.as_ref()?))))
            .collect(),
        emergency: Vec::new(),
        recognition: switchboard::api::Recognition::default(),
        entries: config.entries().iter().map(entry).collect(),
        flows: config.flows().clone(),
        agents: config.agents().iter().map(agent).collect(),
        queues: config.queues().iter().map(|one| (one.setup.id, queue(one))).collect(),
        reasons: config.reasons().iter().filter(|reason| !reason.system).map(|reason| reason.code).collect(),
        dial_trunk: config.trunks().iter().find(|trunk| trunk.peer.is_some()).map(|trunk| trunk.id),
        dial_spares: Vec::new(),
        srtp: switchboard::api::Srtp::default(),
        schedules: config.schedules().to_vec(),
        default_language: config.server().default_language,
        utc_offset_s: config.server().utc_offset_s,
        max_calls,
    }
}

/// What the switchboard is built from.
pub(crate) fn board(config: &Config, max_calls: usize, dice: &mut Dice) -> switchboard::Setup {
    board_of(config, max_calls, dice.seed())
}

/// The same from a seed of its own.
pub(crate) fn board_of(config: &Config, max_calls: usize, seed: [u8; 32]) -> switchboard::Setup {
    switchboard::Setup {
        sip: config.sip(BOARD, None),
        acd: config.acd(),
        rules: rules(config, max_calls),
        emergencies: std::collections::BTreeMap::new(),
        wall_at_start: WALL_AT_START,
        seed,
    }
}

/// What the switchboard is told when the configuration changed.
pub(crate) fn reconfiguration(config: &Config, max_calls: usize) -> switchboard::api::Reconfiguration {
    let (acd, rules) = (config.acd(), rules(config, max_calls));
    switchboard::api::Reconfiguration { acd, rules, add_users: Vec::new(), remove_users: Vec::new() }
}

/// What a person's phone is built from: it knows the switchboard and nobody else.
///
/// # Panics
/// Never: the trunk's id is a constant.
pub(crate) fn phone(person: usize) -> sip::api::Setup {
    let board = Trunk {
        sources: vec![(BOARD.ip(), 32)],
        peer: Some(Destination::Udp(BOARD)),
        ..Trunk::new("board".parse().expect("a constant id"))
    };
    sip::api::Setup {
        advertised: address(person),
        tls_advertised: None,
        domains: Vec::new(),
        realm: "phone".to_owned(),
        allow_md5: true,
        md5_only: false,
        trunks: vec![board],
        users: Vec::new(),
        timers: Timers::default(),
        expires_s: (60, 3_600),
        agent_name: "phone".to_owned(),
        policy: Policy::default(),
    }
}
