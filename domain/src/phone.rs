//! Numbers and languages. A number's `Debug` never shows it in full.

use core::fmt;
use core::str::FromStr;

/// Personal text whose `Debug` shows only its length.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Redacted(pub String);

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "‹{} characters›", self.0.chars().count())
    }
}

impl From<&str> for Redacted {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

macro_rules! number {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
        pub struct $name(String);
        impl $name {
            /// The number as it was signalled.
            #[must_use]
            pub fn new(number: impl Into<String>) -> Self { Self(number.into()) }
            /// The number, for routing and for authorised readers; never for logs.
            #[must_use]
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let tail: String = self.0.chars().rev().take(2).collect::<Vec<_>>().into_iter().rev().collect();
                write!(f, "…{tail}")
            }
        }
    )*};
}

number! {
    /// The calling number; empty when withheld.
    Ani,
    /// The called number.
    Dnis
}

/// A BCP 47 language tag of at most eight characters, such as `en` or `zh-CN`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language {
    len: u8,
    bytes: [u8; 8],
}

impl Default for Language {
    /// English.
    fn default() -> Self {
        Self::EN
    }
}

impl Language {
    /// English.
    pub const EN: Self = Self { len: 2, bytes: *b"en\0\0\0\0\0\0" };
    /// Chinese.
    pub const ZH: Self = Self { len: 2, bytes: *b"zh\0\0\0\0\0\0" };

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

impl FromStr for Language {
    type Err = crate::ParseIdError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        match text.len() {
            0 => Err(crate::ParseIdError::Empty),
            n if n > 8 => Err(crate::ParseIdError::TooLong),
            n if allowed => {
                let mut bytes = [0; 8];
                bytes[..n].copy_from_slice(text.as_bytes());
                Ok(Self { len: n as u8, bytes })
            }
            _ => Err(crate::ParseIdError::BadCharacter),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_a_number_shows_only_its_last_two_digits() {
        assert_eq!(format!("{:?}", Ani::new("+493023125042")), "…42");
        assert_eq!(format!("{:?}", Redacted::from("Marta")), "‹5 characters›");
    }
}
