//! What comes out of a configuration without mistakes.

use super::*;
use core::time::Duration;
use domain::{Channel, Language, Proficiency, Role};
use secrecy::ExposeSecret;
use sip::api::{Destination, Transport};
use sip::locate::Host;

const GOOD: &str = r#"
flows = ["flows/a.toml"]
[server]
utc_offset_min = 60
[sip]
listen = "127.0.0.1:5070"
realm = "cc.example.org"
[[trunk]]
id = "carrier"
sources = ["10.0.0.0/8", "2001:db8::1"]
peer = "udp:10.0.0.1:5060"
user = "account"
password = "trunkpass"
[[skill]]
id = "billing"
[[queue]]
id = "billing"
name = "Billing"
goal = { share = 90, within_s = 10, short_abandon_s = 3 }
skills = { billing = 5 }
relax = [{ after_s = 30, skills = { billing = 1 } }]
wrap_up_s = 0.5
default_disposition = "done"
[[agent]]
id = "li.wei"
name = "Li Wei"
login = "li"
password = "agentpass"
skills = { billing = 8 }
queues = ["billing"]
capacity = { voice = 1, chat = 3 }
[[agent]]
id = "a0001"
phone = "sip:a0001@127.0.0.1:6000"
queues = ["billing"]
signed_in = true
[[user]]
login = "boss"
role = "supervisor"
password = { env = "SECRET" }
[[phone]]
user = "6001"
password = "phonepass"
[[disposition]]
code = "done"
labels = { en = "Done", zh = "完成" }
[[disposition]]
code = "elsewhere"
queues = ["billing"]
[[reason]]
code = "rona"
labels = { en = "Missed" }
[[entry]]
dnis = "8000"
flow = "a"
language = "zh"
[[entry]]
dnis = "*"
flow = "a"
"#;

const FLOW: &str = "[flow.a]\nstart = \"q\"\n[flow.a.node.q]\ntype = \"enqueue\"\nqueue = \"billing\"\n";

fn good() -> Config {
    check_in(&World { files: [("flows/a.toml", FLOW)].into(), ..World::default() }, GOOD).unwrap()
}

#[test]
fn the_acd_gets_queues_and_agents() {
    let setup = good().acd();
    let queue = &setup.queues[0];
    assert_eq!((queue.goal.share_percent, queue.goal.within_ms, queue.goal.short_abandon_ms), (90, 10_000, 3_000));
    assert_eq!(queue.wrap_up, Duration::from_millis(500));
    let levels: Vec<u8> = queue.requirement.rings().iter().map(|ring| ring.need[0].1.level()).collect();
    assert_eq!(levels, [5, 1]);
    let agent = &setup.agents[0];
    assert_eq!(agent.skills, [("billing".parse().unwrap(), Proficiency::new(8).unwrap())]);
    assert_eq!(agent.capacity, [(Channel::Chat, 3), (Channel::Voice, 1)].into_iter().rev().collect::<Vec<_>>());
    assert_eq!(setup.agents[1].capacity, [(Channel::Voice, 1)]);
}

#[test]
fn the_endpoint_gets_trunks_and_users_with_hashes_and_no_needless_passwords() {
    let mut config = good();
    config.fill_sip_passwords(|_| "made".to_owned().into());
    let setup = config.sip("127.0.0.1:5071".parse().unwrap(), None);
    assert_eq!(setup.advertised, "127.0.0.1:5071".parse().unwrap());
    let trunk = &setup.trunks[0];
    assert_eq!(trunk.sources, [("10.0.0.0".parse().unwrap(), 8), ("2001:db8::1".parse().unwrap(), 128)]);
    assert_eq!(trunk.peer, Some(Destination::Udp("10.0.0.1:5060".parse().unwrap())));
    assert_eq!(trunk.credentials.as_ref().unwrap().password, "trunkpass");
    let users: Vec<&str> = setup.users.iter().map(|user| user.user.as_str()).collect();
    assert_eq!(users, ["li.wei", "6001"]);
    assert!(setup.users.iter().all(|user| user.password.is_empty() && user.ha1_sha256.len() == 64));
    // printf '%s' 6001:cc.example.org:phonepass | md5sum
    assert_eq!(setup.users[1].ha1_md5, "4a8dc4a2ad37d407eb790bfe8a08f4ae");
}

#[test]
fn a_phone_without_a_password_cannot_register_until_it_gets_one() {
    assert_eq!(good().sip("127.0.0.1:5071".parse().unwrap(), None).users.len(), 1);
}

#[test]
fn entry_points_are_found_by_their_number_and_then_by_the_star() {
    let config = good();
    let entry = config.entry_for("8000").unwrap();
    assert_eq!((entry.id.as_str(), entry.language), ("8000", Language::ZH));
    let any = config.entry_for("1234").unwrap();
    assert_eq!((any.id.as_str(), any.language), ("any", Language::EN));
    assert!(config.flow(any.flow).is_some());
}

#[test]
fn messages_are_traced_unless_it_says_otherwise_and_mirrored_where_it_says() {
    let config = good();
    let mirror = config.mirror();
    assert_eq!((mirror.trace_bytes, mirror.trace_messages, mirror.hep.is_none()), (4 << 20, 200, true));
    let text = "[trace]\nmemory_mb = 0\nmessages_per_call = 30\n[hep]\nserver = \"[::1]:9060\"\npassword = \"pw\"\n";
    let config = check(text).unwrap();
    let mirror = config.mirror();
    assert_eq!((mirror.trace_bytes, mirror.trace_messages), (0, 30));
    let hep = mirror.hep.as_ref().unwrap();
    assert_eq!((hep.server, hep.capture_id), ("[::1]:9060".parse().unwrap(), 2_001));
    assert_eq!(hep.password.as_ref().unwrap().expose_secret(), "pw");
    let other = check(&text.replace("\"pw\"", "\"other\"")).unwrap();
    assert_eq!(config.changes(&other).restart, ["trace, hep"]);
    assert_eq!(errors("[hep]\ncapture_id = 5\n").len(), 1, "a server is needed");
}

#[test]
fn a_trunk_may_have_a_name_in_place_of_an_address() {
    let trunk = |peer: &str| format!("[sip]\ndns = \"127.0.0.1:5353\"\n[[trunk]]\nid = \"a\"\npeer = \"{peer}\"\n");
    for (peer, port, transport) in [
        ("c.example", None, None),
        ("c.example:5070", Some(5_070), None),
        ("udp:c.example", None, Some(Transport::Udp)),
        ("tcp:c.example:5070", Some(5_070), Some(Transport::Tcp)),
    ] {
        let config = check(&trunk(peer)).unwrap();
        let host = Host { name: "c.example".to_owned(), port, transport };
        assert_eq!((&config.trunks()[0].host, config.trunks()[0].peer), (&Some(host), None), "{peer}");
        assert_eq!(config.sip_settings().dns, ["127.0.0.1:5353".parse().unwrap()]);
    }
    for peer in ["tls:c.example", "c..example", "10.0.0.1:5060", "c.example:x", "c example", "sip:c.example"] {
        assert_eq!(errors(&trunk(peer)), ["5:8 bad_address"], "{peer}");
    }
    assert_eq!(errors("[sip]\ndns = \"here\"\n"), ["2:7 bad_address"]);
}

#[test]
fn agents_with_a_sign_in_name_are_users() {
    let config = good();
    let users: Vec<_> = config.users().iter().map(|user| (user.login.as_str(), user.role, user.agent)).collect();
    assert_eq!(users, [("li", Role::Agent, Some("li.wei".parse().unwrap())), ("boss", Role::Supervisor, None)]);
    assert_eq!(config.users()[1].password.expose_secret(), "s3cret");
    assert!(config.agent("a0001".parse().unwrap()).unwrap().signed_in);
    assert!(matches!(&config.agents()[1].phone, AgentPhone::Uri(uri) if uri == "sip:a0001@127.0.0.1:6000"));
}

#[test]
fn queues_know_their_dispositions_and_reasons_have_labels() {
    let config = good();
    let queue = config.queue("billing".parse().unwrap()).unwrap();
    assert_eq!(queue.dispositions.len(), 2);
    assert_eq!(queue.default_disposition, Some("done".parse().unwrap()));
    assert_eq!(queue.music.as_str(), "hold-music");
    assert!(queue.record);
    let reasons: Vec<&str> = config.reasons().iter().map(|reason| reason.code.as_str()).collect();
    assert_eq!(reasons, ["rona", "connection", "device"]);
    assert!(config.reasons().iter().all(|reason| reason.system));
    assert_eq!(config.reasons()[0].labels[0].1, "Missed");
}

#[test]
fn paths_are_relative_to_the_file_and_the_database_is_in_the_data_directory() {
    let config = good();
    assert_eq!(config.data_dir(), Path::new("/etc/switchroom/data"));
    assert!(
        matches!(config.database(), Database::Sqlite(path) if path == Path::new("/etc/switchroom/data/switchroom.db"))
    );
    let moved = config.with_overrides(Overrides {
        data_dir: Some("/tmp/x".into()),
        http: Some("127.0.0.1:0".parse().unwrap()),
        ..Overrides::default()
    });
    assert!(matches!(moved.database(), Database::Sqlite(path) if path == Path::new("/tmp/x/switchroom.db")));
    assert_eq!((moved.server().http.port(), moved.server().utc_offset_s), (0, 3_600));
}

#[test]
fn what_differs_is_told_by_name_and_what_needs_a_restart_apart() {
    let changed = |from: &str, to: &str| {
        let world = || World { files: [("flows/a.toml", FLOW)].into(), ..World::default() };
        let new = check_in(&world(), &GOOD.replace(from, to)).unwrap_or_else(|problems| panic!("{problems:#?}"));
        good().changes(&new)
    };
    let live = |from: &str, to: &str| {
        let changes = changed(from, to);
        assert_eq!(changes.restart, [] as [String; 0]);
        changes.live
    };
    assert_eq!(live("wrap_up_s = 0.5", "wrap_up_s = 1"), ["queue billing"]);
    assert_eq!(live("billing = 8", "billing = 9"), ["agent li.wei"]);
    assert_eq!(live("\"agentpass\"", "\"other\""), ["user li"]);
    assert_eq!(live("\"phonepass\"", "\"other\""), ["phone 6001"]);
    assert_eq!(live("en = \"Missed\"", "en = \"None\""), ["reason rona"]);
    assert_eq!(
        live("code = \"elsewhere\"", "code = \"other\""),
        ["queue billing", "disposition other", "disposition elsewhere"]
    );
    assert_eq!(live("[server]", "[routing]\nsticky_s = 5\n[server]"), ["routing"]);
    assert_eq!(live("[server]", "[server]"), [] as [String; 0]);
    let fixed = changed("127.0.0.1:5070", "127.0.0.1:5071");
    assert_eq!((fixed.live, fixed.restart), (vec![], vec!["sip.listen".to_owned()]));
    assert_eq!(changed("\"trunkpass\"", "\"other\"").restart, ["trunk carrier"]);
}

#[test]
fn what_needs_a_restart_stays_as_it_is() {
    let world = World { files: [("flows/a.toml", FLOW)].into(), ..World::default() };
    let new = GOOD.replace("127.0.0.1:5070", "127.0.0.1:5071").replace("wrap_up_s = 0.5", "wrap_up_s = 1");
    let kept = check_in(&world, &new).unwrap().keep_fixed(&good());
    assert_eq!(kept.sip_settings().listen, "127.0.0.1:5070".parse().unwrap());
    assert_eq!(kept.acd().queues[0].wrap_up, Duration::from_secs(1));
}

#[test]
fn an_empty_configuration_is_one_of_defaults() {
    let config = check("").unwrap();
    assert_eq!(config.server().http, "127.0.0.1:8080".parse().unwrap());
    assert_eq!(config.media().address, "127.0.0.1".parse::<core::net::IpAddr>().unwrap());
    assert!(config.entry_for("8000").is_none());
}

const ROUTING: &str = r#"
[routing]
contact_rule = "agent_level_first"
interrupts = [{ by = "voice", over = "email" }]
[[queue]]
id = "front"
agent_rule = "ring_all"
ring_all_at_once = 3
max_waiting = 10
max_wait_s = 90
max_in_service = 4
needs_agents = true
overflow = { to = "back", after_s = 30 }
cool_downs = { no_answer_limit = 0 }
[[queue]]
id = "back"
agent_rule = "ring_all"
[[agent]]
id = "plain"
queues = ["front", { queue = "back", delay_s = 60, preference = 2, order = 3, weight = 5 }]
[[agent]]
id = "other"
queues = [{ queue = "front" }]
[[entry]]
dnis = "1"
flow = "f"
[flow.f]
start = "q"
[flow.f.node.q]
type = "enqueue"
queue = "front"
full = "sorry"
timeout = "sorry"
no_agents = "sorry"
closed = "sorry"
[flow.f.node.sorry]
type = "hangup"
prompts = ["sorry"]
"#;

#[test]
fn every_rule_of_routing_reaches_the_acd() {
    use acd::api::{AgentRule, ContactRule, Interrupt, Membership};
    let config = check(ROUTING).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(told(config.warnings()), [] as [String; 0]);
    let setup = config.acd();
    assert_eq!(setup.contact_rule, ContactRule::AgentLevelFirst);
    assert_eq!(setup.interrupts, [Interrupt { by: Channel::Voice, over: Channel::Email }]);
    let [front, back] = &setup.queues[..] else { panic!("two queues") };
    assert_eq!((front.agent_rule, back.agent_rule), (AgentRule::RingAll(3), AgentRule::RingAll(5)));
    assert_eq!((front.cool_downs.no_answer_limit, back.cool_downs.no_answer_limit), (0, 1));
    let limits = front.limits;
    assert_eq!((limits.most_waiting, limits.most_in_service, limits.needs_agents), (Some(10), Some(4), true));
    assert_eq!(limits.longest_wait, Some(Duration::from_secs(90)));
    assert_eq!(limits.overflow.map(|o| (o.to, o.after)), Some((back.id, Duration::from_secs(30))));
    assert_eq!(back.limits, acd::api::Limits::default());
    let special = Membership { delay: Duration::from_secs(60), preference: 2, order: 3, weight: 5, queue: back.id };
    assert_eq!(setup.agents[0].queues, [front.id.into(), special]);
    assert_eq!(setup.agents[1].queues, [front.id.into()]);
}

fn shipped_prompts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../prompts")
}

#[test]
fn the_demo_is_sound_and_every_prompt_of_it_is_shipped() {
    let secret = |name: &str| Some(format!("pw-{name}"));
    let config = examples::demo(&secret, Path::new("/tmp/demo"), Some(&shipped_prompts()));
    let config = config.unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(told(config.warnings()), [] as [String; 0]);
    assert_eq!(config.acd().agents.len(), 3);
    assert_eq!(config.server().company, "Halden Energy");
    assert_eq!(config.users()[0].password.expose_secret(), "pw-DEMO_PASSWORD_LI_WEI");
    assert!(examples::demo(&|_| None, Path::new("/tmp"), None).unwrap_err().iter().all(|p| p.code == "missing_secret"));
}

#[test]
fn every_piece_of_every_value_is_shipped() {
    let prompts = load::Disk::new("").prompts(&shipped_prompts().display().to_string()).unwrap().unwrap();
    for language in [Language::EN, Language::ZH] {
        let missing: Vec<_> =
            ivr::speech::pieces(language).into_iter().filter(|piece| !prompts.has(*piece, language)).collect();
        assert_eq!(missing, [], "{language}");
    }
}

#[test]
fn the_example_written_to_disk_is_sound() {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let prompts = shipped_prompts().canonicalize().unwrap();
    let at = format!("prompts_dir = \"{}\"", prompts.display());
    write("switchroom.toml", &examples::EXAMPLE.replace("prompts_dir = \"prompts\"", &at));
    write("flows/main.toml", examples::EXAMPLE_FLOW);
    for secret in examples::EXAMPLE_SECRETS {
        write(secret, "a secret\n");
    }
    let config = load(&dir.path().join("switchroom.toml")).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(told(config.warnings()), [] as [String; 0]);
}

#[test]
fn a_trunk_has_its_place_in_a_group() {
    let text = "[[trunk]]\nid = \"a\"\npeer = \"udp:10.0.0.1:5060\"\ngroup = \"g\"\npriority = 2\nweight = 3\nmax_channels = 30";
    let setup = check(text).unwrap().sip("127.0.0.1:5071".parse().unwrap(), None);
    let trunk = &setup.trunks[0];
    assert_eq!((trunk.group.as_deref(), trunk.priority, trunk.weight, trunk.max_channels), (Some("g"), 2, 3, Some(30)));
    assert_eq!(
        errors(&text.replace("= 30", "= 0").replace("= 3\n", "= 0\n")),
        ["6:10 out_of_range", "7:16 out_of_range"]
    );
}
