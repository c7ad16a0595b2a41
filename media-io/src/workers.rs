//! The worker threads and the way to them.

use crate::browser::{BrowserPort, SharedCertificate};
use crate::clock::Clock;
use crate::ports::{PortFigures, Ports};
use crate::prompts::Prompts;
use crate::settings::{Figures, Settings, SharedFigures};
use crate::tapes::Tapes;
use crate::worker::{Order, Shared, WAKE, Worker};
use domain::{ContactId, LegId, RecordingId};
use media::api::{Command, Event, RecorderMessage};
use poller::{Poller, Waker};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Commands that wait for one worker. When it is full the sender waits: commands are never lost.
const QUEUE: usize = 4_096;

/// How much sooner than other threads a worker gets the processor: audio that waits is heard as a gap, signalling that waits is
/// not noticed.
const NICE: i32 = -10;

/// Prefers the present thread to others. Where that is not allowed it works like any other.
fn prefer() {
    // On Linux each thread has its own priority, and no process means the present thread.
    if let Err(why) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%why, "media workers have no priority: audio may be late when the machine is busy");
    }
}

/// Which worker has which leg and recording; contacts are spread by their ids.
#[derive(Default)]
struct Routes {
    legs: HashMap<LegId, usize>,
    recordings: HashMap<RecordingId, usize>,
}

/// The way to one worker.
#[derive(Clone)]
struct Inbox {
    orders: SyncSender<Order>,
    waker: Waker,
}

/// Gives the workers other prompts while they run.
#[derive(Clone)]
pub struct PromptSwitch(Vec<Inbox>);

/// Counts the ports while the workers run.
#[derive(Clone)]
pub struct PortCount(Arc<Shared>);

/// One worker as seen from outside.
struct Handle {
    inbox: Inbox,
    browser_address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

/// The media workers. Dropping them stops them.
pub struct Workers {
    handles: Vec<Handle>,
    routes: Arc<Mutex<Routes>>,
    shared: Arc<Shared>,
}

/// All legs of one contact live on one worker: contact ids are random, so this spreads them evenly.
fn worker_of(contact: ContactId, workers: usize) -> usize {
    (contact.number() % workers.max(1) as u128) as usize
}

impl Routes {
    /// The worker of a command; `None` if its leg or recording is unknown.
    fn route(&mut self, command: &Command, workers: usize) -> Option<usize> {
        match command {
            Command::Open { leg, contact, .. } => {
                Some(*self.legs.entry(*leg).or_insert_with(|| worker_of(*contact, workers)))
            }
            Command::StartRecording { recording, contact, .. } => {
                Some(*self.recordings.entry(*recording).or_insert_with(|| worker_of(*contact, workers)))
            }
            Command::RecordAgent { recording, .. } | Command::PauseRecording { recording, .. } => {
                self.recordings.get(recording).copied()
            }
            Command::StopRecording { recording } => self.recordings.remove(recording),
            Command::Close { leg } => self.legs.remove(leg),
            Command::Mix { legs, .. } => legs.iter().find_map(|leg| self.legs.get(leg).copied()),
            Command::SetAnswer { leg, .. }
            | Command::Reoffer { leg, .. }
            | Command::MakeOffer { leg, .. }
            | Command::Play { leg, .. }
            | Command::StopPlay { leg }
            | Command::Bridge { a: leg, .. }
            | Command::Unbridge { leg }
            | Command::Gain { from: leg, .. }
            | Command::Mute { leg, .. }
            | Command::SendDigits { leg, .. } => self.legs.get(leg).copied(),
        }
    }
}

/// Each worker's browser port: the configured one and those after it, or any.
fn browser_address(settings: &Settings, worker: usize) -> io::Result<SocketAddr> {
    let mut address = settings.browser_address;
    if address.port() != 0 {
        let port = u16::try_from(worker).ok().and_then(|n| address.port().checked_add(n));
        address.set_port(port.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?);
    }
    Ok(address)
}

impl Workers {
    /// Bind the browser ports and start the threads. `events` is called on the workers' threads and must not wait
    /// for them; `recorder` gets blocks of recordings, and what does not fit becomes a gap.
    ///
    /// # Errors
    /// A browser port that cannot be bound, or a thread that cannot be started.
    pub fn start(
        settings: Settings,
        prompts: Arc<Prompts>,
        events: impl Fn(Event) + Send + Sync + 'static,
        recorder: SyncSender<RecorderMessage>,
    ) -> io::Result<Self> {
        let routes: Arc<Mutex<Routes>> = Arc::default();
        let unopened = Arc::clone(&routes);
        let shared = Arc::new(Shared {
            clock: Clock::start(),
            ports: Ports::new(settings.address, settings.ports, settings.port_rest),
            default_language: settings.default_language,
            voice: settings.voice.clone(),
            codecs: settings.codecs.clone(),
            silence_after: settings.silence_after,
            events: Box::new(events),
            figures: SharedFigures::default(),
            rtcp_tap: settings.rtcp_tap.clone(),
            on_unopened: Box::new(move |leg| {
                unopened.lock().unwrap_or_else(PoisonError::into_inner).legs.remove(&leg);
            }),
        });
        let certificate = Arc::new(SharedCertificate::generate()?);
        let mut workers = Self { handles: Vec::new(), routes, shared };
        for number in 0..settings.workers.max(1) {
            let address = browser_address(&settings, number)?;
            let browser = BrowserPort::bind(address, Arc::clone(&certificate))?;
            workers.start_one(number, (browser, &prompts), Tapes::new(recorder.clone()))?;
        }
        Ok(workers)
    }

    fn start_one(
        &mut self,
        number: usize,
        (browser, prompts): (BrowserPort, &Arc<Prompts>),
        tapes: Tapes,
    ) -> io::Result<()> {
        let poller = Poller::new(WAKE)?;
        let waker = poller.waker();
        let (orders, inbox) = sync_channel(QUEUE);
        let browser_address = browser.local_addr();
        let shared = (Arc::clone(&self.shared), Arc::clone(prompts));
        let worker = Worker::new(shared, poller, inbox, browser, tapes)?;
        let thread = std::thread::Builder::new().name(format!("media-{number}")).spawn(move || {
            prefer();
            worker.run();
        })?;
        self.handles.push(Handle { inbox: Inbox { orders, waker }, browser_address, thread: Some(thread) });
        Ok(())
    }

    /// Hand over a command. Waits only if thousands of commands are already waiting for the same worker.
    pub fn send(&self, command: Command) {
        if let Some(inbox) = self.put(command) {
            inbox.wake();
        }
    }

    /// Hand over commands that belong together. Who works on them is woken once, behind the last.
    pub fn send_all(&self, commands: impl IntoIterator<Item = Command>) {
        let mut called: Vec<&Inbox> = Vec::new();
        for inbox in commands.into_iter().filter_map(|command| self.put(command)) {
            if !called.iter().any(|known| std::ptr::eq(*known, inbox)) {
                called.push(inbox);
            }
        }
        called.into_iter().for_each(Inbox::wake);
    }

    /// Puts a command into its worker's inbox, which is to be woken.
    fn put(&self, command: Command) -> Option<&Inbox> {
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let worker = routes.route(&command, self.handles.len());
        drop(routes);
        let inbox = &self.handles.get(worker?)?.inbox;
        inbox.put(Order::Command(command));
        Some(inbox)
    }

    /// What gives the workers other prompts.
    #[must_use]
    pub fn prompt_switch(&self) -> PromptSwitch {
        PromptSwitch(self.handles.iter().map(|handle| handle.inbox.clone()).collect())
    }

    /// What counts the ports.
    #[must_use]
    pub fn port_count(&self) -> PortCount {
        PortCount(Arc::clone(&self.shared))
    }

    /// Where browsers reach each worker.
    #[must_use]
    pub fn browser_addresses(&self) -> Vec<SocketAddr> {
        self.handles.iter().map(|handle| handle.browser_address).collect()
    }

    /// What was counted since the start, at most 20 ms old.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.shared.figures.read()
    }

    /// Close all legs and recordings, and wait until the threads have ended. The recorder must still be reading.
    pub fn stop(self) {
        drop(self);
    }
}

impl PromptSwitch {
    /// What begins to play from here on is one of these prompts. Workers that have ended take none.
    pub fn replace(&self, prompts: &Arc<Prompts>) {
        for inbox in &self.0 {
            inbox.send(Order::Prompts(Arc::clone(prompts)));
        }
    }
}

impl PortCount {
    /// Ports for plain RTP that are open or rest at this moment.
    #[must_use]
    pub fn read(&self) -> PortFigures {
        self.0.ports.figures(self.0.clock.now().system)
    }
}

impl Inbox {
    fn send(&self, order: Order) {
        self.put(order);
        self.wake();
    }

    fn put(&self, order: Order) {
        if let Err(TrySendError::Full(order)) = self.orders.try_send(order) {
            tracing::warn!("a media worker is far behind with its commands");
            self.wake();
            // An error means that the worker has ended; so have its legs.
            let _ = self.orders.send(order);
        }
    }

    fn wake(&self) {
        if let Err(why) = self.waker.wake() {
            tracing::warn!(%why, "a media worker cannot be woken; it looks for commands every 20 ms");
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        for handle in &self.handles {
            handle.inbox.send(Order::Stop);
        }
        for thread in self.handles.iter_mut().filter_map(|handle| handle.thread.take()) {
            if thread.join().is_err() {
                tracing::error!("a media worker ended by a panic");
            }
        }
    }
}
