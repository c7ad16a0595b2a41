//! The program's own words: problems of a configuration, clear errors, the demo call.

use crate::support::{Plan, config_text, write_config};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

fn switchroom(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_switchroom")).args(args).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_configuration_with_ten_mistakes_has_ten_problems_each_with_its_place() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/ten-mistakes/switchroom.toml");
    let output = switchroom(&["check", "--config", file, "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let errors: Vec<&Value> =
        report["problems"].as_array().unwrap().iter().filter(|problem| problem["level"] == "error").collect();
    let told: Vec<String> =
        errors.iter().map(|p| format!("{}:{}:{} {}", p["file"], p["line"], p["column"], p["why"])).collect();
    assert_eq!(errors.len(), 10, "{}", told.join("\n"));
    for problem in errors {
        assert!(problem["line"].as_u64() > Some(0) && problem["column"].as_u64() > Some(0), "{problem}");
    }
}

#[test]
fn the_first_configuration_is_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let new = dir.path().join("mycc");
    assert!(switchroom(&["init", new.to_str().unwrap()]).status.success());
    let file = new.join("switchroom.toml");
    let output = switchroom(&["check", "--config", file.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stdout(&output));
    let again = switchroom(&["init", new.to_str().unwrap()]);
    assert!(!again.status.success() && stderr(&again).contains("[not_empty]"), "{}", stderr(&again));
}

#[test]
fn a_data_directory_that_cannot_be_written_is_told() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("data"), "a file where the directory should be").unwrap();
    let file = write_config(dir.path(), &config_text(&Plan::default(), &[]));
    let output = switchroom(&["serve", "--config", file.to_str().unwrap()]);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("[data_dir_unwritable]"), "{}", stderr(&output));
}

#[test]
fn a_taken_port_is_told_with_the_program_that_has_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let text = config_text(&Plan::default(), &[]).replacen("127.0.0.1:0", &address.to_string(), 1);
    let file = write_config(dir.path(), &text);
    let output = switchroom(&["serve", "--config", file.to_str().unwrap()]);
    let told = stderr(&output);
    assert!(!output.status.success());
    assert!(told.contains("[port_taken]") && told.contains(&format!("pid {}", std::process::id())), "{told}");
}

/// Reads lines until one holds the text.
fn read_until(reader: &mut impl BufRead, text: &str) -> String {
    let mut seen = String::new();
    while !seen.contains(text) {
        let before = seen.len();
        reader.read_line(&mut seen).unwrap();
        assert!(seen.len() > before, "it ended without {text:?}:\n{seen}");
    }
    seen
}

#[test]
fn a_hangup_signal_makes_it_read_the_configuration_anew_and_keep_the_old_one_if_it_is_faulty() {
    let dir = tempfile::tempdir().unwrap();
    let good = config_text(&Plan::default(), &[]);
    let file = write_config(dir.path(), &good);
    let mut serving = Command::new(env!("CARGO_BIN_EXE_switchroom"))
        .args(["serve", "--drain", "0", "--config", file.to_str().unwrap()])
        .env("RUST_LOG", "off")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    read_until(&mut BufReader::new(serving.stdout.take().unwrap()), "switchroom: ready");
    let mut told = BufReader::new(serving.stderr.take().unwrap());
    let pid = serving.id().to_string();
    let signal = |name: &str| assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    std::fs::write(&file, good.replace("name = \"Help\"\nskills", "name = \"First aid\"\nskills")).unwrap();
    signal("-HUP");
    let reloaded = read_until(&mut told, "configuration reloaded");
    assert!(reloaded.contains("changed: queue help"), "{reloaded}");
    std::fs::write(&file, good.replace("wrap_up_s = 30", "wrap_up_s = -1")).unwrap();
    signal("-HUP");
    let refused = read_until(&mut told, "problems; the old one stays");
    assert!(refused.contains("out_of_range"), "{refused}");
    signal("-TERM");
    assert!(serving.wait().unwrap().success());
}

#[test]
fn a_missing_prompt_is_told_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let file = write_config(dir.path(), &config_text(&Plan::default(), &[]));
    let flow = crate::support::FLOW.replace("\"main-menu\"", "\"main-menuu\"");
    std::fs::write(dir.path().join("flow.toml"), flow).unwrap();
    let output = switchroom(&["check", "--config", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let told = stdout(&output);
    assert!(told.contains("flow.toml:7:") && told.contains("main-menuu") && told.contains("main-menu"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_with_its_code() {
    let bench = crate::support::Bench::start(&Plan::default(), &[]).await;
    let url = format!("http://{}/api/v1/sessions", bench.daemon.http);
    let body = serde_json::json!({ "login": "admin", "password": "wrong" });
    let problem = tokio::task::spawn_blocking(move || {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut response = agent.post(url).send_json(body).unwrap();
        assert_eq!(response.status(), 401);
        response.body_mut().read_to_string().unwrap()
    })
    .await
    .unwrap();
    let problem: Value = serde_json::from_str(&problem).unwrap();
    assert!(problem["code"].is_string() && problem["detail"].is_string(), "{problem}");
    bench.stop().await;
}

#[test]
fn the_demo_call_holds_in_every_part() {
    let output = switchroom(&["demo", "call", "--json"]);
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{}", stderr(&output)));
    assert!(output.status.success(), "{report:#}");
    for field in ["contact_id", "ani", "dnis", "ivr_path", "queue", "agent", "wait_ms", "ring_ms", "talk_ms"] {
        assert!(!report[field].is_null(), "{field} is missing: {report:#}");
    }
    assert!(report["history"]["events"].as_u64() >= Some(8), "{report:#}");
}

#[test]
fn the_doctor_looks_at_a_healthy_machine_and_says_so_in_json() {
    let output = switchroom(&["doctor", "--json"]);
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert!(report["checks"].as_array().unwrap().len() >= 5, "{report:#}");
}
