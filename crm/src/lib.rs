//! The contact history, the customers and the users, on SQLite or PostgreSQL behind one interface.
//!
//! It never decides anything about a call: it keeps what happened and answers questions about it. An event
//! counts as stored only when it is on disk, in the database or in the spool beside it.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use domain::WallTime;
//! let data = std::path::Path::new("/var/lib/switchroom");
//! let store = crm::Store::open("sqlite:/var/lib/switchroom/switchroom.db", data).await?;
//! store.close_interrupted(crm::wall_now()).await?;
//! let (journal, writer) = store.start_writer(crm::WriterOptions::new(crm::wall_now()), |stored| { /* … */ })?;
//! // journal.append(event) …
//! writer.stop().await;
//! # let _ = (journal, WallTime::default()); Ok(()) }
//! ```

mod bulk;
mod codec;
mod contacts;
mod cursor;
mod customers;
mod db;
mod demo;
mod error;
mod flows;
pub mod fold;
mod import;
mod journal;
mod lite;
mod open_work;
mod persist;
mod phone;
mod reasons;
mod seed;
mod spool;
mod store;
mod surveys;
mod users;
mod visits;
mod writer;

pub use codec::{DecodeError, decode, encode};
pub use error::StoreError;
pub use flows::{FlowDraft, FlowVersion, sha256};
pub use journal::{Journal, JournalHealth, Stored};
pub use open_work::PastEvents;
pub use phone::Numbering;
pub use reasons::decisions;
pub use seed::SeedUser;
pub use store::{Store, wall_now};
pub use writer::{Writer, WriterOptions};
