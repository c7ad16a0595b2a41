//! Sound that was made before: in memory, and on disk where it is about nobody.

use crate::speaker::Slot;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::SystemTime;

/// What sound is kept under: a hash of the text and of the manner in which it is spoken.
pub(crate) type Key = [u8; 32];

fn bytes(samples: &[i16]) -> u64 {
    samples.len() as u64 * 2
}

/// A text in memory.
struct Entry {
    slot: Arc<Slot>,
    /// Bytes of its sound; 0 while it is being made.
    bytes: u64,
    /// When it was asked for last, counted in questions.
    used: u64,
}

/// What is in memory, bounded; what was not asked for longest goes first.
pub(crate) struct Memory {
    entries: BTreeMap<Key, Entry>,
    bytes: u64,
    bytes_max: u64,
    questions: u64,
    pending: usize,
}

impl Memory {
    pub(crate) fn new(bytes_max: u64) -> Self {
        Self { entries: BTreeMap::new(), bytes: 0, bytes_max, questions: 0, pending: 0 }
    }

    /// The sound that is, or will be, there.
    pub(crate) fn find(&mut self, key: &Key) -> Option<Arc<Slot>> {
        self.questions += 1;
        let entry = self.entries.get_mut(key)?;
        entry.used = self.questions;
        Some(Arc::clone(&entry.slot))
    }

    /// A place for sound that is to be made; `None`: too much is being made already.
    pub(crate) fn expect(&mut self, key: Key, pending_max: usize) -> Option<Arc<Slot>> {
        if self.pending >= pending_max {
            return None;
        }
        self.pending += 1;
        let slot = Arc::new(Slot::default());
        let entry = Entry { slot: Arc::clone(&slot), bytes: 0, used: self.questions };
        self.entries.insert(key, entry);
        Some(slot)
    }

    /// The sound that was expected is there, or there will be none: then it is tried anew the next time.
    pub(crate) fn settle(&mut self, key: &Key, sound: Option<&[i16]>) {
        self.pending = self.pending.saturating_sub(1);
        match (sound, self.entries.get_mut(key)) {
            (Some(sound), Some(entry)) => {
                entry.bytes = bytes(sound);
                self.bytes += entry.bytes;
                self.make_room();
            }
            _ => drop(self.entries.remove(key)),
        }
    }

    fn make_room(&mut self) {
        while self.bytes > self.bytes_max {
            let made = self.entries.iter().filter(|(_, entry)| entry.bytes > 0);
            let Some(key) = made.min_by_key(|(_, entry)| entry.used).map(|(key, _)| *key) else { return };
            // Whoever plays it still has it.
            self.bytes -= self.entries.remove(&key).map_or(0, |entry| entry.bytes);
        }
    }
}

/// Counts files that were begun.
static FRESH: AtomicU64 = AtomicU64::new(0);

/// What is on disk: samples at 8 kHz of 16 bits, little-endian, in a file for each text. The names tell nothing.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    dir: PathBuf,
    bytes_max: u64,
}

impl Disk {
    pub(crate) fn new(dir: PathBuf, bytes_max: u64) -> Self {
        Self { dir, bytes_max }
    }

    fn file(&self, key: &Key) -> PathBuf {
        let name: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        self.dir.join(name + ".pcm")
    }

    /// What is kept under this key. It counts as asked for.
    pub(crate) fn read(&self, key: &Key) -> Option<Vec<i16>> {
        let path = self.file(key);
        let bytes = fs::read(&path).ok().filter(|bytes| !bytes.is_empty() && bytes.len() % 2 == 0)?;
        // A date that cannot be set makes it go earlier than it might.
        let _ = fs::File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        Some(bytes.chunks_exact(2).map(|two| i16::from_le_bytes([two[0], two[1]])).collect())
    }

    /// Keeps sound; what was not asked for longest makes room.
    pub(crate) fn write(&self, key: &Key, samples: &[i16]) -> io::Result<()> {
        if bytes(samples) > self.bytes_max {
            return Ok(());
        }
        fs::create_dir_all(&self.dir)?;
        // Two may write the same at once.
        let fresh = format!("{}.new", FRESH.fetch_add(1, Relaxed));
        let (path, fresh) = (self.file(key), self.file(key).with_extension(fresh));
        let sound: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let mut out = fs::File::create(&fresh)?;
        out.write_all(&sound)?;
        fs::rename(fresh, path)?;
        self.make_room()
    }

    fn make_room(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for file in fs::read_dir(&self.dir)? {
            let file = file?;
            // One that is gone meanwhile needs no room.
            let Ok(known) = file.metadata() else { continue };
            files.push((known.modified().unwrap_or(SystemTime::UNIX_EPOCH), known.len(), file.path()));
        }
        files.sort();
        let mut sum: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, path) in files {
            if sum <= self.bytes_max {
                break;
            }
            fs::remove_file(path)?;
            sum -= bytes;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> Key {
        [n; 32]
    }

    #[test]
    fn memory_forgets_what_was_not_asked_for_longest() {
        let mut memory = Memory::new(4_000);
        for n in 1..=2 {
            memory.expect(key(n), 9).unwrap();
            memory.settle(&key(n), Some(&[0; 1_000]));
        }
        assert!(memory.find(&key(1)).is_some());
        memory.expect(key(3), 9).unwrap();
        memory.settle(&key(3), Some(&[0; 1_000]));
        let there = [1, 2, 3].map(|n| memory.find(&key(n)).is_some());
        assert_eq!((there, memory.bytes), ([true, false, true], 4_000));
    }

    #[test]
    fn what_could_not_be_made_is_tried_anew_and_only_so_much_is_made_at_once() {
        let mut memory = Memory::new(4_000);
        memory.expect(key(1), 2).unwrap();
        memory.expect(key(2), 2).unwrap();
        assert!(memory.expect(key(3), 2).is_none());
        memory.settle(&key(1), None);
        assert!(memory.find(&key(1)).is_none() && memory.expect(key(3), 2).is_some());
    }

    #[test]
    fn the_disk_keeps_what_was_asked_for_last() {
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::new(dir.path().join("speech"), 4_000);
        for n in 1..=2u8 {
            disk.write(&key(n), &[i16::from(n); 1_000]).unwrap();
            let long_ago = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(u64::from(n));
            fs::File::open(disk.file(&key(n))).unwrap().set_modified(long_ago).unwrap();
        }
        assert_eq!(disk.read(&key(1)), Some(vec![1; 1_000]), "asked for after the second one");
        disk.write(&key(3), &[3; 1_000]).unwrap();
        assert_eq!([1, 2, 3].map(|n| disk.read(&key(n)).is_some()), [true, false, true]);
        disk.write(&key(4), &[4; 3_000]).unwrap();
        assert_eq!(disk.read(&key(4)), None, "it would fit alone nowhere");
        fs::write(disk.file(&key(5)), b"odd").unwrap();
        assert_eq!(disk.read(&key(5)), None);
    }
}
