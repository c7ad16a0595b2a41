//! What the check accepts, and what it says of the rest.

mod flows;
mod good;
mod http;
mod lint;
mod origin;
mod saying;
mod schedules;
mod secure;
mod subflows;
mod survey;
mod tls;
mod waiting;

use crate::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A world of texts.
#[derive(Default)]
struct World {
    files: BTreeMap<&'static str, &'static str>,
    prompts: Option<PromptSet>,
}

impl Outside for World {
    fn read(&self, path: &str) -> Result<String, String> {
        self.files.get(path).map(|text| (*text).to_owned()).ok_or_else(|| "no such file".to_owned())
    }

    fn variable(&self, name: &str) -> Option<String> {
        (name == "SECRET").then(|| "s3cret".to_owned())
    }

    fn prompts(&self, _dir: &str) -> Result<Option<PromptSet>, String> {
        Ok(self.prompts.clone())
    }

    fn resolve(&self, path: &str) -> PathBuf {
        Path::new("/etc/switchroom").join(path)
    }
}

fn check_in(world: &World, text: &str) -> Result<Config, Vec<Problem>> {
    Config::from_source(Source { name: "c.toml".to_owned(), text: text.to_owned() }, world)
}

fn check(text: &str) -> Result<Config, Vec<Problem>> {
    check_in(&World::default(), text)
}

/// `line:column code` of each problem.
fn told(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(|p| format!("{}:{} {}", p.line, p.column, p.code)).collect()
}

fn errors(text: &str) -> Vec<String> {
    let problems = check(text).expect_err("accepted");
    told(&problems.into_iter().filter(|p| p.level == Level::Error).collect::<Vec<_>>())
}

#[test]
fn ten_mistakes_make_ten_problems_with_their_places() {
    let text = r#"[server]
http = "localhost"
htpp = "127.0.0.1:80"

[sip]
allow_md5 = "yes"

[[trunk]]
id = "carrier"
sources = ["10.0.0.0/99"]

[[skill]]
id = "billing"

[[queue]]
id = "billing"
offer_timeout_s = 0
agent_rule = "longest-idle"

[[queue]]
id = "billing"

[[agent]]
id = "li.wei"
skills = { biling = 8 }
queues = ["billling"]
phone = "0049"

[[entry]]
dnis = "8000"
flow = "man"

[flow.main]
start = "hi"
[flow.main.node.hi]
type = "hangup"
"#;
    let problems = check(text).expect_err("accepted");
    let found: Vec<Problem> = problems.iter().filter(|p| p.level == Level::Error).cloned().collect();
    let places = [
        "2:8 bad_address",
        "3:1 unknown_key",
        "6:13 wrong_type",
        "10:12 bad_network",
        "17:19 out_of_range",
        "18:14 bad_choice",
        "21:6 duplicate_id",
        "25:12 unknown_skill",
        "26:11 unknown_queue",
        "27:9 bad_number",
        "31:8 unknown_flow",
    ];
    let told = told(&found);
    assert_eq!(told.len(), places.len(), "{problems:#?}");
    for (told, place) in told.iter().zip(places) {
        assert_eq!(told, place);
    }
    let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(texts[1], "c.toml:3:1: unknown_key: unknown key `htpp` in `server` (did you mean `http`?)");
    assert!(texts[7].ends_with("there is no skill `biling` (did you mean `billing`?)"), "{}", texts[7]);
    assert!(texts[8].contains("did you mean `billing`?"));
    assert!(texts[10].contains("did you mean `main`?"));
}

#[test]
fn every_error_of_syntax_is_told_and_nothing_that_only_follows_from_it() {
    let found = errors("[server]\nhttp = \nutc_offset_min = 9999\n\n[[queue]]\nid = \"a\" b\n");
    assert!(found.contains(&"3:18 out_of_range".to_owned()), "{found:?}");
    assert!(found.iter().filter(|p| p.ends_with("syntax")).count() >= 2, "{found:?}");
    assert!(found.iter().all(|p| !p.ends_with("missing_key")), "{found:?}");
}

#[test]
fn values_of_the_wrong_kind_are_told_where_they_stand() {
    assert_eq!(errors("queue = 3\n"), ["1:9 wrong_type"]);
    assert_eq!(errors("flows = 3\n"), ["1:9 wrong_type"]);
    assert_eq!(errors("[[queue]]\nid = 3\n"), ["2:6 wrong_type"]);
    assert_eq!(errors("[[queue]]\nname = \"x\"\n"), ["1:1 missing_key"]);
    assert_eq!(errors("[[queue]]\nid = \"a b\"\n"), ["2:6 bad_id"]);
    assert_eq!(errors("[[queue]]\nid = \"a\"\nwrap_up_s = 1970-01-01\n"), ["3:13 wrong_type"]);
    assert_eq!(errors("[[queue]]\nid = \"a\"\ngoal = { share = 101 }\n"), ["3:18 out_of_range"]);
    assert_eq!(errors("[media]\nrtp_ports = [4, 2]\n"), ["2:13 out_of_range"]);
    assert_eq!(errors("[store]\ndatabase = \"mysql:x\"\n"), ["2:12 bad_choice"]);
    assert_eq!(errors("[sip]\nlisten = \"0.0.0.0:5060\"\n"), ["2:10 missing_key"]);
    assert_eq!(errors("[[trunk]]\nid = \"a\"\npeer = \"sip:10.0.0.1\"\n"), ["3:8 bad_address"]);
    assert_eq!(errors("[[trunk]]\nid = \"a\"\n"), ["1:1 missing_key"]);
    let trunk = |rest: &str| errors(&format!("[[trunk]]\nid = \"a\"\nsources = [\"10.0.0.0/8\"]\n{rest}"));
    assert_eq!(trunk("pass_headers = [\"Via\"]\n"), ["4:17 bad_id"]);
    assert_eq!(trunk("register = \"carrier\"\n"), ["4:12 bad_address"]);
    assert_eq!(trunk("register = \"sip:a@carrier\"\n"), ["1:1 missing_key"]);
    assert_eq!(errors("[sip]\nsession_s = 60\n"), ["2:13 out_of_range"]);
    assert_eq!(errors("[media]\ncodecs = [\"pcma\", \"mp3\"]\n"), ["2:19 bad_choice"]);
    assert_eq!(errors("[[user]]\nlogin = \"a\"\nrole = \"boss\"\npassword = \"x\"\n"), ["3:8 bad_choice"]);
}

#[test]
fn mistakes_in_routing_are_told_where_they_stand() {
    let queue = |rest: &str| errors(&format!("[[queue]]\nid = \"a\"\n{rest}"));
    assert_eq!(queue("overflow = { to = \"a\" }\n"), ["3:19 overflow_to_itself"]);
    assert_eq!(queue("overflow = { to = \"b\" }\n"), ["3:19 unknown_queue"]);
    assert_eq!(queue("overflow = { after_s = 3 }\n"), ["3:12 missing_key"]);
    assert_eq!(queue("max_waiting = 0\n"), ["3:15 out_of_range"]);
    assert_eq!(queue("max_wait_s = 0\n"), ["3:14 out_of_range"]);
    assert_eq!(queue("ring_all_at_once = 3\n"), ["3:20 bad_choice"]);
    assert_eq!(queue("agent_rule = \"ringall\"\nring_all_at_once = 3\n"), ["3:14 bad_choice"]);
    assert_eq!(queue("cool_downs = { no_answer_not_ready = true }\n"), ["3:16 unknown_key"]);
    let agent = |queues: &str| errors(&format!("[[queue]]\nid = \"a\"\n[[agent]]\nid = \"x\"\nqueues = {queues}\n"));
    assert_eq!(agent("[{ queue = \"b\" }]"), ["5:21 unknown_queue"]);
    assert_eq!(agent("[{ delay_s = 3 }]"), ["5:11 missing_key"]);
    assert_eq!(agent("[\"a\", { queue = \"a\" }]"), ["5:16 duplicate_id"]);
    assert_eq!(agent("[{ queue = \"a\", preference = 0 }]"), ["5:39 out_of_range"]);
    assert_eq!(agent("[3]"), ["5:11 wrong_type"]);
    let routing = |rest: &str| errors(&format!("[routing]\n{rest}\n"));
    assert_eq!(routing("contact_rule = \"scores\""), ["2:16 bad_choice"]);
    assert_eq!(routing("interrupts = [{ by = \"voice\", over = \"callback\" }]"), ["2:38 bad_choice"]);
    assert_eq!(routing("interrupts = [{ by = \"voice\" }]"), ["2:15 missing_key"]);
}

#[test]
fn a_flow_that_has_no_way_back_from_a_queue_with_limits_is_refused() {
    let text = "[[entry]]\ndnis = \"1\"\nflow = \"f\"\n[[queue]]\nid = \"a\"\nmax_waiting = 3\n[[agent]]\nid = \"x\"\n\
                queues = [\"a\"]\n[flow.f]\nstart = \"q\"\n[flow.f.node.q]\ntype = \"enqueue\"\nqueue = \"a\"\n";
    assert_eq!(errors(text), ["12:1 no_way_back"]);
    let mended = format!("{text}overflow = \"bye\"\n[flow.f.node.bye]\ntype = \"hangup\"\n");
    assert!(check(&mended).is_ok());
}

#[test]
fn ids_numbers_and_users_are_there_once() {
    let twice = |table: &str, key: &str, rest: &str| errors(&format!("[[{table}]]\n{key} = \"a1\"\n{rest}").repeat(2));
    assert_eq!(twice("skill", "id", ""), ["4:6 duplicate_id"]);
    assert_eq!(twice("disposition", "code", ""), ["4:8 duplicate_id"]);
    assert_eq!(twice("reason", "code", ""), ["4:8 duplicate_id"]);
    assert_eq!(twice("phone", "user", "password = \"x\"\n"), ["5:8 duplicate_id"]);
    assert_eq!(twice("user", "login", "role = \"admin\"\npassword = \"x\"\n"), ["6:9 duplicate_id"]);
    let clash = "[[phone]]\nuser = \"li\"\npassword = \"x\"\n[[agent]]\nid = \"li\"\nqueues = []\n";
    assert_eq!(errors(clash), ["5:6 duplicate_id"]);
    let apart = "[[phone]]\nuser = \"li\"\npassword = \"x\"\n[[agent]]\nid = \"li\"\nphone = \"sip:li@10.0.0.1\"\nqueues = []\n";
    assert!(check(apart).is_ok());
}

#[test]
fn secrets_come_from_texts_files_and_variables_and_never_show() {
    let world = World { files: [("pw", "from a file\n")].into(), ..World::default() };
    let text = "[[phone]]\nuser = \"a\"\npassword = \"plain\"\n[[phone]]\nuser = \"b\"\npassword = { file = \"pw\" }\n\
                [[phone]]\nuser = \"c\"\npassword = { env = \"SECRET\" }\n";
    let config = check_in(&world, text).unwrap();
    let secrets: Vec<&str> =
        config.phones().iter().map(|phone| secrecy::ExposeSecret::expose_secret(&phone.password)).collect();
    assert_eq!(secrets, ["plain", "from a file", "s3cret"]);
    let shown = format!("{config:?}");
    assert!(secrets.iter().all(|secret| !shown.contains(secret)));

    let phone = |password: &str| errors(&format!("[[phone]]\nuser = \"a\"\npassword = {password}\n"));
    for missing in ["{ file = \"nope\" }", "{ env = \"NOPE\" }", "\"\"", "3", "{ file = \"a\", env = \"b\" }"] {
        assert_eq!(phone(missing), ["3:12 missing_secret"], "{missing}");
    }
}

#[test]
fn warnings_do_not_refuse_a_configuration() {
    let config = check("[[queue]]\nid = \"lonely\"\n\n[[agent]]\nid = \"idle\"\n").unwrap();
    assert_eq!(told(config.warnings()), ["1:1 no_entry", "2:6 queue_without_agents", "4:1 agent_without_queue"]);
    assert!(config.warnings().iter().all(|warning| warning.level == Level::Warning));
}

#[test]
fn files_that_cannot_be_read_are_told_at_their_names() {
    assert_eq!(errors("flows = [\"a.toml\", \"b.toml\"]\n"), ["1:10 unreadable_file", "1:20 unreadable_file"]);
    let dir = tempfile::tempdir().unwrap();
    let problems = load(&dir.path().join("none.toml")).unwrap_err();
    assert_eq!(told(&problems), ["1:1 unreadable_file"]);
    let path = dir.path().join("c.toml");
    std::fs::write(&path, "[server]\nprompts_dir = \"nowhere\"\n").unwrap();
    assert_eq!(told(&load(&path).unwrap_err())[0], "1:1 no_entry");
    assert!(told(&load(&path).unwrap_err()).contains(&"2:15 unreadable_file".to_owned()));
}

#[test]
fn every_code_that_the_sources_use_is_explained() {
    let sources = [
        include_str!("business.rs"),
        include_str!("check.rs"),
        include_str!("flow.rs"),
        include_str!("load.rs"),
        include_str!("node.rs"),
        include_str!("node/aside.rs"),
        include_str!("node/masked.rs"),
        include_str!("node/http.rs"),
        include_str!("node/queue_info.rs"),
        include_str!("node/waiting.rs"),
        include_str!("people.rs"),
        include_str!("reader.rs"),
        include_str!("routing.rs"),
        include_str!("say.rs"),
        include_str!("schedule.rs"),
        include_str!("secure.rs"),
        include_str!("server.rs"),
        include_str!("subflow.rs"),
        include_str!("tls.rs"),
        include_str!("treatment.rs"),
        include_str!("tree.rs"),
    ]
    .concat();
    for (code, line) in CODES {
        assert!(sources.contains(&format!("\"{code}\"")), "no source uses {code}");
        assert!(line.ends_with('.'), "{code}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_check_panic(text in "[\\[\\]{}a-z_.\"=\n 0-9é-]{0,200}") {
        let _ = check(&text);
        let _ = check(&format!("[flow.f]\nstart = \"a\"\n[flow.f.node.a]\n{text}\n[[agent]]\n{text}\n[[queue]]\n{text}"));
    }
}
