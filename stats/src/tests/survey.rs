//! What answers to surveys add up to.

use crate::{Score, Surveys};
use domain::{QuestionId, QueueId};

#[test]
fn answers_are_counted_by_queue_and_question() {
    let (sales, question): (QueueId, QuestionId) = ("sales".parse().unwrap(), "satisfaction".parse().unwrap());
    let other: QuestionId = "solved".parse().unwrap();
    let mut surveys = Surveys::default();
    for answer in [5, 4, 3, 1] {
        surveys.add(Some(sales), question, answer);
    }
    surveys.add(Some(sales), other, 0);
    surveys.add(None, question, 2);
    let scores: Vec<_> = surveys.scores().map(|(queue, question, score)| (queue, question, *score)).collect();
    let score = |answers, sum, good| Score { answers, sum, good };
    let solved = (Some(sales), other, score(1, 0, 0));
    assert_eq!(scores, [(None, question, score(1, 2, 0)), solved, (Some(sales), question, score(4, 13, 2))]);
    let four = &scores[2].2;
    assert_eq!((four.mean().value(), four.good_share().permille()), (Some(3.25), Some(500)));
    assert_eq!(Score::default().mean().value(), None, "nothing was answered");
}
