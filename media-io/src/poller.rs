//! Waiting for sockets. Level-triggered, as portable pollers are not: a socket that still has something is told of again,
//! so that one read for each telling is enough, and a flood on one leg waits its turn behind the others.

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

/// What a socket is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token(pub(crate) usize);

/// Tokens told of in one go.
const READY_MAX: usize = 1_024;

/// Wakes a poller from another thread.
#[derive(Clone)]
pub(crate) struct Waker(Arc<OwnedFd>);

impl Waker {
    /// End the wait, or the next one.
    pub(crate) fn wake(&self) -> io::Result<()> {
        match rustix::io::write(&*self.0, &1_u64.to_ne_bytes()) {
            // The counter is full: the wake-up stands already.
            Ok(_) | Err(rustix::io::Errno::AGAIN) => Ok(()),
            Err(why) => Err(why.into()),
        }
    }
}

/// Sockets to wait for.
pub(crate) struct Poller {
    epoll: OwnedFd,
    wake: Arc<OwnedFd>,
}

impl Poller {
    /// A poller that tells of its waker by this token.
    pub(crate) fn new(wake: Token) -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let event = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let poller = Self { epoll, wake: event };
        poller.add(&*poller.wake, wake)?;
        Ok(poller)
    }

    /// A way to wake it.
    pub(crate) fn waker(&self) -> Waker {
        Waker(Arc::clone(&self.wake))
    }

    /// The wake-up was noticed: it is not told again.
    pub(crate) fn woken(&self) {
        // Nothing there is as good as something taken.
        let _ = rustix::io::read(&*self.wake, &mut [0_u8; 8]);
    }

    /// Tell of this socket from now on, until it is closed.
    pub(crate) fn add(&self, socket: impl AsFd, token: Token) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, socket, EventData::new_u64(token.0 as u64), EventFlags::IN)?)
    }

    /// Wait until there is something or the time is over; `ready` has the tokens afterwards.
    pub(crate) fn wait(&self, ready: &mut Ready, longest: Duration) -> io::Result<()> {
        ready.0.clear();
        // Rounded up, so that the end of the time is reached and not waited for in a circle.
        let millis = longest.as_micros().div_ceil(1_000).min(1_000);
        let timeout = Timespec { tv_sec: 0, tv_nsec: (millis as i64).min(999) * 1_000_000 };
        epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut ready.0), Some(&timeout))?;
        Ok(())
    }
}

/// The sockets that have something.
pub(crate) struct Ready(Vec<Event>);

impl Ready {
    /// Room for the tokens of one wait.
    pub(crate) fn new() -> Self {
        Self(Vec::with_capacity(READY_MAX))
    }

    /// The tokens.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = Token> + '_ {
        self.0.iter().map(|event| Token(event.data.u64() as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;

    const WAKE: Token = Token(7);

    fn tokens(poller: &Poller, longest: Duration) -> Vec<Token> {
        let mut ready = Ready::new();
        poller.wait(&mut ready, longest).unwrap();
        ready.tokens().collect()
    }

    #[test]
    fn a_socket_is_told_of_until_it_is_read_to_its_end() {
        let poller = Poller::new(WAKE).unwrap();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        poller.add(&socket, Token(3)).unwrap();
        for _ in 0..2 {
            socket.send_to(b"x", socket.local_addr().unwrap()).unwrap();
        }
        for _ in 0..2 {
            assert_eq!(tokens(&poller, Duration::from_secs(1)), [Token(3)]);
            socket.recv(&mut [0; 8]).unwrap();
        }
        assert_eq!(tokens(&poller, Duration::ZERO), []);
        socket.send_to(b"x", socket.local_addr().unwrap()).unwrap();
        drop(socket);
        assert_eq!(tokens(&poller, Duration::ZERO), [], "a closed socket is forgotten");
    }

    #[test]
    fn a_wake_up_from_another_thread_ends_the_wait_and_is_told_until_noticed() {
        let poller = Poller::new(WAKE).unwrap();
        let waker = poller.waker();
        std::thread::spawn(move || waker.wake().unwrap()).join().unwrap();
        assert_eq!(tokens(&poller, Duration::from_secs(1)), [WAKE]);
        poller.woken();
        assert_eq!(tokens(&poller, Duration::ZERO), []);
    }
}
