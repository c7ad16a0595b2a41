//! Why the store cannot be opened or written.

use std::path::PathBuf;

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address of the database has no known form.
    #[error("the database address must begin with `sqlite:` or `postgres://`")]
    UnknownScheme,
    /// The address of the database is malformed.
    #[error("the database address cannot be read: {0}")]
    BadAddress(#[source] sqlx::Error),
    /// A directory or file cannot be written.
    #[error("{path} cannot be written: {source}; check that the directory exists and who owns it")]
    NotWritable {
        /// The path.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Another program uses the data directory.
    #[error("another Switchroom holds {0}: stop it first, or give this one a data_dir of its own")]
    InUse(PathBuf),
    /// The SQLite file cannot be opened.
    #[error("the database file {path} cannot be opened: {source}")]
    NotOpened {
        /// The path.
        path: PathBuf,
        /// Why not.
        source: sqlx::Error,
    },
    /// PostgreSQL does not answer.
    #[error("PostgreSQL at {address} does not answer: {source}; is it running and is the address right?")]
    Unreachable {
        /// Host and port, or the socket; never the password.
        address: String,
        /// Why not.
        source: sqlx::Error,
    },
    /// PostgreSQL answers, but not to us.
    #[error("PostgreSQL at {address} refused the sign-in: {source}")]
    Refused {
        /// Host and port, or the socket; never the password.
        address: String,
        /// Why.
        source: sqlx::Error,
    },
    /// A newer Switchroom has changed the tables.
    #[error("the database was made by a newer Switchroom (schema {0}); run that version or restore a backup")]
    NewerSchema(i64),
    /// The tables could not be brought up to date.
    #[error("the database's tables could not be brought up to date: {0}")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// The region for national numbers is unknown.
    #[error("`{0}` is no region: use two letters such as DE or CN")]
    UnknownRegion(String),
    /// A password could not be hashed.
    #[error("a password could not be hashed; is it longer than 4 GB or is memory short?")]
    Hash,
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
}

/// Why a question was not answered, before the database's words are taken out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The asker is told.
    #[error(transparent)]
    Query(#[from] domain::QueryError),
    /// The log is told.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// A password could not be checked.
    #[error("a password could not be checked")]
    Hash,
}
