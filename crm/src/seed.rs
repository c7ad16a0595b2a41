//! What the configuration names: users, agents, queues, dispositions. Written at each start, where it changed.

use crate::db::{Row, vals};
use crate::{Store, StoreError};
use domain::{AgentId, AgentRow, DispositionRow, QueueId, Role};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;
use tokio::task::JoinSet;

/// A user as configured.
#[derive(Clone, Debug)]
pub struct SeedUser {
    /// The login name.
    pub login: String,
    /// The name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// The agent that this user is, if any.
    pub agent: Option<AgentId>,
    /// The password.
    pub password: SecretString,
}

const SAVE_USER: &str = "INSERT INTO users (login, name, role, agent, password_hash, seed) \
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (login) DO UPDATE SET name = excluded.name, role = excluded.role, \
    agent = excluded.agent, password_hash = excluded.password_hash, seed = excluded.seed";

impl Store {
    /// Adds users and changes those whose configuration changed; their sessions end. Others cost nothing.
    ///
    /// # Errors
    /// The database failed, a password could not be hashed, or the seed key beside the spool cannot be written.
    pub async fn seed_users(&self, users: &[SeedUser]) -> Result<(), StoreError> {
        let key = self.seed_key()?;
        let rows = self.db.fetch("SELECT login, seed FROM users", vals![]).await?;
        let known =
            rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect::<Result<BTreeMap<_, _>, sqlx::Error>>()?;
        let mut hashing = JoinSet::new();
        for user in users {
            if known.get(&user.login).is_some_and(|seed| is_seed_of(&key, seed, user)) {
                continue;
            }
            let (store, user, seed) = (self.clone(), user.clone(), new_seed(&key, user)?);
            hashing.spawn(async move { Ok::<_, StoreError>((store.hash(user.password.clone()).await?, user, seed)) });
        }
        let mut tx = self.db.begin().await?;
        while let Some(hashed) = hashing.join_next().await {
            let (hash, user, seed) = hashed.unwrap_or(Err(StoreError::Hash))?;
            let values = vals![user.login.clone(), user.name, user.role.as_str(), user.agent, hash, seed];
            tx.execute(SAVE_USER, values).await?;
            tx.execute("DELETE FROM sessions WHERE login = $1", vals![user.login]).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Adds agents and changes their names. Agents that are no longer configured stay: the history names them.
    ///
    /// # Errors
    /// The database failed.
    pub async fn seed_agents(&self, agents: &[AgentRow]) -> Result<(), StoreError> {
        let known = self.agents().await?.into_iter().map(|agent| (agent.id, agent.name)).collect::<BTreeMap<_, _>>();
        // At nearly every start none has changed, and each row would be a way to the database and back.
        let changed = agents.iter().filter(|agent| known.get(&agent.id) != Some(&agent.name)).collect::<Vec<_>>();
        if changed.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        for agent in changed {
            let sql = "INSERT INTO agents (id, name) VALUES ($1, $2) \
                ON CONFLICT (id) DO UPDATE SET name = excluded.name";
            tx.execute(sql, vals![agent.id, agent.name.as_str()]).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Adds queues and changes their names, which last contacts show.
    ///
    /// # Errors
    /// The database failed.
    pub async fn seed_queues(&self, queues: &[(QueueId, String)]) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        for (id, name) in queues {
            let sql = "INSERT INTO queues (id, name) VALUES ($1, $2) \
                ON CONFLICT (id) DO UPDATE SET name = excluded.name";
            tx.execute(sql, vals![*id, name.as_str()]).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Makes these the dispositions, in this order.
    ///
    /// # Errors
    /// The database failed.
    pub async fn seed_dispositions(&self, dispositions: &[DispositionRow]) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        tx.execute("DELETE FROM dispositions", vals![]).await?;
        for (position, row) in (0i64..).zip(dispositions) {
            let labels = row.labels.iter().map(|(language, label)| (language.to_string(), Value::from(label.as_str())));
            let labels = Value::Object(labels.collect()).to_string();
            let queues = Value::from(row.queues.iter().map(ToString::to_string).collect::<Vec<_>>()).to_string();
            let sql = "INSERT INTO dispositions (code, position, labels, queues) VALUES ($1, $2, $3, $4)";
            tx.execute(sql, vals![row.code, position, labels, queues]).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The dispositions in their order.
    pub(crate) async fn dispositions(&self) -> Result<Vec<DispositionRow>, sqlx::Error> {
        let sql = "SELECT code, labels, queues FROM dispositions ORDER BY position";
        self.db.fetch(sql, vals![]).await?.iter().map(disposition).collect()
    }

    /// The agents in the order of their ids.
    pub(crate) async fn agents(&self) -> Result<Vec<AgentRow>, sqlx::Error> {
        let rows = self.db.fetch("SELECT id, name FROM agents", vals![]).await?;
        let agent = |row: &Row| Ok(AgentRow { id: row.id(0)?, name: row.text(1)? });
        let mut agents = rows.iter().map(agent).collect::<Result<Vec<_>, sqlx::Error>>()?;
        agents.sort_by_key(|agent| agent.id);
        Ok(agents)
    }

    /// The key of the fingerprints by which an unchanged seed is known. It is kept outside the database, so that
    /// a copy of the database alone gives no faster way to guess passwords than argon2 does.
    fn seed_key(&self) -> Result<[u8; 32], StoreError> {
        let path = self.data_dir.join("seed.key");
        let not_writable = |source| StoreError::NotWritable { path: path.clone(), source };
        if let Ok(key) = std::fs::read(&path).map_err(|_| ()).and_then(|bytes| bytes.try_into().map_err(|_| ())) {
            return Ok(key);
        }
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|_| StoreError::Hash)?;
        write_private(&path, &key).map_err(not_writable)?;
        Ok(key)
    }
}

fn write_private(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn new_seed(key: &[u8; 32], user: &SeedUser) -> Result<String, StoreError> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|_| StoreError::Hash)?;
    let salt = hex(&salt);
    Ok(format!("{salt}:{}", fingerprint(key, &salt, user)))
}

fn is_seed_of(key: &[u8; 32], seed: &str, user: &SeedUser) -> bool {
    seed.split_once(':').is_some_and(|(salt, sum)| fingerprint(key, salt, user) == sum)
}

fn fingerprint(key: &[u8; 32], salt: &str, user: &SeedUser) -> String {
    let agent = user.agent.map(|agent| agent.to_string()).unwrap_or_default();
    let fields = [salt, &user.login, &user.name, user.role.as_str(), &agent, user.password.expose_secret()];
    let mut hash = Sha256::new_with_prefix(key);
    for field in fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hex(&hash.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn disposition(row: &Row) -> Result<DispositionRow, sqlx::Error> {
    let json = |column| {
        let value: Result<Value, _> = serde_json::from_str(&row.text(column)?);
        value.map_err(|error| sqlx::Error::Decode(Box::new(error)))
    };
    let labels = match json(1)? {
        Value::Object(labels) => labels,
        _ => serde_json::Map::new(),
    };
    let label = |(language, label): (String, Value)| Some((language.parse().ok()?, label.as_str()?.to_owned()));
    let queues = json(2)?;
    let queues = queues.as_array().into_iter().flatten().filter_map(|queue| queue.as_str()?.parse().ok());
    Ok(DispositionRow {
        code: row.id(0)?,
        labels: labels.into_iter().filter_map(label).collect(),
        queues: queues.collect(),
    })
}
