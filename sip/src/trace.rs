//! The messages of calls, kept for a while so that somebody can read what was said. What is secret in them is masked
//! before it is kept; what is kept is bounded in bytes and, for each call, in messages.

mod pages;

use crate::api::Transport;
use core::net::SocketAddr;
use domain::{ContactId, Instant};
use pages::{Pages, Place};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What takes the place of a secret in a header field.
const MASKED: &str = "<masked>";

/// What a kept message costs beside its text, in bytes: its place, its times and its addresses.
const OVERHEAD: usize = 160;

/// The beginning of content types that tell a digit.
const DIGIT_TYPES: &[u8] = b"application/dtmf";

/// Header fields that hold a proof of a password (RFC 3261 §20.7, §20.28).
const SECRET_FIELDS: [&[u8]; 2] = [b"authorization", b"proxy-authorization"];

/// The message with everything masked that is a secret: credentials, keys of SRTP (RFC 4568), digits by INFO or in any
/// other message that says that it tells one. The body keeps its length.
#[must_use]
pub fn masked(message: &[u8]) -> Vec<u8> {
    let head = message.windows(4).position(|end| end == b"\r\n\r\n").map_or(message.len(), |at| at + 4);
    let (head, body) = message.split_at(head);
    let mut out = Vec::with_capacity(message.len());
    let mut is_secret = false;
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        // A field goes on in lines that begin with white space (RFC 3261 §7.3.1).
        let goes_on = line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'));
        if goes_on && is_secret {
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let name = colon.map_or(line, |at| &line[..at]).trim_ascii();
        is_secret = colon.is_some() && !goes_on && SECRET_FIELDS.iter().any(|field| name.eq_ignore_ascii_case(field));
        match colon.filter(|_| is_secret) {
            Some(at) => {
                let value = line[at + 1..].trim_ascii();
                let scheme = value.split(|byte| *byte == b' ').next().unwrap_or_default();
                out.extend_from_slice(&[&line[..=at], b" ", scheme, b" ", MASKED.as_bytes(), b"\r\n"].concat());
            }
            None => out.extend_from_slice(line),
        }
    }
    let start = out.len();
    out.extend_from_slice(body);
    let body = &mut out[start..];
    if message.trim_ascii_start().starts_with(b"INFO ") || tells_a_digit(head) {
        mask_digits(body);
    } else {
        mask_keys(body);
    }
    out
}

/// Whether a message's content type is that of digits.
fn tells_a_digit(head: &[u8]) -> bool {
    let start = field(head, "Content-Type", "c").and_then(|of| of.as_bytes().get(..DIGIT_TYPES.len()));
    start.is_some_and(|start| start.eq_ignore_ascii_case(DIGIT_TYPES))
}

/// Every value of `Signal=5`, or all of a body that is the digit alone.
fn mask_digits(body: &mut [u8]) {
    for line in body.split_mut(|byte| *byte == b'\n') {
        let value = line.iter().position(|byte| *byte == b'=').map_or(0, |at| at + 1);
        line[value..].iter_mut().filter(|byte| !byte.is_ascii_whitespace()).for_each(|byte| *byte = b'*');
    }
}

/// The key of each `a=crypto:` line.
fn mask_keys(body: &mut [u8]) {
    const INLINE: &[u8] = b"inline:";
    for line in body.split_mut(|byte| *byte == b'\n') {
        if !line.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"a=crypto:")) {
            continue;
        }
        let mut from = 0;
        while let Some(at) = line[from..].windows(INLINE.len()).position(|word| word.eq_ignore_ascii_case(INLINE)) {
            from += at + INLINE.len();
            let key = line[from..].iter_mut().take_while(|byte| !matches!(byte, b';' | b' ' | b'\r' | b'|'));
            key.for_each(|byte| *byte = b'*');
        }
    }
}

/// The value of a header field, by its long name or its compact one.
#[must_use]
pub fn field<'a>(message: &'a [u8], name: &str, compact: &str) -> Option<&'a str> {
    let text = |bytes: &'a [u8]| core::str::from_utf8(bytes).ok();
    for line in message.split(|byte| *byte == b'\n').skip(1).take_while(|line| !line.trim_ascii().is_empty()) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let found = line[..colon].trim_ascii();
        if found.eq_ignore_ascii_case(name.as_bytes()) || found.eq_ignore_ascii_case(compact.as_bytes()) {
            return text(line[colon + 1..].trim_ascii());
        }
    }
    None
}

/// How a message went: when, which way and between whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// When.
    pub at: Instant,
    /// True: we sent it.
    pub outgoing: bool,
    /// By which transport.
    pub transport: Transport,
    /// Our address.
    pub local: SocketAddr,
    /// The peer's address.
    pub remote: SocketAddr,
}

/// A message that was sent or received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced {
    /// How it went.
    pub envelope: Envelope,
    /// The message, masked.
    pub text: Vec<u8>,
}

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes in all; 0: nothing is kept.
    pub bytes: usize,
    /// Messages of one Call-ID; those after them are counted and not kept.
    pub messages_per_call: usize,
}

/// What is known of one Call-ID.
#[derive(Debug, Default)]
struct Kept {
    contact: Option<ContactId>,
    /// The numbers of its messages, oldest first.
    messages: VecDeque<u64>,
    left_out: u64,
}

/// Something that takes up room: a message, or a call that was linked before its first message.
#[derive(Debug)]
struct Entry {
    call_id: Arc<str>,
    message: Option<(Envelope, Place)>,
}

/// The messages that are kept, the oldest of which make room for new ones.
#[derive(Debug)]
pub struct Keeper {
    limits: Limits,
    calls: BTreeMap<Arc<str>, Kept>,
    contacts: BTreeMap<ContactId, Vec<Arc<str>>>,
    /// All that is kept, oldest first.
    entries: VecDeque<Entry>,
    /// The number of the first entry.
    first: u64,
    texts: Pages,
}

/// The messages of a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Each with its Call-ID, in order of time.
    pub messages: Vec<(Arc<str>, Traced)>,
    /// Messages that came when a call had too many already.
    pub left_out: u64,
}

impl Keeper {
    /// Nothing is kept yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            calls: BTreeMap::new(),
            contacts: BTreeMap::new(),
            entries: VecDeque::new(),
            first: 0,
            texts: Pages::new(limits.bytes),
        }
    }

    /// Bytes kept, as they lie in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.entries.len() * OVERHEAD + self.texts.bytes()
    }

    /// A call belongs to a contact, from its first message on.
    pub fn link(&mut self, call_id: &str, contact: ContactId) {
        if self.limits.bytes == 0 {
            return;
        }
        let id = self.open(call_id);
        if self.calls.get(&id).is_some_and(|kept| kept.messages.is_empty() && kept.contact.is_none()) {
            self.push(Entry { call_id: Arc::clone(&id), message: None });
        }
        let Some(kept) = self.calls.get_mut(&id) else { return };
        let before = kept.contact.replace(contact);
        if before == Some(contact) {
            return;
        }
        if let Some(before) = before {
            self.unlink(&id, before);
        }
        self.contacts.entry(contact).or_default().push(id);
    }

    /// The call, known from now on.
    fn open(&mut self, call_id: &str) -> Arc<str> {
        if let Some((id, _)) = self.calls.get_key_value(call_id) {
            return Arc::clone(id);
        }
        let id: Arc<str> = call_id.into();
        self.calls.insert(Arc::clone(&id), Kept::default());
        id
    }

    fn unlink(&mut self, id: &Arc<str>, contact: ContactId) {
        if let Some(calls) = self.contacts.get_mut(&contact) {
            calls.retain(|other| other != id);
            if calls.is_empty() {
                self.contacts.remove(&contact);
            }
        }
    }

    /// The contact of a call.
    #[must_use]
    pub fn contact(&self, call_id: &str) -> Option<ContactId> {
        self.calls.get(call_id)?.contact
    }

    /// Keeps a message, masked.
    pub fn keep(&mut self, call_id: &str, envelope: Envelope, text: &[u8]) {
        if self.limits.bytes == 0 {
            return;
        }
        let id = self.open(call_id);
        let number = self.first + self.entries.len() as u64;
        let Some(kept) = self.calls.get_mut(&id) else { return };
        if kept.messages.len() >= self.limits.messages_per_call {
            kept.left_out += 1;
            return;
        }
        kept.messages.push_back(number);
        let place = self.texts.write(text);
        self.push(Entry { call_id: id, message: Some((envelope, place)) });
    }

    fn push(&mut self, entry: Entry) {
        self.entries.push_back(entry);
        while self.bytes() > self.limits.bytes && !self.entries.is_empty() {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some(Entry { call_id, message }) = self.entries.pop_front() else { return };
        let number = self.first;
        self.first += 1;
        if message.is_some() {
            self.texts.drop_oldest();
        }
        let Some(kept) = self.calls.get_mut(&call_id) else { return };
        kept.messages.pop_front_if(|oldest| *oldest == number);
        if !kept.messages.is_empty() {
            return;
        }
        if let Some(contact) = self.calls.remove(&call_id).and_then(|kept| kept.contact) {
            self.unlink(&call_id, contact);
        }
    }

    /// The message of this number.
    fn message(&self, number: u64) -> Option<Traced> {
        let place = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let (envelope, place) = self.entries.get(place)?.message?;
        Some(Traced { envelope, text: self.texts.read(place)? })
    }

    /// The messages of a contact, in order of time; `None`: none are kept.
    #[must_use]
    pub fn story(&self, contact: ContactId) -> Option<Story> {
        let mut story = Story { messages: Vec::new(), left_out: 0 };
        for id in self.contacts.get(&contact)? {
            let Some(kept) = self.calls.get(id) else { continue };
            story.left_out += kept.left_out;
            let messages = kept.messages.iter().filter_map(|number| self.message(*number));
            story.messages.extend(messages.map(|message| (Arc::clone(id), message)));
        }
        // Messages of one moment stay in the order of their calls.
        story.messages.sort_by_key(|(_, message)| message.envelope.at);
        (!story.messages.is_empty()).then_some(story)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INVITE: &str = "INVITE sip:8000@127.0.0.1 SIP/2.0\r\ni: call-1\r\nAuthorization: Digest username=\"li\",\r\n \
        response=\"5ec2e7\"\r\nContent-Length: 86\r\n\r\nm=audio 4000 RTP/SAVP 8\r\n\
        a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3|2^20\r\n";

    fn shown(text: &str) -> String {
        String::from_utf8(masked(text.as_bytes())).unwrap()
    }

    #[test]
    fn credentials_and_keys_are_masked_and_the_body_keeps_its_length() {
        let text = shown(INVITE);
        assert_eq!(
            text,
            "INVITE sip:8000@127.0.0.1 SIP/2.0\r\ni: call-1\r\nAuthorization: Digest <masked>\r\n\
             Content-Length: 86\r\n\r\nm=audio 4000 RTP/SAVP 8\r\n\
             a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:****************|2^20\r\n"
        );
        let body = |text: &str| text.split_once("\r\n\r\n").unwrap().1.len();
        assert_eq!(body(&text), body(INVITE));
        let proxy = shown("REGISTER sip:a SIP/2.0\r\nPROXY-AUTHORIZATION:Digest response=\"77\"\r\nVia: x\r\n\r\n");
        assert_eq!(proxy, "REGISTER sip:a SIP/2.0\r\nPROXY-AUTHORIZATION: Digest <masked>\r\nVia: x\r\n\r\n");
    }

    #[test]
    fn digits_by_info_are_masked() {
        let info = |kind: &str, body: &str| shown(&format!("INFO sip:a SIP/2.0\r\nContent-Type: {kind}\r\n\r\n{body}"));
        assert!(
            info("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n").ends_with("Signal=*\r\nDuration=***\r\n")
        );
        assert!(info("application/dtmf", "5").ends_with("\r\n\r\n*"));
        assert!(info("text/plain", "Signal: 5\r\n").ends_with("******* *\r\n"));
        let message = shown("MESSAGE sip:a SIP/2.0\r\nc: Application/DTMF-Relay\r\n\r\nSignal=5\r\n");
        assert!(message.ends_with("\r\nSignal=*\r\n"), "{message}");
    }

    #[test]
    fn fields_are_found_by_either_name() {
        assert_eq!(field(INVITE.as_bytes(), "Call-ID", "i"), Some("call-1"));
        assert_eq!(field(b"SIP/2.0 200 OK\r\nCall-ID : x@y \r\n\r\nCSeq: 1", "Call-ID", "i"), Some("x@y"));
        assert_eq!(field(b"SIP/2.0 200 OK\r\nCall-ID : x@y \r\n\r\nCSeq: 1", "CSeq", "CSeq"), None, "of the body");
    }

    fn at(at: u64) -> Envelope {
        let address = SocketAddr::from(([127, 0, 0, 1], 5060));
        let at = Instant::from_millis(at);
        Envelope { at, outgoing: false, transport: Transport::Udp, local: address, remote: address }
    }

    #[test]
    fn the_calls_of_a_contact_are_read_together_in_order_of_time() {
        let mut keeper = Keeper::new(Limits { bytes: 10_000, messages_per_call: 2 });
        let contact = ContactId::new(7);
        keeper.link("a", contact);
        keeper.keep("a", at(1), b"one");
        keeper.keep("b", at(2), b"two");
        keeper.link("b", contact);
        keeper.link("b", contact);
        keeper.keep("c", at(3), b"somebody else's");
        for text in ["three", "four"] {
            keeper.keep("a", at(4), text.as_bytes());
        }
        let story = keeper.story(contact).unwrap();
        let texts: Vec<_> = story.messages.iter().map(|(id, m)| (&**id, &m.text[..])).collect();
        assert_eq!(texts, [("a", &b"one"[..]), ("b", b"two"), ("a", b"three")]);
        assert_eq!((story.left_out, keeper.contact("b"), keeper.contact("c")), (1, Some(contact), None));
        assert_eq!(keeper.story(ContactId::new(8)), None);
    }

    #[test]
    fn old_messages_make_room_and_their_contact_is_forgotten_with_the_last() {
        let mut keeper = Keeper::new(Limits { bytes: 3 * OVERHEAD + 60, messages_per_call: 200 });
        keeper.link("a", ContactId::new(1));
        for n in 0..3 {
            keeper.keep(if n == 1 { "b" } else { "a" }, at(n), b"text");
        }
        assert_eq!(keeper.story(ContactId::new(1)).unwrap().messages.len(), 2);
        keeper.keep("c", at(3), b"text");
        assert_eq!(keeper.story(ContactId::new(1)).unwrap().messages.len(), 1);
        keeper.keep("c", at(4), b"text");
        keeper.keep("c", at(5), b"text");
        assert_eq!(keeper.story(ContactId::new(1)), None);
        assert_eq!((keeper.calls.len(), keeper.contacts.len(), keeper.entries.len()), (1, 0, 3));
    }

    #[test]
    fn a_call_that_is_linked_and_says_nothing_is_forgotten_too() {
        let mut keeper = Keeper::new(Limits { bytes: 2 * OVERHEAD, messages_per_call: 200 });
        for n in 0..5 {
            keeper.link(&format!("c{n}"), ContactId::new(n));
        }
        assert_eq!((keeper.calls.len(), keeper.contacts.len(), keeper.bytes()), (2, 2, 2 * OVERHEAD));
    }

    #[test]
    fn nothing_is_kept_where_nothing_may_be() {
        let mut keeper = Keeper::new(Limits { bytes: 0, messages_per_call: 200 });
        keeper.link("a", ContactId::new(1));
        keeper.keep("a", at(1), b"one");
        assert_eq!((keeper.story(ContactId::new(1)), keeper.calls.len()), (None, 0));
    }

    proptest! {
        #[test]
        fn any_bytes_are_masked_without_growing_a_body(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = (masked(&bytes), field(&bytes, "Call-ID", "i"));
        }

        #[test]
        fn what_is_kept_stays_within_its_bounds(steps in proptest::collection::vec((0u8..6, 0usize..400), 0..200)) {
            let limits = Limits { bytes: 4_000, messages_per_call: 5 };
            let mut keeper = Keeper::new(limits);
            let mut texts = BTreeMap::new();
            for (n, (call, length)) in (0u64..).zip(steps) {
                keeper.link(&format!("c{call}"), ContactId::new(u128::from(call / 2)));
                let text = format!("{n} {}", "x".repeat(length)).into_bytes();
                let next = keeper.first + keeper.entries.len() as u64;
                keeper.keep(&format!("c{call}"), at(n), &text);
                if keeper.first + keeper.entries.len() as u64 > next {
                    texts.insert(next, text);
                }
                prop_assert!(keeper.bytes() <= limits.bytes);
                let numbers: usize = keeper.calls.values().map(|kept| kept.messages.len()).sum();
                prop_assert_eq!(numbers, keeper.entries.iter().filter(|entry| entry.message.is_some()).count());
                for (id, kept) in &keeper.calls {
                    let are_theirs = kept.messages.iter().all(|number| {
                        let place = usize::try_from(number - keeper.first).unwrap();
                        let text = keeper.message(*number).map(|message| message.text);
                        keeper.entries[place].call_id == *id && text == texts.get(number).cloned()
                    });
                    prop_assert!(are_theirs);
                }
            }
        }
    }
}
