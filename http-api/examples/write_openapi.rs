//! Writes the OpenAPI document into the folder given: `cargo run -p http-api --example write_openapi -- docs/api`.

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "docs/api".into()));
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("openapi.json"), http_api::openapi_json())
}
