//! Numbers, texts and lists as bytes.

use super::SnapshotError;
use crate::hash::Mixer;
use core::hash::Hasher;

/// Bytes of the checksum.
const SEAL: usize = 8;

/// Bytes being written.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        (bytes.len() as u64).write(self);
        self.0.extend_from_slice(bytes);
    }

    /// Everything written, with its checksum.
    pub(crate) fn sealed(mut self) -> Vec<u8> {
        let seal = checksum(&self.0).to_le_bytes();
        self.0.extend_from_slice(&seal);
        self.0
    }
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut sum = Mixer::default();
    sum.write(bytes);
    sum.write_usize(bytes.len());
    sum.finish()
}

/// The checksum made to fit changed bytes.
#[cfg(test)]
pub(crate) fn reseal(bytes: &mut Vec<u8>) {
    bytes.truncate(bytes.len().saturating_sub(SEAL));
    let seal = checksum(bytes).to_le_bytes();
    bytes.extend_from_slice(&seal);
}

/// Bytes being read.
#[derive(Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn check_seal(bytes: &[u8]) -> Result<(), SnapshotError> {
        let (body, seal) = bytes.split_last_chunk::<SEAL>().ok_or(SnapshotError::Damaged)?;
        if u64::from_le_bytes(*seal) == checksum(body) { Ok(()) } else { Err(SnapshotError::Damaged) }
    }

    /// Leaves the checksum out of what is still to be read.
    pub(crate) fn unseal(&mut self) -> Result<(), SnapshotError> {
        let (body, _) = self.0.split_last_chunk::<SEAL>().ok_or(SnapshotError::Damaged)?;
        self.0 = body;
        Ok(())
    }

    /// Nothing must be left.
    pub(crate) fn end(&self) -> Result<(), SnapshotError> {
        if self.0.is_empty() { Ok(()) } else { Err(SnapshotError::Damaged) }
    }

    pub(crate) fn byte(&mut self) -> Result<u8, SnapshotError> {
        let (first, rest) = self.0.split_first().ok_or(SnapshotError::Damaged)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], SnapshotError> {
        let len = self.len()?;
        let (bytes, rest) = self.0.split_at_checked(len).ok_or(SnapshotError::Damaged)?;
        self.0 = rest;
        Ok(bytes)
    }

    /// The length of a list. Each entry takes a byte at least, so that no more are announced than can be there.
    pub(crate) fn len(&mut self) -> Result<usize, SnapshotError> {
        let len = usize::try_from(u64::read(self)?).map_err(|_| SnapshotError::Damaged)?;
        if len <= self.0.len() { Ok(len) } else { Err(SnapshotError::Damaged) }
    }
}

/// Something that is written into snapshots and read from them.
pub(crate) trait Stored: Sized {
    fn write(&self, out: &mut Writer);
    fn read(from: &mut Reader<'_>) -> Result<Self, SnapshotError>;
}

/// Seven bits a byte, the lowest first; the top bit says that more follow (LEB128).
macro_rules! in_groups_of_seven {
    ($($int:ty),*) => {$(
        impl Stored for $int {
            fn write(&self, out: &mut Writer) {
                let mut rest = *self;
                while rest > 0x7F {
                    out.byte(rest as u8 | 0x80);
                    rest >>= 7;
                }
                out.byte(rest as u8);
            }

            fn read(from: &mut Reader<'_>) -> Result<Self, SnapshotError> {
                let (mut number, mut shift) = (0, 0);
                loop {
                    let byte = from.byte()?;
                    let group = Self::from(byte & 0x7F);
                    let placed = group.checked_shl(shift).filter(|placed| placed >> shift == group);
                    number |= placed.ok_or(SnapshotError::Damaged)?;
                    if byte & 0x80 == 0 {
                        return Ok(number);
                    }
                    shift += 7;
                }
            }
        }
    )*};
}

in_groups_of_seven!(u64, u128);

macro_rules! as_u64 {
    ($($int:ty),*) => {$(
        impl Stored for $int {
            fn write(&self, out: &mut Writer) {
                u64::from(*self).write(out);
            }

            fn read(from: &mut Reader<'_>) -> Result<Self, SnapshotError> {
                Self::try_from(u64::read(from)?).map_err(|_| SnapshotError::Damaged)
            }
        }
    )*};
}

as_u64!(u8, u16, u32);

impl Stored for bool {
    fn write(&self, out: &mut Writer) {
        out.byte((*self).into());
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        match from.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(SnapshotError::Damaged),
        }
    }
}

impl Stored for String {
    fn write(&self, out: &mut Writer) {
        out.bytes(self.as_bytes());
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        let text = core::str::from_utf8(from.bytes()?).map_err(|_| SnapshotError::Damaged)?;
        Ok(text.to_owned())
    }
}

impl<T: Stored> Stored for Option<T> {
    fn write(&self, out: &mut Writer) {
        self.is_some().write(out);
        if let Some(value) = self {
            value.write(out);
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        if bool::read(from)? { T::read(from).map(Some) } else { Ok(None) }
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn write(&self, out: &mut Writer) {
        (self.len() as u64).write(out);
        self.iter().for_each(|entry| entry.write(out));
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        let len = from.len()?;
        (0..len).map(|_| T::read(from)).collect()
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
        self.1.write(out);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        Ok((A::read(from)?, B::read(from)?))
    }
}
