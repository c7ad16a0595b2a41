//! Pure crates cannot reach the world.

use super::{layers::LEVELS, rust_files};
use cargo_metadata::{DependencyKind, MetadataCommand, PackageId};
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
];

/// Ways to walk through a map.
const WALKS: &[&str] =
    &["iter", "iter_mut", "into_iter", "keys", "into_keys", "values", "values_mut", "into_values", "drain", "retain"];

/// Files that may use a banned word, with the reason. This list may only shrink.
const ALLOWED: &[(&str, &str, &str)] = &[
    ("config/src/load.rs", "std::fs", "configuration files are read here and nowhere else"),
    ("config/src/load.rs", "std::env", "secrets may stand in the environment"),
];

/// Dependencies of dependencies that may stay, with the reason. This list may only shrink.
const ALLOWED_REACH: &[(&str, &str, &str)] =
    &[("antlr4rust", "parking_lot", "CEL's parser guards its own tables, made at the first use and alike ever after")];

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
    let unordered = unordered_maps(&text);
    for (number, line) in super::sizes::product_lines(&text).enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        let place = format!("{}:{}", file.display(), number + 1);
        for (word, why) in BANNED_WORDS {
            let allowed = ALLOWED.iter().any(|(path, w, _)| Path::new(path) == file && w == word);
            if has_word(code, word) && !allowed {
                breaches.push(format!("{place}: `{word}` {why}; pure crates must not"));
            }
        }
        for map in unordered.iter().filter(|map| walks(code, map)) {
            breaches.push(format!("{place}: walks through `{map}`, which has no order: use BTreeMap"));
        }
    }
    Ok(())
}

/// Does the word stand there by itself, not as part of a longer one?
fn has_word(code: &str, word: &str) -> bool {
    let longer = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let after = code.get(at + word.len()..).and_then(|rest| rest.chars().next());
        let before = code.get(..at).and_then(|text| text.chars().next_back());
        let (goes_on, began) = (after.is_some_and(longer), before.is_some_and(longer));
        !(goes_on || (began && word.starts_with(char::is_alphabetic)))
    })
}

/// The names of all fields and variables of a file that are unordered maps or sets.
fn unordered_maps(text: &str) -> BTreeSet<String> {
    let kinds = ["HashMap", "HashSet"];
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let declared = lines.filter(|line| kinds.iter().any(|kind| has_word(line, kind)) && !line.contains("use "));
    let name = |line: &str| {
        let before = line.split([':', '=']).next().unwrap_or_default();
        before.split_whitespace().next_back().map(str::to_owned)
    };
    declared.filter_map(name).collect()
}

fn walks(code: &str, map: &str) -> bool {
    let walked = WALKS.iter().any(|walk| code.contains(&format!("{map}.{walk}(")));
    let looped = code.trim_start().starts_with("for ")
        && code.split_once(" in ").is_some_and(|(_, over)| {
            let over = over.trim_end().trim_end_matches('{').trim_end();
            over.trim_start_matches(['&', ' ']).trim_start_matches("mut ").trim_start_matches("self.") == map
        });
    walked || looped
}

fn check_reach(breaches: &mut Vec<String>) -> Result<(), String> {
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let options = ["--locked".to_owned(), "--filter-platform".to_owned(), host];
    let metadata = MetadataCommand::new().other_options(options).exec().map_err(|e| e.to_string())?;
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
            open.extend(edges.get(&id).into_iter().flatten().filter(|to| !may_reach(name, &names, to)).cloned());
        }
    }
    Ok(())
}

/// Is it one of [`ALLOWED_REACH`]?
fn may_reach(from: &str, names: &BTreeMap<PackageId, String>, to: &PackageId) -> bool {
    let to = names.get(to).map_or("", String::as_str);
    ALLOWED_REACH.iter().any(|(user, used, _)| *user == from && *used == to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_within_a_longer_one_is_not_that_word() {
        assert!(has_word("let guard: Mutex<u8>;", "Mutex") && has_word("socket.read().await?", ".await"));
        assert!(!has_word("self.await_answer(now)", ".await") && !has_word("MutexLike", "Mutex"));
    }

    #[test]
    fn a_walk_through_an_unordered_map_is_found_and_a_look_into_it_is_not() {
        let maps = unordered_maps("use std::collections::HashMap;\nstruct Legs {\n    by_id: HashMap<u8, u8>,\n}\n");
        assert_eq!(maps, BTreeSet::from(["by_id".to_owned()]));
        assert!(walks("self.by_id.values().sum()", "by_id") && walks("for leg in &self.by_id {", "by_id"));
        assert!(!walks("self.by_id.get(&7)", "by_id") && !walks("for leg in self.by_id.get(&7) {", "by_id"));
    }
}
