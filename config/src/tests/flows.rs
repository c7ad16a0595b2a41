//! What the check says of flows.

use super::*;

/// A configuration with one queue and this flow, whose first line is line 1.
fn flow_in(world: &World, flow: &str) -> Result<Config, Vec<Problem>> {
    let rest = "\n[[entry]]\ndnis = \"8\"\nflow = \"f\"\n[[skill]]\nid = \"s\"\n[[queue]]\nid = \"billing\"\n\
                [[agent]]\nid = \"a\"\nqueues = [\"billing\"]\n";
    check_in(world, &format!("{flow}{rest}"))
}

fn flaws(flow: &str) -> Vec<String> {
    flow_in(&World::default(), flow).map_or_else(|problems| told(&problems), |_| Vec::new())
}

fn problems(flow: &str) -> Vec<Problem> {
    flow_in(&World::default(), flow).expect_err("accepted")
}

/// A flow with a node of every kind, with all that can be written of it.
const EVERYTHING: &str = r##"[flow.f]
start = "hello"
[flow.f.node.hello]
type = "play"
prompts = ["greeting", "digits:12", "digits:$n"]
barge_in = false
next = "main"
[flow.f.node.main]
type = "menu"
prompts = "main-menu"
digits = { 1 = "number", "*" = "set", "#" = "main" }
timeout_s = 2.5
no_input_prompts = ["no-input"]
no_match_prompts = ["invalid-choice"]
no_input = "bye"
no_match = "bye"
[flow.f.node.number]
type = "collect"
prompts = ["enter-number"]
variable = "account"
min = 4
max = 8
terminator = "*"
attempts = 2
exhausted = "bye"
next = "who"
[flow.f.node.who]
type = "lookup"
by = "account"
variable = "account"
found = "check"
not_found = "bye"
[flow.f.node.check]
type = "branch"
cases = [
  { when = "customer.tier == 'gold' && vars.vip", next = "wait" },
  { when = "digits.number.startsWith('4') || queues.billing.waiting > 10", next = "away" },
]
else = "set"
[flow.f.node.set]
type = "set"
language = "zh"
values = { vip = true, n = 3, note = "x", sum = { cel = "vars.n + 1" } }
next = "wait"
[flow.f.node.wait]
type = "enqueue"
queue = "billing"
priority = 10
skills = { s = 5 }
relax = [{ after_s = 30, skills = { s = 1 } }]
announce = ["please-hold"]
overflow = "away"
[flow.f.node.away]
type = "transfer"
number = "+493012"
failed = "bye"
[flow.f.node.bye]
type = "hangup"
prompts = ["goodbye"]
"##;

#[test]
fn every_kind_of_node_can_be_written() {
    let config = flow_in(&World::default(), EVERYTHING).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let flow = config.flow("f".parse().unwrap()).unwrap();
    assert_eq!(flow.nodes().count(), 9);
    let kinds: Vec<&str> = flow.nodes().map(|(_, node)| node.kind()).collect();
    for kind in ["play", "menu", "collect", "lookup", "branch", "set", "enqueue", "transfer", "hangup"] {
        assert!(kinds.contains(&kind), "{kind}");
    }
}

#[test]
fn all_flaws_of_a_flow_are_told_at_once() {
    let flow = r##"[flow.f]
start = "hello"
[flow.f.node.hello]
type = "play"
prompts = ["greeting"]
next = "mian"
[flow.f.node.main]
type = "menu"
digits = { 1 = "wait", 12 = "wait" }
exhausted = "bye"
[flow.f.node.wait]
type = "enqueue"
queue = "biling"
[flow.f.node.bye]
type = "play"
prompts = ["goodbye"]
[flow.f.node.island]
type = "hang"
[flow.f.node.check]
type = "branch"
cases = [{ when = "custmer.tier == 'gold'", next = "bye" }]
else = "bye"
[flow.f.node.away]
type = "transfer"
number = "not a number"
"##;
    let found = flaws(flow);
    let expected = [
        "6:8 unknown_node",
        "7:1 no_question",
        "9:24 overlapping_keys",
        "13:9 unknown_queue",
        "14:1 no_exit",
        "17:14 unreachable_node",
        "18:8 bad_choice",
        "19:14 unreachable_node",
        "21:20 bad_expression",
        "23:14 unreachable_node",
        "25:10 bad_number",
    ];
    assert_eq!(found, expected);
}

#[test]
fn suggestions_name_what_was_likely_meant() {
    let flow = "[flow.f]\nstart = \"helo\"\n[flow.f.node.hello]\ntype = \"branch\"\n\
                cases = [{ when = \"vars.acount == '1' && time.our > 3\", next = \"by\" }]\nelse = \"bye\"\n\
                [flow.f.node.bye]\ntype = \"hangup\"\n\
                [flow.f.node.n]\ntype = \"set\"\nvalues = { account = \"1\" }\nnext = \"bye\"\n";
    let hints: Vec<String> = problems(flow).into_iter().filter_map(|problem| problem.hint).collect();
    let meant = ["`hello`", "`account`", "`hour`", "`bye`"];
    for name in meant {
        assert!(hints.contains(&format!("did you mean {name}?")), "{name}: {hints:?}");
    }
}

#[test]
fn circles_are_told() {
    let circle = "[flow.f]\nstart = \"a\"\n[flow.f.node.a]\ntype = \"play\"\nprompts = [\"x\"]\nnext = \"b\"\n\
                  [flow.f.node.b]\ntype = \"play\"\nprompts = [\"x\"]\nnext = \"a\"\n";
    assert_eq!(flaws(circle), ["3:14 silent_loop"]);
    let menu = "[flow.f]\nstart = \"a\"\n[flow.f.node.a]\ntype = \"menu\"\nprompts = [\"x\"]\n\
                digits = { 1 = \"b\" }\nexhausted = \"b\"\n\
                [flow.f.node.b]\ntype = \"menu\"\nprompts = [\"x\"]\ndigits = { 1 = \"a\" }\nexhausted = \"b\"\n";
    assert_eq!(flaws(menu), ["8:14 silent_loop"]);
}

#[test]
fn a_syntax_error_in_an_expression_is_told_where_it_stands() {
    let flow = "[flow.f]\nstart = \"a\"\n[flow.f.node.a]\ntype = \"branch\"\n\
                cases = [{ when = \"1 + == 2\", next = \"b\" }]\nelse = \"b\"\n\
                [flow.f.node.b]\ntype = \"hangup\"\n";
    let found = problems(flow);
    assert_eq!((found[0].code, found[0].line), ("bad_expression", 5), "{found:?}");
    assert!((20..=28).contains(&found[0].column), "{found:?}");
}

#[test]
fn a_prompt_must_be_there_in_every_language_of_its_flow() {
    let there = ["en/hi.wav", "music/hold-music.wav", "en/bye.wav", "zh/bye.wav", "zh/notes.txt"];
    let prompts = Some(PromptSet::of_files(there.iter().map(Path::new)));
    let world = World { prompts, ..World::default() };
    let flow = "[flow.f]\nstart = \"a\"\n[flow.f.node.a]\ntype = \"play\"\nprompts = [\"hi\"]\nnext = \"b\"\n\
                [flow.f.node.b]\ntype = \"set\"\nlanguage = \"zh\"\nnext = \"c\"\n\
                [flow.f.node.c]\ntype = \"play\"\nprompts = [\"bey\"]\nnext = \"d\"\n\
                [flow.f.node.d]\ntype = \"enqueue\"\nqueue = \"billing\"\n";
    let found = flow_in(&world, flow).expect_err("accepted");
    assert_eq!(told(&found), ["5:12 missing_prompt", "13:12 missing_prompt", "15:1 no_way_back"]);
    assert_eq!(found[0].why, "prompt `hi` has no WAV file in zh");
    assert_eq!(found[1].hint.as_deref(), Some("did you mean `bye`?"));
}

#[test]
fn a_node_takes_figures_of_a_queue_that_is_there_and_no_others() {
    let read = |take: &str, queue: &str| {
        flaws(&format!(
            "[flow.f]\nstart = \"info\"\n[flow.f.node.info]\ntype = \"queue-info\"\nqueue = \"{queue}\"\n\
             take = {{ {take} }}\nnext = \"say\"\n[flow.f.node.say]\ntype = \"hangup\"\n\
             prompts = [{{ about_minutes = \"$minutes\" }}]\n"
        ))
    };
    assert_eq!(read("minutes = \"expected_minutes\"", "billing"), [] as [String; 0]);
    for (take, queue, flaw) in
        [("minutes = \"expected\"", "billing", "bad_choice"), ("minutes = \"waiting\"", "nowhere", "unknown_queue")]
    {
        let told = read(take, queue);
        assert!(told.len() == 1 && told[0].contains(flaw), "{told:?}");
    }
}
