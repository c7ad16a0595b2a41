//! What programs that speak write: WAV, or samples alone.

use media::{RATE, resample::resample};

/// Sample rates that are believed.
const RATES: core::ops::RangeInclusive<u32> = 4_000..=192_000;

fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    Some(bytes.get(at..at + length)?.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

/// What a WAV file's `fmt` chunk says.
#[derive(Clone, Copy)]
struct Format {
    channels: usize,
    rate: u32,
}

/// The sound at 8 kHz. `rate` is that of samples without a header: 16 bits, little-endian, one channel.
///
/// Programs that write to a pipe cannot know the length beforehand: what the header says of it is a limit, no promise.
pub(crate) fn read(bytes: &[u8], rate: u32) -> Result<Vec<i16>, &'static str> {
    let (format, samples) =
        if bytes.starts_with(b"RIFF") { wav(bytes)? } else { (Format { channels: 1, rate }, bytes) };
    if !RATES.contains(&format.rate) {
        return Err("its sample rate is out of range");
    }
    let frames = samples.chunks_exact(2 * format.channels);
    let mono: Vec<i16> = frames.map(|frame| mixed(frame, format.channels)).collect();
    if mono.is_empty() {
        return Err("it is empty");
    }
    Ok(resample(&mono, format.rate, RATE))
}

fn mixed(frame: &[u8], channels: usize) -> i16 {
    let sum: i32 = frame.chunks_exact(2).map(|two| i32::from(i16::from_le_bytes([two[0], two[1]]))).sum();
    (sum / channels.max(1) as i32) as i16
}

fn wav(bytes: &[u8]) -> Result<(Format, &[u8]), &'static str> {
    if bytes.get(8..12) != Some(b"WAVE") {
        return Err("it is no WAV file");
    }
    let (mut at, mut format) = (12, None);
    while let (Some(name), Some(length)) = (bytes.get(at..at + 4), number(bytes, at + 4, 4)) {
        let body = at + 8;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        match name {
            b"fmt " => format = Some(description(bytes, body)?),
            b"data" => {
                let end = body.saturating_add(length).min(bytes.len());
                let format = format.ok_or("its WAV file does not describe its sound")?;
                return Ok((format, bytes.get(body..end).unwrap_or_default()));
            }
            _ => {}
        }
        // Chunks of an odd length are filled up to an even one.
        at = body.saturating_add(length).saturating_add(length % 2);
    }
    Err("its WAV file holds no sound")
}

fn description(bytes: &[u8], at: usize) -> Result<Format, &'static str> {
    let field = |offset, length| number(bytes, at + offset, length).ok_or("its WAV file breaks off");
    let (kind, channels, rate, bits) = (field(0, 2)?, field(2, 2)?, field(4, 4)?, field(14, 2)?);
    // 1: plain samples; 0xFFFE: the same with more to tell.
    if !matches!(kind, 1 | 0xFFFE) || bits != 16 || !(1..=2).contains(&channels) {
        return Err("its WAV file is not of 16 bits and one or two channels");
    }
    Ok(Format { channels: channels as usize, rate: u32::try_from(rate).unwrap_or(0) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::tone::{Sine, strongest_tone};

    fn tone(rate: u32) -> Vec<i16> {
        let mut samples = vec![0; rate as usize / 2];
        Sine::new(440, rate).fill(&mut samples);
        samples
    }

    fn bytes(samples: &[i16]) -> Vec<u8> {
        samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
    }

    fn wav_of(rate: u32, channels: u8, length: u32, samples: &[u8]) -> Vec<u8> {
        let mut file = b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0\x01\0".to_vec();
        file.extend([channels, 0]);
        file.extend(rate.to_le_bytes());
        file.extend([0; 6]);
        file.extend([16, 0]);
        file.extend(b"data");
        file.extend(length.to_le_bytes());
        file.extend(samples);
        file
    }

    #[test]
    fn a_wav_file_that_does_not_know_its_length_is_read_to_its_end() {
        let sound = read(&wav_of(22_050, 1, 0x7FFF_F000, &bytes(&tone(22_050))), 0).unwrap();
        assert_eq!((sound.len(), strongest_tone(&sound, RATE, &[220, 440, 880])), (4_000, Some(440)));
        let twice: Vec<i16> = tone(8_000).into_iter().flat_map(|sample| [sample, sample]).collect();
        assert_eq!(read(&wav_of(8_000, 2, 16_000, &bytes(&twice)), 0).unwrap(), tone(8_000));
    }

    #[test]
    fn samples_alone_are_taken_at_the_rate_that_is_told() {
        let sound = read(&bytes(&tone(16_000)), 16_000).unwrap();
        assert_eq!((sound.len(), strongest_tone(&sound, RATE, &[220, 440, 880])), (4_000, Some(440)));
    }

    #[test]
    fn what_is_no_sound_is_told() {
        assert_eq!(read(b"", 22_050), Err("it is empty"));
        assert_eq!(read(b"RIFF\0\0\0\0WAVE", 22_050), Err("its WAV file holds no sound"));
        assert_eq!(read(b"RIFF\0\0\0\0AVI ", 22_050), Err("it is no WAV file"));
        assert_eq!(
            read(&wav_of(22_050, 6, 4, &[0; 4]), 0),
            Err("its WAV file is not of 16 bits and one or two channels")
        );
        assert_eq!(read(&wav_of(1, 1, 4, &[0; 4]), 0), Err("its sample rate is out of range"));
        let whole = wav_of(22_050, 1, 4, &[0; 4]);
        assert!((4..=44).all(|length| read(&whole[..length], 22_050).is_err()), "a file that breaks off");
    }
}
