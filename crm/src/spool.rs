//! The spool: the file in which every event is on disk first, and stays until the database has taken it.
//!
//! One event is one line: length of the JSON text in hex, the first half of its SHA-256 in hex, the text.
//! A torn last line was never acknowledged and is cut off when the file is opened.

use crate::persist::Entry;
use domain::WallTime;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes before the JSON text: 8 for the length, 32 for the checksum, a space after each.
const HEAD: usize = 42;
/// Longest event that is read back; longer means that the length itself is damaged.
const TEXT_MAX: usize = 16 << 20;
/// Events that are kept in memory beside the file, so that they need not be read back.
const RECENT_MAX: usize = 20_000;
/// Places for events that stay when all are in the database.
const RECENT_KEPT: usize = 256;
/// A file that begins with more bytes than this of events that are in the database is written anew without them.
const STALE_MAX: u64 = 1 << 20;

/// The open spool file.
#[derive(Debug)]
pub(crate) struct Spool {
    path: PathBuf,
    file: File,
    /// Where the next event goes; everything before is whole and on disk.
    end: u64,
    /// Everything before is in the database.
    replayed: u64,
    depth: usize,
    /// The oldest events that are not in the database, each with where the next one begins. All of them, or the first
    /// few, or none.
    recent: VecDeque<(Entry, u64)>,
}

/// Events read from the spool, and where to go on once they are in the database.
#[derive(Debug)]
pub(crate) struct Replay {
    /// The events.
    pub entries: Vec<Entry>,
    next: u64,
}

impl Spool {
    /// Opens or creates the file.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        sync_directory(path)?;
        let length = file.metadata()?.len();
        let (mut end, mut depth) = (0, 0);
        let mut reader = BufReader::new(&file);
        while let Some((_, bytes)) = read_line(&mut reader)? {
            end += bytes;
            depth += 1;
        }
        let mut spool = Self { path: path.to_owned(), file, end, replayed: 0, depth, recent: VecDeque::new() };
        if spool.end < length {
            spool.cut_tail(path, length)?;
        }
        Ok(spool)
    }

    /// Number of events that are not known to be in the database.
    pub(crate) const fn depth(&self) -> usize {
        self.depth
    }

    /// Puts events on disk. On an error none of them counts.
    pub(crate) fn append(&mut self, entries: &[Entry]) -> io::Result<()> {
        let mut lines = Vec::with_capacity(entries.len() * 512);
        let mut ends = Vec::with_capacity(entries.len());
        for entry in entries {
            write_line(&mut lines, entry);
            ends.push(self.end + lines.len() as u64);
        }
        if let Err(error) = self.write_at_end(&lines) {
            // The file may hold a part of the lines; the next append overwrites what cannot be cut off here.
            drop(self.file.set_len(self.end));
            return Err(error);
        }
        if self.recent.len() == self.depth && self.depth < RECENT_MAX {
            self.recent.extend(entries.iter().cloned().zip(ends));
        }
        self.end += lines.len() as u64;
        self.depth += entries.len();
        Ok(())
    }

    /// The oldest events, at most `max`.
    pub(crate) fn oldest(&mut self, max: usize) -> io::Result<Replay> {
        if !self.recent.is_empty() {
            let oldest = self.recent.iter().take(max);
            let next = oldest.clone().next_back().map_or(self.replayed, |(_, next)| *next);
            return Ok(Replay { entries: oldest.map(|(entry, _)| entry.clone()).collect(), next });
        }
        let (mut next, end) = (self.replayed, self.end);
        let mut entries = Vec::new();
        let mut reader = self.reader_at(next)?;
        while entries.len() < max && next < end {
            let Some((entry, bytes)) = read_line(&mut reader)? else {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the spool file was changed from outside"));
            };
            next += bytes;
            entries.push(entry);
        }
        Ok(Replay { entries, next })
    }

    /// The events of a replay are in the database. An empty spool becomes an empty file. What the disk refuses here is
    /// done later: to bring an event in twice is harmless.
    pub(crate) fn done(&mut self, count: usize, next: u64) {
        self.replayed = next;
        self.depth = self.depth.saturating_sub(count);
        drop(self.recent.drain(..count.min(self.recent.len())));
        let cleaned = if self.replayed >= self.end {
            self.clear()
        } else if self.replayed > STALE_MAX {
            self.shorten()
        } else {
            return;
        };
        if let Err(error) = cleaned {
            tracing::debug!(%error, "the spool keeps events for now that are in the database");
        }
    }

    fn clear(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        (self.end, self.replayed, self.depth) = (0, 0, 0);
        self.recent.clear();
        self.recent.shrink_to(RECENT_KEPT);
        self.file.sync_data()
    }

    /// Writes a new file with the events that are left, and puts it in the old one's place.
    fn shorten(&mut self) -> io::Result<()> {
        let beside = with_suffix(&self.path, "new");
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&beside)?;
        io::copy(&mut self.reader_at(self.replayed)?, &mut file)?;
        file.sync_all()?;
        std::fs::rename(&beside, &self.path)?;
        sync_directory(&self.path)?;
        let stale = std::mem::take(&mut self.replayed);
        self.end -= stale;
        self.recent.iter_mut().for_each(|(_, next)| *next -= stale);
        self.file = file;
        Ok(())
    }

    fn write_at_end(&mut self, lines: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(lines)?;
        self.file.sync_data()
    }

    fn reader_at(&mut self, offset: u64) -> io::Result<BufReader<&mut File>> {
        self.file.seek(SeekFrom::Start(offset))?;
        Ok(BufReader::new(&mut self.file))
    }

    fn cut_tail(&mut self, path: &Path, length: u64) -> io::Result<()> {
        let mut tail = Vec::new();
        self.reader_at(self.end)?.read_to_end(&mut tail)?;
        let aside = with_suffix(path, "damaged");
        tracing::warn!(bytes = length - self.end, file = %aside.display(), "the spool ended in a torn line; put aside");
        append_durably(&aside, &tail)?;
        self.file.set_len(self.end)?;
        self.file.sync_data()
    }
}

impl Replay {
    /// Where the spool goes on after these events.
    pub(crate) const fn next(&self) -> u64 {
        self.next
    }
}

/// Keeps an event that the database refuses in a file of its own, in the spool's format.
pub(crate) fn put_aside(path: &Path, entry: &Entry) -> io::Result<()> {
    let mut line = Vec::new();
    write_line(&mut line, entry);
    append_durably(path, &line)
}

/// The path with one more suffix.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

fn append_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the names in the file's directory durable.
fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}

fn write_line(lines: &mut Vec<u8>, entry: &Entry) {
    // `fmt::Write` to a string cannot fail, nor can the writing of text as JSON.
    let (kind, fields) = (Value::from(entry.kind.as_str()), Value::from(entry.fields.as_str()));
    let (contact, seq, at) = (entry.contact, entry.seq, entry.at.as_micros());
    let text = format!(r#"{{"contact":"{contact}","seq":{seq},"at":{at},"kind":{kind},"fields":{fields}}}"#);
    lines.extend_from_slice(format!("{:08x} ", text.len()).as_bytes());
    lines.extend_from_slice(checksum(text.as_bytes()).as_bytes());
    lines.push(b' ');
    lines.extend_from_slice(text.as_bytes());
    lines.push(b'\n');
}

fn checksum(text: &[u8]) -> String {
    let digest = Sha256::digest(text);
    let nibbles = digest.iter().take(16).flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.filter_map(|nibble| char::from_digit(u32::from(nibble), 16)).collect()
}

/// The next whole event and its length in the file; `None` at the end or at a damaged line.
fn read_line(reader: &mut impl BufRead) -> io::Result<Option<(Entry, u64)>> {
    let mut head = [0; HEAD];
    if !fill(reader, &mut head)? {
        return Ok(None);
    }
    let Some((length, sum)) = read_head(&head) else { return Ok(None) };
    let mut text = vec![0; length + 1];
    if !fill(reader, &mut text)? || text.pop() != Some(b'\n') || checksum(&text) != sum {
        return Ok(None);
    }
    Ok(read_entry(&text).map(|entry| (entry, (HEAD + length + 1) as u64)))
}

fn read_head(head: &[u8; HEAD]) -> Option<(usize, &str)> {
    let head = std::str::from_utf8(head).ok()?;
    let (length, sum) = head.strip_suffix(' ')?.split_once(' ')?;
    let length = usize::from_str_radix(length, 16).ok().filter(|length| *length <= TEXT_MAX)?;
    Some((length, sum))
}

fn read_entry(text: &[u8]) -> Option<Entry> {
    let value: Value = serde_json::from_slice(text).ok()?;
    let text_of = |name: &str| value.get(name).and_then(Value::as_str);
    Some(Entry {
        contact: text_of("contact")?.parse().ok()?,
        seq: value.get("seq")?.as_u64()?.try_into().ok()?,
        at: WallTime::from_micros(value.get("at")?.as_i64()?),
        kind: text_of("kind")?.to_owned(),
        fields: text_of("fields")?.to_owned(),
    })
}

/// Fills the buffer; false when the file ends before.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ContactId;

    fn entries(from: u32, to: u32) -> Vec<Entry> {
        let entry = |seq| Entry {
            contact: ContactId::new(9),
            seq,
            at: WallTime::from_micros(i64::from(seq)),
            kind: "node_entered".to_owned(),
            fields: "{\"node\":\"欢迎\"}".to_owned(),
        };
        (from..to).map(entry).collect()
    }

    #[test]
    fn events_come_back_in_order_after_reopening() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("spool");
        let mut spool = Spool::open(&path).unwrap();
        spool.append(&entries(1, 4)).unwrap();
        spool.append(&entries(4, 6)).unwrap();
        let mut again = Spool::open(&path).unwrap();
        assert_eq!(again.depth(), 5);
        let first = again.oldest(2).unwrap();
        assert_eq!(first.entries, entries(1, 3));
        again.done(2, first.next());
        let rest = again.oldest(100).unwrap();
        assert_eq!(rest.entries, entries(3, 6));
        again.done(3, rest.next());
        assert_eq!(again.depth(), 0);
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
    }

    #[test]
    fn what_is_in_the_database_does_not_stay_in_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("spool");
        let mut spool = Spool::open(&path).unwrap();
        let (mut next, mut longest) = (1, 0);
        for round in 1..200 {
            spool.append(&entries(next, next + 200)).unwrap();
            // Never empty, as under a steady stream of calls.
            let oldest = spool.oldest(200 - usize::from(round == 1)).unwrap();
            assert_eq!(oldest.entries[0].seq, next - u32::from(round > 1));
            next += 200;
            spool.done(oldest.entries.len(), oldest.next());
            assert_eq!(spool.depth(), 1);
            longest = longest.max(std::fs::metadata(&path).unwrap().len());
        }
        assert!(longest < STALE_MAX + 100_000, "{longest} bytes");
        let mut again = Spool::open(&path).unwrap();
        let seqs: Vec<u32> = again.oldest(1_000_000).unwrap().entries.iter().map(|entry| entry.seq).collect();
        assert_eq!(seqs.last(), Some(&(next - 1)));
        assert!(seqs.is_sorted());
    }

    #[test]
    fn more_than_memory_keeps_is_read_back_from_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(&dir.path().join("spool")).unwrap();
        let all = 2 * RECENT_MAX as u32 + 500;
        for from in (0..all).step_by(500) {
            spool.append(&entries(from, from + 500)).unwrap();
        }
        let mut seqs = Vec::new();
        while spool.depth() > 0 {
            let oldest = spool.oldest(700).unwrap();
            seqs.extend(oldest.entries.iter().map(|entry| entry.seq));
            spool.done(oldest.entries.len(), oldest.next());
            if seqs.len() == 7_000 {
                spool.append(&entries(all, all + 100)).unwrap();
            }
        }
        assert!(seqs.into_iter().eq(0..all + 100));
    }

    #[test]
    fn a_torn_end_costs_only_the_torn_event() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("spool");
        Spool::open(&path).unwrap().append(&entries(1, 4)).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for cut in 1..(whole.len() / 3) {
            std::fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            let mut spool = Spool::open(&path).unwrap();
            assert_eq!(spool.oldest(9).unwrap().entries, entries(1, 3), "{cut} bytes cut off");
            spool.append(&entries(3, 4)).unwrap();
            assert_eq!(Spool::open(&path).unwrap().oldest(9).unwrap().entries, entries(1, 4));
        }
    }

    #[test]
    fn a_flipped_bit_is_noticed_and_put_aside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("spool");
        Spool::open(&path).unwrap().append(&entries(1, 3)).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let last = bytes.len() - 5;
        bytes[last] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(Spool::open(&path).unwrap().oldest(9).unwrap().entries, entries(1, 2));
        assert!(with_suffix(&path, "damaged").exists());
    }
}
