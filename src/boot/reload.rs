//! Reading the configuration anew while calls go on: parse, check, store, swap. A faulty one changes nothing.

use super::prompts::PromptKeeper;
use super::setup::{self, PhoneAccounts};
use crate::tls::Renewable;
use config::{Config, Drafts, FlowFile, Level, Origin, Problem};
use http_api::dto::{ConfigFlaw, FlawLevel, Reloaded};
use http_api::{FlowRequest, ReloadError, ReloadRequest};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use switchboard::Input;
use switchboard::api::Reconfiguration;
use tokio::sync::{Semaphore, mpsc};
use tracing::{info, warn};

/// Reads the configuration anew whenever somebody asks.
pub(super) struct Reloader {
    /// Where the configuration comes from.
    pub origin: Origin,
    /// What is asked about the files of flows.
    pub flows: mpsc::Receiver<FlowRequest>,
    /// Places for looks at texts that are not in force.
    pub looks: Arc<Semaphore>,
    /// What the process was started with: what only a restart changes is told against it.
    pub at_start: Config,
    /// What is in force.
    pub running: Config,
    pub sip: SocketAddr,
    pub store: crm::Store,
    pub back: mpsc::Sender<Input>,
    pub bridge: cti_bridge::Bridge,
    pub api: http_api::State,
    pub phones: PhoneAccounts,
    /// Our certificate, if anything listens for TLS.
    pub certificate: Option<Arc<Renewable>>,
    pub steps: http_step::HttpSteps,
    pub prompts: PromptKeeper,
}

impl Reloader {
    /// Reads the configuration anew whenever it is asked to, and answers what is asked about the files of flows: one after
    /// the other, as both write what the other reads.
    pub(super) async fn run(mut self, mut asked: mpsc::Receiver<ReloadRequest>) {
        self.note_files().await;
        loop {
            tokio::select! {
                request = asked.recv() => match request {
                    Some(request) => self.on_reload(request).await,
                    None => return,
                },
                request = self.flows.recv() => match request {
                    Some(request) => self.on_flows(request).await,
                    None => return,
                },
            }
        }
    }

    async fn on_reload(&mut self, request: ReloadRequest) {
        let result = self.reload().await;
        match &result {
            Ok(done) if done.restart.is_empty() => info!(changed = ?done.changed, "the configuration was reloaded"),
            Ok(done) => warn!(changed = ?done.changed, restart = ?done.restart,
                "the configuration was reloaded; some of it needs a restart"),
            Err(error) => warn!(%error, "the configuration was not reloaded; the old one stays"),
        }
        // The asker may have gone away.
        let _ = request.reply.send(result);
        self.note_files().await;
    }

    pub(super) async fn reload(&mut self) -> Result<Reloaded, ReloadError> {
        let mut new = read(self.origin.clone()).await?;
        let running = &self.running;
        new.fill_sip_passwords(|user| {
            running.sip_password(user).cloned().unwrap_or_else(|| crate::token::fresh().into())
        });
        let restart = self.at_start.changes(&new).restart;
        let new = new.keep_fixed(&self.at_start);
        let changed = self.running.changes(&new).live;
        // Prompts are no part of the configuration, and may have changed by themselves. They are there before the flows
        // that play them.
        self.prompts.load().await;
        if changed.is_empty() {
            // Other files of flows may be listed, though the flows are the same.
            self.running = new;
        } else {
            self.bring_into_force(new).await?;
        }
        self.prompts.serve(&self.running);
        Ok(Reloaded { changed, restart })
    }

    async fn bring_into_force(&mut self, new: Config) -> Result<(), ReloadError> {
        setup::seed(&self.store, &new, false).await.map_err(|error| {
            warn!(%error, "the new configuration could not be stored");
            ReloadError::NotStored
        })?;
        let (add_users, remove_users) = users(&self.running, &new, self.sip);
        let rules = setup::rules(&new);
        let input = Input::Reconfigure(Box::new(Reconfiguration { acd: new.acd(), rules, add_users, remove_users }));
        // The loop is gone only when the daemon stops.
        let _ = self.back.send(input).await;
        self.steps.replace(setup::http_step(&new));
        self.bridge.rename(setup::names(&new));
        if let Some(certificate) = &self.certificate {
            certificate.renew(&new);
        }
        self.api.replace_reasons(setup::reasons(&new));
        self.phones.replace(setup::phone_tickets(&new, self.sip));
        self.running = new;
        Ok(())
    }
}

async fn read(origin: Origin) -> Result<Config, ReloadError> {
    let read = tokio::task::spawn_blocking(move || origin.load(&Drafts::new())).await;
    match read {
        Ok(Ok(config)) => Ok(config),
        Ok(Err(problems)) => {
            let errors = problems.iter().filter(|problem| problem.level == Level::Error);
            Err(ReloadError::Faulty(errors.map(|problem| flaw(problem, &[])).collect()))
        }
        Err(error) => {
            warn!(%error, "reading the configuration failed");
            Err(ReloadError::NotStored)
        }
    }
}

/// A problem for the API, under the name by which the configuration lists the file, if it is one of these.
pub(super) fn flaw(problem: &Problem, files: &[FlowFile]) -> ConfigFlaw {
    let listed = files.iter().find(|file| file.path.display().to_string() == problem.file);
    ConfigFlaw {
        level: match problem.level {
            Level::Error => FlawLevel::Error,
            Level::Warning => FlawLevel::Warning,
        },
        code: problem.code.to_owned(),
        rule: problem.rule().map(str::to_owned),
        file: listed.map_or_else(|| problem.file.clone(), |file| file.name.clone()),
        line: problem.line,
        column: problem.column,
        path: problem.path.clone(),
        why: problem.why.clone(),
        hint: problem.hint.clone(),
    }
}

/// SIP users that are new or have another password, and those that are no more.
fn users(old: &Config, new: &Config, sip: SocketAddr) -> (Vec<sip::api::Credentials>, Vec<String>) {
    let by_name = |config: &Config| -> BTreeMap<String, sip::api::Credentials> {
        config.sip(sip, None).users.into_iter().map(|user| (user.user.clone(), user)).collect()
    };
    let (before, after) = (by_name(old), by_name(new));
    let gone = before.keys().filter(|user| !after.contains_key(*user)).cloned().collect();
    let added = after.into_iter().filter(|(name, user)| before.get(name) != Some(user)).map(|(_, user)| user).collect();
    (added, gone)
}
