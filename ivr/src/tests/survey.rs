//! Sentences about questions of a survey.

use super::*;

fn asking(barge_in: bool) -> Arc<Flow> {
    let ask = Node::Survey(Survey {
        question: id("satisfaction"),
        say: prompts(&["how-was-it"]),
        barge_in,
        digits: (1, 5),
        retry: retry(2, "skip", "skip"),
        next: id("thanks"),
    });
    flow("ask", vec![("ask", ask), ("thanks", hangup()), ("skip", hangup())])
}

fn answers(walk: &Walk) -> Vec<u8> {
    let given = |effect: &Effect| match effect {
        Effect::Answered { question, answer } => {
            assert_eq!(*question, id("satisfaction"));
            Some(*answer)
        }
        _ => None,
    };
    walk.wanted.iter().filter_map(given).collect()
}

#[test]
fn a_digit_of_the_scale_is_the_answer_and_can_be_read_by_conditions() {
    let mut walk = Walk::started(&asking(true));
    walk.played();
    walk.tell(Fact::Digit('4'));
    assert_eq!((answers(&walk), walk.at().as_str()), (vec![4], "thanks"));
    assert_eq!(walk.run.digits(), [(id("ask"), Redacted::from("4"))]);
    assert!(!walk.wanted.iter().any(|effect| matches!(effect, Effect::Collected { .. })), "told once");
}

#[test]
fn who_knows_the_question_need_not_hear_it_out() {
    let mut walk = Walk::started(&asking(true));
    walk.tell(Fact::Digit('5'));
    assert_eq!((walk.wanted[0].clone(), answers(&walk)), (Effect::StopPlay, vec![5]));
    let mut walk = Walk::started(&asking(false));
    walk.tell(Fact::Digit('5'));
    assert_eq!((answers(&walk), walk.at().as_str()), (vec![], "ask"));
}

#[test]
fn other_digits_are_asked_again_and_then_skip_the_question() {
    let mut walk = Walk::started(&asking(true));
    walk.played();
    walk.tell(Fact::Digit('9'));
    assert_eq!(walk.plays(), [prompts(&["invalid-choice", "how-was-it"])]);
    walk.tell(Fact::Digit('#'));
    assert_eq!((answers(&walk), walk.at().as_str()), (vec![], "skip"));
}

#[test]
fn silence_skips_the_question_after_the_last_attempt() {
    let mut walk = Walk::started(&asking(true));
    walk.played();
    walk.expire(Reason::FirstDigit);
    assert_eq!(walk.plays(), [prompts(&["no-input", "how-was-it"])]);
    walk.played();
    walk.expire(Reason::FirstDigit);
    assert_eq!((answers(&walk), walk.at().as_str()), (vec![], "skip"));
}
