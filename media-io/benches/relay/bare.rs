//! The relay that does nothing but relay: the yardstick. One thread, one epoll, one connected socket for each leg, and
//! for each datagram one receive and one send; no headers, no clock, no signalling.

use crate::{LEGS, Outcome, SOCKETS};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

/// Longest wait, in milliseconds: how soon the end is noticed.
const WAIT_MS: u16 = 100;

/// A running bare relay.
pub struct Bare {
    pub ports: Vec<u16>,
    relayed: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Bare {
    /// Two legs for each call, talking to the load's ports in turn.
    pub fn start(load: &[u16]) -> Outcome<Self> {
        let epoll = Epoll::new(EpollCreateFlags::empty())?;
        let (mut legs, mut ports) = (Vec::new(), Vec::new());
        for n in 0..LEGS {
            let socket = UdpSocket::bind("127.0.0.1:0")?;
            socket.set_nonblocking(true)?;
            socket.connect(("127.0.0.1", load[n % SOCKETS]))?;
            epoll.add(&socket, EpollEvent::new(EpollFlags::EPOLLIN, n as u64))?;
            ports.push(socket.local_addr()?.port());
            legs.push(socket);
        }
        let (relayed, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (count, end) = (Arc::clone(&relayed), Arc::clone(&is_over));
        let thread = std::thread::spawn(move || {
            let (mut ready, mut buffer) = ([EpollEvent::empty(); 1_024], [0; 2_048]);
            while !end.load(Ordering::Relaxed) {
                let found = epoll.wait(&mut ready, EpollTimeout::from(WAIT_MS)).unwrap_or(0);
                for event in &ready[..found] {
                    let leg = event.data() as usize;
                    if let Ok(length) = legs[leg].recv(&mut buffer)
                        && legs[leg ^ 1].send(&buffer[..length]).is_ok()
                    {
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        });
        Ok(Self { ports, relayed, is_over, thread })
    }

    /// Packets relayed so far.
    pub fn relayed(&self) -> u64 {
        self.relayed.load(Ordering::Relaxed)
    }

    /// End the thread.
    pub fn stop(self) -> Outcome<()> {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| "the bare relay panicked".into())
    }
}
