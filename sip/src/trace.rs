//! The messages of calls, kept for a while so that somebody can read what was said. What is secret in them is masked
//! before it is kept; what is kept is bounded in bytes and, for each call, in messages.

use crate::api::Transport;
use core::net::SocketAddr;
use domain::{ContactId, Instant};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What takes the place of a secret in a header field.
const MASKED: &str = "<masked>";

/// What a kept message costs beside its text, in bytes: its place, its times and its addresses.
const OVERHEAD: usize = 256;

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

/// A message that was sent or received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced {
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

/// The messages of one Call-ID.
#[derive(Debug, Default)]
struct Kept {
    contact: Option<ContactId>,
    messages: VecDeque<Traced>,
    left_out: u64,
}

/// The messages that are kept, the oldest of which make room for new ones.
#[derive(Debug)]
pub struct Keeper {
    limits: Limits,
    calls: BTreeMap<Arc<str>, Kept>,
    contacts: BTreeMap<ContactId, Vec<Arc<str>>>,
    /// The Call-ID of each message kept, oldest first.
    order: VecDeque<Arc<str>>,
    bytes: usize,
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
    pub const fn new(limits: Limits) -> Self {
        Self { limits, calls: BTreeMap::new(), contacts: BTreeMap::new(), order: VecDeque::new(), bytes: 0 }
    }

    /// Bytes kept.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// A call belongs to a contact, from its first message on.
    pub fn link(&mut self, call_id: &str, contact: ContactId) {
        if self.limits.bytes == 0 {
            return;
        }
        let id: Arc<str> = call_id.into();
        let kept = self.calls.entry(Arc::clone(&id)).or_default();
        let before = kept.contact.replace(contact);
        if before == Some(contact) {
            return;
        }
        if let Some(before) = before {
            self.unlink(&id, before);
        }
        self.contacts.entry(contact).or_default().push(id);
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

    /// Keeps a message.
    pub fn keep(&mut self, call_id: &str, message: Traced) {
        if self.limits.bytes == 0 {
            return;
        }
        let known = self.calls.get_key_value(call_id).map(|(id, _)| Arc::clone(id));
        let id = known.unwrap_or_else(|| call_id.into());
        let kept = self.calls.entry(Arc::clone(&id)).or_default();
        if kept.messages.len() >= self.limits.messages_per_call {
            kept.left_out += 1;
            return;
        }
        self.bytes += message.text.len() + OVERHEAD;
        kept.messages.push_back(message);
        self.order.push_back(id);
        while self.bytes > self.limits.bytes {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some(id) = self.order.pop_front() else { return };
        let Some(kept) = self.calls.get_mut(&id) else { return };
        if let Some(oldest) = kept.messages.pop_front() {
            self.bytes = self.bytes.saturating_sub(oldest.text.len() + OVERHEAD);
        }
        if !kept.messages.is_empty() {
            return;
        }
        if let Some(contact) = self.calls.remove(&id).and_then(|kept| kept.contact) {
            self.unlink(&id, contact);
        }
    }

    /// The messages of a contact, in order of time; `None`: none are kept.
    #[must_use]
    pub fn story(&self, contact: ContactId) -> Option<Story> {
        let mut story = Story { messages: Vec::new(), left_out: 0 };
        for id in self.contacts.get(&contact)? {
            let Some(kept) = self.calls.get(id) else { continue };
            story.left_out += kept.left_out;
            story.messages.extend(kept.messages.iter().map(|message| (Arc::clone(id), message.clone())));
        }
        // Messages of one moment stay in the order of their calls.
        story.messages.sort_by_key(|(_, message)| message.at);
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

    fn message(at: u64, text: &str) -> Traced {
        let address = SocketAddr::from(([127, 0, 0, 1], 5060));
        let (transport, text) = (Transport::Udp, text.as_bytes().to_vec());
        Traced { at: Instant::from_millis(at), outgoing: false, transport, local: address, remote: address, text }
    }

    #[test]
    fn the_calls_of_a_contact_are_read_together_in_order_of_time() {
        let mut keeper = Keeper::new(Limits { bytes: 10_000, messages_per_call: 2 });
        let contact = ContactId::new(7);
        keeper.link("a", contact);
        keeper.keep("a", message(1, "one"));
        keeper.keep("b", message(2, "two"));
        keeper.link("b", contact);
        keeper.link("b", contact);
        keeper.keep("c", message(3, "somebody else's"));
        for text in ["three", "four"] {
            keeper.keep("a", message(4, text));
        }
        let story = keeper.story(contact).unwrap();
        let texts: Vec<_> = story.messages.iter().map(|(id, m)| (&**id, m.text.as_slice())).collect();
        assert_eq!(texts, [("a", &b"one"[..]), ("b", b"two"), ("a", b"three")]);
        assert_eq!((story.left_out, keeper.contact("b"), keeper.contact("c")), (1, Some(contact), None));
        assert_eq!(keeper.story(ContactId::new(8)), None);
    }

    #[test]
    fn old_messages_make_room_and_their_contact_is_forgotten_with_the_last() {
        let mut keeper = Keeper::new(Limits { bytes: 3 * (OVERHEAD + 4), messages_per_call: 200 });
        keeper.link("a", ContactId::new(1));
        for n in 0..3 {
            keeper.keep(if n == 1 { "b" } else { "a" }, message(n, "text"));
        }
        assert_eq!(keeper.story(ContactId::new(1)).unwrap().messages.len(), 2);
        keeper.keep("c", message(3, "text"));
        assert_eq!(keeper.story(ContactId::new(1)).unwrap().messages.len(), 1);
        keeper.keep("c", message(4, "text"));
        keeper.keep("c", message(5, "text"));
        assert_eq!(keeper.story(ContactId::new(1)), None);
        assert_eq!((keeper.calls.len(), keeper.contacts.len(), keeper.order.len()), (1, 0, 3));
    }

    #[test]
    fn nothing_is_kept_where_nothing_may_be() {
        let mut keeper = Keeper::new(Limits { bytes: 0, messages_per_call: 200 });
        keeper.link("a", ContactId::new(1));
        keeper.keep("a", message(1, "one"));
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
            for (n, (call, length)) in (0u64..).zip(steps) {
                keeper.link(&format!("c{call}"), ContactId::new(u128::from(call / 2)));
                keeper.keep(&format!("c{call}"), message(n, &"x".repeat(length)));
                prop_assert!(keeper.bytes() <= limits.bytes);
                let texts: usize = keeper.calls.values().flat_map(|kept| &kept.messages).map(|m| m.text.len() + OVERHEAD).sum();
                prop_assert_eq!(texts, keeper.bytes());
                prop_assert_eq!(keeper.order.len(), keeper.calls.values().map(|kept| kept.messages.len()).sum::<usize>());
            }
        }
    }
}
