//! Files of recordings: names, finishing, mending, hashing.

use crate::RecorderError;
use domain::RecordingId;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Samples of one channel in a second.
pub(crate) const RATE: u32 = 8_000;
/// Bytes of one frame: two channels of 16 bits.
pub(crate) const FRAME: u64 = 4;
/// Ends the name of a recording that runs.
pub(crate) const OPEN: &str = ".part.wav";
/// Ends the name of a recording that the disk cut short.
const CUT_SHORT: &str = ".partial.wav";

/// Length of so many frames.
pub(crate) const fn millis(frames: u64) -> u64 {
    frames * 1_000 / RATE as u64
}

/// The recording to which this name of a running recording belongs.
pub(crate) fn open_recording(path: &Path) -> Option<RecordingId> {
    path.file_name()?.to_str()?.strip_suffix(OPEN)?.parse().ok()
}

/// The path below the directory, with `/` between folders.
pub(crate) fn relative(dir: &Path, path: &Path) -> String {
    let below = path.strip_prefix(dir).unwrap_or(path);
    below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

pub(crate) fn disk(path: &Path) -> impl FnOnce(io::Error) -> RecorderError {
    let path = path.to_owned();
    move |source| RecorderError::Disk { path, source }
}

/// Syncs a closed file and gives it its final name. Returns that and the SHA-256.
pub(crate) fn finish(open: &Path, recording: RecordingId) -> Result<(PathBuf, String), RecorderError> {
    let file = File::open(open).map_err(disk(open))?;
    file.sync_all().map_err(disk(open))?;
    let sha256 = sha256(file).map_err(disk(open))?;
    let path = rename(open, &format!("{recording}.wav"))?;
    Ok((path, sha256))
}

/// Makes what the disk holds of a recording a valid file under a name that says so. Returns that and its frames.
pub(crate) fn keep_cut_short(open: &Path, recording: RecordingId) -> Result<(PathBuf, u64), RecorderError> {
    let frames = mend(open)?;
    let path = rename(open, &format!("{recording}{CUT_SHORT}"))?;
    Ok((path, frames))
}

/// The rename only lasts when the folder is synced too.
fn rename(from: &Path, name: &str) -> Result<PathBuf, RecorderError> {
    let to = from.with_file_name(name);
    std::fs::rename(from, &to).map_err(disk(from))?;
    let folder = to.parent().unwrap_or(&to);
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(disk(folder))?;
    Ok(to)
}

fn sha256(mut file: File) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block)? {
            0 => break,
            length => hash.update(&block[..length]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Makes a file that was not closed valid: cuts it to whole frames and writes the two lengths that a crash left
/// behind the audio. A file that never got its header becomes an empty recording. Returns the number of frames.
pub(crate) fn mend(path: &Path) -> Result<u64, RecorderError> {
    let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(disk(path))?;
    let length = file.metadata().map_err(disk(path))?.len();
    let mut start = Vec::new();
    Read::by_ref(&mut file).take(256).read_to_end(&mut start).map_err(disk(path))?;
    let Some(audio) = audio_offset(&start) else {
        if length > HEADER_MOST || !start.starts_with(&b"RIFF"[..start.len().min(4)]) {
            return Err(RecorderError::NotARecording { path: path.to_owned() });
        }
        drop(file);
        hound::WavWriter::create(path, crate::track::SPEC)
            .and_then(hound::WavWriter::finalize)
            .map_err(io_error)
            .map_err(disk(path))?;
        return Ok(0);
    };
    let frames = length.saturating_sub(audio) / FRAME;
    write_lengths(&mut file, audio, frames).map_err(disk(path))?;
    Ok(frames)
}

/// Shortens a closed file to so many frames. The lengths in its header are written anew.
pub(crate) fn cut(path: &Path, frames: u64) -> Result<(), RecorderError> {
    let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(disk(path))?;
    let mut start = Vec::new();
    Read::by_ref(&mut file).take(HEADER_MOST).read_to_end(&mut start).map_err(disk(path))?;
    let audio = audio_offset(&start).ok_or_else(|| RecorderError::NotARecording { path: path.to_owned() })?;
    write_lengths(&mut file, audio, frames).map_err(disk(path))
}

/// No header that we write is longer.
const HEADER_MOST: u64 = 128;

fn write_lengths(file: &mut File, audio: u64, frames: u64) -> io::Result<()> {
    let bytes = frames * FRAME;
    let too_long = |_| io::Error::from(io::ErrorKind::FileTooLarge);
    let riff = u32::try_from(audio - 8 + bytes).map_err(too_long)?;
    let data = u32::try_from(bytes).map_err(too_long)?;
    file.set_len(audio + bytes)?;
    file.seek(SeekFrom::Start(4))?;
    file.write_all(&riff.to_le_bytes())?;
    file.seek(SeekFrom::Start(audio - 4))?;
    file.write_all(&data.to_le_bytes())?;
    file.sync_all()
}

/// Where the audio begins: after the head of the `data` chunk.
fn audio_offset(start: &[u8]) -> Option<u64> {
    if start.get(..4)? != b"RIFF" || start.get(8..12)? != b"WAVE" {
        return None;
    }
    let mut at = 12_usize;
    loop {
        let length = u32::from_le_bytes(start.get(at.checked_add(4)?..at.checked_add(8)?)?.try_into().ok()?);
        let body = at.checked_add(8)?;
        if start.get(at..at.checked_add(4)?)? == b"data" {
            return u64::try_from(body).ok();
        }
        at = body.checked_add(usize::try_from(length).ok()?)?.checked_add(length as usize & 1)?;
    }
}

/// The system's error within hound's.
pub(crate) fn io_error(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(error) => error,
        other => io::Error::other(other),
    }
}
