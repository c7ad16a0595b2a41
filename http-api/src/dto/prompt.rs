//! Prompts, how loud they are, and who speaks texts.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// All prompts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Prompts {
    /// In order of id.
    pub prompts: Vec<Prompt>,
    /// Prompts that flows name and that are not there.
    pub missing: Vec<MissingPrompt>,
    /// The folder of prompts can be written: prompts can be changed here.
    pub writable: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Who speaks texts.
    pub speech: SpeechState,
}

/// A prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Prompt {
    /// The id: the file's name without `.wav`.
    pub id: String,
    /// Its recordings.
    pub languages: Vec<StoredPrompt>,
    /// The flows that may play it, also as a piece of a value.
    pub used_by: Vec<String>,
    /// The schedules that a person has closed with it, and whose callers hear it now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closings: Vec<String>,
    /// Its words by language, as far as they are known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub text: BTreeMap<String, String>,
}

/// A recording of a prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StoredPrompt {
    /// The language; null: it serves all of them (music).
    pub language: Option<String>,
    /// How long it is.
    pub length_ms: u64,
    /// The level of speech in it (RMS without pauses), in dB below full scale.
    pub level_dbfs: f64,
    /// Its highest sample, in dB below full scale.
    pub peak_dbfs: f64,
    /// What callers would mind.
    pub problems: Vec<PromptProblem>,
    /// The file's size.
    pub bytes: u64,
    /// When the file was written, in milliseconds since 1970.
    pub modified: i64,
}

/// What callers would mind of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromptProblem {
    /// Peaks are cut off.
    Clipped,
    /// Too quiet.
    Quiet,
    /// Too loud.
    Loud,
    /// Nothing is heard for two seconds or more.
    LongSilence,
}

/// A prompt that a flow names and that is not there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct MissingPrompt {
    /// The prompt.
    pub id: String,
    /// In this language.
    pub language: String,
    /// The flow.
    pub flow: String,
}

/// Who speaks texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SpeechState {
    /// Texts can be spoken, as far as is known.
    pub available: bool,
    /// The program.
    pub engine: String,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A text for a prompt.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromptText {
    /// The words, at most 500 characters.
    pub text: String,
}

/// A text to listen to.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpeechWish {
    /// The language.
    pub language: String,
    /// The words, at most 500 characters.
    pub text: String,
}
