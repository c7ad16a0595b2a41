//! Flows by themselves, for tools that look at nothing else.

use crate::config::Config;
use crate::model::{Entry, ServerSettings};
use crate::problem::Problem;
use domain::{FlowId, QueueId};
use hours::Schedule;
use ivr::Flow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A file in which flows stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowFile {
    /// The name by which the configuration lists it; of the configuration itself, the name of its file.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// What it held when it was read; `None`: it is the configuration itself, which may hold secrets.
    pub text: Option<Arc<str>>,
    /// The flows in it, in its order.
    pub flows: Vec<FlowId>,
}

/// The flows of a configuration, and every problem of them. What else is wrong with the configuration does not show.
#[derive(Clone, Debug, Default)]
pub struct FlowSet {
    /// Flows that are in order.
    pub flows: BTreeMap<FlowId, Arc<Flow>>,
    /// What is wrong with flows.
    pub problems: Vec<Problem>,
    /// Which numbers start which flow.
    pub entries: Vec<Entry>,
    /// The queues.
    pub queues: Vec<QueueId>,
    /// Schedules of opening hours.
    pub schedules: Vec<Arc<Schedule>>,
    /// Language and folders; `None` if there is no configuration.
    pub server: Option<ServerSettings>,
    /// The files in which flows may stand, the configuration first.
    pub files: Vec<String>,
    /// The files in which flows do stand.
    pub flow_files: Vec<FlowFile>,
}

impl FlowSet {
    pub(crate) fn new(config: Option<Config>, files: Vec<String>, problems: Vec<Problem>) -> Self {
        let Some(config) = config else { return Self { files, problems, ..Self::default() } };
        Self {
            flows: config.flows,
            problems,
            entries: config.entries,
            schedules: config.schedules,
            queues: config.queues.iter().map(|queue| queue.setup.id).collect(),
            server: Some(config.server),
            files,
            flow_files: config.flow_files,
        }
    }
}
