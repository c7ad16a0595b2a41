//! Room on the disk: recordings stop before it is full, so that what happened to calls can still be kept.

use std::path::PathBuf;

/// Watches the free space of the disk that holds a directory.
#[derive(Debug)]
pub(crate) struct Space {
    dir: PathBuf,
    keep_free: u64,
    is_short: bool,
}

impl Space {
    /// So many bytes are to stay free.
    pub(crate) fn new(dir: PathBuf, keep_free: u64) -> Self {
        Self { dir, keep_free, is_short: false }
    }

    /// Looks again. A disk that cannot be asked has room: writing will tell.
    pub(crate) fn look(&mut self) {
        let Ok(disk) = rustix::fs::statvfs(&self.dir) else { return };
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        // Once it was short, a tenth more has to be free again: on the edge recordings would be cut to pieces.
        let wanted = if self.is_short { self.keep_free + self.keep_free / 10 } else { self.keep_free };
        let is_short = free < wanted;
        if is_short != self.is_short {
            self.is_short = is_short;
            let (free_mb, dir) = (free / 1_000_000, self.dir.display());
            if is_short {
                tracing::error!(free_mb, %dir, "the disk is nearly full: nothing is recorded until there is room");
            } else {
                tracing::info!(free_mb, %dir, "there is room again: new calls are recorded");
            }
        }
    }

    /// There is no room for recordings.
    pub(crate) const fn is_short(&self) -> bool {
        self.is_short
    }
}
