//! CTI.
mod document;
mod reply;
pub mod schema;

pub use document::{PATH, SUBPROTOCOL, asyncapi_json, schema_json};
pub use reply::{ErrorCode, command_code, query_code};
