//! Pure crates cannot reach the world.

use super::{layers::LEVELS, rust_files};
use cargo_metadata::{DependencyKind, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Crates that a pure crate must not reach, by whatever way.
const BANNED_CRATES: &[&str] =
    &["tokio", "futures", "futures-util", "mio", "socket2", "sqlx", "axum", "hyper", "async-std", "parking_lot"];

/// Words that a pure crate must not use, and why.
const BANNED_WORDS: &[(&str, &str)] = &[
    ("std::time::Instant", "reads a clock"),
    ("SystemTime", "reads a clock"),
    ("Instant::now", "reads a clock"),
    ("thread::sleep", "waits"),
    ("std::thread", "starts threads"),
    ("UdpSocket", "opens sockets"),
    ("TcpStream", "opens sockets"),
    ("TcpListener", "opens sockets"),
    ("std::fs", "touches files"),
    ("std::env", "reads the environment"),
    ("Mutex", "locks"),
    ("RwLock", "locks"),
    ("thread_rng", "draws random numbers of its own"),
    ("from_os_rng", "draws random numbers of its own"),
    ("getrandom", "draws random numbers of its own"),
    ("async fn", "awaits"),
    (".await", "awaits"),
    ("HashMap", "has no order: use BTreeMap"),
    ("HashSet", "has no order: use BTreeSet"),
];

/// Files that may use a banned word, with the reason. This list may only shrink.
const ALLOWED: &[(&str, &str, &str)] = &[("config/src/load.rs", "std::fs", "configuration files are read here and nowhere else"), ("config/src/load.rs", "std::env", "secrets may stand in the environment")];

fn pure_crates() -> impl Iterator<Item = &'static str> {
    LEVELS.iter().filter(|level| level.pure).flat_map(|level| level.crates.iter().copied())
}

/// Lists every reach of a pure crate into the world.
pub fn check(breaches: &mut Vec<String>) -> Result<(), String> {
    for name in pure_crates() {
        let mut files = Vec::new();
        rust_files(&Path::new(name).join("src"), &mut files);
        for file in files {
            check_file(&file, breaches)?;
        }
    }
    check_reach(breaches)
}

fn check_file(file: &Path, breaches: &mut Vec<String>) -> Result<(), String> {
    if super::sizes::is_test(file) {
        return Ok(());
    }
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    for (number, line) in super::sizes::product_lines(&text).enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for (word, why) in BANNED_WORDS {
            let allowed = ALLOWED.iter().any(|(path, w, _)| Path::new(path) == file && w == word);
            if code.contains(word) && !allowed {
                breaches.push(format!("{}:{}: `{word}` {why}; pure crates must not", file.display(), number + 1));
            }
        }
    }
    Ok(())
}

fn check_reach(breaches: &mut Vec<String>) -> Result<(), String> {
    let metadata = MetadataCommand::new().exec().map_err(|e| e.to_string())?;
    let names: BTreeMap<_, _> = metadata.packages.iter().map(|p| (p.id.clone(), p.name.to_string())).collect();
    let resolve = metadata.resolve.ok_or("cargo metadata resolved nothing")?;
    let edges: BTreeMap<_, Vec<_>> = resolve
        .nodes
        .iter()
        .map(|node| {
            let normal = |d: &&cargo_metadata::NodeDep| d.dep_kinds.iter().any(|k| k.kind == DependencyKind::Normal);
            (node.id.clone(), node.deps.iter().filter(normal).map(|d| d.pkg.clone()).collect())
        })
        .collect();
    for package in metadata.packages.iter().filter(|p| pure_crates().any(|pure| p.name == pure)) {
        let (mut seen, mut open) = (BTreeSet::new(), vec![package.id.clone()]);
        while let Some(id) = open.pop() {
            if !seen.insert(id.clone()) {
                continue;
            }
            let name = names.get(&id).map_or("", String::as_str);
            if BANNED_CRATES.contains(&name) {
                breaches.push(format!("{}/Cargo.toml: reaches {name}; pure crates must not", package.name));
            }
            open.extend(edges.get(&id).into_iter().flatten().cloned());
        }
    }
    Ok(())
}
