//! The connections to SQLite: some that read, and the one that writes. They are no pool's: a pool asks its connection how it
//! is before and after each use, and each question is a way to SQLite's thread and back, as long as a small commit itself.

use sqlx::pool::PoolConnection;
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteConnectOptions, SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{ConnectOptions as _, Connection as _, Error};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};

/// The way to the connections that read.
#[derive(Clone, Debug)]
pub(crate) enum Readers {
    /// Ours.
    Own(Arc<Reading>),
    /// The one connection of a database in memory, which the writer shares.
    Shared(SqlitePool),
}

/// Connections that read, opened when they are needed first.
#[derive(Debug)]
pub(crate) struct Reading {
    options: SqliteConnectOptions,
    /// Closed with the database.
    free: Semaphore,
    /// The one used last is used first: it knows most.
    idle: std::sync::Mutex<Vec<SqliteConnection>>,
}

impl Readers {
    /// At most so many of our own.
    pub(crate) fn own(options: SqliteConnectOptions, connections: usize) -> Self {
        Self::Own(Arc::new(Reading { options, free: Semaphore::new(connections), idle: std::sync::Mutex::default() }))
    }

    /// Runs a reading statement, when a connection is free.
    pub(crate) async fn fetch(&self, query: Query<'_, Sqlite, SqliteArguments>) -> Result<Vec<SqliteRow>, Error> {
        match self {
            Self::Own(reading) => reading.fetch(query).await,
            Self::Shared(pool) => query.fetch_all(pool).await,
        }
    }

    /// Closes every connection; those in use are closed after it.
    pub(crate) async fn close(&self) {
        match self {
            Self::Own(reading) => {
                reading.free.close();
                let idle = std::mem::take(&mut *reading.idle());
                for connection in idle {
                    // It has only read: there is nothing to lose.
                    drop(connection.close().await);
                }
            }
            Self::Shared(pool) => pool.close().await,
        }
    }
}

impl Reading {
    fn idle(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection whose statement fails or is given up is not used again: nobody knows what state it is in.
    async fn fetch(&self, query: Query<'_, Sqlite, SqliteArguments>) -> Result<Vec<SqliteRow>, Error> {
        let _turn = self.free.acquire().await.map_err(|_| Error::PoolClosed)?;
        let idle = self.idle().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        let rows = query.fetch_all(&mut connection).await?;
        if !self.free.is_closed() {
            self.idle().push(connection);
        }
        Ok(rows)
    }
}

/// The way to the connection that writes.
#[derive(Clone, Debug)]
pub(crate) struct Writing {
    way: Way,
    /// A transaction was dropped before its end; the next one takes it back first.
    is_open: Arc<AtomicBool>,
}

#[derive(Clone, Debug)]
enum Way {
    /// Ours; `None`: closed.
    Own(Arc<Mutex<Option<SqliteConnection>>>),
    /// The one connection of a database in memory, which the readers share.
    Shared(SqlitePool),
}

impl Writing {
    /// On a connection of its own.
    pub(crate) fn own(connection: SqliteConnection) -> Self {
        Self { way: Way::Own(Arc::new(Mutex::new(Some(connection)))), is_open: Arc::default() }
    }

    /// On the connection of this pool.
    pub(crate) fn shared(pool: SqlitePool) -> Self {
        Self { way: Way::Shared(pool), is_open: Arc::default() }
    }

    /// Closes the connection, once nobody writes.
    pub(crate) async fn close(&self) {
        match &self.way {
            Way::Own(connection) => {
                if let Some(connection) = connection.lock().await.take()
                    && let Err(error) = connection.close().await
                {
                    tracing::warn!(%error, "the database was not closed as it should be");
                }
            }
            Way::Shared(pool) => pool.close().await,
        }
    }

    async fn borrow(&self) -> Result<Borrowed, Error> {
        Ok(match &self.way {
            Way::Own(connection) => Borrowed::Own(Arc::clone(connection).lock_owned().await),
            Way::Shared(pool) => Borrowed::Shared(pool.acquire().await?),
        })
    }
}

enum Borrowed {
    Own(OwnedMutexGuard<Option<SqliteConnection>>),
    Shared(PoolConnection<Sqlite>),
}

/// A transaction. Dropped before its end, it is taken back by the next one.
pub(crate) struct LiteTx {
    connection: Borrowed,
    is_open: Arc<AtomicBool>,
}

impl LiteTx {
    /// Begins one, when nobody else writes.
    pub(crate) async fn begin(writing: &Writing) -> Result<Self, Error> {
        let mut tx = Self { connection: writing.borrow().await?, is_open: Arc::clone(&writing.is_open) };
        if tx.is_open.swap(true, Ordering::Relaxed) {
            // An error means that there is nothing to take back.
            drop(sqlx::query::<Sqlite>("ROLLBACK").execute(tx.conn()?).await);
        }
        // IMMEDIATE: a writer that first reads must not find later that another has written.
        sqlx::query::<Sqlite>("BEGIN IMMEDIATE").execute(tx.conn()?).await?;
        Ok(tx)
    }

    /// The connection.
    pub(crate) fn conn(&mut self) -> Result<&mut SqliteConnection, Error> {
        match &mut self.connection {
            Borrowed::Own(connection) => connection.as_mut().ok_or(Error::PoolClosed),
            Borrowed::Shared(connection) => Ok(&mut *connection),
        }
    }

    /// Ends it by `COMMIT` or `ROLLBACK`.
    pub(crate) async fn settle(mut self, word: &'static str) -> Result<(), Error> {
        sqlx::query::<Sqlite>(word).execute(self.conn()?).await?;
        self.is_open.store(false, Ordering::Relaxed);
        Ok(())
    }
}
