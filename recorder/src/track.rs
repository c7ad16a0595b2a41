//! One running recording: two channels on one timeline, written in blocks.

use crate::RecorderError;
use crate::file::{FRAME, RATE, cut, disk, io_error, millis};
use domain::ContactId;
use hound::{SampleFormat, WavSpec, WavWriter};
use media::silence::voiced;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

/// The format of every recording.
pub(crate) const SPEC: WavSpec =
    WavSpec { channels: 2, sample_rate: RATE, bits_per_sample: 16, sample_format: SampleFormat::Int };

/// The lengths in a WAV header have 32 bits; a little is kept for the header itself.
const FRAMES_MAX: u64 = (u32::MAX as u64 - 1_024) / FRAME;

/// Silence is written in pieces of one second.
const PIECE: u64 = RATE as u64;

/// A running recording.
pub(crate) struct Track<W: Write + Seek> {
    pub(crate) contact: ContactId,
    pub(crate) path: PathBuf,
    wav: WavWriter<W>,
    frames: u64,
    gap_frames: u64,
    voiced_frames: u64,
    /// What is behind this is cut off at the end.
    cut: Option<u64>,
    pub(crate) pauses: Vec<crate::Pause>,
}

impl Track<BufWriter<File>> {
    /// Begins a file, which must not exist. Only its owner may read it.
    pub(crate) fn create(path: &Path, contact: ContactId) -> Result<Self, RecorderError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(disk(path))?;
        Self::over(BufWriter::with_capacity(1 << 16, file), path, contact)
    }
}

impl<W: Write + Seek> Track<W> {
    pub(crate) fn over(medium: W, path: &Path, contact: ContactId) -> Result<Self, RecorderError> {
        let wav = WavWriter::new(medium, SPEC).map_err(io_error).map_err(disk(path))?;
        let mut track = Self {
            contact,
            path: path.to_owned(),
            wav,
            frames: 0,
            gap_frames: 0,
            voiced_frames: 0,
            cut: None,
            pauses: Vec::new(),
        };
        track.flush()?;
        Ok(track)
    }

    pub(crate) fn duration_ms(&self) -> u64 {
        millis(self.frames)
    }

    pub(crate) fn voiced_ms(&self) -> u64 {
        millis(self.voiced_frames)
    }

    pub(crate) fn gap_ms(&self) -> u64 {
        millis(self.gap_frames)
    }

    /// Writes a block whose first sample stands at `start`. What is missing before it is silence, counted; what is
    /// there already is not written again; the shorter channel ends in silence.
    pub(crate) fn write(&mut self, start: u64, customer: &[i16], agent: &[i16]) -> Result<(), RecorderError> {
        let length = customer.len().max(agent.len());
        let end = u64::try_from(length).ok().and_then(|length| start.checked_add(length));
        if end.is_none_or(|end| end > FRAMES_MAX) {
            return Err(RecorderError::TooLong);
        }
        let missing = start.saturating_sub(self.frames);
        self.write_silence(missing)?;
        self.gap_frames += missing;
        let known = usize::try_from(self.frames.saturating_sub(start)).unwrap_or(usize::MAX).min(length);
        self.voiced_frames += customer.get(known..).map_or(0, voiced);
        let both = customer.len().min(agent.len()).max(known);
        let pairs = |range: core::ops::Range<usize>| Some((customer.get(range.clone())?, agent.get(range)?));
        if let Some((left, right)) = pairs(known..both) {
            self.write_frames(left.iter().copied().zip(right.iter().copied()))?;
        }
        let sample = |channel: &[i16], at: usize| channel.get(at).copied().unwrap_or(0);
        self.write_frames((both..length).map(|at| (sample(customer, at), sample(agent, at))))
    }

    fn write_silence(&mut self, mut frames: u64) -> Result<(), RecorderError> {
        while frames > 0 {
            let piece = frames.min(PIECE);
            self.write_frames((0..piece as usize).map(|_| (0, 0)))?;
            frames -= piece;
        }
        Ok(())
    }

    fn write_frames(&mut self, frames: impl ExactSizeIterator<Item = (i16, i16)>) -> Result<(), RecorderError> {
        let count = frames.len();
        if count == 0 {
            return Ok(());
        }
        let samples = u32::try_from(count * 2).map_err(|_| RecorderError::TooLong)?;
        let mut block = self.wav.get_i16_writer(samples);
        for (left, right) in frames {
            block.write_sample(left);
            block.write_sample(right);
        }
        block.flush().map_err(io_error).map_err(disk(&self.path))?;
        self.frames += count as u64;
        Ok(())
    }

    /// Brings the file up to date: from here on a crash leaves at least this much.
    pub(crate) fn flush(&mut self) -> Result<(), RecorderError> {
        self.wav.flush().map_err(io_error).map_err(disk(&self.path))
    }

    /// From here on nothing is worth keeping, if there is more.
    pub(crate) fn end_at(&mut self, frames: u64) {
        self.cut = (frames < self.frames).then_some(frames);
        self.frames = self.frames.min(frames);
    }

    /// Ends the file. It still has its name of a running recording.
    pub(crate) fn close(self) -> Result<(), RecorderError> {
        self.wav.finalize().map_err(io_error).map_err(disk(&self.path))?;
        self.cut.map_or(Ok(()), |frames| cut(&self.path, frames))
    }
}
