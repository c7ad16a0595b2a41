//! What the API asks about files of flows, and why it is refused.

use crate::dto;
use crate::problem::Problem;
use std::fmt;
use tokio::sync::oneshot;

/// Where an answer goes.
pub type FlowReply<A> = oneshot::Sender<Result<A, FlowError>>;

/// Something asked of whoever keeps the files of flows. `file` is the name by which the configuration lists a file, `by`
/// the login of the asker.
pub enum FlowRequest {
    /// The files.
    List {
        /// Who asks.
        by: String,
        /// Where the answer goes.
        reply: FlowReply<dto::FlowFiles>,
    },
    /// A file with its text, its versions and the asker's draft.
    Read {
        /// Which file.
        file: String,
        /// Who asks.
        by: String,
        /// Where the answer goes.
        reply: FlowReply<dto::FlowFile>,
    },
    /// An old version.
    Version {
        /// Which file.
        file: String,
        /// The number.
        number: u32,
        /// Where the answer goes.
        reply: FlowReply<dto::FlowVersionText>,
    },
    /// Keep the asker's draft.
    KeepDraft {
        /// Which file.
        file: String,
        /// Who asks.
        by: String,
        /// The draft.
        draft: dto::FlowDraftWrite,
        /// Where the answer goes.
        reply: FlowReply<()>,
    },
    /// Forget the asker's draft.
    DropDraft {
        /// Which file.
        file: String,
        /// Who asks.
        by: String,
        /// Where the answer goes.
        reply: FlowReply<()>,
    },
    /// Check a text and draw its flows.
    Check {
        /// Which file it would take the place of.
        file: String,
        /// The text.
        text: String,
        /// Where the answer goes.
        reply: FlowReply<dto::FlowChecked>,
    },
    /// Bring a text into force.
    Publish {
        /// Which file.
        file: String,
        /// Who asks.
        by: String,
        /// The text.
        wish: dto::FlowPublish,
        /// Where the answer goes.
        reply: FlowReply<dto::FlowPublished>,
    },
    /// Bring an old version into force.
    RollBack {
        /// Which file.
        file: String,
        /// Who asks.
        by: String,
        /// Which version.
        wish: dto::FlowRollBack,
        /// Where the answer goes.
        reply: FlowReply<dto::FlowPublished>,
    },
    /// Walk through a flow of a text.
    Simulate {
        /// Which file the text would take the place of.
        file: String,
        /// The walk.
        trial: dto::FlowTrial,
        /// Where the answer goes.
        reply: FlowReply<dto::FlowStory>,
    },
}

/// Why something asked about files of flows is refused. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlowError {
    /// The configuration lists no such file.
    UnknownFile,
    /// There is no version of this number.
    UnknownVersion,
    /// The file is not to be changed from here.
    ReadOnly(String),
    /// The file has changed since the writer began.
    Changed {
        /// The version that it holds.
        version: u32,
        /// Who published it; `None`: it was changed on the disk.
        by: Option<String>,
    },
    /// The text has these problems.
    Faulty(Vec<dto::ConfigFlaw>),
    /// The tests beside the file do not come true with the text.
    Untrue(Vec<dto::ConfigFlaw>),
    /// A field has a value that cannot be.
    BadField {
        /// The field.
        field: &'static str,
        /// What is wrong.
        why: String,
    },
    /// The file cannot be written.
    NotWritten(String),
    /// The database does not answer.
    NotStored,
}

impl fmt::Display for FlowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownFile => f.write_str("the configuration lists no such file"),
            Self::UnknownVersion => f.write_str("there is no version of this number"),
            Self::ReadOnly(why) | Self::NotWritten(why) => f.write_str(why),
            Self::Changed { version, by: Some(by) } => write!(f, "version {version} was published by {by} meanwhile"),
            Self::Changed { version, by: None } => write!(f, "version {version} was written to the disk meanwhile"),
            Self::Faulty(flaws) => write!(f, "the text has {} problems", flaws.len()),
            Self::Untrue(broken) => write!(f, "{} tests of the flow fail", broken.len()),
            Self::BadField { field, why } => write!(f, "{field}: {why}"),
            Self::NotStored => f.write_str("the database does not answer"),
        }
    }
}

impl std::error::Error for FlowError {}

impl From<FlowError> for Problem {
    fn from(error: FlowError) -> Self {
        let detail = error.to_string();
        match error {
            FlowError::UnknownFile => Self::new("unknown_flow_file"),
            FlowError::UnknownVersion => Self::new("unknown_flow_version"),
            FlowError::ReadOnly(_) => Self::new("flow_read_only").because(detail),
            FlowError::Changed { .. } => Self::new("flow_changed").because(detail),
            FlowError::Faulty(flaws) => Self::new("bad_flow").because(detail).with(flaws),
            FlowError::Untrue(broken) => Self::new("flow_tests_failed").because(detail).with(broken),
            FlowError::BadField { field, .. } => Self::new("bad_field").because(detail).at(field),
            FlowError::NotWritten(_) => Self::new("flow_not_written").because(detail),
            FlowError::NotStored => Self::new("database_unavailable").retry_after(2),
        }
    }
}
