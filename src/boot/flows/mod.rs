//! Files of flows: what the API asks about them. The file on the disk is the one truth; the store keeps what it has held,
//! and what people have written for it.

mod disk;
mod look;
mod publish;

use super::reload::Reloader;
use crate::clock::wall_now;
use config::FlowFile;
use crm::{FlowDraft, FlowVersion, StoreError};
use domain::{FlowId, WallTime};
use http_api::{FlowError, FlowReply, FlowRequest, dto};
use look::Look;
use std::sync::Arc;
use tracing::warn;

/// Versions of a file that are listed.
const VERSIONS: u32 = 200;
/// Texts that are looked at at the same time.
pub(super) const LOOKS: usize = 2;
/// Why flows of the configuration's own file are not changed from here.
const IN_CONFIGURATION: &str = "these flows stand in the configuration itself, which may hold secrets and is changed on the \
     disk only; put them into a file of their own that `flows` lists";

/// Milliseconds since 1970.
const fn ms(at: WallTime) -> i64 {
    at.as_micros().div_euclid(1_000)
}

fn not_stored(error: StoreError) -> FlowError {
    warn!(%error, "versions of flows cannot be read or kept");
    FlowError::NotStored
}

fn version(of: FlowVersion, newest: u32) -> dto::FlowVersion {
    let FlowVersion { number, sha256, at, by, note } = of;
    dto::FlowVersion { version: number, sha256, at: ms(at), by, note, current: number == newest }
}

impl Reloader {
    /// Answers what is asked about files of flows. Texts that are only looked at do not keep others waiting.
    pub(super) async fn on_flows(&mut self, request: FlowRequest) {
        // Whoever asked may have gone away.
        match request {
            FlowRequest::List { by, reply } => drop(reply.send(self.list(&by).await)),
            FlowRequest::Read { file, by, reply } => drop(reply.send(self.read_file(&file, &by).await)),
            FlowRequest::Version { file, number, reply } => drop(reply.send(self.version(&file, number).await)),
            FlowRequest::KeepDraft { file, by, draft, reply } => {
                drop(reply.send(self.keep_draft(&file, by, draft).await));
            }
            FlowRequest::DropDraft { file, by, reply } => drop(reply.send(self.drop_draft(&file, &by).await)),
            FlowRequest::Publish { file, by, wish, reply } => {
                let dto::FlowPublish { text, base, note, force } = wish;
                drop(reply.send(self.publish(&file, &by, publish::Wish { text, base, note, tested: !force }).await));
            }
            FlowRequest::RollBack { file, by, wish, reply } => {
                drop(reply.send(self.roll_back(&file, &by, &wish).await));
            }
            FlowRequest::Check { file, text, reply } => {
                self.look(&file, reply, move |look| Ok(look.check(text)));
            }
            FlowRequest::Simulate { file, trial, reply } => self.look(&file, reply, move |look| look.walk(trial)),
        }
    }

    /// A file that may be read and changed from here.
    fn place(&self, name: &str) -> Result<&FlowFile, FlowError> {
        let file = self.running.flow_files().iter().find(|file| file.name == name).ok_or(FlowError::UnknownFile)?;
        if file.text.is_none() { Err(FlowError::ReadOnly(IN_CONFIGURATION.to_owned())) } else { Ok(file) }
    }

    /// Looks at a text beside the task that brings texts into force.
    fn look<A: Send + 'static>(
        &self,
        file: &str,
        reply: FlowReply<A>,
        work: impl FnOnce(&Look) -> Result<A, FlowError> + Send + 'static,
    ) {
        let look = match self.place(file) {
            Ok(file) => Look::new(self.origin.clone(), file.clone()),
            Err(error) => return drop(reply.send(Err(error))),
        };
        let turns = Arc::clone(&self.looks);
        tokio::spawn(async move {
            let Ok(_turn) = turns.acquire_owned().await else { return };
            if reply.is_closed() {
                return;
            }
            if let Ok(seen) = tokio::task::spawn_blocking(move || work(&look)).await {
                drop(reply.send(seen));
            }
        });
    }

    async fn list(&self, by: &str) -> Result<dto::FlowFiles, FlowError> {
        let mut files = Vec::new();
        for file in self.running.flow_files() {
            files.push(self.row(file, by).await?);
        }
        Ok(dto::FlowFiles { files })
    }

    async fn row(&self, file: &FlowFile, by: &str) -> Result<dto::FlowFileRow, FlowError> {
        let (version, why) = match self.seen(file).await {
            Ok((_, version)) => (Some(version), disk::why_not(&file.path)),
            Err(FlowError::ReadOnly(why)) => (self.newest(&file.name).await?, Some(why)),
            Err(error) => return Err(error),
        };
        let drafts = self.store.flow_drafts(&file.name).await.map_err(not_stored)?;
        let draft = drafts.iter().find(|draft| draft.by == by).or(drafts.first());
        Ok(dto::FlowFileRow {
            file: file.name.clone(),
            flows: file.flows.iter().map(|flow| self.flow_row(*flow)).collect(),
            version: version.as_ref().map_or(0, |version| version.number),
            published_at: version.as_ref().map(|version| ms(version.at)),
            published_by: version.and_then(|version| version.by),
            draft: draft.map(|draft| dto::FlowDraftMark { by: draft.by.clone(), at: ms(draft.at) }),
            writable: why.is_none(),
            why,
        })
    }

    fn flow_row(&self, flow: FlowId) -> dto::FlowRow {
        let nodes = self.running.flow(flow).map_or(0, |flow| flow.nodes().count());
        let starts = self.running.entries().iter().filter(|entry| entry.flow == flow);
        dto::FlowRow {
            id: flow.to_string(),
            nodes: u32::try_from(nodes).unwrap_or(u32::MAX),
            entry_points: starts.map(|entry| entry.id.to_string()).collect(),
        }
    }

    async fn read_file(&self, name: &str, by: &str) -> Result<dto::FlowFile, FlowError> {
        let file = self.place(name)?;
        let (text, newest) = self.seen(file).await?;
        let versions = self.store.flow_versions(name, VERSIONS).await.map_err(not_stored)?;
        let drafts = self.store.flow_drafts(name).await.map_err(not_stored)?;
        let own = drafts.into_iter().find(|draft| draft.by == by);
        let why = disk::why_not(&file.path);
        Ok(dto::FlowFile {
            file: name.to_owned(),
            text,
            sha256: newest.sha256,
            version: newest.number,
            writable: why.is_none(),
            why,
            draft: own.map(|FlowDraft { by, text, base, at }| dto::FlowDraft { text, base, by, at: ms(at) }),
            versions: versions.into_iter().map(|of| version(of, newest.number)).collect(),
        })
    }

    async fn version(&self, name: &str, number: u32) -> Result<dto::FlowVersionText, FlowError> {
        let (_, newest) = self.seen(self.place(name)?).await?;
        let (of, text) = self.old_text(name, number).await?;
        Ok(dto::FlowVersionText { version: version(of, newest.number), text })
    }

    async fn old_text(&self, name: &str, number: u32) -> Result<(FlowVersion, String), FlowError> {
        let found = self.store.flow_text(name, number).await.map_err(not_stored)?;
        found.ok_or(FlowError::UnknownVersion)
    }

    async fn keep_draft(&self, name: &str, by: String, draft: dto::FlowDraftWrite) -> Result<(), FlowError> {
        self.place(name)?;
        let draft = FlowDraft { by, text: draft.text, base: draft.base, at: wall_now() };
        self.store.keep_flow_draft(name, &draft).await.map_err(not_stored)
    }

    async fn drop_draft(&self, name: &str, by: &str) -> Result<(), FlowError> {
        self.place(name)?;
        self.store.drop_flow_draft(name, by).await.map_err(not_stored)
    }
}
