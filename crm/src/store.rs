//! The store: opening it, its start-up duties, and the one door for questions.

use crate::db::{Db, vals};
use crate::error::Failure;
use crate::journal::{Journal, Shared, Stored};
use crate::lite::{Readers, Writing};
use crate::persist::{self, CommitError, Committer};
use crate::phone::Numbering;
use crate::spool::{self, Spool};
use crate::writer::{self, SharedSpool, Writer, WriterOptions};
use crate::{StoreError, contacts, customers, import, reasons, surveys, users, visits};
use domain::{
    Answer, ContactEventKind, ContactId, EndedBy, Outcome, Query, QueryError, RecordingId, WallTime, WhyStory,
};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqlStr};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// The steps of the schema: version, description, SQL. Read at run time, since sqlx's macro for it compiles SQLite once
/// more for the build itself.
const SQLITE: [(i64, &str, &str); 4] = [
    (1, "first", include_str!("../migrations/sqlite/0001_first.sql")),
    (2, "legs", include_str!("../migrations/sqlite/0002_legs.sql")),
    (3, "survey", include_str!("../migrations/sqlite/0003_survey.sql")),
    (4, "flows", include_str!("../migrations/sqlite/0004_flows.sql")),
];
const POSTGRES: [(i64, &str, &str); 4] = [
    (1, "first", include_str!("../migrations/postgres/0001_first.sql")),
    (2, "legs", include_str!("../migrations/postgres/0002_legs.sql")),
    (3, "survey", include_str!("../migrations/postgres/0003_survey.sql")),
    (4, "flows", include_str!("../migrations/postgres/0004_flows.sql")),
];

fn migrator(steps: &[(i64, &'static str, &'static str)]) -> Migrator {
    let step = |(version, description, sql): &(i64, &'static str, &'static str)| {
        let sql = SqlStr::from_static(sql);
        Migration::new(*version, (*description).into(), MigrationType::Simple, sql, false)
    };
    Migrator::with_migrations(steps.iter().map(step).collect())
}

/// Longest time for one answer.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Longest time for one import.
const IMPORT_WITHIN: Duration = Duration::from_secs(120);
/// Longest time to the first word of PostgreSQL.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Longest time for a batch of the spool at the start.
const REPLAY_WITHIN: Duration = Duration::from_secs(30);
/// Longest wait for another program that ends.
const LOCKED_WITHIN: Duration = Duration::from_secs(3);
/// Readers at the same time on SQLite, connections on PostgreSQL.
const CONNECTIONS: u32 = 6;
/// Passwords hashed at the same time: each takes 19 MB and a processor.
const HASHES: usize = 2;

/// The contact history, the customers and the users. Clones share everything.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) db: Db,
    pub(crate) numbering: Numbering,
    pub(crate) data_dir: PathBuf,
    pub(crate) hashing: Arc<Semaphore>,
    spool: SharedSpool,
    /// What the writer shares, once it runs.
    writing: Arc<OnceLock<Arc<Shared>>>,
    /// Held until the store is closed: two programs must not write one spool.
    lock: Arc<File>,
}

/// Wall time now, for `wall_at_start` and whoever else needs to stamp a record.
#[must_use]
pub fn wall_now() -> WallTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    WallTime::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

impl Store {
    /// Opens the database at `sqlite:PATH`, `sqlite::memory:` or `postgres://…`, brings its tables up to date,
    /// and brings in what the spool in `data_dir` still holds.
    ///
    /// # Errors
    /// The address is wrong, a directory cannot be written, the database does not answer, refuses the sign-in
    /// or belongs to a newer version.
    pub async fn open(url: &str, data_dir: &Path) -> Result<Self, StoreError> {
        let not_writable = |path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::NotWritable { path, source }
        };
        std::fs::create_dir_all(data_dir).map_err(not_writable(data_dir))?;
        let lock = lock(&data_dir.join("lock")).await?;
        let path = spool_path(data_dir);
        let spool = Spool::open(&path).map_err(not_writable(&path))?;
        let store = Self {
            db: connect(url).await?,
            numbering: Numbering::default(),
            data_dir: data_dir.to_owned(),
            hashing: Arc::new(Semaphore::new(HASHES)),
            spool: Arc::new(Mutex::new(spool)),
            writing: Arc::default(),
            lock: Arc::new(lock),
        };
        store.replay_spool().await?;
        Ok(store)
    }

    /// Whether the database can be opened and answers; brings its tables up to date. Leaves the spool to the program
    /// that uses it.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub async fn probe(url: &str, data_dir: &Path) -> Result<(), StoreError> {
        let not_writable = |source| StoreError::NotWritable { path: data_dir.to_owned(), source };
        std::fs::create_dir_all(data_dir).map_err(not_writable)?;
        let db = connect(url).await?;
        let asked = timeout(ANSWER_WITHIN, db.fetch("SELECT 1", vals![])).await;
        asked.unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
        db.close().await;
        Ok(())
    }

    /// The same store, reading national numbers as this region's (`DE` unless said otherwise).
    ///
    /// # Errors
    /// The region is unknown.
    pub fn with_region(mut self, region: &str) -> Result<Self, StoreError> {
        self.numbering = Numbering::new(region)?;
        Ok(self)
    }

    /// Starts the writer. `stored` is told of each event handed to the journal once it is on disk, in order, on a
    /// thread of the writer's, which it may block.
    ///
    /// # Errors
    /// No thread is to be had.
    ///
    /// # Panics
    /// When called twice: two writers would contend for one spool.
    pub fn start_writer(
        &self,
        options: WriterOptions,
        stored: impl FnMut(Stored) + Send + 'static,
    ) -> std::io::Result<(Journal, Writer)> {
        let committer = self.committer(options.commit_within);
        let (shared, journal, writer) = writer::start(options, committer, Arc::clone(&self.spool), stored)?;
        assert!(self.writing.set(shared).is_ok(), "the store has one writer; start it once");
        Ok((journal, writer))
    }

    /// Waits until what has happened to contacts is in the database.
    async fn settled(&self) {
        if let Some(shared) = self.writing.get() {
            shared.settled().await;
        }
    }

    /// Closes every contact that a crash left open, as outcome `system`, but for calls back and messages that are still open. Call it
    /// before new contacts begin.
    ///
    /// # Errors
    /// The database failed.
    pub async fn close_interrupted(&self, now: WallTime) -> Result<Vec<ContactId>, StoreError> {
        let mut tx = self.db.begin().await?;
        let rows = tx.fetch(crate::open_work::CUT_OFF, vals![]).await?;
        let ids = rows.iter().map(|row| row.id(0)).collect::<Result<Vec<ContactId>, _>>()?;
        for id in &ids {
            let closed = ContactEventKind::Closed { outcome: Outcome::System, by: EndedBy::System };
            persist::append(&mut tx, *id, now, &closed).await?;
        }
        tx.commit().await?;
        Ok(ids)
    }

    /// A recording that a crash cut off was mended: its row gets path (below the recordings directory), length
    /// and hash. False: no event ever told of this recording.
    ///
    /// # Errors
    /// The database failed.
    pub async fn recording_recovered(
        &self,
        id: RecordingId,
        path: &str,
        duration_ms: u64,
        sha256: &str,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        let found = tx.fetch("SELECT contact, state FROM recordings WHERE id = $1", vals![id]).await?;
        let Some(row) = found.first() else {
            tx.rollback().await?;
            return Ok(false);
        };
        if matches!(row.text(1)?.as_str(), "recording" | "lost") {
            let finished = ContactEventKind::RecordingFinished {
                recording: id,
                path: path.to_owned(),
                duration_ms,
                sha256: sha256.to_owned(),
                gap_ms: 0,
            };
            persist::append(&mut tx, row.id(0)?, wall_now(), &finished).await?;
            tx.execute("UPDATE recordings SET state = 'recovered' WHERE id = $1", vals![id]).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Answers a question.
    ///
    /// # Errors
    /// A cursor or field is wrong, there is no such record, or the database does not answer in time.
    pub async fn answer(&self, query: Query) -> Result<Answer, QueryError> {
        let within = if matches!(query, Query::ImportCustomers { .. }) { IMPORT_WITHIN } else { ANSWER_WITHIN };
        match timeout(within, self.dispatch(query)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(Failure::Query(error))) => Err(error),
            Ok(Err(failure)) => {
                tracing::warn!(error = %failure, "a question to the store failed");
                Err(QueryError::Unavailable)
            }
            Err(_) => {
                tracing::warn!("a question to the store took too long");
                Err(QueryError::Unavailable)
            }
        }
    }

    async fn dispatch(&self, query: Query) -> Result<Answer, Failure> {
        // A caller is looked up while the phone rings: what ended half a second ago may be missing there.
        let is_history = matches!(
            query,
            Query::Contacts { .. }
                | Query::Contact(_)
                | Query::Why(_)
                | Query::Visits { .. }
                | Query::Callbacks { .. }
                | Query::Asides { .. }
                | Query::Surveys { .. }
                | Query::Recording(_)
                | Query::Customer(_)
        );
        if is_history {
            self.settled().await;
        }
        Ok(match query {
            Query::Authenticate { login, password } => Answer::User(self.authenticate(&login, password).await?),
            Query::CreateSession { token_sha256, login, expires } => {
                users::create_session(&self.db, token_sha256, login, expires).await?;
                Answer::Done
            }
            Query::FindSession { token_sha256, now } => {
                Answer::Session(users::find_session(&self.db, token_sha256, now).await?)
            }
            Query::EndSession { token_sha256 } => {
                users::end_session(&self.db, token_sha256).await?;
                Answer::Done
            }
            Query::Contacts { filter, cursor, limit } => {
                Answer::Contacts(contacts::page(&self.db, filter, cursor, limit).await?)
            }
            Query::Contact(id) => Answer::Contact(contacts::detail(&self.db, id).await?.map(Box::new)),
            Query::Why(id) => {
                let story = |detail: domain::ContactDetail| {
                    let decisions = reasons::decisions(&detail.events);
                    Box::new(WhyStory { contact: id, at: wall_now(), waiting: None, decisions })
                };
                Answer::Why(contacts::detail(&self.db, id).await?.map(story))
            }
            // The running engine keeps them, and nothing of them is stored.
            Query::Trace(_) => Answer::Trace(None),
            Query::Visits { from, to, queue, cursor } => {
                Answer::Visits(visits::page(&self.db, (from, to), queue, cursor).await?)
            }
            Query::Callbacks { from, to, cursor } => {
                Answer::Callbacks(visits::callbacks(&self.db, (from, to), cursor).await?)
            }
            Query::Asides { from, to, cursor } => Answer::Asides(visits::asides(&self.db, (from, to), cursor).await?),
            Query::Surveys { from, to, queue, cursor } => {
                Answer::Surveys(surveys::page(&self.db, (from, to), queue, cursor).await?)
            }
            Query::Recording(id) => Answer::Recording(contacts::recording(&self.db, id).await?),
            Query::Dispositions => Answer::Dispositions(self.dispositions().await?),
            Query::Agents => Answer::Agents(self.agents().await?),
            about_customers => self.dispatch_customers(about_customers).await?,
        })
    }

    async fn dispatch_customers(&self, query: Query) -> Result<Answer, Failure> {
        let found = match query {
            Query::Customers { search, cursor, limit } => {
                return Ok(Answer::Customers(customers::page(self, &search, cursor, limit).await?));
            }
            Query::ImportCustomers { csv, dry_run } => {
                return Ok(Answer::Imported(import::import(self, &csv, dry_run).await?));
            }
            Query::Customer(id) => customers::by_id(&self.db, id).await?,
            Query::CustomerByNumber { number } => customers::by_number(self, &number.0).await?,
            Query::CustomerByAccount { account } => customers::by_account(&self.db, &account.0).await?,
            Query::SaveCustomer { id, fields } => Some(customers::save(self, id, &fields).await?),
            _ => return Err(Failure::Query(QueryError::NotFound)),
        };
        Ok(Answer::Customer(found.map(Box::new)))
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let asked = timeout(ANSWER_WITHIN, self.db.fetch("SELECT 1", vals![])).await;
        asked.unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
        Ok(())
    }

    /// Number of events that wait in the spool.
    #[must_use]
    pub fn spool_depth(&self) -> usize {
        self.spool.lock().unwrap_or_else(PoisonError::into_inner).depth()
    }

    /// Closes the database and leaves the data directory to others. Stop the writer first.
    pub async fn close(&self) {
        self.db.close().await;
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, "the data directory stays locked until the end of this program");
        }
    }

    fn committer(&self, within: Duration) -> Committer {
        let rejected = spool::with_suffix(&spool_path(&self.data_dir), "rejected");
        Committer::new(self.db.clone(), rejected, within)
    }

    async fn replay_spool(&self) -> Result<(), StoreError> {
        let mut committer = self.committer(REPLAY_WITHIN);
        let waiting = self.spool_depth();
        while self.spool_depth() > 0 {
            writer::replay(&mut committer, &self.spool).await.map_err(|error| self.replay_failed(error))?;
        }
        if waiting > 0 {
            tracing::info!(events = waiting, "brought in the events that were in the spool");
        }
        Ok(())
    }

    fn replay_failed(&self, error: CommitError) -> StoreError {
        match error {
            CommitError::TooSlow => StoreError::Database(sqlx::Error::PoolTimedOut),
            CommitError::Database(error) => StoreError::Database(error),
            CommitError::Rejected(source) => StoreError::NotWritable { path: spool_path(&self.data_dir), source },
        }
    }
}

/// Takes the data directory for us. Whoever has it may be about to end.
async fn lock(path: &Path) -> Result<File, StoreError> {
    let not_writable = |source| StoreError::NotWritable { path: path.to_owned(), source };
    let file = OpenOptions::new().append(true).create(true).open(path).map_err(not_writable)?;
    let begun = tokio::time::Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(not_writable(error)),
            Err(TryLockError::WouldBlock) if begun.elapsed() > LOCKED_WITHIN => {
                return Err(StoreError::InUse(path.to_owned()));
            }
            Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

fn spool_path(data_dir: &Path) -> PathBuf {
    data_dir.join("contact-events.spool")
}

async fn connect(url: &str) -> Result<Db, StoreError> {
    match url.split_once(':') {
        Some(("sqlite", ":memory:")) => connect_memory(url).await,
        Some(("sqlite", path)) => connect_sqlite(Path::new(path.strip_prefix("//").unwrap_or(path))).await,
        Some(("postgres" | "postgresql", _)) => connect_postgres(url).await,
        _ => Err(StoreError::UnknownScheme),
    }
}

async fn connect_sqlite(path: &Path) -> Result<Db, StoreError> {
    let not_writable = |source| StoreError::NotWritable { path: path.to_owned(), source };
    OpenOptions::new().append(true).create(true).open(path).map_err(not_writable)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5));
    let not_opened = |source| StoreError::NotOpened { path: path.to_owned(), source };
    let mut write = SqliteConnection::connect_with(&options).await.map_err(not_opened)?;
    migrator(&SQLITE).run(&mut write).await.map_err(migration_failed)?;
    Ok(Db::Sqlite { read: Readers::own(options, CONNECTIONS as usize), write: Writing::own(write) })
}

/// A database in memory lives as long as its only connection.
async fn connect_memory(url: &str) -> Result<Db, StoreError> {
    let options = SqliteConnectOptions::from_str(url).map_err(StoreError::BadAddress)?;
    let pool = SqlitePoolOptions::new().max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None);
    let pool = pool.connect_with(options).await?;
    migrator(&SQLITE).run(&pool).await.map_err(migration_failed)?;
    Ok(Db::Sqlite { read: Readers::Shared(pool.clone()), write: Writing::shared(pool) })
}

async fn connect_postgres(url: &str) -> Result<Db, StoreError> {
    let options = PgConnectOptions::from_str(url).map_err(StoreError::BadAddress)?.application_name("switchroom");
    // A pool tries again until its time is over; a first connection of our own says at once what is wrong.
    let first = timeout(CONNECT_WITHIN, PgConnection::connect_with(&options)).await;
    let first = first.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(|error| connection_failed(&options, error))?;
    first.close().await.ok();
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(Duration::from_secs(2));
    let pool = pool.connect_lazy_with(options);
    migrator(&POSTGRES).run(&pool).await.map_err(migration_failed)?;
    Ok(Db::Postgres(pool))
}

fn connection_failed(options: &PgConnectOptions, source: sqlx::Error) -> StoreError {
    let address = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    match source {
        sqlx::Error::Database(_) => StoreError::Refused { address, source },
        _ => StoreError::Unreachable { address, source },
    }
}

fn migration_failed(error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(version) => StoreError::NewerSchema(version),
        other => StoreError::Migration(other),
    }
}
