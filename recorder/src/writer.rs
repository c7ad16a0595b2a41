//! The writer thread.

use crate::file::{OPEN, disk, finish, keep_cut_short, millis, relative};
use crate::space::Space;
use crate::track::Track;
use crate::{Finished, Pause, RecorderError, Report};
use domain::{ContactId, RecordingId};
use media::api::RecorderMessage;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// How often running files are brought up to date.
const FLUSH_EVERY: Duration = Duration::from_millis(500);

/// The recorder: a thread that writes what the media workers hand over.
#[derive(Debug)]
pub struct Recorder {
    thread: JoinHandle<()>,
}

impl Recorder {
    /// Starts the thread. It ends when all senders are gone, after closing what is open. `report` is called on the
    /// thread, once for each recording that was opened. Nothing is recorded while fewer than `keep_free` bytes of the disk
    /// are free.
    ///
    /// Call [`crate::recover`] before: it takes every running file for one that a crash left.
    ///
    /// # Errors
    /// `Directory` when nothing can be written in `dir`; `Thread` when the system starts none.
    pub fn start(
        dir: PathBuf,
        keep_free: u64,
        messages: Receiver<RecorderMessage>,
        report: impl Fn(Report) + Send + 'static,
    ) -> Result<Self, RecorderError> {
        probe(&dir).map_err(|source| RecorderError::Directory { path: dir.clone(), source })?;
        let mut space = Space::new(dir.clone(), keep_free);
        space.look();
        let mut writer = Writer { dir, space, open: BTreeMap::new(), report };
        let run = move || writer.run(&messages);
        let thread = std::thread::Builder::new().name("recorder".into()).spawn(run).map_err(RecorderError::Thread)?;
        Ok(Self { thread })
    }

    /// Waits until everything is written. All senders must be gone, or it waits for ever.
    pub fn join(self) {
        if let Err(panic) = self.thread.join() {
            std::panic::resume_unwind(panic);
        }
    }
}

/// Finds out at the start, not with the first call, that nothing can be written.
fn probe(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    let path = dir.join(format!(".probe-{}", std::process::id()));
    File::create(&path)?;
    std::fs::remove_file(&path)
}

struct Writer<R> {
    dir: PathBuf,
    space: Space,
    open: BTreeMap<RecordingId, Track<BufWriter<File>>>,
    report: R,
}

impl<R: Fn(Report)> Writer<R> {
    fn run(&mut self, messages: &Receiver<RecorderMessage>) {
        let mut flushed = Instant::now();
        loop {
            match messages.recv_timeout(FLUSH_EVERY.saturating_sub(flushed.elapsed())) {
                Ok(message) => self.on_message(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if flushed.elapsed() >= FLUSH_EVERY {
                self.flush();
                flushed = Instant::now();
            }
        }
        while let Some((recording, track)) = self.open.pop_first() {
            self.close(recording, track);
        }
    }

    fn on_message(&mut self, message: RecorderMessage) {
        match message {
            RecorderMessage::Open { recording, contact, .. } => self.on_open(recording, contact),
            RecorderMessage::Block { recording, start, customer, agent } => {
                let Some(track) = self.open.get_mut(&recording) else { return };
                if let Err(why) = track.write(start, &customer, &agent) {
                    self.fail(recording, why);
                }
            }
            RecorderMessage::Paused { recording, start, length } => {
                if let Some(track) = self.open.get_mut(&recording) {
                    track.pauses.push(Pause { start_ms: millis(start), length_ms: millis(length) });
                }
            }
            RecorderMessage::Close { recording, worth } => {
                if let Some(mut track) = self.open.remove(&recording) {
                    worth.into_iter().for_each(|frames| track.end_at(frames));
                    self.close(recording, track);
                }
            }
        }
    }

    fn on_open(&mut self, recording: RecordingId, contact: ContactId) {
        if self.open.contains_key(&recording) {
            return;
        }
        let created = if self.space.is_short() { Err(self.full()) } else { self.create(recording, contact) };
        match created {
            Ok(track) => {
                self.open.insert(recording, track);
            }
            Err(why) => (self.report)(Report::Failed { recording, why }),
        }
    }

    fn create(&self, recording: RecordingId, contact: ContactId) -> Result<Track<BufWriter<File>>, RecorderError> {
        let today = OffsetDateTime::now_utc().date();
        let (year, month, day) = (today.year(), u8::from(today.month()), today.day());
        let folder = self.dir.join(format!("{year:04}/{month:02}/{day:02}"));
        std::fs::create_dir_all(&folder).map_err(disk(&folder))?;
        Track::create(&folder.join(format!("{recording}{OPEN}")), contact)
    }

    fn full(&self) -> RecorderError {
        RecorderError::DiskFull { path: self.dir.clone() }
    }

    fn flush(&mut self) {
        self.space.look();
        if self.space.is_short() {
            while let Some((recording, _)) = self.open.first_key_value() {
                self.fail(*recording, self.full());
            }
        }
        let failed: Vec<_> =
            self.open.iter_mut().filter_map(|(id, track)| track.flush().err().map(|why| (*id, why))).collect();
        for (recording, why) in failed {
            self.fail(recording, why);
        }
    }

    fn close(&self, recording: RecordingId, mut track: Track<BufWriter<File>>) {
        let (contact, open) = (track.contact, track.path.clone());
        let (duration_ms, gap_ms, voiced_ms) = (track.duration_ms(), track.gap_ms(), track.voiced_ms());
        let pauses = core::mem::take(&mut track.pauses);
        match track.close().and_then(|()| finish(&open, recording)) {
            Ok((path, sha256)) => {
                let path = relative(&self.dir, &path);
                let finished = Finished { recording, contact, path, duration_ms, sha256, gap_ms, voiced_ms, pauses };
                (self.report)(Report::Finished(finished));
            }
            Err(why) => self.give_up(recording, &open, why),
        }
    }

    fn fail(&mut self, recording: RecordingId, why: RecorderError) {
        let Some(track) = self.open.remove(&recording) else { return };
        let open = track.path.clone();
        drop(track);
        self.give_up(recording, &open, why);
    }

    /// Keeps what the disk holds, and tells why that is all.
    fn give_up(&self, recording: RecordingId, open: &Path, why: RecorderError) {
        match keep_cut_short(open, recording) {
            Ok((path, frames)) => {
                let path = relative(&self.dir, &path);
                tracing::warn!(%recording, path, duration_ms = millis(frames), "part of a recording is kept");
            }
            Err(error) => tracing::warn!(%recording, %error, "nothing of a recording could be kept"),
        }
        (self.report)(Report::Failed { recording, why });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn a_disk_that_fills_up_ends_what_runs_keeps_it_and_records_again_when_there_is_room() {
        let dir = tempfile::tempdir().unwrap();
        let (told, reports) = channel();
        let report = move |report| told.send(report).unwrap();
        let path = dir.path().to_owned();
        let mut writer =
            Writer { dir: path.clone(), space: Space::new(path.clone(), 0), open: BTreeMap::new(), report };
        let (one, other) = (RecordingId::new(1), RecordingId::new(2));
        let open = |recording| RecorderMessage::Open { recording, contact: ContactId::new(5), interaction: None };
        writer.on_message(open(one));
        let (customer, agent) = (vec![7; 8_000].into(), vec![9; 8_000].into());
        writer.on_message(RecorderMessage::Block { recording: one, start: 0, customer, agent });
        writer.flush();
        assert_eq!(writer.open.len(), 1);

        writer.space = Space::new(path.clone(), u64::MAX / 2);
        writer.flush();
        let full = |report: Report, of| matches!(report, Report::Failed { recording, why: RecorderError::DiskFull { .. } } if recording == of);
        assert!(full(reports.recv().unwrap(), one));
        writer.on_message(open(other));
        assert!(full(reports.recv().unwrap(), other));
        let kept = crate::recover(&path);
        assert!(kept.is_empty(), "{kept:?}");
        let folder = writer.dir.join(OffsetDateTime::now_utc().date().to_string().replace('-', "/"));
        let names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(names, [format!("{one}.partial.wav").as_str()]);

        writer.space = Space::new(path, 0);
        writer.flush();
        writer.on_message(open(other));
        assert_eq!(writer.open.len(), 1);
    }
}
