//! Two engines behind one small interface: SQL text with `$n` places, text and 64-bit integers, nothing else.

use crate::lite::{LiteTx, Readers, Writing};
use domain::{AgentId, ContactId, CustomerId, DispositionCode, InteractionId, QueueId, RecordingId, WallTime};
use sqlx::Row as _;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgPool, PgRow, Postgres};
use sqlx::sqlite::{Sqlite, SqliteRow};
use std::str::FromStr;

/// The database.
#[derive(Clone, Debug)]
pub(crate) enum Db {
    /// SQLite: many readers, one writer.
    Sqlite {
        /// For reading.
        read: Readers,
        /// One connection, for writing.
        write: Writing,
    },
    /// PostgreSQL.
    Postgres(PgPool),
}

/// A transaction. Dropped without [`Tx::commit`], it is rolled back.
pub(crate) enum Tx {
    /// On SQLite.
    Sqlite(LiteTx),
    /// On PostgreSQL.
    Postgres(PgConn),
}

/// A borrowed connection that is closed, not returned, if a query on it did not end well: after a cut-off
/// query nobody knows what the peer thinks, and asking it could take as long as TCP does.
pub(crate) struct PgConn {
    conn: PoolConnection<Postgres>,
    settled: bool,
}

impl Drop for PgConn {
    fn drop(&mut self) {
        if !self.settled {
            self.conn.close_on_drop();
        }
    }
}

/// A value bound to a place.
#[derive(Clone, Debug)]
pub(crate) enum Val {
    /// Text or NULL.
    Text(Option<String>),
    /// A number or NULL.
    Int(Option<i64>),
}

/// A row of an answer.
pub(crate) enum Row {
    /// From SQLite.
    Sqlite(SqliteRow),
    /// From PostgreSQL.
    Postgres(PgRow),
}

/// Values for the places of a statement, in order.
macro_rules! vals {
    ($($value:expr),* $(,)?) => { vec![$($crate::db::Val::from($value)),*] };
}
pub(crate) use vals;

macro_rules! bound {
    ($engine:ty, $sql:expr, $vals:expr) => {
        $vals.into_iter().fold(sqlx::query::<$engine>($sql), |query, val| match val {
            Val::Text(text) => query.bind(text),
            Val::Int(int) => query.bind(int),
        })
    };
}

impl Db {
    /// Runs a reading statement.
    pub(crate) async fn fetch(&self, sql: &'static str, vals: Vec<Val>) -> Result<Vec<Row>, sqlx::Error> {
        match self {
            Self::Sqlite { read, .. } => {
                let rows = read.fetch(bound!(Sqlite, sql, vals)).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(pool) => {
                let mut pg = PgConn { conn: pool.acquire().await?, settled: false };
                let rows = bound!(Postgres, sql, vals).fetch_all(&mut *pg.conn).await?;
                pg.settled = true;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// Begins a writing transaction.
    pub(crate) async fn begin(&self) -> Result<Tx, sqlx::Error> {
        match self {
            Self::Sqlite { write, .. } => Ok(Tx::Sqlite(LiteTx::begin(write).await?)),
            Self::Postgres(pool) => {
                let mut pg = PgConn { conn: pool.acquire().await?, settled: false };
                sqlx::query::<Postgres>("BEGIN").execute(&mut *pg.conn).await?;
                Ok(Tx::Postgres(pg))
            }
        }
    }

    /// Closes every connection.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Runs a writing statement; the number of rows it touched.
    pub(crate) async fn execute(&mut self, sql: &'static str, vals: Vec<Val>) -> Result<u64, sqlx::Error> {
        match self {
            Self::Sqlite(tx) => Ok(bound!(Sqlite, sql, vals).execute(tx.conn()?).await?.rows_affected()),
            Self::Postgres(pg) => Ok(bound!(Postgres, sql, vals).execute(&mut *pg.conn).await?.rows_affected()),
        }
    }

    /// Runs a reading statement inside the transaction.
    pub(crate) async fn fetch(&mut self, sql: &'static str, vals: Vec<Val>) -> Result<Vec<Row>, sqlx::Error> {
        match self {
            Self::Sqlite(tx) => {
                let rows = bound!(Sqlite, sql, vals).fetch_all(tx.conn()?).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(pg) => {
                let rows = bound!(Postgres, sql, vals).fetch_all(&mut *pg.conn).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// Makes it durable.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        self.settle("COMMIT").await
    }

    /// Takes it back and keeps the connection.
    pub(crate) async fn rollback(self) -> Result<(), sqlx::Error> {
        self.settle("ROLLBACK").await
    }

    async fn settle(self, word: &'static str) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(tx) => tx.settle(word).await,
            Self::Postgres(mut pg) => {
                sqlx::query::<Postgres>(word).execute(&mut *pg.conn).await?;
                pg.settled = true;
                Ok(())
            }
        }
    }
}

impl Row {
    /// The text in a column.
    pub(crate) fn text(&self, column: usize) -> Result<String, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// The text in a column that may be NULL.
    pub(crate) fn opt_text(&self, column: usize) -> Result<Option<String>, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// The number in a column.
    pub(crate) fn int(&self, column: usize) -> Result<i64, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// The number in a column that may be NULL.
    pub(crate) fn opt_int(&self, column: usize) -> Result<Option<i64>, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// A count or a duration; below zero counts as zero.
    pub(crate) fn unsigned(&self, column: usize) -> Result<u64, sqlx::Error> {
        Ok(u64::try_from(self.int(column)?).unwrap_or(0))
    }

    /// A time.
    pub(crate) fn time(&self, column: usize) -> Result<WallTime, sqlx::Error> {
        self.int(column).map(WallTime::from_micros)
    }

    /// A time that may be NULL.
    pub(crate) fn opt_time(&self, column: usize) -> Result<Option<WallTime>, sqlx::Error> {
        Ok(self.opt_int(column)?.map(WallTime::from_micros))
    }

    /// An identifier.
    pub(crate) fn id<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
        &self,
        column: usize,
    ) -> Result<T, sqlx::Error> {
        self.text(column)?.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))
    }

    /// An identifier that may be NULL.
    pub(crate) fn opt_id<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
        &self,
        column: usize,
    ) -> Result<Option<T>, sqlx::Error> {
        let text = self.opt_text(column)?;
        text.map(|text| text.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))).transpose()
    }
}

/// Whether the database refused these very values, so that trying again is of no use.
pub(crate) fn refuses_values(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return matches!(error, sqlx::Error::Encode(_)) };
    let code = error.code().unwrap_or_default();
    // SQLSTATE classes 22 (data) and 23 (integrity) and 54 (limits); SQLite's TOOBIG, CONSTRAINT and MISMATCH.
    let postgres = code.len() == 5 && ["22", "23", "54"].iter().any(|class| code.starts_with(class));
    let sqlite = code.len() < 5 && code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 18..=20));
    postgres || sqlite
}

impl From<&str> for Val {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Val {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Val {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Val {
    fn from(int: i64) -> Self {
        Self::Int(Some(int))
    }
}

impl From<u32> for Val {
    fn from(int: u32) -> Self {
        Self::Int(Some(i64::from(int)))
    }
}

impl From<u64> for Val {
    fn from(int: u64) -> Self {
        Self::Int(Some(i64::try_from(int).unwrap_or(i64::MAX)))
    }
}

impl From<WallTime> for Val {
    fn from(time: WallTime) -> Self {
        Self::Int(Some(time.as_micros()))
    }
}

impl From<Option<WallTime>> for Val {
    fn from(time: Option<WallTime>) -> Self {
        Self::Int(time.map(WallTime::as_micros))
    }
}

macro_rules! id_vals {
    ($($id:ty),*) => {$(
        impl From<$id> for Val {
            fn from(id: $id) -> Self { Self::Text(Some(id.to_string())) }
        }
        impl From<Option<$id>> for Val {
            fn from(id: Option<$id>) -> Self { Self::Text(id.map(|id| id.to_string())) }
        }
    )*};
}
id_vals!(AgentId, ContactId, CustomerId, DispositionCode, InteractionId, QueueId, RecordingId);
