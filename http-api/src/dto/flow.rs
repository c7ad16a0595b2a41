//! Files of flows: their versions and drafts, their check, and walks through them.

use super::ConfigFlaw;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The files in which flows stand.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct FlowFiles {
    /// In the order in which the configuration lists them.
    pub files: Vec<FlowFileRow>,
}

/// A file in which flows stand.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct FlowFileRow {
    /// The name by which the configuration lists it.
    pub file: String,
    /// The flows in it that are in force.
    pub flows: Vec<FlowRow>,
    /// The number of its version; 0: none is kept.
    pub version: u32,
    /// Since when it is as it is.
    pub published_at: Option<i64>,
    /// The login of whoever published it; null: it was changed on the disk.
    pub published_by: Option<String>,
    /// The asker's draft, else the newest one of others.
    pub draft: Option<FlowDraftMark>,
    /// It can be published.
    pub writable: bool,
    /// Why it cannot be published.
    pub why: Option<String>,
}

/// A flow.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct FlowRow {
    /// The id.
    pub id: String,
    /// Number of its nodes.
    pub nodes: u32,
    /// The entry points that start it.
    pub entry_points: Vec<String>,
}

/// That there is a draft.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct FlowDraftMark {
    /// The login of the writer.
    pub by: String,
    /// When it was kept.
    pub at: i64,
}

/// A file in which flows stand, with its text.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct FlowFile {
    /// The name by which the configuration lists it.
    pub file: String,
    /// What it holds.
    pub text: String,
    /// The SHA-256 of the text in hex: the `base` of what is written from here on.
    pub sha256: String,
    /// The number of its version.
    pub version: u32,
    /// It can be published.
    pub writable: bool,
    /// Why it cannot be published.
    pub why: Option<String>,
    /// The asker's draft: each writer has one of one's own.
    pub draft: Option<FlowDraft>,
    /// The newest 200 versions, the newest first.
    pub versions: Vec<FlowVersion>,
}

/// What somebody has written and not published yet.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct FlowDraft {
    /// The text.
    pub text: String,
    /// The SHA-256 of the text with which the writer began.
    pub base: String,
    /// The login of the writer.
    pub by: String,
    /// When it was kept.
    pub at: i64,
}

/// A version of a file.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct FlowVersion {
    /// The number, from 1.
    pub version: u32,
    /// The SHA-256 of its text in hex.
    pub sha256: String,
    /// Since when.
    pub at: i64,
    /// The login of whoever published it; null: it was found on the disk.
    pub by: Option<String>,
    /// What is said of it.
    pub note: String,
    /// The file holds this one.
    pub current: bool,
}

/// A version of a file with its text.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct FlowVersionText {
    /// The version.
    #[serde(flatten)]
    pub version: FlowVersion,
    /// The text.
    pub text: String,
}

/// A draft to be kept.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowDraftWrite {
    /// The text; at most 256 kB.
    pub text: String,
    /// The SHA-256 of the text with which the writer began.
    pub base: String,
}

/// A text to be checked.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowCheck {
    /// The text; at most 256 kB.
    pub text: String,
}

/// What the check of a text says.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct FlowChecked {
    /// Everything that is wrong, also in other files because of this one.
    pub problems: Vec<ConfigFlaw>,
    /// The flows of the text that can be drawn.
    pub graphs: Vec<FlowGraph>,
}

/// A flow as a picture.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct FlowGraph {
    /// The flow.
    pub flow: String,
    /// The picture.
    pub svg: String,
}

/// A text to be published.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowPublish {
    /// The text; at most 256 kB.
    pub text: String,
    /// The SHA-256 of the text with which the writer began.
    pub base: String,
    /// What is said of it; at most 500 characters.
    #[serde(default)]
    pub note: String,
    /// Publish it although the tests beside the file fail.
    #[serde(default)]
    pub force: bool,
}

/// An old version to be published once more.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowRollBack {
    /// The number of the old version.
    pub version: u32,
    /// The SHA-256 of the text that the file holds.
    pub base: String,
}

/// What came into force.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct FlowPublished {
    /// The number of the new version.
    pub version: u32,
    /// The SHA-256 of its text in hex.
    pub sha256: String,
    /// What should be looked at all the same.
    pub problems: Vec<ConfigFlaw>,
    /// What is otherwise than before, in the whole configuration.
    pub changed: Vec<String>,
    /// What of the configuration needs a restart.
    pub restart: Vec<String>,
}

/// A walk through a flow of a text.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowTrial {
    /// The text; at most 256 kB.
    pub text: String,
    /// The flow.
    pub flow: String,
    /// The language to begin with; that of the flow's entry point, if left out.
    #[serde(default)]
    pub language: Option<String>,
    /// The calling number; empty: withheld.
    #[serde(default)]
    pub caller: Option<String>,
    /// The called number.
    #[serde(default)]
    pub called: Option<String>,
    /// Local time of the call, such as `2026-03-02T10:00`.
    #[serde(default)]
    pub at: Option<String>,
    /// Fields of the customer whom look-ups find; nothing: each look-up is a step.
    #[serde(default)]
    pub customer: BTreeMap<String, String>,
    /// What happens, at most 200 steps: keys (`1`, `12#`), or a word of `hint`.
    pub steps: Vec<String>,
}

/// What happened on a walk through a flow.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct FlowStory {
    /// In order.
    pub said: Vec<FlowSaid>,
    /// What the flow waits for.
    pub waits_for: FlowWaits,
    /// The steps that it understands, in words.
    pub hint: String,
}

/// Something that happened on a walk through a flow.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct FlowSaid {
    /// What an event is, for those who tell it in another language, such as `waits`; left out where it is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The values of the event by name, such as `queue`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
    /// Whose doing it is.
    pub who: FlowSpeaker,
    /// What it is.
    pub kind: FlowSaidKind,
    /// In words.
    pub text: String,
    /// The node at which it happened.
    pub node: String,
}

/// Who does something on a walk through a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlowSpeaker {
    /// The flow, or whoever it asks.
    Engine,
    /// The caller, or whoever plays the world.
    Caller,
}

/// What happened on a walk through a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlowSaidKind {
    /// The caller came to the node.
    Node,
    /// The caller heard the text.
    Speech,
    /// Anything else.
    Event,
    /// A step.
    Step,
}

/// What a flow waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlowWaits {
    /// One key.
    Digit,
    /// Several keys.
    Digits,
    /// A spoken message, which any key ends.
    Message,
    /// The answer of a look-up.
    Lookup,
    /// The answer of another system.
    Answer,
    /// The queue.
    Queue,
    /// The outcome of a transfer.
    Transfer,
    /// Anything else that passes by waiting.
    Silence,
    /// Nothing: the call is over.
    Over,
}
