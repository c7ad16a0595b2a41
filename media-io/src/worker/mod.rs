//! One worker thread: its poll, its 20 ms clock, its legs. Both legs of a call live here, so that a relayed
//! packet is received, rewritten and sent without a channel, a lock or an allocation.

mod command;
mod relay;
mod slots;
mod tick;

use crate::browser::BrowserPort;
use crate::clock::{Clock, Now};
use crate::ports::Ports;
use crate::prompts::Prompts;
use crate::settings::{Figures, SharedFigures};
use crate::tapes::Tapes;
use domain::Language;
use media::api::{Command, Event};
use mio::{Events, Interest, Poll, Token};
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
    /// Close everything and end.
    Stop,
}

/// What all workers share.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) ports: Ports,
    pub(crate) prompts: Arc<Prompts>,
    pub(crate) default_language: Language,
    pub(crate) silence_after: Duration,
    pub(crate) events: Box<dyn Fn(Event) + Send + Sync>,
    pub(crate) figures: SharedFigures,
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
    poll: Poll,
    orders: Receiver<Order>,
    browser: BrowserPort,
    legs: Slots,
    tapes: Tapes,
    now: Now,
    counts: Figures,
    /// The datagram at hand.
    buffer: Vec<u8>,
    /// Sockets that were not read to their end, by their tokens.
    backlog: Vec<Token>,
    inbox: Vec<Decrypted>,
    inbox_bytes: Vec<u8>,
    has_more_orders: bool,
}

impl Worker {
    /// A worker on its own browser port.
    pub(crate) fn new(
        shared: Arc<Shared>,
        poll: Poll,
        orders: Receiver<Order>,
        mut browser: BrowserPort,
        tapes: Tapes,
    ) -> io::Result<Self> {
        poll.registry().register(browser.socket(), BROWSER, Interest::READABLE)?;
        let now = shared.clock.now();
        Ok(Self {
            shared,
            poll,
            orders,
            browser,
            legs: Slots::default(),
            tapes,
            now,
            counts: Figures::default(),
            buffer: vec![0; DATAGRAM],
            backlog: Vec::new(),
            inbox: Vec::new(),
            inbox_bytes: Vec::new(),
            has_more_orders: false,
        })
    }

    /// Work until told to stop.
    pub(crate) fn run(mut self) {
        let mut ready = Events::with_capacity(1_024);
        let mut behind = Vec::new();
        let mut due = Instant::now() + TICK;
        loop {
            let is_behind = self.has_more_orders || !self.backlog.is_empty();
            let wait = if is_behind { Duration::ZERO } else { due.saturating_duration_since(Instant::now()) };
            match self.poll.poll(&mut ready, Some(wait)) {
                Ok(()) => {}
                Err(why) if why.kind() == io::ErrorKind::Interrupted => continue,
                Err(why) => {
                    tracing::error!(%why, "a media worker cannot wait for its sockets and ends");
                    break;
                }
            }
            self.now = self.shared.clock.now();
            self.work_off_backlog(&mut behind);
            for event in &ready {
                self.on_ready(event.token());
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

    /// Read on where a turn ended. `spare` is empty before and after; it saves an allocation under load.
    fn work_off_backlog(&mut self, spare: &mut Vec<Token>) {
        core::mem::swap(&mut self.backlog, spare);
        for token in spare.drain(..) {
            self.on_ready(token);
        }
    }

    fn on_ready(&mut self, token: Token) {
        match token {
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
