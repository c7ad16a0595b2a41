//! The open connections: by number, by peer address, and how many each address has.

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use sip::api::{Destination, FlowId};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc};

/// How others reach the task of a connection.
#[derive(Debug)]
struct Handle {
    queue: mpsc::Sender<Vec<u8>>,
    abort: Arc<Notify>,
    /// Where messages may be sent to by this connection; `None`: only as answers.
    home: Option<Destination>,
}

/// What the task of a connection works with.
#[derive(Debug)]
pub(crate) struct Ends {
    pub(crate) flow: FlowId,
    /// Messages to write; ends when the connection is to be closed.
    pub(crate) queue: mpsc::Receiver<Vec<u8>>,
    /// The other end of the queue, for answers to keep-alives. Weak, so that it does not keep the connection open.
    pub(crate) replies: mpsc::WeakSender<Vec<u8>>,
    /// Told when the connection is to be dropped at once.
    pub(crate) abort: Arc<Notify>,
}

/// What became of a message for a connection.
pub(crate) enum Queued {
    Yes,
    /// The queue was full; the connection is being dropped.
    Overflow,
    Gone,
}

/// All connections.
#[derive(Debug)]
pub(crate) struct Flows {
    next: AtomicU64,
    by_id: DashMap<FlowId, Handle>,
    by_address: DashMap<Destination, FlowId>,
    admitted: Arc<Admitted>,
}

#[derive(Debug)]
struct Admitted {
    max: usize,
    per_address_max: usize,
    count: AtomicUsize,
    per_address: DashMap<IpAddr, usize>,
}

/// The right to have one connection; given back when dropped.
#[derive(Debug)]
pub(crate) struct Admission {
    admitted: Arc<Admitted>,
    address: IpAddr,
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.admitted.count.fetch_sub(1, Ordering::Relaxed);
        if let Entry::Occupied(mut entry) = self.admitted.per_address.entry(self.address) {
            *entry.get_mut() = entry.get().saturating_sub(1);
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}

impl Flows {
    pub(crate) fn new(max: usize, per_address_max: usize) -> Self {
        let count = AtomicUsize::new(0);
        let admitted = Arc::new(Admitted { max, per_address_max, count, per_address: DashMap::new() });
        Self { next: AtomicU64::new(1), by_id: DashMap::new(), by_address: DashMap::new(), admitted }
    }

    pub(crate) fn open(&self) -> usize {
        self.admitted.count.load(Ordering::Relaxed)
    }

    /// `None` if there are too many connections, in all or from that address.
    pub(crate) fn admit(&self, address: IpAddr) -> Option<Admission> {
        let admitted = &self.admitted;
        let mut of_address = admitted.per_address.entry(address).or_insert(0);
        let has_room = *of_address < admitted.per_address_max && admitted.count.load(Ordering::Relaxed) < admitted.max;
        if !has_room {
            let is_first = *of_address == 0;
            drop(of_address);
            if is_first {
                admitted.per_address.remove_if(&address, |_, count| *count == 0);
            }
            return None;
        }
        *of_address = of_address.saturating_add(1);
        admitted.count.fetch_add(1, Ordering::Relaxed);
        Some(Admission { admitted: Arc::clone(admitted), address })
    }

    /// Registers a connection. `home` is the peer's address if messages for it may take this connection.
    pub(crate) fn add(&self, home: Option<Destination>, queue_max: usize) -> Ends {
        let ends = self.register(home, queue_max);
        if let Some(address) = home {
            self.by_address.insert(address, ends.flow);
        }
        ends
    }

    /// The TCP or TLS connection to that address; registers one, to be opened by the caller, if there is none.
    pub(crate) fn to(&self, address: Destination, queue_max: usize) -> (FlowId, Option<Ends>) {
        match self.by_address.entry(address) {
            Entry::Occupied(entry) => (*entry.get(), None),
            Entry::Vacant(entry) => {
                let ends = self.register(Some(address), queue_max);
                entry.insert(ends.flow);
                (ends.flow, Some(ends))
            }
        }
    }

    pub(crate) fn queue(&self, flow: FlowId, bytes: Vec<u8>) -> Queued {
        let Some(handle) = self.by_id.get(&flow) else { return Queued::Gone };
        let sent = handle.queue.try_send(bytes);
        drop(handle);
        match sent {
            Ok(()) => Queued::Yes,
            Err(TrySendError::Closed(_)) => Queued::Gone,
            Err(TrySendError::Full(_)) => {
                if let Some(handle) = self.remove(flow) {
                    handle.abort.notify_one();
                }
                Queued::Overflow
            }
        }
    }

    /// Lets a connection end after its queue is written.
    pub(crate) fn finish(&self, flow: FlowId) {
        self.remove(flow);
    }

    fn register(&self, home: Option<Destination>, queue_max: usize) -> Ends {
        let flow = FlowId(self.next.fetch_add(1, Ordering::Relaxed));
        let (sender, queue) = mpsc::channel(queue_max.max(1));
        let (abort, replies) = (Arc::new(Notify::new()), sender.downgrade());
        self.by_id.insert(flow, Handle { queue: sender, abort: Arc::clone(&abort), home });
        Ends { flow, queue, replies, abort }
    }

    fn remove(&self, flow: FlowId) -> Option<Handle> {
        let (_, handle) = self.by_id.remove(&flow)?;
        if let Some(address) = handle.home {
            self.by_address.remove_if(&address, |_, current| *current == flow);
        }
        Some(handle)
    }
}
