//! Events of surveys.

use super::{DecodeError, Fields};
use domain::ContactEventKind as Kind;
use serde_json::{Value, json};

/// The greatest digit.
const DIGIT_MAX: u64 = 9;

pub(super) fn fields(kind: &Kind) -> Value {
    match kind {
        Kind::SurveyStarted { flow, interaction, queue } => json!({
            "flow": flow.as_str(), "interaction": interaction.to_string(), "queue": queue.map(|id| id.to_string()),
        }),
        Kind::SurveyAnswered { question, answer, agent, queue } => json!({
            "question": question.as_str(), "answer": answer, "agent": agent.map(|id| id.to_string()),
            "queue": queue.map(|id| id.to_string()),
        }),
        _ => Value::Null,
    }
}

pub(super) fn event(kind: &str, f: &Fields<'_>) -> Result<Kind, DecodeError> {
    Ok(match kind {
        "survey_started" => {
            Kind::SurveyStarted { flow: f.id("flow")?, interaction: f.id("interaction")?, queue: f.opt_id("queue")? }
        }
        _ => {
            let answer = Some(f.number("answer")?).filter(|answer| *answer <= DIGIT_MAX);
            let answer = answer.and_then(|answer| u8::try_from(answer).ok()).ok_or(DecodeError::BadField("answer"))?;
            Kind::SurveyAnswered {
                question: f.id("question")?,
                answer,
                agent: f.opt_id("agent")?,
                queue: f.opt_id("queue")?,
            }
        }
    })
}
