//! Users, their passwords and their sessions.

use crate::db::{Db, Row, vals};
use crate::error::Failure;
use crate::{Store, StoreError, wall_now};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use domain::{QueryError, Redacted, Session, User, WallTime};
use secrecy::{ExposeSecret, SecretString};

/// A hash that no password has, with the parameters of real ones: an unknown login costs the same work.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlzIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl Store {
    /// The user with this login and password.
    pub(crate) async fn authenticate(&self, login: &str, password: Redacted) -> Result<Option<User>, Failure> {
        let sql = "SELECT login, name, role, agent, password_hash FROM users WHERE login = $1";
        let rows = self.db.fetch(sql, vals![login.replace('\0', "\u{fffd}")]).await?;
        let hash = rows.first().map_or_else(|| Ok(NOBODY.to_owned()), |row| row.text(4))?;
        let right = self.verify(hash, SecretString::from(password.0)).await.map_err(|_| Failure::Hash)?;
        match rows.first() {
            Some(row) if right => Ok(Some(user(row)?)),
            _ => Ok(None),
        }
    }

    async fn verify(&self, hash: String, password: SecretString) -> Result<bool, StoreError> {
        self.hashing(move || {
            let hash = PasswordHash::new(&hash).map_err(|_| StoreError::Hash)?;
            Ok(Argon2::default().verify_password(password.expose_secret().as_bytes(), &hash).is_ok())
        })
        .await
    }

    /// The argon2id hash of a password, as PHC text.
    pub(crate) async fn hash(&self, password: SecretString) -> Result<String, StoreError> {
        self.hashing(move || {
            let hash: PasswordHash =
                Argon2::default().hash_password(password.expose_secret().as_bytes()).map_err(|_| StoreError::Hash)?;
            Ok(hash.to_string())
        })
        .await
    }

    async fn hashing<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _permit = self.hashing.acquire().await.map_err(|_| StoreError::Hash)?;
        tokio::task::spawn_blocking(work).await.unwrap_or(Err(StoreError::Hash))
    }
}

fn user(row: &Row) -> Result<User, sqlx::Error> {
    Ok(User { login: row.text(0)?, name: row.text(1)?, role: row.id(2)?, agent: row.opt_id(3)? })
}

/// Keeps a session; sessions that are over go.
pub(crate) async fn create_session(
    db: &Db,
    token_sha256: String,
    login: String,
    expires: WallTime,
) -> Result<(), Failure> {
    let mut tx = db.begin().await?;
    tx.execute("DELETE FROM sessions WHERE expires <= $1", vals![wall_now()]).await?;
    let sql = "INSERT INTO sessions (token_sha256, login, expires) SELECT $1, login, $2 FROM users WHERE login = $3";
    let added = tx.execute(sql, vals![token_sha256, expires, login]).await?;
    tx.commit().await?;
    if added == 1 { Ok(()) } else { Err(Failure::Query(QueryError::NotFound)) }
}

/// The session with this token, if it is not over.
pub(crate) async fn find_session(db: &Db, token_sha256: String, now: WallTime) -> Result<Option<Session>, Failure> {
    let sql = "SELECT u.login, u.name, u.role, u.agent, s.expires FROM sessions s JOIN users u ON u.login = s.login \
        WHERE s.token_sha256 = $1 AND s.expires > $2";
    let rows = db.fetch(sql, vals![token_sha256, now]).await?;
    let session = |row: &Row| Ok::<_, sqlx::Error>(Session { user: user(row)?, expires: row.time(4)? });
    Ok(rows.first().map(session).transpose()?)
}

/// Ends a session.
pub(crate) async fn end_session(db: &Db, token_sha256: String) -> Result<(), Failure> {
    let mut tx = db.begin().await?;
    tx.execute("DELETE FROM sessions WHERE token_sha256 = $1", vals![token_sha256]).await?;
    Ok(tx.commit().await?)
}
