//! `switchroom flow publish`, `versions` and `roll-back`: files of flows of a running server.

use crate::commands::Failure;
use crate::commands::server::{Api, Server, encoded, flaw_line};
use clap::{Args, ValueHint};
use http_api::dto::FlowVersion;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args, Debug)]
#[command(after_help = "Examples:
  switchroom flow publish drafts/main.toml --name flows/main.toml --note 'closed on Fridays' --login admin
  switchroom flow publish main.toml --name flows/main.toml --base 7

The password is in SWITCHROOM_PASSWORD. The text takes the place of the file on the server, and the configuration is read
anew; calls in progress stay in the version in which they began. A faulty text, or one with which the tests
beside the file fail, changes nothing. The user must be an admin.")]
pub(super) struct Publish {
    /// The file with the new text.
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The name by which the server's configuration lists the file.
    #[arg(long)]
    name: String,
    /// What is said of the new version.
    #[arg(long, default_value = "")]
    note: String,
    /// The version from which the text was begun: if the server holds another one, nothing is published. Without it the
    /// server's is taken over, whatever it is.
    #[arg(long, value_name = "VERSION")]
    base: Option<u32>,
    /// Publish it although the tests beside the file on the server fail.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    server: Server,
}

#[derive(Args, Debug)]
#[command(after_help = "Example:
  switchroom flow versions flows/main.toml --login admin")]
pub(super) struct Versions {
    /// The name by which the server's configuration lists the file.
    name: String,
    #[command(flatten)]
    server: Server,
}

#[derive(Args, Debug)]
#[command(after_help = "Example:
  switchroom flow roll-back flows/main.toml 6 --login admin

The text of the old version is published once more, under a new number.")]
pub(super) struct RollBack {
    /// The name by which the server's configuration lists the file.
    name: String,
    /// The old version.
    version: u32,
    #[command(flatten)]
    server: Server,
}

fn parsed(text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|error| Failure::Server(error.to_string()))
}

fn read(api: &Api, name: &str) -> Result<Value, Failure> {
    parsed(&api.get(&format!("/flows/file?name={}", encoded(name)))?)
}

fn tell(done: &Value) {
    for flaw in done["problems"].as_array().into_iter().flatten() {
        println!("{}", flaw_line(flaw));
    }
    let names =
        |key: &str| -> Vec<&str> { done[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect() };
    let changed = names("changed");
    println!(
        "version {}; changed: {}",
        done["version"],
        if changed.is_empty() { "nothing".into() } else { changed.join(", ") }
    );
    let restart = names("restart");
    if !restart.is_empty() {
        println!("needs a restart: {}", restart.join(", "));
    }
}

/// Publishes a text.
pub(super) fn publish(args: &Publish) -> Result<ExitCode, Failure> {
    let text = fs::read_to_string(&args.file).map_err(|source| Failure::File { path: args.file.clone(), source })?;
    let api = args.server.sign_in()?;
    let base = match args.base {
        Some(number) => parsed(&api.get(&format!("/flows/file/versions/{number}?name={}", encoded(&args.name)))?)?,
        None => read(&api, &args.name)?,
    };
    let body = json!({ "text": text, "base": base["sha256"], "note": args.note, "force": args.force });
    tell(&parsed(&api.post(&format!("/flows/file/publish?name={}", encoded(&args.name)), &body)?)?);
    Ok(ExitCode::SUCCESS)
}

/// Lists versions, the newest first.
pub(super) fn versions(args: &Versions) -> Result<ExitCode, Failure> {
    let file = read(&args.server.sign_in()?, &args.name)?;
    let versions: Vec<FlowVersion> =
        serde_json::from_value(file["versions"].clone()).map_err(|error| Failure::Server(error.to_string()))?;
    for version in versions {
        let mark = if version.current { "*" } else { " " };
        let by = version.by.as_deref().unwrap_or("-");
        let sha256: String = version.sha256.chars().take(12).collect();
        println!("{mark}{:>4}  {}  {sha256}  {by:<16}  {}", version.version, utc(version.at), version.note);
    }
    Ok(ExitCode::SUCCESS)
}

/// A time in UTC, to the second.
fn utc(ms: i64) -> String {
    let (days, second) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000) / 1_000);
    // Civil from days: eras of 400 years that begin on 1 March (H. Hinnant's algorithm).
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Publishes an old version once more.
pub(super) fn roll_back(args: &RollBack) -> Result<ExitCode, Failure> {
    let api = args.server.sign_in()?;
    let body = json!({ "version": args.version, "base": read(&api, &args.name)?["sha256"] });
    tell(&parsed(&api.post(&format!("/flows/file/roll-back?name={}", encoded(&args.name)), &body)?)?);
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(1_767_600_000_000), "2026-01-05T08:00:00Z");
        assert_eq!(utc(1_709_251_199_999), "2024-02-29T23:59:59Z");
    }
}
