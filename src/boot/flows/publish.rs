//! Bringing a text into force: check, keep, write, reload. Whatever fails, what was in force stays in force, and the file
//! holds what it held.

use super::super::reload::{self, Reloader};
use super::look::Look;
use super::{disk, not_stored};
use crate::clock::wall_now;
use config::{Config, Drafts, FlowFile, Level, Problem};
use crm::{FlowVersion, sha256};
use http_api::dto::{ConfigFlaw, FlowPublished, FlowRollBack, Reloaded};
use http_api::{FlowError, ReloadError};
use tracing::{error, info, warn};

/// The note of a file's first version.
const FIRST_SEEN: &str = "first seen";
/// The note of a version that came into the file by another way than ours.
const CHANGED_ON_DISK: &str = "changed on disk";

/// What is to be published.
pub(super) struct Wish {
    pub text: String,
    /// The SHA-256 of the text with which the writer began.
    pub base: String,
    pub note: String,
    /// Whether the tests beside the file are to hold.
    pub tested: bool,
}

fn failed(error: ReloadError) -> FlowError {
    match error {
        ReloadError::Faulty(flaws) => FlowError::Faulty(flaws),
        ReloadError::NotStored => FlowError::NotStored,
    }
}

impl Reloader {
    /// Notes what has changed on the disk, so that the history of each file is whole. Nothing waits for it to succeed.
    pub(in super::super) async fn note_files(&self) {
        for file in self.running.flow_files().iter().filter(|file| file.text.is_some()) {
            if let Err(error) = self.seen(file).await {
                warn!(file = file.name, %error, "it cannot be noted whether this file of flows has changed");
            }
        }
    }

    /// The newest version that is kept.
    pub(super) async fn newest(&self, name: &str) -> Result<Option<FlowVersion>, FlowError> {
        Ok(self.store.flow_versions(name, 1).await.map_err(not_stored)?.into_iter().next())
    }

    /// What a file holds at this moment, with its version: a new one, if it was changed on the disk.
    pub(super) async fn seen(&self, file: &FlowFile) -> Result<(String, FlowVersion), FlowError> {
        // A file that was listed and is the configuration itself is not opened here.
        let name = self.place(&file.name)?.name.as_str();
        let text = disk::read(&file.path).await?;
        let newest = self.newest(name).await?;
        let note = if newest.is_none() { FIRST_SEEN } else { CHANGED_ON_DISK };
        if let Some(version) = newest.filter(|version| version.sha256 == sha256(&text)) {
            return Ok((text, version));
        }
        let version = self.store.add_flow_version(name, &text, wall_now(), None, note).await.map_err(not_stored)?;
        Ok((text, version))
    }

    /// Brings an old version into force, as a new one.
    pub(super) async fn roll_back(
        &mut self,
        name: &str,
        by: &str,
        wish: &FlowRollBack,
    ) -> Result<FlowPublished, FlowError> {
        let (_, text) = self.old_text(name, wish.version).await?;
        let note = format!("back to {}", wish.version);
        self.publish(name, by, Wish { text, base: wish.base.clone(), note, tested: false }).await
    }

    /// Brings a text into force.
    pub(super) async fn publish(&mut self, name: &str, by: &str, wish: Wish) -> Result<FlowPublished, FlowError> {
        let file = self.place(name)?.clone();
        if let Some(why) = disk::why_not(&file.path) {
            return Err(FlowError::ReadOnly(why));
        }
        let (before, version) = self.seen(&file).await?;
        if version.sha256 != wish.base {
            return Err(FlowError::Changed { version: version.number, by: version.by });
        }
        let new = self.checked(&file, &wish.text).await?;
        let problems = self.flaws(&file, new.warnings());
        if before == wish.text {
            let (changed, restart) = (Vec::new(), Vec::new());
            return Ok(FlowPublished { version: version.number, sha256: version.sha256, problems, changed, restart });
        }
        if wish.tested {
            self.tested(&file, &wish.text).await?;
        }
        let kept = self.store.add_flow_version(name, &wish.text, wall_now(), Some(by), &wish.note).await;
        let version = kept.map_err(not_stored)?;
        let Reloaded { changed, restart } = match self.bring(&file, &before, &wish.text).await {
            Ok(done) => done,
            Err(error) => {
                warn!(file = name, by, %error, "flows were not published");
                self.store.drop_flow_version(name, version.number).await.map_err(not_stored)?;
                return Err(error);
            }
        };
        info!(file = name, version = version.number, by, note = wish.note, ?changed, "flows were published");
        if let Err(error) = self.store.drop_flow_draft(name, by).await {
            warn!(file = name, by, %error, "the draft of what was published stays");
        }
        Ok(FlowPublished { version: version.number, sha256: version.sha256, problems, changed, restart })
    }

    /// The configuration as it would be with this text.
    async fn checked(&self, file: &FlowFile, text: &str) -> Result<Config, FlowError> {
        let origin = self.origin.clone();
        let drafts = Drafts::from([(file.path.clone(), text.to_owned())]);
        match tokio::task::spawn_blocking(move || origin.load(&drafts)).await {
            Ok(Ok(config)) => Ok(config),
            Ok(Err(problems)) => Err(FlowError::Faulty(self.flaws(file, &problems))),
            Err(error) => Err(FlowError::NotWritten(format!("the text could not be checked: {error}"))),
        }
    }

    /// What the tests beside a file expect of it must come true with this text.
    async fn tested(&self, file: &FlowFile, text: &str) -> Result<(), FlowError> {
        let (look, text) = (Look::new(self.origin.clone(), file.clone()), text.to_owned());
        match tokio::task::spawn_blocking(move || look.tests(text)).await {
            Ok(broken) if broken.is_empty() => Ok(()),
            Ok(broken) => Err(FlowError::Untrue(broken)),
            Err(error) => Err(FlowError::NotWritten(format!("the text could not be tested: {error}"))),
        }
    }

    /// Writes the file and reads the configuration anew. If that is refused, the file holds again what it held.
    async fn bring(&mut self, file: &FlowFile, before: &str, text: &str) -> Result<Reloaded, FlowError> {
        disk::replace(&file.path, text).await?;
        match self.reload().await {
            Ok(done) => Ok(done),
            Err(refused) => {
                if let Err(error) = disk::replace(&file.path, before).await {
                    error!(file = file.name, %error, "the file of flows holds a text that was refused");
                }
                Err(failed(refused))
            }
        }
    }

    /// What is wrong with a file, and whatever else keeps the configuration from being used.
    fn flaws(&self, file: &FlowFile, problems: &[Problem]) -> Vec<ConfigFlaw> {
        let here = file.path.display().to_string();
        let told = problems.iter().filter(|problem| is_error(problem) || problem.file == here);
        told.map(|problem| reload::flaw(problem, self.running.flow_files())).collect()
    }
}

/// Whether there is anything that keeps a text from being used.
pub(super) fn is_error(problem: &Problem) -> bool {
    problem.level == Level::Error
}
