//! G.711: PCMU and PCMA, on slices, without allocation. Codecs that have state are in [`crate::codec`]; here they code
//! nothing.

pub use crate::codec::Codec;

use audio_codec::Encoder;
use audio_codec::pcma::PcmaEncoder;
use audio_codec::pcmu::PcmuEncoder;

macro_rules! tabulate {
    ($name:ident, $byte:ident => $sample:expr) => {
        const $name: [i16; 256] = {
            let mut samples = [0; 256];
            let mut n = 0;
            while n < 256 {
                let $byte = n as u8;
                samples[n] = $sample;
                n += 1;
            }
            samples
        };
    };
}

// What each byte means (ITU-T G.711), looked up, since every recorded packet is decoded.
tabulate!(MU_LAW, byte => mu_law(byte));
tabulate!(A_LAW, byte => a_law(byte));

/// Sign, segment and step of a byte whose bits are not inverted.
const fn parts(byte: u8) -> (bool, u32, i16) {
    (byte & 0x80 != 0, ((byte >> 4) & 7) as u32, (byte & 15) as i16)
}

const fn mu_law(byte: u8) -> i16 {
    let (negative, segment, step) = parts(!byte);
    let size = (((step << 3) + 0x84) << segment) - 0x84;
    if negative { -size } else { size }
}

const fn a_law(byte: u8) -> i16 {
    let (positive, segment, step) = parts(byte ^ 0x55);
    let size = if segment == 0 { (step << 4) + 8 } else { ((step << 4) + 0x108) << (segment - 1) };
    if positive { size } else { -size }
}

impl Codec {
    /// What each byte means; `None` for a codec that is not G.711.
    const fn table(self) -> Option<&'static [i16; 256]> {
        match self {
            Self::Pcmu => Some(&MU_LAW),
            Self::Pcma => Some(&A_LAW),
            Self::G722 | Self::Opus => None,
        }
    }

    /// Decode as many bytes as there is room for; answers how many.
    pub fn decode(self, bytes: &[u8], samples: &mut [i16]) -> usize {
        let count = bytes.len().min(samples.len());
        let (from, to) = (&bytes[..count], &mut samples[..count]);
        let Some(table) = self.table() else { return 0 };
        for (byte, sample) in from.iter().zip(to) {
            *sample = table[usize::from(*byte)];
        }
        count
    }

    /// Decode to the end of `samples`.
    pub fn append(self, bytes: &[u8], samples: &mut Vec<i16>) {
        if let Some(table) = self.table() {
            samples.extend(bytes.iter().map(|byte| table[usize::from(*byte)]));
        }
    }

    /// Encode as many samples as there is room for; answers how many.
    pub fn encode(self, samples: &[i16], bytes: &mut [u8]) -> usize {
        let count = samples.len().min(bytes.len());
        let (from, to) = (&samples[..count], &mut bytes[..count]);
        let written = match self {
            Self::Pcmu => PcmuEncoder::new().encode_into(from, to),
            Self::Pcma => PcmaEncoder::new().encode_into(from, to),
            Self::G722 | Self::Opus => return 0,
        };
        written.unwrap_or(0)
    }
}

/// Turn a payload of one kind of G.711 into the other, in place: both have one byte per sample. Others are left alone.
pub fn transcode(from: Codec, to: Codec, payload: &mut [u8]) {
    if from == to || !from.is_g711() || !to.is_g711() {
        return;
    }
    let mut samples = [0; crate::FRAME];
    for bytes in payload.chunks_mut(crate::FRAME) {
        let count = from.decode(bytes, &mut samples);
        to.encode(&samples[..count], bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use audio_codec::Decoder;
    use audio_codec::pcma::PcmaDecoder;
    use audio_codec::pcmu::PcmuDecoder;
    use proptest::prelude::*;

    #[test]
    fn silence_stays_silence() {
        for (codec, byte) in [(Codec::Pcmu, 0xFF), (Codec::Pcma, 0xD5)] {
            let mut bytes = [0; 4];
            assert_eq!(codec.encode(&[0; 4], &mut bytes), 4);
            assert_eq!(bytes, [byte; 4]);
        }
    }

    #[test]
    fn every_byte_means_what_another_implementation_says() {
        let bytes: Vec<u8> = (0..=255).collect();
        let (mut ours, mut theirs) = ([0; 256], [0; 256]);
        Codec::Pcmu.decode(&bytes, &mut ours);
        PcmuDecoder::new().decode_into(&bytes, &mut theirs).unwrap();
        assert_eq!(ours, theirs);
        Codec::Pcma.decode(&bytes, &mut ours);
        PcmaDecoder::new().decode_into(&bytes, &mut theirs).unwrap();
        assert_eq!(ours, theirs);
    }

    #[test]
    fn a_short_buffer_takes_what_fits() {
        let mut samples = [0; 2];
        assert_eq!(Codec::Pcma.decode(&[0x55; 5], &mut samples), 2);
        assert_eq!(Codec::Pcmu.encode(&[1, 2, 3], &mut [0; 1]), 1);
    }

    proptest! {
        #[test]
        fn a_sample_comes_back_close_through_both_codecs(sample in any::<i16>()) {
            for codec in [Codec::Pcmu, Codec::Pcma] {
                let (mut byte, mut back) = ([0; 1], [0; 1]);
                codec.encode(&[sample], &mut byte);
                codec.decode(&byte, &mut back);
                let error = (i32::from(sample) - i32::from(back[0])).abs();
                prop_assert!(error <= 16 + i32::from(sample).abs() / 16, "{sample} became {}", back[0]);
            }
        }

        #[test]
        fn transcoding_equals_decoding_and_encoding(payload in proptest::collection::vec(any::<u8>(), 0..700)) {
            let mut samples = vec![0; payload.len()];
            let mut expected = vec![0; payload.len()];
            Codec::Pcmu.decode(&payload, &mut samples);
            Codec::Pcma.encode(&samples, &mut expected);
            let mut out = payload;
            transcode(Codec::Pcmu, Codec::Pcma, &mut out);
            prop_assert_eq!(out, expected);
        }
    }
}
