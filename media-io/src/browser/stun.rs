//! Just enough STUN (RFC 8489) to see for whom a request is.

/// Length of the STUN header.
const HEADER: usize = 20;
/// The magic cookie (§5).
const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
/// USERNAME (§14.3).
pub(super) const USERNAME: u16 = 0x0006;

/// The receiver's user fragment: the first half of USERNAME (RFC 8445 §7.2.2).
pub(super) fn local_ufrag(message: &[u8]) -> Option<&str> {
    if message.get(4..8)? != COOKIE {
        return None;
    }
    let mut rest = message.get(HEADER..)?;
    while let Some((head, tail)) = rest.split_at_checked(4) {
        let kind = u16::from_be_bytes([head[0], head[1]]);
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let value = tail.get(..length)?;
        if kind == USERNAME {
            return core::str::from_utf8(value).ok()?.split(':').next();
        }
        rest = tail.get(length.next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::browser) fn request(attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0, 1, 0, 0];
        bytes.extend(COOKIE);
        bytes.extend([7; 12]);
        for (kind, value) in attributes {
            bytes.extend(kind.to_be_bytes());
            bytes.extend((value.len() as u16).to_be_bytes());
            bytes.extend(*value);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        bytes
    }

    #[test]
    fn the_receivers_fragment_is_found_behind_other_attributes() {
        let message = request(&[(0x8022, b"agent"), (USERNAME, b"ours:theirs")]);
        assert_eq!(local_ufrag(&message), Some("ours"));
    }

    #[test]
    fn broken_messages_belong_to_nobody() {
        let message = request(&[(USERNAME, b"ours:theirs")]);
        for cut in 0..message.len() {
            let _ = local_ufrag(&message[..cut]);
        }
        assert_eq!(local_ufrag(&message[..26]), None);
        assert_eq!(local_ufrag(b"\0\x01\0\0nonsense"), None);
    }
}
