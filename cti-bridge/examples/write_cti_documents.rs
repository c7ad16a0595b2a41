//! Writes the CTI schema and the AsyncAPI document into the folder given: `cargo run -p cti-bridge --example write_cti_documents -- docs/api`.

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "docs/api".into()));
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("cti.schema.json"), cti_bridge::schema_json())?;
    std::fs::write(folder.join("asyncapi.json"), cti_bridge::asyncapi_json())
}
