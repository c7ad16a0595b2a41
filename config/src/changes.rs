//! What differs between two configurations, and what of it only a restart can bring into force.

use crate::config::Config;
use crate::model::{Agent, AgentPhone, HttpStepSettings, Trunk};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeSet;

/// What differs between two configurations. Each thing has its kind and id, such as `queue billing`, or its key, such
/// as `sip.listen`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// What may come into force while calls go on.
    pub live: Vec<String>,
    /// What needs a restart.
    pub restart: Vec<String>,
}

/// Things by id, with a text that is the same exactly when they are the same.
type Marks = Vec<(String, String)>;

impl Config {
    /// What `new` has otherwise than this one.
    #[must_use]
    pub fn changes(&self, new: &Self) -> Changes {
        Changes { live: differing(&self.live_marks(), &new.live_marks()), restart: self.fixed_changes(new) }
    }

    /// This configuration with everything of `running` that only a restart can change.
    #[must_use]
    pub fn keep_fixed(self, running: &Self) -> Self {
        Self {
            server: running.server.clone(),
            sip: running.sip.clone(),
            media: running.media.clone(),
            mirror: running.mirror.clone(),
            speech: running.speech.clone(),
            database: running.database.clone(),
            trunks: running.trunks.clone(),
            ..self
        }
    }

    fn live_marks(&self) -> Marks {
        let mut marks: Marks = vec![("routing".to_owned(), format!("{:?}", self.routing))];
        marks.extend(self.tls.iter().map(|identity| ("tls".to_owned(), identity.mark())));
        let HttpStepSettings { allow_private, max_concurrent, secrets, ca } = &self.http_step;
        marks.push(("http_step".to_owned(), format!("{allow_private:?} {max_concurrent} {ca:?}")));
        marks.extend(secrets.iter().map(|(id, secret)| (format!("secret {id}"), shown(secret).to_owned())));
        marks.extend(self.skills.iter().map(|skill| (format!("skill {}", skill.id), format!("{skill:?}"))));
        marks.extend(self.queues.iter().map(|queue| (format!("queue {}", queue.setup.id), format!("{queue:?}"))));
        let schedule = |schedule: &std::sync::Arc<hours::Schedule>| {
            (format!("schedule {}", schedule.id()), format!("{schedule:?}"))
        };
        marks.extend(self.schedules.iter().map(schedule));
        marks.extend(self.agents.iter().map(|agent| (format!("agent {}", agent.id), agent_mark(agent))));
        let user = |user: &crate::User| (format!("user {}", user.login), format!("{user:?} {}", shown(&user.password)));
        marks.extend(self.users.iter().map(user));
        let phone = |phone: &crate::SoftPhone| {
            (format!("phone {}", phone.user), format!("{phone:?} {}", shown(&phone.password)))
        };
        marks.extend(self.phones.iter().map(phone));
        let reasons =
            self.words.reasons.iter().map(|reason| (format!("reason {}", reason.code), format!("{reason:?}")));
        marks.extend(reasons);
        let dispositions = self.words.dispositions.iter();
        marks.extend(dispositions.map(|row| (format!("disposition {}", row.code), format!("{row:?}"))));
        marks.extend(self.entries.iter().map(|entry| (format!("entry {}", entry.id), format!("{entry:?}"))));
        marks.extend(self.flows.iter().map(|(id, flow)| (format!("flow {id}"), format!("{flow:?}"))));
        marks
    }

    fn fixed_changes(&self, new: &Self) -> Vec<String> {
        let (server, sip, media) = (&self.server, &self.sip, &self.media);
        let timers = sip.timers == new.sip.timers && sip.expires_s == new.sip.expires_s;
        let digest = sip.allow_md5 == new.sip.allow_md5 && sip.md5_only == new.sip.md5_only;
        let same = [
            ("server.company", server.company == new.server.company),
            ("server.http", server.http == new.server.http),
            ("server.https", server.https == new.server.https),
            ("server: connections", server.connections == new.server.connections),
            ("server.data_dir", server.data_dir == new.server.data_dir),
            ("server.prompts_dir", server.prompts_dir == new.server.prompts_dir),
            ("server.default_language", server.default_language == new.server.default_language),
            ("server.utc_offset_min", server.utc_offset_s == new.server.utc_offset_s),
            ("sip.listen", sip.listen == new.sip.listen),
            ("sip.advertised", sip.advertised == new.sip.advertised),
            ("sip.tls_listen", sip.tls_listen == new.sip.tls_listen),
            ("sip.tls_advertised", sip.tls_advertised == new.sip.tls_advertised),
            ("sip.realm", sip.realm == new.sip.realm),
            ("sip.domains", sip.domains == new.sip.domains),
            ("sip.dns", sip.dns == new.sip.dns),
            ("sip.emergency", sip.emergency == new.sip.emergency),
            ("sip: digests", digest),
            ("sip: timers", timers),
            ("sip: rates, bans, connections", sip.door == new.sip.door && sip.connections == new.sip.connections),
            ("sip: sessions, redirections, keep-alive", sip.policy == new.sip.policy),
            ("media", format!("{media:?}") == format!("{:?}", new.media)),
            ("speech", self.speech == new.speech),
            ("trace, hep", mirror_mark(self) == mirror_mark(new)),
            ("store.database", database_mark(self) == database_mark(new)),
        ];
        let mut changed: Vec<String> =
            same.iter().filter(|(_, same)| !same).map(|(key, _)| (*key).to_owned()).collect();
        let trunks = |config: &Self| -> Marks {
            config.trunks.iter().map(|trunk| (format!("trunk {}", trunk.id), trunk_mark(trunk))).collect()
        };
        changed.extend(differing(&trunks(self), &trunks(new)));
        changed
    }
}

/// Names of things that are not the same on both sides, in the order of the new side, those that are gone last.
fn differing(old: &Marks, new: &Marks) -> Vec<String> {
    let before: BTreeSet<&(String, String)> = old.iter().collect();
    let names: BTreeSet<&str> = new.iter().map(|(name, _)| name.as_str()).collect();
    let changed = new.iter().filter(|thing| !before.contains(thing)).map(|(name, _)| name.clone());
    changed.chain(old.iter().filter(|(name, _)| !names.contains(name.as_str())).map(|(name, _)| name.clone())).collect()
}

fn shown(secret: &SecretString) -> &str {
    secret.expose_secret()
}

fn agent_mark(agent: &Agent) -> String {
    let password = match &agent.phone {
        AgentPhone::Registered { password: Some(password), .. } => shown(password),
        _ => "",
    };
    format!("{agent:?} {password}")
}

fn trunk_mark(trunk: &Trunk) -> String {
    let credentials = trunk.credentials.as_ref().map(|(user, password)| (user.as_str(), shown(password)));
    let Trunk { sources, peer, host, trusted, pass_headers, registration, tls, srtp, rank, .. } = trunk;
    format!(
        "{sources:?} {peer:?} {host:?} {credentials:?} {trusted} {pass_headers:?} {registration:?} {tls:?} {srtp} {rank:?}"
    )
}

fn mirror_mark(config: &Config) -> String {
    let password = config.mirror.hep.as_ref().and_then(|hep| hep.password.as_ref());
    format!("{:?} {:?}", config.mirror, password.map(shown))
}

fn database_mark(config: &Config) -> String {
    match &config.database {
        Some(crate::Database::Postgres(url)) => shown(url).to_owned(),
        other => format!("{other:?}"),
    }
}
