//! Texts, one after the other in pages. A page that is full is packed, as the messages of a call repeat each other, and
//! goes as a whole: texts of their own, among what lives for a moment, would hold on to memory that is free but for them.

use std::collections::VecDeque;

/// Bytes of a page, at most.
const PAGE: usize = 1 << 16;
/// Pages into which small limits are divided, so that not everything goes at once.
const PAGES_MIN: usize = 16;

/// Where a text stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    page: u64,
    start: u32,
    length: u32,
}

#[derive(Debug, Default)]
struct Page {
    /// Its texts, or all of them packed.
    bytes: Vec<u8>,
    packed: bool,
    /// Texts that were not dropped.
    left: usize,
}

impl Page {
    fn pack(&mut self) {
        let mut packed = lz4_flex::compress_prepend_size(&self.bytes);
        packed.shrink_to_fit();
        (self.bytes, self.packed) = (packed, true);
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Pages {
    /// Oldest first; only the newest is not packed.
    pages: VecDeque<Page>,
    /// The number of the first page.
    first: u64,
    /// Bytes after which a page is full.
    full: usize,
    bytes: usize,
}

impl Pages {
    /// No texts yet. `limit`: about so many bytes will be kept.
    pub(super) fn new(limit: usize) -> Self {
        Self { pages: VecDeque::new(), first: 0, full: PAGE.min(limit / PAGES_MIN), bytes: 0 }
    }

    /// Bytes that the texts take up.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Puts a text behind the others.
    pub(super) fn write(&mut self, text: &[u8]) -> Place {
        if self.pages.back().is_none_or(|page| page.packed || page.bytes.len() >= self.full) {
            self.open();
        }
        let number = self.first + self.pages.len().saturating_sub(1) as u64;
        let mut place = Place { page: number, start: 0, length: u32::try_from(text.len()).unwrap_or(u32::MAX) };
        if let Some(page) = self.pages.back_mut() {
            place.start = u32::try_from(page.bytes.len()).unwrap_or(u32::MAX);
            page.bytes.extend_from_slice(text);
            page.left += 1;
            self.bytes += text.len();
        }
        place
    }

    /// Begins a page; the one before is packed.
    fn open(&mut self) {
        if let Some(page) = self.pages.back_mut() {
            let before = page.bytes.len();
            page.pack();
            self.bytes = self.bytes + page.bytes.len() - before;
        }
        self.pages.push_back(Page { bytes: Vec::with_capacity(self.full), ..Page::default() });
    }

    /// The text at this place, if it is still there.
    pub(super) fn read(&self, place: Place) -> Option<Vec<u8>> {
        let page = self.pages.get(usize::try_from(place.page.checked_sub(self.first)?).ok()?)?;
        let (start, length) = (place.start as usize, place.length as usize);
        let text = |bytes: &[u8]| bytes.get(start..start.checked_add(length)?).map(<[u8]>::to_vec);
        if page.packed { text(&lz4_flex::decompress_size_prepended(&page.bytes).ok()?) } else { text(&page.bytes) }
    }

    /// Drops the oldest text. Its page goes with the last of its texts.
    pub(super) fn drop_oldest(&mut self) {
        let Some(page) = self.pages.front_mut() else { return };
        page.left = page.left.saturating_sub(1);
        if page.left == 0 {
            self.bytes = self.bytes.saturating_sub(page.bytes.len());
            self.pages.pop_front();
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_from_packed_pages_and_from_the_open_one() {
        let mut pages = Pages::new(1_600);
        let text = |n: u32| format!("OPTIONS sip:{n}@127.0.0.1 SIP/2.0").into_bytes();
        let places: Vec<Place> = (0..20).map(|n| pages.write(&text(n))).collect();
        assert!(pages.pages.len() > 2 && pages.pages.iter().filter(|page| !page.packed).count() == 1);
        for (n, place) in (0..).zip(&places) {
            assert_eq!(pages.read(*place), Some(text(n)));
        }
        for n in 0..20 {
            pages.drop_oldest();
            assert_eq!(pages.read(places[19]).is_some(), n < 19);
        }
        assert_eq!((pages.bytes(), pages.read(places[0])), (0, None));
        let place = pages.write(b"again");
        assert_eq!(pages.read(place), Some(b"again".to_vec()));
    }

    #[test]
    fn messages_that_repeat_each_other_take_a_fraction_of_their_length() {
        let mut pages = Pages::new(1 << 24);
        let invite = include_str!("../../../tests/corpora/sip/rfc4475/wsinv.dat");
        for n in 0..1_000 {
            pages.write(invite.replace("0ha0isndaksdj", &n.to_string()).as_bytes());
        }
        assert!(pages.bytes() * 3 < 1_000 * invite.len(), "{} of {}", pages.bytes(), 1_000 * invite.len());
    }
}
