//! Why the daemon did not start. Each cause has a code in `docs/problems.md`.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Every code of [`BootError`], with one line for a person.
pub const CODES: &[(&str, &str)] = &[
    ("data_dir_unwritable", "the data directory cannot be written"),
    ("port_taken", "another program uses the port"),
    ("port_refused", "the address or port may not be used"),
    ("prompts_unreadable", "prompts cannot be read"),
    ("database_failed", "the database does not open"),
    ("recorder_failed", "recordings cannot be written"),
    ("media_failed", "the media workers could not be started"),
    ("no_randomness", "the system gives no random numbers"),
];

/// Why the daemon did not start.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The data directory cannot be written.
    #[error(
        "the data directory {path} cannot be written: {source}; create it or give it to the user that runs switchroom"
    )]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A port is taken.
    #[error("the {what} port {address} is used by {owner}; stop it or choose another port")]
    PortTaken {
        /// HTTP or SIP.
        what: &'static str,
        /// The address.
        address: SocketAddr,
        /// Who uses it, as far as can be seen.
        owner: String,
    },
    /// A port may not be used.
    #[error("the {what} address {address} cannot be used: {source}")]
    PortRefused {
        /// HTTP or SIP.
        what: &'static str,
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// Prompts cannot be read.
    #[error("prompts cannot be read: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Prompts(Vec<media_io::PromptError>),
    /// The database does not open.
    #[error(transparent)]
    Store(#[from] crm::StoreError),
    /// Recordings cannot be written.
    #[error(transparent)]
    Recorder(#[from] recorder::RecorderError),
    /// The media workers could not be started.
    #[error("the media workers could not be started: {0}")]
    Media(#[source] io::Error),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

impl BootError {
    /// A port that could not be bound.
    #[must_use]
    pub fn port(what: &'static str, address: SocketAddr, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::AddrInUse {
            let owner = crate::ports::owner(address.port()).unwrap_or_else(|| "another program".to_owned());
            return Self::PortTaken { what, address, owner };
        }
        Self::PortRefused { what, address, source }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::DataDir { .. } => "data_dir_unwritable",
            Self::PortTaken { .. } => "port_taken",
            Self::PortRefused { .. } => "port_refused",
            Self::Prompts(_) => "prompts_unreadable",
            Self::Store(_) => "database_failed",
            Self::Recorder(_) => "recorder_failed",
            Self::Media(_) => "media_failed",
            Self::NoRandomness => "no_randomness",
        }
    }
}
