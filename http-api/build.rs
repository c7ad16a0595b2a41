//! Puts the built console where the crate embeds it from: `$OUT_DIR/console`. Builds it with npm when it is missing or
//! older than its sources, unless `SWITCHROOM_CONSOLE_DIST` names a built one.

use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::time::SystemTime;
use std::{env, fs, io};

const DIST_VARIABLE: &str = "SWITCHROOM_CONSOLE_DIST";
const NEEDS_NODE: &str = "Switchroom's console needs Node.js 20 or newer and npm: install them \
(Debian: apt-get install nodejs npm) or set SWITCHROOM_CONSOLE_DIST to a built console.";
/// Below `agent-console/src`: written by the build itself.
const GENERATED: &str = "generated";
/// What the console is made from, below `agent-console`. The console's types come from the documents of `docs/api`.
const SOURCES: [&str; 11] = [
    "src",
    "public",
    "scripts",
    "index.html",
    "package.json",
    "package-lock.json",
    "vite.config.ts",
    "svelte.config.js",
    "tsconfig.json",
    "../docs/api/openapi.json",
    "../docs/api/cti.schema.json",
];

fn main() {
    println!("cargo::rerun-if-env-changed={DIST_VARIABLE}");
    if let Err(why) = provide() {
        println!("cargo::error={why}");
        exit(1);
    }
}

fn provide() -> Result<(), String> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?).join("console");
    let dist = match env::var_os(DIST_VARIABLE) {
        Some(given) => given_dist(PathBuf::from(given))?,
        None => built_dist(Path::new("../agent-console"))?,
    };
    let _ = fs::remove_dir_all(&out);
    copy(&dist, &out).map_err(|e| format!("cannot copy the console from {} to {}: {e}", dist.display(), out.display()))
}

fn given_dist(dist: PathBuf) -> Result<PathBuf, String> {
    println!("cargo::rerun-if-changed={}", dist.display());
    if dist.join("index.html").is_file() {
        Ok(dist)
    } else {
        Err(format!("{DIST_VARIABLE} names {}, but there is no index.html in it.", dist.display()))
    }
}

fn built_dist(console: &Path) -> Result<PathBuf, String> {
    let sources: Vec<PathBuf> = SOURCES.iter().flat_map(|source| parts(&console.join(source))).collect();
    let Some(newest) = sources.iter().filter_map(|p| newest(p)).max() else {
        // A path that is not there makes cargo look again at the next build.
        println!("cargo::rerun-if-changed={}", console.join("package.json").display());
        return Err(NEEDS_NODE.into());
    };
    for source in &sources {
        println!("cargo::rerun-if-changed={}", source.display());
    }
    let dist = console.join("dist");
    let built = fs::metadata(dist.join("index.html")).and_then(|m| m.modified()).ok();
    if built.is_none_or(|built| built < newest) {
        build(console)?;
    }
    Ok(dist)
}

fn build(console: &Path) -> Result<(), String> {
    if node_major().is_none_or(|major| major < 20) {
        return Err(NEEDS_NODE.into());
    }
    let modules = fs::metadata(console.join("node_modules/.package-lock.json")).and_then(|m| m.modified()).ok();
    let lock = fs::metadata(console.join("package-lock.json")).and_then(|m| m.modified()).ok();
    if modules.is_none() || modules < lock {
        npm(console, if lock.is_some() { &["ci"] } else { &["install"] })?;
    }
    npm(console, &["run", "build"])?;
    if console.join("dist/index.html").is_file() {
        Ok(())
    } else {
        Err("`npm run build` in agent-console left no dist/index.html.".into())
    }
}

/// 20 of `v20.20.2`.
fn node_major() -> Option<u32> {
    let output = Command::new("node").arg("--version").output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn npm(console: &Path, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new("npm").args(arguments).current_dir(console).output().map_err(|_| NEEDS_NODE)?;
    if output.status.success() {
        return Ok(());
    }
    for line in String::from_utf8_lossy(&output.stderr).lines().chain(String::from_utf8_lossy(&output.stdout).lines()) {
        println!("cargo::warning={line}");
    }
    Err(format!("`npm {}` failed in agent-console; the lines above say why.", arguments.join(" ")))
}

/// The path if there is something, or what is in the folder but for generated files.
fn parts(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else { return path.exists().then(|| path.to_owned()).into_iter().collect() };
    entries.flatten().filter(|entry| entry.file_name() != GENERATED).map(|entry| entry.path()).collect()
}

/// The newest change at or below the path.
fn newest(path: &Path) -> Option<SystemTime> {
    if !path.is_dir() {
        return fs::metadata(path).and_then(|m| m.modified()).ok();
    }
    fs::read_dir(path).ok()?.flatten().filter_map(|entry| newest(&entry.path())).max()
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
