//! Finishing what a crash left.

use crate::file::{finish, mend, millis, open_recording, relative};
use crate::{RecorderError, Recovered};
use domain::RecordingId;
use std::path::{Path, PathBuf};

/// Finishes every recording below `dir` that a crash left open: makes its file valid, syncs and renames it. What
/// cannot be finished is left as it is, with a warning. A missing directory holds nothing.
///
/// Call it before [`crate::Recorder::start`].
///
/// # Errors
/// `Directory` when a folder cannot be read.
pub fn recover(dir: &Path) -> Result<Vec<Recovered>, RecorderError> {
    let mut found = Vec::new();
    if dir.exists() {
        find_open(dir, &mut found).map_err(|source| RecorderError::Directory { path: dir.to_owned(), source })?;
    }
    found.sort();
    Ok(found.into_iter().filter_map(|(path, recording)| finish_one(dir, &path, recording)).collect())
}

fn find_open(folder: &Path, found: &mut Vec<(PathBuf, RecordingId)>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            find_open(&path, found)?;
        } else if let Some(recording) = open_recording(&path) {
            found.push((path, recording));
        }
    }
    Ok(())
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
