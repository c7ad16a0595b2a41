//! The spool: events on disk while the database does not take them.
//!
//! One event is one line: length of the JSON text in hex, the first half of its SHA-256 in hex, the text.
//! A torn last line was never acknowledged and is cut off when the file is opened.

use crate::persist::Entry;
use domain::WallTime;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes before the JSON text: 8 for the length, 32 for the checksum, a space after each.
const HEAD: usize = 42;
/// Longest event that is read back; longer means that the length itself is damaged.
const TEXT_MAX: usize = 16 << 20;

/// The open spool file.
#[derive(Debug)]
pub(crate) struct Spool {
    file: File,
    /// Where the next event goes; everything before is whole and on disk.
    end: u64,
    /// Everything before is in the database.
    replayed: u64,
    depth: usize,
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
        if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            File::open(directory)?.sync_all()?;
        }
        let length = file.metadata()?.len();
        let (mut end, mut depth) = (0, 0);
        let mut reader = BufReader::new(&file);
        while let Some((_, bytes)) = read_line(&mut reader)? {
            end += bytes;
            depth += 1;
        }
        let mut spool = Self { file, end, replayed: 0, depth };
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
        let lines: Vec<u8> = entries.iter().flat_map(line).collect();
        let written = self.write_at_end(&lines);
        match written {
            Ok(()) => {
                self.end += lines.len() as u64;
                self.depth += entries.len();
            }
            // The file may hold a part of the lines; the next append overwrites what cannot be cut off here.
            Err(_) => drop(self.file.set_len(self.end)),
        }
        written
    }

    /// The oldest events, at most `max`.
    pub(crate) fn oldest(&mut self, max: usize) -> io::Result<Replay> {
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

    /// The events of a replay are in the database. An empty spool becomes an empty file.
    pub(crate) fn done(&mut self, count: usize, next: u64) -> io::Result<()> {
        self.replayed = next;
        self.depth = self.depth.saturating_sub(count);
        if self.replayed >= self.end {
            self.file.set_len(0)?;
            (self.end, self.replayed, self.depth) = (0, 0, 0);
            self.file.sync_data()?;
        }
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
    append_durably(path, &line(entry))
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

fn line(entry: &Entry) -> Vec<u8> {
    let text = json!({
        "contact": entry.contact.to_string(), "seq": entry.seq, "at": entry.at.as_micros(),
        "kind": entry.kind, "fields": entry.fields,
    })
    .to_string();
    format!("{:08x} {} {text}\n", text.len(), checksum(text.as_bytes())).into_bytes()
}

fn checksum(text: &[u8]) -> String {
    Sha256::digest(text).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
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
        again.done(2, first.next()).unwrap();
        let rest = again.oldest(100).unwrap();
        assert_eq!(rest.entries, entries(3, 6));
        again.done(3, rest.next()).unwrap();
        assert_eq!(again.depth(), 0);
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
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
