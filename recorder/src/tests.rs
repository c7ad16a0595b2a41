//! What stands on disk, after good days and bad ones.

use crate::file::{OPEN, keep_cut_short};
use crate::track::Track;
use crate::{Finished, Recorder, RecorderError, Report, recover};
use domain::{ContactId, RecordingId};
use media::api::RecorderMessage;
use media::tone::{Sine, strongest_tone};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};

const RECORDING: RecordingId = RecordingId::new(77);
const CONTACT: ContactId = ContactId::new(5);
const BLOCK: usize = 2_000;

fn tone(hz: u32, length: usize) -> Box<[i16]> {
    let mut samples = vec![0; length];
    Sine::new(hz, 8_000).fill(&mut samples);
    samples.into()
}

fn open() -> RecorderMessage {
    RecorderMessage::Open { recording: RECORDING, contact: CONTACT, interaction: None }
}

/// A quarter of a second: 440 Hz from the customer, 1000 Hz from the agent.
fn block(start: u64) -> RecorderMessage {
    RecorderMessage::Block { recording: RECORDING, start, customer: tone(440, BLOCK), agent: tone(1_000, BLOCK) }
}

struct Desk {
    dir: tempfile::TempDir,
    recorder: Recorder,
    sender: SyncSender<RecorderMessage>,
    reports: Receiver<Report>,
}

fn desk() -> Desk {
    desk_on_disk(0)
}

/// On a disk of which so many bytes are to stay free.
fn desk_on_disk(keep_free: u64) -> Desk {
    let dir = tempfile::tempdir().unwrap();
    let (sender, messages) = sync_channel(64);
    let (told, reports) = channel();
    let report = move |report| told.send(report).unwrap();
    let recorder = Recorder::start(dir.path().to_owned(), keep_free, messages, report).unwrap();
    Desk { dir, recorder, sender, reports }
}

impl Desk {
    fn send(&self, message: RecorderMessage) {
        self.sender.send(message).unwrap();
    }

    /// All senders go; everything that was reported, and the folder.
    fn end(self) -> (Vec<Report>, tempfile::TempDir) {
        drop(self.sender);
        self.recorder.join();
        (self.reports.iter().collect(), self.dir)
    }
}

fn finished(report: &Report) -> &Finished {
    match report {
        Report::Finished(finished) => finished,
        Report::Failed { why, .. } => panic!("{why}"),
    }
}

fn failure(report: &Report) -> &RecorderError {
    match report {
        Report::Failed { recording: RECORDING, why } => why,
        other => panic!("{other:?}"),
    }
}

/// The only file in the only folder of a day.
fn only_file(dir: &Path) -> PathBuf {
    let inside: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(inside.len(), 1, "{inside:?}");
    if inside[0].is_dir() { only_file(&inside[0]) } else { inside[0].clone() }
}

/// Left and right, by a reader that believes the header.
fn channels(path: &Path) -> (Vec<i16>, Vec<i16>) {
    let mut reader = hound::WavReader::open(path).unwrap();
    assert_eq!(reader.spec(), crate::track::SPEC);
    let length = std::fs::metadata(path).unwrap().len();
    assert_eq!(u64::from(reader.len()) * 2 + 44, length, "the header speaks of the whole file");
    let samples: Vec<i16> = reader.samples().collect::<Result<_, _>>().unwrap();
    (samples.iter().step_by(2).copied().collect(), samples.iter().skip(1).step_by(2).copied().collect())
}

fn heard(samples: &[i16]) -> Option<u32> {
    strongest_tone(samples, 8_000, &[440, 697, 1_000])
}

fn sha256(path: &Path) -> String {
    Sha256::digest(std::fs::read(path).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn pauses_are_told_with_the_finished_recording_and_are_no_gaps() {
    let desk = desk();
    desk.send(open());
    desk.send(block(0));
    desk.send(RecorderMessage::Paused { recording: RECORDING, start: 400, length: 800 });
    desk.send(RecorderMessage::Close { recording: RECORDING, worth: None });
    let (reports, _dir) = desk.end();
    let [Report::Finished(done)] = &reports[..] else { panic!("{reports:?}") };
    assert_eq!((done.duration_ms, done.gap_ms), (250, 0));
    assert_eq!(done.pauses, [crate::Pause { start_ms: 50, length_ms: 100 }]);
}

#[test]
fn the_customer_is_on_the_left_and_the_agent_on_the_right() {
    let desk = desk();
    desk.send(open());
    (0..8).for_each(|n| desk.send(block(n * BLOCK as u64)));
    desk.send(RecorderMessage::Close { recording: RECORDING, worth: None });
    let (reports, dir) = desk.end();
    assert_eq!(reports.len(), 1);
    let done = finished(&reports[0]);
    assert_eq!((done.recording, done.contact, done.duration_ms, done.gap_ms), (RECORDING, CONTACT, 2_000, 0));
    let path = dir.path().join(&done.path);
    assert_eq!(done.sha256, sha256(&path));
    let (left, right) = channels(&path);
    assert_eq!((heard(&left), heard(&right)), (Some(440), Some(1_000)));
}

#[test]
fn a_recording_that_ends_in_silence_is_kept_as_far_as_it_is_worth_it() {
    for (worth, ms, frames) in [(3_000, 375, 3_000), (90_000, 500, 4_000)] {
        let desk = desk();
        desk.send(open());
        desk.send(block(0));
        let quiet: Box<[i16]> = vec![0; BLOCK].into();
        let start = BLOCK as u64;
        desk.send(RecorderMessage::Block { recording: RECORDING, start, customer: quiet.clone(), agent: quiet });
        desk.send(RecorderMessage::Close { recording: RECORDING, worth: Some(worth) });
        let (reports, dir) = desk.end();
        let done = finished(&reports[0]);
        assert_eq!((done.duration_ms, done.voiced_ms), (ms, 250));
        let path = dir.path().join(&done.path);
        assert_eq!(done.sha256, sha256(&path));
        let (left, right) = channels(&path);
        assert_eq!((left.len(), right.len()), (frames, frames));
        assert_eq!(heard(&left[..BLOCK]), Some(440));
    }
}

#[test]
fn a_recording_lies_in_the_folder_of_its_day() {
    let desk = desk();
    desk.send(open());
    let (reports, dir) = desk.end();
    let parts: Vec<&str> = finished(&reports[0]).path.split('/').collect();
    assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [4, 2, 2, 30]);
    assert_eq!(parts[3], format!("{RECORDING}.wav"));
    assert!(dir.path().join(&finished(&reports[0]).path).exists());
}

#[test]
fn a_gap_is_silence_and_counted() {
    let desk = desk();
    desk.send(open());
    desk.send(block(0));
    desk.send(block(10_000));
    let (reports, dir) = desk.end();
    let done = finished(&reports[0]);
    assert_eq!((done.duration_ms, done.gap_ms), (1_500, 1_000));
    let (left, right) = channels(&dir.path().join(&done.path));
    assert!(left[BLOCK..10_000].iter().chain(&right[BLOCK..10_000]).all(|sample| *sample == 0));
    assert_eq!(heard(&left[10_000..]), Some(440));
}

#[test]
fn what_comes_twice_is_written_once() {
    let desk = desk();
    desk.send(open());
    desk.send(block(0));
    desk.send(block(0));
    desk.send(block(1_000));
    let (reports, _dir) = desk.end();
    assert_eq!((finished(&reports[0]).duration_ms, finished(&reports[0]).gap_ms), (375, 0));
}

#[test]
fn channels_of_different_length_end_together() {
    let desk = desk();
    desk.send(open());
    desk.send(RecorderMessage::Block {
        recording: RECORDING,
        start: 0,
        customer: tone(440, BLOCK),
        agent: Box::default(),
    });
    let (reports, dir) = desk.end();
    let (left, right) = channels(&dir.path().join(&finished(&reports[0]).path));
    assert_eq!((left.len(), heard(&right)), (right.len(), None));
}

#[test]
fn when_all_senders_are_gone_what_is_open_is_closed() {
    let desk = desk();
    desk.send(open());
    desk.send(block(0));
    let (reports, dir) = desk.end();
    assert_eq!(finished(&reports[0]).duration_ms, 250);
    assert_eq!(recover(dir.path()), []);
}

#[test]
fn blocks_of_unknown_recordings_are_ignored() {
    let desk = desk();
    desk.send(block(0));
    desk.send(RecorderMessage::Close { recording: RECORDING, worth: None });
    assert!(desk.end().0.is_empty());
}

/// A file as a crash leaves it: nothing after the last flush that the buffer held.
fn crashed(dir: &Path, seconds: u64, flushed: impl Fn(u64) -> bool) -> PathBuf {
    let path = dir.join(format!("{RECORDING}{OPEN}"));
    let mut track = Track::create(&path, CONTACT).unwrap();
    for n in 0..seconds * 4 {
        track.write(n * BLOCK as u64, &tone(440, BLOCK), &tone(1_000, BLOCK)).unwrap();
        if flushed(n) {
            track.flush().unwrap();
        }
    }
    std::mem::forget(track);
    path
}

#[test]
fn a_crash_costs_at_most_the_last_second() {
    let dir = tempfile::tempdir().unwrap();
    crashed(dir.path(), 5, |n| n % 2 == 0);
    let recovered = recover(dir.path());
    assert_eq!(recovered.len(), 1);
    let found = &recovered[0];
    assert_eq!((found.recording, found.path.as_str()), (RECORDING, format!("{RECORDING}.wav").as_str()));
    assert!((4_000..=5_000).contains(&found.duration_ms), "{}", found.duration_ms);
    let path = dir.path().join(&found.path);
    assert_eq!(found.sha256, sha256(&path));
    let (left, right) = channels(&path);
    assert_eq!((heard(&left), heard(&right)), (Some(440), Some(1_000)));
    assert_eq!(recover(dir.path()), [], "once is enough");
}

#[test]
fn audio_behind_a_header_that_says_zero_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let path = crashed(dir.path(), 3, |_| true);
    let mut file = File::options().write(true).open(path).unwrap();
    for at in [4, 40] {
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&[0; 4]).unwrap();
    }
    assert_eq!(recover(dir.path())[0].duration_ms, 3_000);
}

#[test]
fn half_a_frame_at_the_end_is_cut_off() {
    for half in 1..4 {
        let dir = tempfile::tempdir().unwrap();
        let path = crashed(dir.path(), 1, |_| true);
        File::options().append(true).open(path).unwrap().write_all(&[9; 3][..half]).unwrap();
        let recovered = recover(dir.path());
        assert_eq!(recovered[0].duration_ms, 1_000);
        channels(&dir.path().join(&recovered[0].path));
    }
}

#[test]
fn a_file_without_a_whole_header_becomes_an_empty_recording() {
    for length in [0, 3, 20, 43] {
        let dir = tempfile::tempdir().unwrap();
        let path = crashed(dir.path(), 1, |_| true);
        File::options().write(true).open(path).unwrap().set_len(length).unwrap();
        let recovered = recover(dir.path());
        assert_eq!(recovered[0].duration_ms, 0, "{length} bytes");
        assert_eq!(channels(&dir.path().join(&recovered[0].path)).0, []);
    }
}

#[test]
fn what_is_no_recording_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(format!("{RECORDING}{OPEN}"));
    std::fs::write(&path, "a shopping list").unwrap();
    std::fs::write(dir.path().join("holiday.part.wav"), "not ours").unwrap();
    assert_eq!(recover(dir.path()), []);
    assert!(path.exists());
    assert_eq!(recover(&dir.path().join("nowhere")), []);
}

#[test]
fn a_directory_that_cannot_be_written_is_named_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a file");
    std::fs::write(&path, "").unwrap();
    let (_sender, messages) = sync_channel(1);
    let error = Recorder::start(path.join("recordings"), 0, messages, |_| {}).unwrap_err();
    assert!(matches!(error, RecorderError::Directory { .. }));
    assert!(error.to_string().contains("a file/recordings"), "{error}");
}

#[test]
fn a_recording_that_cannot_be_begun_is_reported() {
    let desk = desk();
    let today = time::OffsetDateTime::now_utc().year();
    for year in [today, today + 1] {
        std::fs::write(desk.dir.path().join(format!("{year:04}")), "in the way").unwrap();
    }
    desk.send(open());
    desk.send(block(0));
    let (reports, _dir) = desk.end();
    assert_eq!(reports.len(), 1);
    assert!(matches!(failure(&reports[0]), RecorderError::Disk { .. }));
}

#[test]
fn a_timeline_beyond_the_file_format_ends_the_recording_and_keeps_it() {
    let desk = desk();
    desk.send(open());
    desk.send(block(0));
    desk.send(block(u64::MAX - 5));
    desk.send(block(2_000));
    let (reports, dir) = desk.end();
    assert_eq!(reports.len(), 1);
    assert!(matches!(failure(&reports[0]), RecorderError::TooLong));
    let path = only_file(dir.path());
    assert_eq!(path.file_name().unwrap().to_str().unwrap(), format!("{RECORDING}.partial.wav"));
    assert_eq!(channels(&path).0.len(), BLOCK);
}

/// A disk with so many bytes left. Overwriting costs nothing.
struct SmallDisk {
    file: File,
    left: u64,
}

impl Write for SmallDisk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let at = self.file.stream_position()?;
        let room = (self.file.metadata()?.len() - at + self.left).min(bytes.len() as u64);
        if room == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let before = self.file.metadata()?.len();
        let written = self.file.write(&bytes[..room as usize])?;
        self.left -= self.file.metadata()?.len() - before;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for SmallDisk {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[test]
fn a_full_disk_leaves_a_valid_file_that_is_marked_partial() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(format!("{RECORDING}{OPEN}"));
    let disk = SmallDisk { file: File::create(&path).unwrap(), left: 44 + 8_000 * 4 + 3 };
    let mut track = Track::over(disk, &path, CONTACT).unwrap();
    let mut write = |n: u64| track.write(n * BLOCK as u64, &tone(440, BLOCK), &tone(1_000, BLOCK));
    (0..4).for_each(|n| write(n).unwrap());
    let error = write(4).unwrap_err();
    let RecorderError::Disk { source, .. } = &error else { panic!("{error}") };
    assert_eq!(source.kind(), io::ErrorKind::StorageFull);
    drop(track);
    let (kept, frames) = keep_cut_short(&path, RECORDING).unwrap();
    assert_eq!(
        (frames, kept.file_name().unwrap().to_str().unwrap()),
        (8_000, format!("{RECORDING}.partial.wav").as_str())
    );
    assert_eq!(heard(&channels(&kept).0), Some(440));
}

#[test]
fn a_disk_that_is_nearly_full_takes_no_recording_and_says_so() {
    let desk = desk_on_disk(u64::MAX);
    desk.send(open());
    desk.send(block(0));
    let (reports, dir) = desk.end();
    let refused = |report: &Report| matches!(report, Report::Failed { recording: RECORDING, why: RecorderError::DiskFull { path } } if path == dir.path());
    assert!(reports.len() == 1 && reports.iter().all(refused), "{reports:?}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}
