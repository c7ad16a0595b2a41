//! WAV files: any common kind in, 8 kHz mono of 16 bits out.

use media::{RATE, resample::resample};
use std::io::{Cursor, Read};

/// Sample rates that are taken.
const RATES: core::ops::RangeInclusive<u32> = 4_000..=192_000;

/// What is wrong with a WAV file.
#[derive(Debug, thiserror::Error)]
pub enum WavFlaw {
    /// It is no WAV file, or a broken one.
    #[error("not a usable WAV file: {0}")]
    Broken(hound::Error),
    /// More than two channels.
    #[error("has {0} channels; one or two can be used")]
    Channels(u16),
    /// A strange sample rate.
    #[error("has {0} samples per second; 4000 to 192000 can be used")]
    Rate(u32),
    /// Too long.
    #[error("lasts {0} seconds; at most {1} are taken")]
    TooLong(u64, u64),
    /// No audio at all.
    #[error("holds no audio")]
    Empty,
}

/// The audio of a WAV file at 8 kHz, channels mixed.
///
/// # Errors
/// What is wrong with the file; a longer one than `max_s` seconds is not read.
pub fn read(file: impl Read, max_s: Option<u64>) -> Result<Vec<i16>, WavFlaw> {
    let mut reader = hound::WavReader::new(file).map_err(WavFlaw::Broken)?;
    let spec = reader.spec();
    if !(1..=2).contains(&spec.channels) {
        return Err(WavFlaw::Channels(spec.channels));
    }
    if !RATES.contains(&spec.sample_rate) {
        return Err(WavFlaw::Rate(spec.sample_rate));
    }
    let seconds = u64::from(reader.duration() / spec.sample_rate);
    if let Some(max_s) = max_s.filter(|max_s| seconds >= *max_s) {
        return Err(WavFlaw::TooLong(seconds, max_s));
    }
    let samples = read_samples(&mut reader, spec).map_err(WavFlaw::Broken)?;
    let mono: Vec<i16> = samples.chunks_exact(usize::from(spec.channels)).map(mix).collect();
    if mono.is_empty() {
        return Err(WavFlaw::Empty);
    }
    Ok(resample(&mono, spec.sample_rate, RATE))
}

/// A WAV file of audio at 8 kHz.
///
/// # Errors
/// Never for audio of less than 4 GB.
pub fn write(samples: &[i16]) -> hound::Result<Vec<u8>> {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut file = Cursor::new(Vec::with_capacity(samples.len() * 2 + 44));
    let mut writer = hound::WavWriter::new(&mut file, spec)?;
    for sample in samples {
        writer.write_sample(*sample)?;
    }
    writer.finalize()?;
    Ok(file.into_inner())
}

fn mix(samples: &[i16]) -> i16 {
    let sum: i32 = samples.iter().map(|s| i32::from(*s)).sum();
    (sum / samples.len().max(1) as i32) as i16
}

fn read_samples<R: Read>(reader: &mut hound::WavReader<R>, spec: hound::WavSpec) -> hound::Result<Vec<i16>> {
    match spec.sample_format {
        hound::SampleFormat::Float => reader.samples::<f32>().map(|s| s.map(|s| (s * 32_767.0) as i16)).collect(),
        hound::SampleFormat::Int => {
            let bits = u32::from(spec.bits_per_sample.clamp(1, 32));
            // All 16 high bits are kept, whatever the width.
            reader.samples::<i32>().map(|s| s.map(|s| ((i64::from(s) << (32 - bits)) >> 16) as i16)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let samples: Vec<i16> = (0..800).map(|n| n * 40 - 16_000).collect();
        let file = write(&samples).unwrap();
        assert_eq!(read(&file[..], Some(1)).unwrap(), samples);
    }

    #[test]
    fn what_is_no_prompt_is_refused_with_the_reason() {
        let told = |file: &[u8], max_s| read(file, max_s).unwrap_err().to_string();
        assert!(told(b"ID3 nonsense", None).starts_with("not a usable WAV file"));
        assert_eq!(told(&write(&[]).unwrap(), None), "holds no audio");
        assert_eq!(told(&write(&[1; 16_000]).unwrap(), Some(2)), "lasts 2 seconds; at most 2 are taken");
        let mut cut = write(&[1; 800]).unwrap();
        cut.truncate(200);
        assert!(told(&cut, None).starts_with("not a usable WAV file"));
    }
}
