//! Identifiers. Configured things are named by short slugs, things that happen get random numbers.

use core::fmt;
use core::str::FromStr;

/// Longest slug in bytes.
const SLUG_MAX: usize = 31;

/// Why a text is no identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseIdError {
    /// Nothing was given.
    #[error("an id must not be empty")]
    Empty,
    /// More than 31 bytes.
    #[error("an id has at most 31 characters")]
    TooLong,
    /// A character outside `A–Z a–z 0–9 . - _`.
    #[error("an id holds only letters, digits, '.', '-' and '_'")]
    BadCharacter,
    /// Not the base-32 text of a random id.
    #[error("this is not the text of an id")]
    BadNumber,
}

/// A short, immutable, human-chosen identifier, kept inline so that it is `Copy`.
///
/// Order is by length, then by bytes, so that ids that are numbers sort as numbers (`9` before `10`).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slug {
    len: u8,
    bytes: [u8; SLUG_MAX],
}

impl Slug {
    /// The text of the slug.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The text of the slug, in ASCII.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl FromStr for Slug {
    type Err = ParseIdError;
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let allowed = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        match text.len() {
            0 => Err(ParseIdError::Empty),
            n if n > SLUG_MAX => Err(ParseIdError::TooLong),
            n if text.as_bytes().iter().all(allowed) => {
                let mut bytes = [0; SLUG_MAX];
                bytes[..n].copy_from_slice(text.as_bytes());
                Ok(Self { len: n as u8, bytes })
            }
            _ => Err(ParseIdError::BadCharacter),
        }
    }
}

impl PartialOrd for Slug {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Slug {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        (self.len, &self.bytes).cmp(&(other.len, &other.bytes))
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! slug_id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Slug);
        impl $name {
            /// The text of the id.
            #[must_use]
            pub fn as_str(&self) -> &str { self.0.as_str() }
            /// The text of the id, in ASCII.
            #[inline]
            #[must_use]
            pub fn as_bytes(&self) -> &[u8] { self.0.as_bytes() }
        }
        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> { text.parse().map(Self) }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Debug::fmt(&self.0, f) }
        }
    )*};
}

slug_id! {
    /// An agent: a person who handles contacts.
    AgentId,
    /// A queue.
    QueueId,
    /// A skill.
    SkillId,
    /// Why an agent is not ready. `rona`, `connection` and `device` are the system's own.
    ReasonCode,
    /// How a contact ended in business terms.
    DispositionCode,
    /// A trunk.
    TrunkId,
    /// A question of a survey.
    QuestionId,
    /// A flow.
    FlowId,
    /// A node of a flow.
    NodeId,
    /// A prompt, without its language.
    PromptId,
    /// An entry point.
    EntryPointId,
    /// A schedule of opening hours.
    ScheduleId,
    /// A secret that flows send without knowing it.
    SecretId,
}

/// Crockford's base-32 alphabet: no I, L, O, U.
const BASE32: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn write_base32(mut n: u128, digits: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = [b'0'; 26];
    for slot in text[..digits].iter_mut().rev() {
        *slot = BASE32[(n & 31) as usize];
        n >>= 5;
    }
    f.pad(core::str::from_utf8(&text[..digits]).unwrap_or_default())
}

fn read_base32(text: &str, digits: usize) -> Result<u128, ParseIdError> {
    if text.len() != digits {
        return Err(ParseIdError::BadNumber);
    }
    text.bytes().try_fold(0u128, |n, b| {
        let value = BASE32.iter().position(|d| *d == b.to_ascii_uppercase()).ok_or(ParseIdError::BadNumber)?;
        n.checked_mul(32).and_then(|n| n.checked_add(value as u128)).ok_or(ParseIdError::BadNumber)
    })
}

macro_rules! random_id {
    ($($(#[$doc:meta])* $name:ident($int:ty, $digits:literal)),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name($int);
        impl $name {
            /// The id with this number. The caller draws the number.
            #[must_use]
            #[inline]
            pub const fn new(number: $int) -> Self { Self(number) }
            /// The number of the id.
            #[must_use]
            #[inline]
            pub const fn number(self) -> $int { self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write_base32(u128::from(self.0), $digits, f) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Display::fmt(self, f) }
        }
        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                <$int>::try_from(read_base32(text, $digits)?).map(Self).map_err(|_| ParseIdError::BadNumber)
            }
        }
    )*};
}

random_id! {
    /// One request of a customer on any channel, from arrival to wrap-up.
    ContactId(u128, 26),
    /// One agent's part in a contact.
    InteractionId(u128, 26),
    /// A recording.
    RecordingId(u128, 26),
    /// A customer.
    CustomerId(u128, 26),
    /// The reservation of one agent for one contact. A stale id is ignored: the fence against races.
    OfferId(u64, 13),
    /// One party of a call.
    LegId(u64, 13),
    /// One playing of prompts on a leg. A stale id is ignored.
    PlayId(u64, 13),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_that_are_numbers_sort_as_numbers() {
        let mut ids: Vec<AgentId> = ["10", "9", "2"].iter().map(|t| t.parse().unwrap()).collect();
        ids.sort();
        assert_eq!(ids.iter().map(ToString::to_string).collect::<Vec<_>>(), ["2", "9", "10"]);
    }

    #[test]
    fn bad_slugs_say_what_is_wrong() {
        assert_eq!("".parse::<QueueId>(), Err(ParseIdError::Empty));
        assert_eq!("a b".parse::<QueueId>(), Err(ParseIdError::BadCharacter));
        assert_eq!("x".repeat(32).parse::<QueueId>(), Err(ParseIdError::TooLong));
    }

    #[test]
    fn random_ids_are_read_back_from_their_text() {
        for n in [0, 1, u128::from(u64::MAX), u128::MAX] {
            let id = ContactId::new(n);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        assert_eq!("ZZZZZZZZZZZZZ".parse::<OfferId>(), Err(ParseIdError::BadNumber));
    }
}
