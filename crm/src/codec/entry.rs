//! Events of masked entries, of customers lent to a flow, and of comments.

use super::{DecodeError, Fields};
use domain::ContactEventKind as Kind;
use serde_json::{Value, json};

pub(super) fn fields(kind: &Kind) -> Value {
    match kind {
        Kind::MaskingStarted { recording } | Kind::MaskingEnded { recording } => {
            json!({ "recording": recording.map(|id| id.to_string()) })
        }
        Kind::SecureEntryStarted { flow, interaction } => {
            json!({ "flow": flow.as_str(), "interaction": interaction.to_string() })
        }
        Kind::SecureEntryEnded { interaction, done } => {
            json!({ "interaction": interaction.to_string(), "done": done })
        }
        Kind::CommentStarted { node, recording } => {
            json!({ "node": node.as_str(), "recording": recording.to_string() })
        }
        _ => Value::Null,
    }
}

pub(super) fn event(kind: &str, f: &Fields<'_>) -> Result<Kind, DecodeError> {
    Ok(match kind {
        "masking_started" => Kind::MaskingStarted { recording: f.opt_id("recording")? },
        "masking_ended" => Kind::MaskingEnded { recording: f.opt_id("recording")? },
        "secure_entry_started" => Kind::SecureEntryStarted { flow: f.id("flow")?, interaction: f.id("interaction")? },
        "secure_entry_ended" => Kind::SecureEntryEnded { interaction: f.id("interaction")?, done: f.flag("done")? },
        "comment_started" => Kind::CommentStarted { node: f.id("node")?, recording: f.id("recording")? },
        _ => return Err(DecodeError::UnknownKind),
    })
}
