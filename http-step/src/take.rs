//! What is taken out of an answer.

use domain::{HttpAnswer, HttpFailure, Redacted};
use serde_json::Value;

/// Longest text that is taken, in characters.
const TEXT_MAX: usize = 1_000;

/// What an answer with this status and this JSON is to a flow that takes these pointers out of it.
#[must_use]
pub fn answer_of(status: u16, json: &Value, take: &[String]) -> HttpAnswer {
    match status {
        200..=299 => HttpAnswer::Taken(take.iter().map(|pointer| Redacted(text(json.pointer(pointer)))).collect()),
        404 => HttpAnswer::NotFound,
        _ => HttpAnswer::Failed(HttpFailure::Status(status)),
    }
}

fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.chars().take(TEXT_MAX).collect(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(flag)) => flag.to_string(),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_numbers_true_and_false_are_taken_and_nothing_else() {
        let json = serde_json::json!({
            "order": { "status": "sent", "sum": 12.5, "items": [3, null], "late": false, "a/b": "x" }, "long": "ü".repeat(2_000),
        });
        let take = |pointer: &str| match answer_of(200, &json, &[pointer.to_owned()]) {
            HttpAnswer::Taken(values) => values[0].0.clone(),
            other => panic!("{other:?}"),
        };
        let cases = [
            ("/order/status", "sent"),
            ("/order/sum", "12.5"),
            ("/order/items/0", "3"),
            ("/order/late", "false"),
            ("/order/a~1b", "x"),
            ("/order/items/1", ""),
            ("/order/items", ""),
            ("/order", ""),
            ("/nothing", ""),
            ("", ""),
        ];
        for (pointer, wanted) in cases {
            assert_eq!(take(pointer), wanted, "{pointer}");
        }
        assert_eq!(take("/long").chars().count(), TEXT_MAX);
    }

    #[test]
    fn the_status_decides() {
        assert_eq!(answer_of(204, &Value::Null, &["/x".to_owned()]), HttpAnswer::Taken(vec![Redacted::default()]));
        assert_eq!(answer_of(404, &Value::Null, &[]), HttpAnswer::NotFound);
        for status in [100, 199, 300, 302, 400, 410, 500, 503] {
            assert_eq!(answer_of(status, &Value::Null, &[]), HttpAnswer::Failed(HttpFailure::Status(status)));
        }
    }
}
