//! What all tests of the workers share: the workers themselves, and the events and blocks that come from them.

use crate::ear::{PATIENCE, TONES};
use crate::loud;
use crate::page::Page;
use crate::phone::Phone;
use domain::{ContactId, Language, LegId, PlayId, PromptId, RecordingId};
use media::api::{Command, Event, LegKind, PlayItem, RecorderMessage};
use media::tone::{Sine, strongest_tone};
use media_io::{Prompts, Settings, Workers};
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::time::Instant;

pub const CONTACT: ContactId = ContactId::new(5);
pub const A: LegId = LegId::new(1);
pub const B: LegId = LegId::new(2);

/// Workers under test, what they reported, and what they recorded.
pub struct Bench {
    pub workers: Workers,
    pub events: Receiver<Event>,
    /// Events that nobody has waited for yet.
    pub seen: RefCell<Vec<Event>>,
    pub blocks: Receiver<RecorderMessage>,
}

impl Bench {
    pub fn new() -> Self {
        Self::with(Settings { workers: 2, ..Settings::default() })
    }

    pub fn with(settings: Settings) -> Self {
        loud::listen();
        let mut prompts = Prompts::default();
        let mut samples = [0; 8_000];
        Sine::new(1_150, 8_000).fill(&mut samples);
        prompts.insert(prompt(), Some(Language::EN), &samples);
        let (sender, events) = channel();
        let (recorder, blocks) = sync_channel(1_000);
        let report = move |event| drop(sender.send(event));
        let workers = Workers::start(settings, Arc::new(prompts), report, recorder).unwrap();
        Self { workers, events, seen: RefCell::default(), blocks }
    }

    pub fn send(&self, command: Command) {
        self.workers.send(command);
    }

    /// Wait for an event, past others, which are kept.
    pub fn expect<T>(&self, what: &str, pick: impl Fn(&Event) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        let mut seen = self.seen.borrow_mut();
        loop {
            if let Some(at) = seen.iter().position(|event| pick(event).is_some()) {
                return pick(&seen.remove(at)).unwrap();
            }
            let left = end.saturating_duration_since(Instant::now());
            let event = self.events.recv_timeout(left);
            seen.push(event.unwrap_or_else(|_| panic!("no {what}, but {:?}", self.workers.figures())));
        }
    }

    /// Open a leg by the phone's offer, and let the phone talk to it; answers our SDP.
    pub fn connect(&self, leg: LegId, phone: &Phone) -> String {
        let sdp = self.open(leg, LegKind::Plain, Some(phone.sdp("sendrecv")));
        phone.dial(&sdp);
        sdp
    }

    /// Open a leg; answers our SDP.
    pub fn open(&self, leg: LegId, kind: LegKind, offer: Option<String>) -> String {
        self.send(Command::Open { leg, contact: CONTACT, kind, offer });
        self.expect("session", |event| match event {
            Event::Opened { leg: opened, sdp } if *opened == leg => Some(sdp.clone()),
            _ => None,
        })
    }

    /// Open a leg by the page's offer.
    pub fn call_from(&self, leg: LegId, page: &Page) {
        page.accept(&self.open(leg, LegKind::Browser, Some(page.offer())));
    }

    /// Open a leg by an offer to the page.
    pub fn call_to(&self, leg: LegId, page: &Page) {
        let sdp = page.answer(&self.open(leg, LegKind::Browser, None));
        self.send(Command::SetAnswer { leg, sdp });
        self.expect_event(&Event::RemoteSet { leg });
    }

    pub fn play(&self, leg: LegId, play: u64, items: Vec<PlayItem>, repeat: bool) {
        self.send(Command::Play { leg, play: PlayId::new(play), items, repeat });
    }

    pub fn expect_event(&self, wanted: &Event) {
        self.expect(&format!("{wanted:?}"), |event| (event == wanted).then_some(()));
    }

    /// Close a leg and answer all events until its figures.
    pub fn expect_after_close(&self, leg: LegId) -> Vec<Event> {
        self.send(Command::Close { leg });
        self.expect("figures", |event| matches!(event, Event::Stats { leg: l, .. } if *l == leg).then_some(()));
        self.seen.borrow().clone()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(loud::lines(), Vec::<String>::new(), "nothing that alarms an operator");
        }
    }
}

pub fn prompt() -> PromptId {
    "hello".parse().unwrap()
}

pub fn tone(samples: &[i16]) -> Option<u32> {
    strongest_tone(samples, 8_000, &TONES)
}

/// Blocks of a recording until there are `length` samples, which must follow each other.
pub fn collect(bench: &Bench, wanted: RecordingId, length: usize) -> (Vec<i16>, Vec<i16>) {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let mut next = None;
    while left.len() < length {
        match bench.blocks.recv_timeout(PATIENCE).unwrap() {
            RecorderMessage::Block { recording, start, customer, agent } => {
                assert_eq!((recording, customer.len()), (wanted, agent.len()));
                assert_eq!(start, next.unwrap_or(start), "a gap");
                next = Some(start + customer.len() as u64);
                left.extend(customer);
                right.extend(agent);
            }
            RecorderMessage::Open { recording, contact, .. } => assert_eq!((recording, contact), (wanted, CONTACT)),
            other => panic!("before its time: {other:?}"),
        }
    }
    (left, right)
}
