//! `switchroom flow`: check, graph, simulate, test.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/demo/demo.toml");
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/example.toml");

/// Runs `switchroom flow` and types a text.
fn flow(args: &[&str], typed: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchroom"));
    command.arg("flow").args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that ends before it has read everything closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    child.wait_with_output().unwrap()
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn each_broken_flow_is_refused_by_its_rule() {
    let folder = Path::new(ROOT).join("tests/corpora/flows");
    let config = folder.join("switchroom.toml");
    let mut rules = 0;
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(rule) = name.strip_prefix("fl").and_then(|rest| rest.get(..2)) else { continue };
        let output = flow(&["check", path.to_str().unwrap(), "--config", config.to_str().unwrap()], "");
        assert_eq!(output.status.code(), Some(2), "{name}: {}", told(&output));
        let text = told(&output);
        let line = text.lines().next().unwrap();
        assert!(line.starts_with(path.to_str().unwrap()) && line.contains(&format!(": FL{rule} ")), "{line}");
        rules += 1;
    }
    assert_eq!(rules, 14);
}

#[test]
fn the_shipped_flows_are_in_order_and_keep_what_their_tests_promise() {
    for config in [DEMO, EXAMPLE] {
        let output = flow(&["check", "--config", config], "");
        assert!(output.status.success(), "{}", told(&output));
        let output = flow(&["test", "--config", config], "");
        assert!(output.status.success(), "{}", told(&output));
        assert!(told(&output).contains(" tests, 0 failed"), "{}", told(&output));
    }
}

#[test]
fn a_test_that_fails_tells_its_step_and_what_came_instead() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("wrong.test.toml");
    let test = |steps: &str| format!("flow = \"demo\"\n[[test]]\nname = \"t\"\nsteps = [\n{steps}\n]\n");
    let cases = [
        (
            "{ press = \"1\" },\n{ press = \"1\" },\n{ expect_queue = \"support\" },",
            "7: step 3: expected to wait in queue support, got: the caller waits in queue billing at node billing",
        ),
        ("{ expect_say = \"welcome\" },", "5: step 1: expected to hear welcome, got: greeting, language-menu"),
        (
            "{ press = \"1\" },\n{ silence = true },\n{ expect_hangup = true },",
            "7: step 3: expected the call to end, got:",
        ),
        ("{ transfer_fails = true },", "5: step 1: expected the flow to wait for this, got: the flow waits for a key"),
    ];
    for (steps, why) in cases {
        std::fs::write(&file, test(steps)).unwrap();
        let output = flow(&["test", file.to_str().unwrap(), "--config", DEMO], "");
        assert_eq!(output.status.code(), Some(1), "{}", told(&output));
        assert!(told(&output).contains(&format!("{}:{why}", file.display())), "{}", told(&output));
        assert!(told(&output).contains("[flow_tests_failed]"), "{}", told(&output));
    }
    std::fs::write(&file, test("{ expect_sya = \"x\" },")).unwrap();
    let output = flow(&["test", file.to_str().unwrap(), "--config", DEMO], "");
    assert!(told(&output).contains(&format!("{}:5: ", file.display())), "{}", told(&output));
    assert!(told(&output).contains("[bad_line]"), "{}", told(&output));
}

const WALK: &str = "\
flow demo, 2026-03-02 10:00, caller +493055501, language en
play greeting
    “Welcome to Halden Energy.”
menu language
    “For English, press one. 中文服务，请按二。”
  > .
    “For English, press one. 中文服务，请按二。”
  > 2
    takes 2
set chinese
lookup caller
    looks up the calling number
  > found tier=gold
menu main-menu
    “账单业务请按一。技术支持请按二。重听请按零。”
  > 7
    “对不起，没有这个选项。账单业务请按一。技术支持请按二。重听请按零。”
  > boo
    `boo` means nothing here
  > 1
    takes 1
branch tier
enqueue billing-gold
    “本次通话将被录音。请稍候，坐席很快为您服务。”
    waits in queue billing with priority +60
  > full
play all-busy
    “坐席全忙，请稍后再拨。”
hangup goodbye
    “感谢您的来电，再见。”
    the call ends
";

#[test]
fn a_walk_through_a_flow_is_typed_and_what_is_said_is_printed() {
    let output = flow(&["simulate", "demo", "--config", DEMO], ".\n2\nfound tier=gold\n7\nboo\n1\nfull\n");
    assert!(output.status.success());
    assert_eq!(told(&output), WALK);
    let output = flow(&["simulate", "main", "--config", EXAMPLE, "--time", "23:30", "--customer", "tier=gold"], "");
    assert!(
        told(&output).contains("found: Marta Vogel") && told(&output).contains("We are closed"),
        "{}",
        told(&output)
    );
    let output = flow(&["simulate", "demo", "--config", DEMO], "");
    assert!(told(&output).ends_with("the caller hangs up\n"), "{}", told(&output));
    let wrong = [("nowhere", "10:00", "no_flow"), ("demo", "25:00", "bad_argument")];
    for (name, time, code) in wrong {
        let output = flow(&["simulate", name, "--config", DEMO, "--time", time], "");
        assert!(!output.status.success() && told(&output).contains(&format!("[{code}]")), "{}", told(&output));
    }
}

#[test]
fn a_flow_is_drawn_with_every_node_and_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("demo.svg");
    let output = flow(&["graph", "demo", "--config", DEMO, "-o", file.to_str().unwrap()], "");
    assert!(output.status.success(), "{}", told(&output));
    let drawn = std::fs::read_to_string(&file).unwrap();
    let mut missing = String::new();
    let words =
        ["main-menu", "billing-gold", "all-busy", "goodbye", "customer.tier", "Welcome to Halden", "queue billing"];
    for word in words.iter().filter(|word| !drawn.contains(**word)) {
        let _ = write!(missing, "{word} ");
    }
    assert_eq!(missing, "", "{drawn}");
    assert_eq!(drawn.matches("<g>").count(), 16, "a group for each node");
    assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
    let kept = std::fs::read_to_string(Path::new(ROOT).join("docs/img/flow.svg")).unwrap();
    assert!(
        kept == drawn,
        "docs/img/flow.svg is stale: switchroom flow graph demo --config config/demo/demo.toml -o docs/img/flow.svg"
    );
}

const ORDERS: &str = r#"
flows = ["orders.toml"]
[server]
prompts_dir = "PROMPTS"
[[entry]]
dnis = "8000"
flow = "orders"
[[secret]]
id = "token"
env = "NOBODY_SETS_THIS"
[flow.orders]
start = "number"
[flow.orders.node.number]
type = "collect"
prompts = ["main-menu"]
variable = "order"
exhausted = "bye"
next = "ask"
[flow.orders.node.ask]
type = "http"
url = "https://orders.example.com/$order"
headers = { Authorization = { secret = "token", before = "Bearer " } }
timeout_ms = 3000
take = { sum = "/sum" }
next = "say"
failed = "bye"
not_found = "number"
[flow.orders.node.say]
type = "hangup"
prompts = [{ number = "$sum" }]
[flow.orders.node.bye]
type = "hangup"
prompts = ["goodbye"]
"#;

const ORDERS_TESTS: &str = r#"
flow = "orders"
[[test]]
name = "the sum is said"
steps = [
  { press = "47#" },
  { expect_request = "GET https://orders.example.com/47" },
  { http = { status = 200, json = { sum = 12 } } },
  { expect_variable = { sum = 12 } },
  { expect_text = "twelve" },
]
[[test]]
name = "whatever goes wrong has its way"
steps = [
  { press = "47#" },
  { http = "not_found" },
  { expect_node = "number" },
  { press = "48#" },
  { http = { status = 500 } },
  { expect_node = "bye" },
  { expect_hangup = true },
]
"#;

#[test]
fn what_another_system_answers_is_typed_or_written_and_nothing_is_sent() {
    let dir = tempfile::tempdir().unwrap();
    let (config, orders) = (dir.path().join("c.toml"), dir.path().join("orders.toml"));
    std::fs::write(&config, ORDERS.replace("PROMPTS", &format!("{ROOT}/prompts"))).unwrap();
    std::fs::write(&orders, "").unwrap();
    std::fs::write(dir.path().join("orders.test.toml"), ORDERS_TESTS).unwrap();
    let config = config.to_str().unwrap();
    let output = flow(&["test", "--config", config], "");
    assert!(told(&output).contains("2 tests, 0 failed"), "{}", told(&output));
    let output = flow(&["simulate", "orders", "--config", config], "47#\n404\n48#\n200 {\"sum\": 12}\n");
    let text = told(&output);
    for line in
        ["    asks GET https://orders.example.com/47\n", "    asks GET https://orders.example.com/48\n", "“twelve”"]
    {
        assert!(text.contains(line), "{line} in {text}");
    }
    let output = flow(&["simulate", "orders", "--config", config], "47#\n.\n");
    assert!(told(&output).contains("it counts as timed out") && told(&output).contains("the call ends"));
    let output = flow(&["graph", "orders", "--config", config], "");
    assert!(told(&output).contains("GET https://orders.example.com") && !told(&output).contains("token"));
}
