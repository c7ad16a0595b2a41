//! Flows that call flows.

use super::*;

const HEAD: &str = "[[entry]]\ndnis = \"8\"\nflow = \"f\"\n";

fn flow(id: &str, nodes: &str) -> String {
    format!("[flow.{id}]\nstart = \"a\"\n[flow.{id}.node.a]\n{nodes}")
}

fn calls(id: &str, called: &str) -> String {
    let (node, end) =
        (format!("type = \"call\"\nflow = \"{called}\"\nnext = \"z\"\n"), format!("[flow.{id}.node.z]\n"));
    flow(id, &format!("{node}{end}type = \"hangup\"\n"))
}

const ACCOUNT: &str = "type = \"collect\"\nprompts = [\"enter\"]\nvariable = \"account\"\nnext = \"back\"\n\
                       exhausted = \"back\"\n[flow.who.node.back]\ntype = \"return\"\n";

#[test]
fn a_flow_may_call_one_that_stands_after_it_and_say_its_variables() {
    let say = "type = \"call\"\nflow = \"who\"\nnext = \"b\"\n[flow.f.node.b]\ntype = \"hangup\"\n\
               prompts = [{ digits = \"$account\" }, { number = \"int(digits.a)\" }]\n";
    let text = format!("{HEAD}{}{}", flow("f", say), flow("who", ACCOUNT));
    let config = check(&text).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(told(config.warnings()), [] as [String; 0], "a flow that is called is used");
    let f = config.flow("f".parse().unwrap()).unwrap();
    assert_eq!(f.node("a".parse().unwrap()).unwrap().called().unwrap().id().as_str(), "who");
}

#[test]
fn a_call_of_no_flow_or_of_itself_is_refused() {
    assert_eq!(errors(&format!("{HEAD}{}", calls("f", "g"))), ["8:8 unknown_flow"]);
    assert_eq!(errors(&format!("{HEAD}{}", calls("f", "f"))), ["6:14 recursive_flow"]);
    let round = format!("{HEAD}{}{}", calls("f", "g"), calls("g", "f"));
    let problems = check(&round).expect_err("accepted");
    assert_eq!(told(&problems)[..1], ["6:14 recursive_flow"]);
    assert_eq!(problems[0].rule(), Some("FL04"));
    assert_eq!(problems[0].why, "flow `f` comes to itself by calling `g`");
}

#[test]
fn what_is_wrong_with_a_called_flow_is_told_once_and_there() {
    let text = format!("{HEAD}{}{}", calls("f", "who"), flow("who", &ACCOUNT.replace("\"back\"\n[", "\"bak\"\n[")));
    assert_eq!(errors(&text), ["19:13 unknown_node"]);
}

#[test]
fn nine_flows_one_upon_the_other_are_too_many() {
    let mut text = format!("{HEAD}{}", calls("f", "f1"));
    for n in 1..8 {
        text += &calls(&format!("f{n}"), &format!("f{}", n + 1));
    }
    text += &flow("f8", "type = \"return\"\n");
    assert_eq!(errors(&text), ["6:14 too_deep"]);
}

#[test]
fn a_called_flow_needs_its_prompts_in_the_languages_of_its_callers() {
    let there = ["zh/enter.wav", "en/enter.wav"];
    let text = format!("{HEAD}language = \"zh\"\n{}{}", calls("f", "who"), flow("who", ACCOUNT));
    let with = |files: &[&str]| {
        let prompts = Some(PromptSet::of_files(files.iter().map(Path::new)));
        check_in(&World { prompts, ..World::default() }, &text)
    };
    assert!(with(&there[..1]).is_ok());
    assert_eq!(with(&there[1..]).expect_err("accepted")[0].why, "prompt `enter` has no WAV file in zh");
}
