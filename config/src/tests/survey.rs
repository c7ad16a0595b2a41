//! What the check says of surveys.

use super::*;
use ivr::Node;

/// A centre whose queue has a survey; each word in `changes` is replaced.
fn centre(changes: &[(&str, &str)]) -> String {
    let text = r#"[[entry]]
dnis = "8"
flow = "f"
[[queue]]
id = "billing"
survey = "how"
[[agent]]
id = "a"
queues = ["billing"]
[flow.f]
start = "line"
[flow.f.node.line]
type = "enqueue"
queue = "billing"
overflow = "bye"
[flow.f.node.bye]
type = "hangup"
prompts = ["goodbye"]
[flow.how]
start = "ask"
[flow.how.node.ask]
type = "survey"
question = "satisfaction"
prompts = ["how-was-it"]
next = "why"
[flow.how.node.why]
type = "branch"
cases = [{ when = "digits.ask == '1'", next = "sorry" }]
else = "thanks"
[flow.how.node.sorry]
type = "hangup"
prompts = ["sorry"]
[flow.how.node.thanks]
type = "hangup"
prompts = ["thanks"]
"#;
    changes.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[test]
fn a_queue_names_the_flow_that_asks_and_a_flow_used_only_so_is_used() {
    let config = check(&centre(&[])).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(told(config.warnings()), [] as [String; 0]);
    assert_eq!(config.queues()[0].survey.map(|flow| flow.to_string()).as_deref(), Some("how"));
    let flow = &config.flows()[&"how".parse().unwrap()];
    let Some(Node::Survey(survey)) = flow.node("ask".parse().unwrap()) else { panic!("no survey") };
    assert_eq!((survey.question.as_str(), survey.digits, survey.retry.attempts), ("satisfaction", (1, 5), 2));
    assert_eq!(survey.retry.no_input, survey.next, "who skips goes on like the others");
}

#[test]
fn a_comment_ends_after_five_seconds_of_silence_unless_it_is_said_otherwise() {
    let record = "type = \"record\"\nprompts = [\"comment\"]\nnext = \"thanks\"";
    let silence = |setting: &str| {
        let asks = "type = \"hangup\"\nprompts = [\"sorry\"]";
        check(&centre(&[(asks, &format!("{record}\n{setting}"))])).map(|config| {
            match config.flows()[&"how".parse().unwrap()].node("sorry".parse().unwrap()) {
                Some(Node::Record(record)) => record.silence.map(|silence| silence.as_secs()),
                other => panic!("{other:?}"),
            }
        })
    };
    assert_eq!(silence(""), Ok(Some(5)));
    assert_eq!(silence("silence_s = 12"), Ok(Some(12)));
    assert_eq!(silence("silence_s = 0"), Ok(None));
    assert_eq!(told(&silence("silence_s = 61").unwrap_err()), ["34:13 out_of_range"]);
}

#[test]
fn a_survey_that_is_no_flow_is_refused() {
    assert_eq!(errors(&centre(&[("survey = \"how\"", "survey = \"who\"")])), ["6:10 unknown_flow"]);
}

#[test]
fn a_scale_is_two_digits_in_order() {
    let scale = |digits: &str| {
        let text =
            centre(&[("prompts = [\"how-was-it\"]", &format!("prompts = [\"how-was-it\"]\ndigits = \"{digits}\""))]);
        check(&text).map_or_else(|problems| told(&problems), |_| Vec::new())
    };
    assert_eq!(scale("0-9"), [] as [String; 0]);
    for wrong in ["5-1", "1", "1-10", "a-b", "3-3", "+1-5", ""] {
        assert_eq!(scale(wrong), ["25:10 bad_choice"], "{wrong}");
    }
}
