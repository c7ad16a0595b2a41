//! G.711: PCMU and PCMA, on slices, without allocation.

use audio_codec::pcma::{PcmaDecoder, PcmaEncoder};
use audio_codec::pcmu::{PcmuDecoder, PcmuEncoder};
use audio_codec::{Decoder, Encoder};

/// The codecs that we speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// µ-law.
    Pcmu,
    /// A-law.
    Pcma,
}

impl Codec {
    /// The static payload type (RFC 3551 §6).
    #[must_use]
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
        }
    }

    /// The codec with this static payload type.
    #[must_use]
    pub const fn from_payload_type(payload_type: u8) -> Option<Self> {
        match payload_type {
            0 => Some(Self::Pcmu),
            8 => Some(Self::Pcma),
            _ => None,
        }
    }

    /// The encoding name in SDP (RFC 3551 §6).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
        }
    }

    /// Decode as many bytes as there is room for; answers how many.
    pub fn decode(self, bytes: &[u8], samples: &mut [i16]) -> usize {
        let count = bytes.len().min(samples.len());
        let (from, to) = (&bytes[..count], &mut samples[..count]);
        let written = match self {
            Self::Pcmu => PcmuDecoder::new().decode_into(from, to),
            Self::Pcma => PcmaDecoder::new().decode_into(from, to),
        };
        written.unwrap_or(0)
    }

    /// Encode as many samples as there is room for; answers how many.
    pub fn encode(self, samples: &[i16], bytes: &mut [u8]) -> usize {
        let count = samples.len().min(bytes.len());
        let (from, to) = (&samples[..count], &mut bytes[..count]);
        let written = match self {
            Self::Pcmu => PcmuEncoder::new().encode_into(from, to),
            Self::Pcma => PcmaEncoder::new().encode_into(from, to),
        };
        written.unwrap_or(0)
    }
}

/// Turn a payload of one codec into the other, in place: both have one byte per sample.
pub fn transcode(from: Codec, to: Codec, payload: &mut [u8]) {
    if from == to {
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
