//! Finishing what a crash left.

use crate::Recovered;
use crate::file::{finish, mend, millis, open_recording, relative};
use domain::RecordingId;
use std::path::{Path, PathBuf};

/// Finishes every recording below `dir` that a crash left open: makes its file valid, syncs and renames it. What
/// cannot be read or finished is left as it is, with a warning. A missing directory holds nothing.
///
/// Call it before [`crate::Recorder::start`].
#[must_use]
pub fn recover(dir: &Path) -> Vec<Recovered> {
    let mut found = Vec::new();
    if dir.exists() {
        find_open(dir, &mut found);
    }
    found.sort();
    found.into_iter().filter_map(|(path, recording)| finish_one(dir, &path, recording)).collect()
}

fn find_open(folder: &Path, found: &mut Vec<(PathBuf, RecordingId)>) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            tracing::warn!(folder = %folder.display(), %error, "a folder of recordings cannot be read");
            return;
        }
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            find_open(&path, found);
        } else if let Some(recording) = open_recording(&path) {
            found.push((path, recording));
        }
    }
}

fn finish_one(dir: &Path, open: &Path, recording: RecordingId) -> Option<Recovered> {
    let finished = mend(open).and_then(|frames| finish(open, recording).map(|(path, sha256)| (frames, path, sha256)));
    match finished {
        Ok((frames, path, sha256)) => {
            let path = relative(dir, &path);
            Some(Recovered { recording, path, duration_ms: millis(frames), sha256 })
        }
        Err(error) => {
            tracing::warn!(%recording, %error, "a recording of an earlier run could not be finished");
            None
        }
    }
}
