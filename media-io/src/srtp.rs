//! SRTP on plain legs (RFC 3711), with keys from the session description (RFC 4568).

use bytes::BytesMut;
use media::api::MediaError;
use media::rtp::is_rtcp;
use media::sdes::MasterKey;
use media::sdp::Keys;
use rtc::srtp::context::Context;
use rtc::srtp::option::{srtcp_replay_protection, srtp_replay_protection};
use rtc::srtp::protection_profile::ProtectionProfile;

/// Packets that may come out of order, and are not taken twice.
const WINDOW: usize = 64;

/// Both directions of a secured leg.
pub(crate) struct Srtp {
    keys: Keys,
    incoming: Context,
    outgoing: Context,
}

/// Length of the authentication tag and of the word before it in a report (RFC 3711 §3.4).
const TAG: usize = 10;
const INDEX: usize = 4;

/// Whether a report says that it is encrypted. `rtc` passes on those that do not without looking at their tags, though
/// all must have one (RFC 3711 §3.4).
fn is_encrypted(report: &[u8]) -> bool {
    let word = report.len().checked_sub(TAG + INDEX).and_then(|at| report.get(at));
    word.is_some_and(|first| first & 0x80 != 0)
}

fn context(key: &MasterKey) -> Result<Context, Box<dyn std::error::Error>> {
    let provider = rtc::crypto::default_provider()?;
    let profile = ProtectionProfile::Aes128CmHmacSha1_80;
    let (rtp, rtcp) = (Some(srtp_replay_protection(WINDOW)), Some(srtcp_replay_protection(WINDOW)));
    Ok(Context::new(key.key(), key.salt(), profile, rtp, rtcp, provider.crypto())?)
}

impl Srtp {
    /// Fresh contexts for these keys.
    pub(crate) fn new(keys: Keys) -> Result<Self, MediaError> {
        let made = |key| {
            context(key).map_err(|why| {
                tracing::warn!(%why, "SRTP cannot be used");
                MediaError::NoCodec
            })
        };
        Ok(Self { incoming: made(&keys.theirs)?, outgoing: made(&keys.ours.key)?, keys })
    }

    /// Whether the contexts are of these keys: then they go on counting.
    pub(crate) fn is_of(&self, keys: &Keys) -> bool {
        self.keys.theirs == keys.theirs && self.keys.ours.key == keys.ours.key
    }

    /// Open a packet in place; answers its length. `None`: it is not the peer's, or was here before.
    pub(crate) fn open(&mut self, buffer: &mut [u8], length: usize) -> Option<usize> {
        let sealed = buffer.get(..length)?;
        if is_rtcp(sealed) && !is_encrypted(sealed) {
            return None;
        }
        let opened =
            if is_rtcp(sealed) { self.incoming.decrypt_rtcp(sealed) } else { self.incoming.decrypt_rtp(sealed) };
        let opened = opened.ok()?;
        buffer.get_mut(..opened.len())?.copy_from_slice(&opened);
        Some(opened.len())
    }

    /// Seal a packet.
    pub(crate) fn seal(&mut self, packet: &[u8]) -> Option<BytesMut> {
        let sealed =
            if is_rtcp(packet) { self.outgoing.encrypt_rtcp(packet) } else { self.outgoing.encrypt_rtp(packet) };
        sealed.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::rtp::{Packet, Stamp};
    use media::sdes::Offered;
    use proptest::prelude::*;

    fn pair() -> (Srtp, Srtp) {
        let (a, b) = (MasterKey::new([1; 30]), MasterKey::new([2; 30]));
        let of = |ours, theirs| Srtp::new(Keys { ours: Offered { tag: 1, key: ours }, theirs }).unwrap();
        (of(a, b), of(b, a))
    }

    fn packet(sequence: u16) -> Vec<u8> {
        let stamp = Stamp { ssrc: 5, sequence, timestamp: 9, marker: false };
        Packet { payload_type: 0, stamp, payload: &[7; 160] }.to_bytes()
    }

    #[test]
    fn packets_pass_once_and_changed_ones_never_also_over_the_end_of_the_numbers() {
        let (mut a, mut b) = pair();
        for sequence in [65_534, 65_535, 0, 1] {
            let sealed = a.seal(&packet(sequence)).unwrap();
            assert_eq!(sealed.len(), 12 + 160 + 10);
            let mut changed = sealed.to_vec();
            changed[20] ^= 1;
            assert_eq!(b.open(&mut changed, sealed.len()), None);
            let mut buffer = sealed.to_vec();
            assert_eq!(b.open(&mut buffer, sealed.len()), Some(172));
            assert_eq!(buffer[..172], packet(sequence));
            let mut again = sealed.to_vec();
            assert_eq!(b.open(&mut again, sealed.len()), None, "replayed");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_opened_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let (mut a, _) = pair();
            let mut buffer = bytes.clone();
            prop_assert_eq!(a.open(&mut buffer, bytes.len()), None);
            let _ = a.seal(&bytes);
        }
    }
}
