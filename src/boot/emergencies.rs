//! Schedules that a person has closed, in a file of the data directory, so that they stay closed over a restart.

use domain::{Emergency, ScheduleId, WallTime};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use tokio::sync::watch;
use tracing::warn;

/// Which schedules are closed.
pub(crate) type Closed = BTreeMap<ScheduleId, Emergency>;

fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("closed-schedules")
}

/// A line for each: the id, since when in microseconds, and the prompt if there is one.
fn text(closed: &Closed) -> String {
    let line = |(schedule, emergency): (&ScheduleId, &Emergency)| {
        let prompt = emergency.prompt.map(|prompt| format!(" {prompt}")).unwrap_or_default();
        format!("{schedule} {}{prompt}\n", emergency.since.as_micros())
    };
    closed.iter().map(line).collect()
}

fn parse(text: &str) -> Option<Closed> {
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        let schedule = words.next()?.parse().ok()?;
        let since = WallTime::from_micros(words.next()?.parse().ok()?);
        let prompt = match words.next() {
            Some(prompt) => Some(prompt.parse().ok()?),
            None => None,
        };
        Some((schedule, Emergency { prompt, since }))
    };
    text.lines().map(line).collect()
}

/// What was kept; nothing if nothing was. What cannot be read is told and counts as open.
pub(super) fn read(data_dir: &Path) -> Closed {
    let path = file(data_dir);
    match std::fs::read_to_string(&path) {
        Ok(text) => parse(&text).unwrap_or_else(|| {
            warn!(path = %path.display(), "the list of closed schedules is damaged; all go by their hours");
            Closed::new()
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Closed::new(),
        Err(error) => {
            warn!(path = %path.display(), %error, "the list of closed schedules cannot be read; all go by their hours");
            Closed::new()
        }
    }
}

/// Whole or not at all: a new file takes the place of the old one.
fn write(data_dir: &Path, closed: &Closed) -> std::io::Result<()> {
    let (path, fresh) = (file(data_dir), data_dir.join("closed-schedules.new"));
    let mut out = std::fs::File::create(&fresh)?;
    out.write_all(text(closed).as_bytes())?;
    out.sync_all()?;
    std::fs::rename(fresh, path)
}

/// Keeps what the control loop tells, away from its thread. Only the newest counts.
pub(super) fn keeper(data_dir: &Path) -> watch::Sender<Closed> {
    let (tell, mut told) = watch::channel(Closed::new());
    let data_dir = data_dir.to_owned();
    tokio::spawn(async move {
        while told.changed().await.is_ok() {
            let (closed, dir) = (told.borrow_and_update().clone(), data_dir.clone());
            let written = tokio::task::spawn_blocking(move || write(&dir, &closed)).await;
            if !matches!(written, Ok(Ok(()))) {
                warn!(?written, "the list of closed schedules could not be written: a restart would forget it");
            }
        }
    });
    tell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()), Closed::new());
        let since = WallTime::from_micros(1_795_420_800_000_000);
        let closed: Closed = [
            ("office".parse().unwrap(), Emergency { prompt: Some("storm".parse().unwrap()), since }),
            ("shop".parse().unwrap(), Emergency { prompt: None, since }),
        ]
        .into();
        write(dir.path(), &closed).unwrap();
        assert_eq!(read(dir.path()), closed);
        write(dir.path(), &Closed::new()).unwrap();
        assert_eq!(read(dir.path()), Closed::new());
    }

    #[test]
    fn a_damaged_list_closes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(file(dir.path()), "office yesterday\n").unwrap();
        assert_eq!(read(dir.path()), Closed::new());
    }
}
