//! Reading the configuration anew while calls go on: parse, check, store, swap. A faulty one changes nothing.

use super::prompts::PromptKeeper;
use super::setup::{self, PhoneAccounts};
use crate::tls::Renewable;
use config::{Config, Level, Problem};
use http_api::dto::{ConfigFlaw, Reloaded};
use http_api::{ReloadError, ReloadRequest};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use switchboard::Input;
use switchboard::api::Reconfiguration;
use tokio::sync::mpsc;
use tracing::{info, warn};

/// Reads the configuration anew whenever somebody asks.
pub(super) struct Reloader {
    /// The file; `None`: the configuration is part of the program.
    pub file: Option<PathBuf>,
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
    pub(super) async fn run(mut self, mut asked: mpsc::Receiver<ReloadRequest>) {
        while let Some(request) = asked.recv().await {
            let result = self.reload().await;
            match &result {
                Ok(done) if done.restart.is_empty() => info!(changed = ?done.changed, "the configuration was reloaded"),
                Ok(done) => warn!(changed = ?done.changed, restart = ?done.restart,
                    "the configuration was reloaded; some of it needs a restart"),
                Err(error) => warn!(%error, "the configuration was not reloaded; the old one stays"),
            }
            // The asker may have gone away.
            let _ = request.reply.send(result);
        }
    }

    async fn reload(&mut self) -> Result<Reloaded, ReloadError> {
        let file = self.file.clone().ok_or(ReloadError::NoFile)?;
        let mut new = read(file).await?;
        let running = &self.running;
        new.fill_sip_passwords(|user| {
            running.sip_password(user).cloned().unwrap_or_else(|| crate::token::fresh().into())
        });
        let restart = self.at_start.changes(&new).restart;
        let new = new.keep_fixed(&self.at_start);
        let changed = self.running.changes(&new).live;
        if !changed.is_empty() {
            self.bring_into_force(new).await?;
        }
        // Their files are no part of the configuration, and may have changed by themselves.
        self.prompts.reload(&self.running).await;
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

async fn read(file: PathBuf) -> Result<Config, ReloadError> {
    let read = tokio::task::spawn_blocking(move || config::load(Path::new(&file))).await;
    match read {
        Ok(Ok(config)) => Ok(config),
        Ok(Err(problems)) => {
            let errors = problems.into_iter().filter(|problem| problem.level == Level::Error);
            Err(ReloadError::Faulty(errors.map(flaw).collect()))
        }
        Err(error) => {
            warn!(%error, "reading the configuration failed");
            Err(ReloadError::NotStored)
        }
    }
}

fn flaw(problem: Problem) -> ConfigFlaw {
    ConfigFlaw {
        code: problem.code.to_owned(),
        file: problem.file,
        line: problem.line,
        column: problem.column,
        path: problem.path,
        why: problem.why,
        hint: problem.hint,
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
