//! Versions of the files in which flows stand, and drafts of people who write them.

use crate::codec;
use crate::db::{Row, vals};
use crate::store::ANSWER_WITHIN;
use crate::{Store, StoreError};
use domain::WallTime;
use sha2::{Digest, Sha256};
use tokio::time::timeout;

/// A version of a file, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowVersion {
    /// From 1, in the order in which the file changed.
    pub number: u32,
    /// The SHA-256 of the text, in hex.
    pub sha256: String,
    /// Since when.
    pub at: WallTime,
    /// The login of whoever published it; `None`: it was found on the disk.
    pub by: Option<String>,
    /// What is said of it.
    pub note: String,
}

/// What somebody has written and not published yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowDraft {
    /// The login of the writer: each has a draft of one's own.
    pub by: String,
    /// The text.
    pub text: String,
    /// The SHA-256 of the text with which the writer began.
    pub base: String,
    /// When it was kept.
    pub at: WallTime,
}

const VERSIONS: &str = "SELECT version, sha256, at, author, note FROM flow_versions WHERE file = $1 \
    ORDER BY version DESC LIMIT $2";

const TEXT: &str = "SELECT version, sha256, at, author, note, text FROM flow_versions WHERE file = $1 AND version = $2";

const DRAFTS: &str = "SELECT author, text, base, at FROM flow_drafts WHERE file = $1 ORDER BY at DESC, author";

const KEEP_DRAFT: &str = "INSERT INTO flow_drafts (file, author, text, base, at) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (file, author) DO UPDATE SET text = excluded.text, base = excluded.base, at = excluded.at";

/// The SHA-256 of a text, in hex.
#[must_use]
pub fn sha256(text: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// PostgreSQL's texts hold no NUL, which no file of flows that is in order has.
fn storable(text: &str) -> String {
    codec::storable(text).into_owned()
}

fn version(row: &Row) -> Result<FlowVersion, sqlx::Error> {
    Ok(FlowVersion {
        number: u32::try_from(row.unsigned(0)?).unwrap_or(u32::MAX),
        sha256: row.text(1)?,
        at: row.time(2)?,
        by: row.opt_text(3)?,
        note: row.text(4)?,
    })
}

/// People wait for these: a database that hangs is an answer, too.
async fn in_time<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    Ok(timeout(ANSWER_WITHIN, work).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))?)
}

impl Store {
    /// The newest `most` versions of a file, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn flow_versions(&self, file: &str, most: u32) -> Result<Vec<FlowVersion>, StoreError> {
        in_time(async {
            let rows = self.db.fetch(VERSIONS, vals![storable(file), most]).await?;
            rows.iter().map(version).collect()
        })
        .await
    }

    /// A version with its text; `None`: there is none of this number.
    ///
    /// # Errors
    /// The database failed.
    pub async fn flow_text(&self, file: &str, number: u32) -> Result<Option<(FlowVersion, String)>, StoreError> {
        in_time(async {
            let rows = self.db.fetch(TEXT, vals![storable(file), number]).await?;
            rows.first().map(|row| Ok::<_, sqlx::Error>((version(row)?, row.text(5)?))).transpose()
        })
        .await
    }

    /// Keeps a text as the newest version of a file, under the next number.
    ///
    /// # Errors
    /// The database failed.
    pub async fn add_flow_version(
        &self,
        file: &str,
        text: &str,
        at: WallTime,
        by: Option<&str>,
        note: &str,
    ) -> Result<FlowVersion, StoreError> {
        let (file, sha256, by, note) = (storable(file), sha256(text), by.map(storable), storable(note));
        in_time(async {
            let mut tx = self.db.begin().await?;
            let newest = "SELECT MAX(version) FROM flow_versions WHERE file = $1";
            let rows = tx.fetch(newest, vals![file.clone()]).await?;
            let newest = rows.first().map(|row| row.opt_int(0)).transpose()?.flatten().unwrap_or(0);
            let number = u32::try_from(newest.saturating_add(1)).unwrap_or(u32::MAX);
            let sql = "INSERT INTO flow_versions (file, version, sha256, text, at, author, note) \
                VALUES ($1, $2, $3, $4, $5, $6, $7)";
            let values = vals![file, number, sha256.clone(), storable(text), at, by.clone(), note.clone()];
            tx.execute(sql, values).await?;
            tx.commit().await?;
            Ok(FlowVersion { number, sha256, at, by, note })
        })
        .await
    }

    /// Forgets a version that did not come into force after all.
    ///
    /// # Errors
    /// The database failed.
    pub async fn drop_flow_version(&self, file: &str, number: u32) -> Result<(), StoreError> {
        in_time(async {
            let mut tx = self.db.begin().await?;
            let sql = "DELETE FROM flow_versions WHERE file = $1 AND version = $2";
            tx.execute(sql, vals![storable(file), number]).await?;
            tx.commit().await
        })
        .await
    }

    /// The drafts of a file, the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn flow_drafts(&self, file: &str) -> Result<Vec<FlowDraft>, StoreError> {
        in_time(async {
            let rows = self.db.fetch(DRAFTS, vals![storable(file)]).await?;
            let draft = |row: &Row| {
                Ok::<_, sqlx::Error>(FlowDraft {
                    by: row.text(0)?,
                    text: row.text(1)?,
                    base: row.text(2)?,
                    at: row.time(3)?,
                })
            };
            rows.iter().map(draft).collect()
        })
        .await
    }

    /// Keeps a draft in place of the writer's one before.
    ///
    /// # Errors
    /// The database failed.
    pub async fn keep_flow_draft(&self, file: &str, draft: &FlowDraft) -> Result<(), StoreError> {
        let FlowDraft { by, text, base, at } = draft;
        in_time(async {
            let mut tx = self.db.begin().await?;
            let values = vals![storable(file), storable(by), storable(text), storable(base), *at];
            tx.execute(KEEP_DRAFT, values).await?;
            tx.commit().await
        })
        .await
    }

    /// Forgets a writer's draft, if there is one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn drop_flow_draft(&self, file: &str, by: &str) -> Result<(), StoreError> {
        in_time(async {
            let mut tx = self.db.begin().await?;
            let sql = "DELETE FROM flow_drafts WHERE file = $1 AND author = $2";
            tx.execute(sql, vals![storable(file), storable(by)]).await?;
            tx.commit().await
        })
        .await
    }
}
