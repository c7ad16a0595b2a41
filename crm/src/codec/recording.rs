//! Events of recordings: of talks and comments, and of what is kept out of them.

use super::{DecodeError, Fields, storable};
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
        Kind::RecordingPaused { recording, agent } | Kind::RecordingResumed { recording, agent } => {
            json!({ "recording": recording.to_string(), "agent": agent.as_str() })
        }
        Kind::RecordingStarted { recording } => json!({ "recording": recording.to_string() }),
        Kind::RecordingFinished { recording, path, duration_ms, sha256, gap_ms } => json!({
            "recording": recording.to_string(), "path": storable(path), "duration_ms": duration_ms,
            "sha256": storable(sha256), "gap_ms": gap_ms,
        }),
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
        "recording_paused" => Kind::RecordingPaused { recording: f.id("recording")?, agent: f.id("agent")? },
        "recording_resumed" => Kind::RecordingResumed { recording: f.id("recording")?, agent: f.id("agent")? },
        "recording_started" => Kind::RecordingStarted { recording: f.id("recording")? },
        "recording_finished" => Kind::RecordingFinished {
            recording: f.id("recording")?,
            path: f.text("path")?.to_owned(),
            duration_ms: f.number("duration_ms")?,
            sha256: f.text("sha256")?.to_owned(),
            gap_ms: f.number("gap_ms")?,
        },
        _ => return Err(DecodeError::UnknownKind),
    })
}
