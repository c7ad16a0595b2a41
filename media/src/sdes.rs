//! Keys for SRTP inside the session description (SDES, RFC 4568). Whoever reads the description has the keys: it is as
//! safe as the way that the signalling takes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use core::fmt;

/// The one suite that we speak (RFC 4568 §6.2): AES-128 in counter mode, authenticated by 80 bits of HMAC-SHA1.
pub const SUITE: &str = "AES_CM_128_HMAC_SHA1_80";

/// Length of a master key and of a master salt.
const KEY: usize = 16;
const SALT: usize = 14;

/// A master key with its salt. It never prints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MasterKey([u8; KEY + SALT]);

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

impl MasterKey {
    /// A key of these (random) bytes.
    #[must_use]
    pub const fn new(bytes: [u8; KEY + SALT]) -> Self {
        Self(bytes)
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.0[..KEY]
    }

    /// The salt.
    #[must_use]
    pub fn salt(&self) -> &[u8] {
        &self.0[KEY..]
    }
}

/// One `a=crypto` line that we can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Its number, which the answer repeats.
    pub tag: u32,
    /// Its author's key, for what its author sends.
    pub key: MasterKey,
}

/// Read the value of an `a=crypto` line; `None` for other suites, for lines with session parameters (which would have to
/// be understood, RFC 4568 §6.3) or with a key identifier, and for broken ones.
#[must_use]
pub fn parse(value: &str) -> Option<Offered> {
    let mut words = value.split_whitespace();
    let (tag, suite, key) = (words.next()?, words.next()?, words.next()?);
    if suite != SUITE || words.next().is_some() || tag.len() > 9 {
        return None;
    }
    let mut parts = key.strip_prefix("inline:")?.split('|');
    let bytes = STANDARD.decode(parts.next()?).ok()?;
    // What may follow is a lifetime, which no call reaches; a key identifier has a colon.
    if parts.any(|part| part.contains(':')) {
        return None;
    }
    Some(Offered { tag: tag.parse().ok()?, key: MasterKey(bytes.try_into().ok()?) })
}

/// The value of an `a=crypto` line.
#[must_use]
pub fn write(offered: &Offered) -> String {
    format!("{} {SUITE} inline:{}", offered.tag, STANDARD.encode(offered.key.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_line_of_the_rfc_is_read() {
        let offered = parse("1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20").unwrap();
        assert_eq!((offered.tag, offered.key.key()), (1, b"wDfvg&T+)xG7@fb5".as_slice()));
        assert_eq!(offered.key.salt(), b"jU,RaA}\\|p0%*#");
        assert!(!format!("{offered:?}").contains("wDf"), "keys do not print");
    }

    #[test]
    fn other_suites_identifiers_and_parameters_are_left_alone() {
        let good = "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";
        for line in [
            format!("1 AES_CM_128_HMAC_SHA1_32 {good}"),
            format!("1 {SUITE} {good}|1:4"),
            format!("1 {SUITE} {good} UNENCRYPTED_SRTP"),
            format!("x {SUITE} {good}"),
            format!("1 {SUITE} inline:d0Rm"),
            format!("1 {SUITE}"),
        ] {
            assert_eq!(parse(&line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bytes in any::<[u8; 30]>(), tag in 0u32..1_000_000_000) {
            let offered = Offered { tag, key: MasterKey::new(bytes) };
            prop_assert_eq!(parse(&write(&offered)), Some(offered));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}") {
            let _ = parse(&text);
        }
    }
}
