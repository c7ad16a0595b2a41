//! One worker thread: its poll, its 20 ms clock, its legs. Both legs of a call live here, so that a relayed
//! packet is received, rewritten and sent without a channel, a lock or an allocation.

mod command;
mod relay;
mod rooms;
mod slots;
mod tick;

use crate::browser::BrowserPort;
use crate::clock::{Clock, Now};
use crate::ports::Ports;
use crate::prompts::Prompts;
use crate::settings::{Figures, RtcpTap, SharedFigures, Voice};
use crate::tapes::Tapes;
use domain::Language;
use media::api::{Command, Event};
use media::codec::Codec;
use poller::{Poller, Ready, Token};
use slots::Slots;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

/// The clock's step.
const TICK: Duration = Duration::from_millis(20);

/// Steps that are caught up with after a stall; a longer one is left out.
const CATCH_UP: u32 = 5;

/// Commands taken before packets get their turn again.
const COMMANDS: usize = 16;

/// Time after which packets get their turn again all the same: a browser's session takes milliseconds to build.
const COMMANDS_FOR: Duration = Duration::from_millis(5);

/// Largest datagram taken; longer ones are cut and fail to parse.
const DATAGRAM: usize = 2_048;

/// Room for the header of a packet of our own, before its payload.
const HEADROOM: usize = media::rtp::HEADER;

pub(crate) const WAKE: Token = Token(usize::MAX - 1);
const BROWSER: Token = Token(usize::MAX - 2);

/// What a worker is told.
pub(crate) enum Order {
    /// A command of the switchboard.
    Command(Command),
    /// Other prompts from here on; what plays plays on.
    Prompts(Arc<Prompts>),
    /// Close everything and end.
    Stop,
}

/// What all workers share.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) ports: Ports,
    pub(crate) default_language: Language,
    pub(crate) voice: Option<Voice>,
    /// Codecs for plain RTP, best first.
    pub(crate) codecs: Vec<Codec>,
    pub(crate) silence_after: Duration,
    pub(crate) events: Box<dyn Fn(Event) + Send + Sync>,
    pub(crate) figures: SharedFigures,
    pub(crate) rtcp_tap: Option<RtcpTap>,
    /// Called when a leg could not be opened: it will not be closed either.
    pub(crate) on_unopened: Box<dyn Fn(domain::LegId) + Send + Sync>,
}

/// A packet from a browser, waiting in the worker's inbox.
struct Decrypted {
    leg: domain::LegId,
    header: media::rtp::Header,
}

/// A worker.
pub(crate) struct Worker {
    shared: Arc<Shared>,
    prompts: Arc<Prompts>,
    poller: Poller,
    orders: Receiver<Order>,
    browser: BrowserPort,
    legs: Slots,
    tapes: Tapes,
    rooms: Vec<Option<rooms::Room>>,
    now: Now,
    counts: Figures,
    /// The datagram at hand.
    buffer: Vec<u8>,
    inbox: Vec<Decrypted>,
    inbox_bytes: Vec<u8>,
    has_more_orders: bool,
    /// Ticks so far.
    ticks: u64,
}

impl Worker {
    /// A worker on its own browser port.
    pub(crate) fn new(
        (shared, prompts): (Arc<Shared>, Arc<Prompts>),
        poller: Poller,
        orders: Receiver<Order>,
        browser: BrowserPort,
        tapes: Tapes,
    ) -> io::Result<Self> {
        poller.add(browser.socket(), BROWSER)?;
        let now = shared.clock.now();
        Ok(Self {
            shared,
            prompts,
            poller,
            orders,
            browser,
            legs: Slots::default(),
            tapes,
            rooms: Vec::new(),
            now,
            counts: Figures::default(),
            buffer: vec![0; DATAGRAM],
            inbox: Vec::new(),
            inbox_bytes: Vec::new(),
            has_more_orders: false,
            ticks: 0,
        })
    }

    /// Work until told to stop.
    pub(crate) fn run(mut self) {
        let mut ready = Ready::new();
        let mut due = Instant::now() + TICK;
        loop {
            let left = due.saturating_duration_since(Instant::now());
            match self.poller.wait(&mut ready, if self.has_more_orders { Duration::ZERO } else { left }) {
                Ok(()) => {}
                Err(why) if why.kind() == io::ErrorKind::Interrupted => continue,
                Err(why) => {
                    tracing::error!(%why, "a media worker cannot wait for its sockets and ends");
                    break;
                }
            }
            self.now = self.shared.clock.now();
            for token in ready.tokens() {
                self.on_ready(token);
            }
            if self.take_orders().is_break() {
                break;
            }
            self.now = self.shared.clock.now();
            if self.now.system >= due {
                self.on_tick();
                due += TICK;
                if self.now.system > due + TICK * CATCH_UP {
                    due = self.now.system + TICK;
                }
            }
        }
        self.end();
    }

    fn on_ready(&mut self, token: Token) {
        match token {
            // Commands are looked for in any case.
            WAKE => {}
            BROWSER => self.on_browser_ready(),
            Token(number) if number % 2 == 0 => self.on_rtp_ready(number / 2),
            Token(number) => self.on_rtcp_ready(number / 2),
        }
    }

    fn take_orders(&mut self) -> core::ops::ControlFlow<()> {
        self.has_more_orders = true;
        let end = self.now.system + COMMANDS_FOR;
        for _ in 0..COMMANDS {
            match self.orders.try_recv() {
                Ok(Order::Command(command)) => {
                    self.on_command(command);
                    self.now = self.shared.clock.now();
                    if self.now.system >= end {
                        break;
                    }
                }
                Ok(Order::Prompts(prompts)) => self.prompts = prompts,
                Ok(Order::Stop) | Err(TryRecvError::Disconnected) => return core::ops::ControlFlow::Break(()),
                Err(TryRecvError::Empty) => {
                    self.has_more_orders = false;
                    break;
                }
            }
        }
        core::ops::ControlFlow::Continue(())
    }

    fn end(mut self) {
        for slot in self.legs.all() {
            self.close(slot);
        }
        debug_assert_eq!(self.browser.len(), 0, "a browser session outlived its leg");
        self.tapes.close_all(self.now.media);
        self.shared.figures.add(&mut self.counts);
    }

    fn tell(&self, event: Event) {
        (self.shared.events)(event);
    }
}
