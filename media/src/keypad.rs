//! Keyed digits as tones in the audio (ITU-T Q.23), for peers without telephone-events. Goertzel's algorithm over blocks
//! of 12.75 ms that overlap by half, with the limits of Q.24: what lasts 40 ms is a digit, what lasts 23 ms is none.

/// Samples of one block: bins as wide as the tones' tolerance asks.
const BLOCK: usize = 102;

/// Samples from one block to the next: they overlap by half.
const STEP: usize = BLOCK / 2;

/// Rows and columns in hertz (Q.23).
const ROWS: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const COLUMNS: [f32; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
const DIGITS: [&[u8; 4]; 4] = [b"123A", b"456B", b"789C", b"*0#D"];

/// Least power of a tone: an amplitude of about 180, -42 dBm0 (Q.24 asks for -25 to -29 at least).
const QUIET: f32 = 180.0 * 180.0;

/// How much stronger the column may be than the row, 8 dB, and the row than the column, 4 dB (Q.24 of most administrations).
const TWIST: f32 = 6.3;
const REVERSE_TWIST: f32 = 2.5;

/// How much stronger a tone must be than the others of its group: 8 dB.
const ALONE: f32 = 6.3;

/// Share of the whole energy that the two tones must hold: speech has more beside them.
const SHARE: f32 = 0.72;

/// How much louder one block of a digit may be than the next: keyed tones are steady, speech is not.
const STEADY: f32 = 1.5;

/// Blocks in a row that make a digit: 40 ms hold at least so many whole ones, and 23 ms never so many that are full
/// enough.
const BEGINS: u8 = 4;

/// Blocks in a row that end a digit.
const ENDS: u8 = 3;

/// What Goertzel's algorithm multiplies by: for each row, then for each column.
fn coefficients() -> [f32; 8] {
    core::array::from_fn(|n| {
        let hz = if n < 4 { ROWS[n] } else { COLUMNS[n - 4] };
        2.0 * (core::f32::consts::TAU * hz / crate::RATE as f32).cos()
    })
}

/// The powers of all tones, as the squares of their amplitudes. All are reckoned side by side, since this is done for each
/// packet of peers without telephone-events.
fn powers(block: &[f32; BLOCK], coefficients: &[f32; 8]) -> [f32; 8] {
    let (mut last, mut before) = ([0.0_f32; 8], [0.0_f32; 8]);
    for sample in block {
        let next: [f32; 8] = core::array::from_fn(|n| sample + coefficients[n] * last[n] - before[n]);
        (before, last) = (last, next);
    }
    core::array::from_fn(|n| {
        let magnitude = last[n] * last[n] + before[n] * before[n] - coefficients[n] * last[n] * before[n];
        magnitude * 4.0 / (BLOCK * BLOCK) as f32
    })
}

/// The strongest of four, if it stands out.
fn strongest(powers: &[f32]) -> Option<(usize, f32)> {
    let (best, most) = powers.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let is_alone = powers.iter().enumerate().all(|(n, power)| n == best || power * ALONE < most);
    (is_alone && most >= QUIET).then_some((best, most))
}

/// The digit of a block, with the power of its two tones.
fn digit_of(block: &[f32; BLOCK], coefficients: &[f32; 8]) -> Option<(char, f32)> {
    let energy: f32 = block.iter().map(|s| s * s).sum::<f32>() * 2.0 / BLOCK as f32;
    if energy < QUIET {
        return None;
    }
    let powers = powers(block, coefficients);
    let (rows, columns) = powers.split_at(4);
    let (row, low) = strongest(rows)?;
    let (column, high) = strongest(columns)?;
    let is_dual = high < low * TWIST && low < high * REVERSE_TWIST && low + high > energy * SHARE;
    is_dual.then(|| (char::from(DIGITS[row][column]), low + high))
}

/// Hears digits in samples at 8 kHz.
#[derive(Clone, Debug)]
pub struct Detector {
    coefficients: [f32; 8],
    block: [f32; BLOCK],
    filled: usize,
    /// What the last blocks had, how loud the last one was, and how many there were in a row.
    seen: Option<char>,
    power: f32,
    repeated: u8,
    /// The digit that is being keyed.
    held: Option<char>,
}

impl Default for Detector {
    fn default() -> Self {
        Self {
            coefficients: coefficients(),
            block: [0.0; BLOCK],
            filled: 0,
            seen: None,
            power: 0.0,
            repeated: 0,
            held: None,
        }
    }
}

impl Detector {
    /// The next samples; `on_digit` is told each digit once, after its first 32 to 40 ms.
    pub fn hear(&mut self, samples: &[i16], on_digit: &mut dyn FnMut(char)) {
        for sample in samples {
            self.block[self.filled] = f32::from(*sample);
            self.filled += 1;
            if self.filled == BLOCK {
                if let Some(digit) = self.on_block() {
                    on_digit(digit);
                }
                self.block.copy_within(STEP.., 0);
                self.filled = BLOCK - STEP;
            }
        }
    }

    fn on_block(&mut self) -> Option<char> {
        let block = digit_of(&self.block, &self.coefficients);
        let (found, power) = (block.map(|(digit, _)| digit), block.map_or(0.0, |(_, power)| power));
        let is_steady = power <= self.power * STEADY && self.power <= power * STEADY;
        self.repeated = if found == self.seen && is_steady { self.repeated.saturating_add(1) } else { 1 };
        (self.seen, self.power) = (found, power);
        let enough = if found.is_some() { BEGINS } else { ENDS };
        if self.repeated < enough || found == self.held {
            return None;
        }
        self.held = found;
        found
    }

    /// The source changed: what it keyed so far is nothing.
    pub fn restart(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tones(low: (f32, f32), high: (f32, f32), length: usize) -> Vec<i16> {
        let sine = |n: usize, (hz, amplitude): (f32, f32)| {
            amplitude * (core::f32::consts::TAU * hz * n as f32 / 8_000.0).sin()
        };
        (0..length).map(|n| (sine(n, low) + sine(n, high)) as i16).collect()
    }

    fn place(digit: char) -> (f32, f32) {
        let at = |row: usize| DIGITS[row].iter().position(|d| char::from(*d) == digit);
        (0..4).find_map(|row| at(row).map(|column| (ROWS[row], COLUMNS[column]))).unwrap()
    }

    fn keyed(digit: char, ms: usize) -> Vec<i16> {
        let (low, high) = place(digit);
        tones((low, 4_000.0), (high, 4_000.0), ms * 8)
    }

    fn heard(samples: &[i16]) -> String {
        let (mut detector, mut digits) = (Detector::default(), String::new());
        for part in samples.chunks(160) {
            detector.hear(part, &mut |digit| digits.push(digit));
        }
        digits
    }

    /// Something like speech: a buzz of many harmonics that glides, in syllables, through moving formants.
    fn speech(seed: u32, seconds: usize) -> Vec<i16> {
        let mut state = seed | 1;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32
        };
        let mut out = Vec::new();
        while out.len() < seconds * 8_000 {
            let (from, to) = (80.0 + 220.0 * random(), 80.0 + 220.0 * random());
            let (first, second) = (250.0 + 700.0 * random(), 800.0 + 1_600.0 * random());
            let (length, is_voiced) = (800 + (random() * 1_600.0) as usize, random() < 0.8);
            let mut phase = 0.0_f32;
            for n in 0..length {
                let part = n as f32 / length as f32;
                let pitch = from + (to - from) * part;
                phase += core::f32::consts::TAU * pitch / 8_000.0;
                let envelope = (core::f32::consts::PI * part).sin();
                let tone = |harmonic: f32| {
                    let hz = pitch * harmonic;
                    let near = |formant: f32| 1.0 / (1.0 + ((hz - formant) / 120.0).powi(2));
                    (near(first) + 0.6 * near(second) + 0.05) * (phase * harmonic).sin()
                };
                let buzz: f32 = (1..20).map(|h| tone(h as f32)).sum();
                let sound = if is_voiced { buzz * 3_000.0 } else { (random() - 0.5) * 4_000.0 };
                out.push((sound * envelope).clamp(-32_000.0, 32_000.0) as i16);
            }
        }
        out
    }

    #[test]
    fn every_digit_is_heard_once_however_long_it_is_held() {
        for digit in "0123456789*#ABCD".chars() {
            assert_eq!(heard(&keyed(digit, 40)), digit.to_string());
            assert_eq!(heard(&keyed(digit, 2_000)), digit.to_string());
        }
    }

    #[test]
    fn the_same_digit_twice_needs_a_rest_between() {
        let rest = vec![0; 40 * 8];
        assert_eq!(heard(&[keyed('5', 60), rest.clone(), keyed('5', 60), rest, keyed('7', 60)].concat()), "557");
        assert_eq!(heard(&[keyed('5', 60), vec![0; 40], keyed('5', 60)].concat()), "5", "5 ms are a hole, not a rest");
    }

    #[test]
    fn twist_is_taken_within_the_limits_and_refused_beyond() {
        let twisted = |low: f32, high: f32| heard(&tones((770.0, low), (1_336.0, high), 800));
        assert_eq!((twisted(2_000.0, 4_700.0), twisted(4_000.0, 2_700.0)), ("5".into(), "5".into()));
        assert_eq!((twisted(1_000.0, 4_000.0), twisted(4_000.0, 1_500.0)), (String::new(), String::new()));
    }

    #[test]
    fn single_tones_dial_tone_and_speech_like_sounds_are_no_digits() {
        assert_eq!(heard(&tones((770.0, 6_000.0), (770.0, 0.0), 8_000)), "");
        assert_eq!(heard(&tones((350.0, 6_000.0), (440.0, 6_000.0), 8_000)), "");
        let hits: Vec<(u32, String)> =
            (0..60).map(|seed| (seed, heard(&speech(seed * 7_919, 60)))).filter(|(_, hits)| !hits.is_empty()).collect();
        // Harmonics that glide through formants meet the pairs more often than voices do.
        assert!(hits.len() <= 4, "talk-off in an hour: {hits:?}");
    }

    proptest! {
        #[test]
        fn tolerance_is_one_and_a_half_percent_and_three_and_a_half_are_too_much(
            digit in "[0-9*#A-D]", low in -0.015f32..0.015, high in -0.015f32..0.015, start in 0usize..102, off in prop_oneof![-0.06f32..-0.045, 0.045f32..0.06],
        ) {
            let (row, column) = place(digit.chars().next().unwrap());
            let at = |low: f32, high: f32, ms: usize| {
                let tone = tones((row * (1.0 + low), 4_000.0), (column * (1.0 + high), 4_000.0), ms * 8);
                heard(&[vec![0; start], tone, vec![0; 400]].concat())
            };
            prop_assert_eq!(at(low, high, 40), digit.clone());
            prop_assert_eq!(at(low, high, 23), "");
            prop_assert!(at(off, off, 100) != digit);
        }

        #[test]
        fn digits_are_heard_through_noise(digit in "[0-9*#A-D]", noise in proptest::collection::vec(-600i16..600, 800)) {
            let samples: Vec<i16> = keyed(digit.chars().next().unwrap(), 100).iter().zip(noise).map(|(s, n)| s + n).collect();
            prop_assert_eq!(heard(&samples), digit);
        }

        #[test]
        fn any_audio_is_taken(samples in proptest::collection::vec(any::<i16>(), 0..2_000)) {
            heard(&samples);
        }
    }
}
