//! What a demo prints, and keeps in its data directory so that `demo call --attach` finds it.

use crate::commands::Failure;
use http_api::dto::Account;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Everything that somebody needs to use a running demo.
#[derive(Clone, Serialize, Deserialize)]
pub struct Ticket {
    /// The console and the API.
    pub http_url: String,
    /// The one-time link.
    pub start_url: String,
    /// The softphone's address of record.
    pub sip_uri: String,
    /// Its user.
    pub sip_user: String,
    /// Its password.
    pub sip_password: String,
    /// The number to dial.
    pub dial: String,
    /// Agents.
    pub agents: Vec<Account>,
    /// The supervisor.
    pub supervisor: Option<Account>,
    /// A bearer token of the administrator.
    pub api_token: String,
    /// Where the demo keeps its data.
    pub data_dir: String,
    /// The demo's process.
    pub pid: u32,
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("demo.json")
}

impl Ticket {
    /// One line of JSON.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Keeps the ticket in the data directory, readable by its owner only.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self) -> Result<(), Failure> {
        use std::os::unix::fs::PermissionsExt as _;
        let path = path(Path::new(&self.data_dir));
        let failed = |source| Failure::File { path: path.clone(), source };
        std::fs::write(&path, self.json()).map_err(failed)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(failed)
    }

    /// The ticket of the demo that runs with this data directory.
    ///
    /// # Errors
    /// When there is none.
    pub fn read(data_dir: &Path) -> Result<Self, Failure> {
        let nobody = || Failure::NoDemo(data_dir.to_owned());
        let text = std::fs::read_to_string(path(data_dir)).map_err(|_| nobody())?;
        let ticket: Self = serde_json::from_str(&text).map_err(|_| nobody())?;
        let runs = Path::new(&format!("/proc/{}", ticket.pid)).exists();
        if runs { Ok(ticket) } else { Err(nobody()) }
    }
}
