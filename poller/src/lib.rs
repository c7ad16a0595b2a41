//! Waiting for sockets and for other threads. Level-triggered, as portable pollers are not: a socket that still has
//! something is told of again, so that one read for each telling is enough, and a flood on one leg waits its turn behind
//! the others. Only reading is waited for: a socket that is told of whenever a datagram has left it wakes its thread once
//! more for each message that is sent.

#![forbid(unsafe_code)]

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

/// What a socket is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token(pub usize);

/// Tokens told of in one go.
const READY_MAX: usize = 1_024;
/// Longest wait in milliseconds.
const WAIT_MAX_MS: u128 = 999;

/// The thread works, and nobody has called it.
const AT_WORK: u8 = 0;
/// It waits: a caller must ring.
const WAITING: u8 = 1;
/// It was called since it last looked.
const CALLED: u8 = 2;

/// What a thread and those who wake it share.
#[derive(Debug)]
struct Bell {
    event: OwnedFd,
    state: AtomicU8,
}

/// Wakes a poller from another thread. A thread that is at work anyway is only told, which costs no system call.
#[derive(Clone, Debug)]
pub struct Waker(Arc<Bell>);

impl Waker {
    /// End the wait, or the next one. What was written before is seen by whoever was woken.
    ///
    /// # Errors
    /// Those of the system.
    pub fn wake(&self) -> io::Result<()> {
        if self.0.state.swap(CALLED, Ordering::AcqRel) != WAITING {
            return Ok(());
        }
        match rustix::io::write(&self.0.event, &1_u64.to_ne_bytes()) {
            // The counter is full: the wake-up stands already.
            Ok(_) | Err(rustix::io::Errno::AGAIN) => Ok(()),
            Err(why) => Err(why.into()),
        }
    }
}

impl std::task::Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // A thread that cannot be rung looks again at its next deadline.
        let _ = Waker(Arc::clone(self)).wake();
    }
}

impl From<Waker> for std::task::Waker {
    /// For channels whose receiver is polled by the thread itself.
    fn from(waker: Waker) -> Self {
        waker.0.into()
    }
}

/// Sockets to wait for.
#[derive(Debug)]
pub struct Poller {
    epoll: OwnedFd,
    bell: Arc<Bell>,
    wake: Token,
}

impl Poller {
    /// A poller that tells of its waker by this token.
    ///
    /// # Errors
    /// Those of the system: too many descriptors.
    pub fn new(wake: Token) -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let bell = Arc::new(Bell { event, state: AtomicU8::new(AT_WORK) });
        let poller = Self { epoll, bell, wake };
        poller.add(&poller.bell.event, wake)?;
        Ok(poller)
    }

    /// A way to wake it.
    #[must_use]
    pub fn waker(&self) -> Waker {
        Waker(Arc::clone(&self.bell))
    }

    /// Tell of this socket from now on, until it is closed.
    ///
    /// # Errors
    /// Those of the system: the socket is known already, or there is no memory.
    pub fn add(&self, socket: impl AsFd, token: Token) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, socket, EventData::new_u64(token.0 as u64), EventFlags::IN)?)
    }

    /// Wait until there is something, somebody calls or the time is over, which is at most a second; `ready` has the tokens
    /// afterwards. Not at all if somebody has called since the last wait. After it, look at everything that others may
    /// have written before they called.
    ///
    /// # Errors
    /// Those of the system; [`io::ErrorKind::Interrupted`] among them.
    pub fn wait(&self, ready: &mut Ready, longest: Duration) -> io::Result<()> {
        ready.0.clear();
        // Rounded up, so that the end of the time is reached and not waited for in a circle.
        let millis = longest.as_micros().div_ceil(1_000).min(WAIT_MAX_MS);
        let idle = millis > 0 && self.sleep();
        let timeout = Timespec { tv_sec: 0, tv_nsec: if idle { millis as i64 * 1_000_000 } else { 0 } };
        let waited = epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut ready.0), Some(&timeout));
        // Whoever called until now is answered by what comes after this wait.
        self.bell.state.swap(AT_WORK, Ordering::AcqRel);
        waited?;
        if ready.tokens().any(|token| token == self.wake) {
            // Nothing there is as good as something taken.
            let _ = rustix::io::read(&self.bell.event, &mut [0_u8; 8]);
        }
        Ok(())
    }

    /// From here on callers ring; false: somebody has called before.
    fn sleep(&self) -> bool {
        self.bell.state.compare_exchange(AT_WORK, WAITING, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// The sockets that have something.
pub struct Ready(Vec<Event>);

impl Default for Ready {
    fn default() -> Self {
        Self::new()
    }
}

impl Ready {
    /// Room for the tokens of one wait.
    #[must_use]
    pub fn new() -> Self {
        Self(Vec::with_capacity(READY_MAX))
    }

    /// The tokens.
    pub fn tokens(&self) -> impl Iterator<Item = Token> + '_ {
        self.0.iter().map(|event| Token(event.data.u64() as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;
    use std::sync::atomic::AtomicU32;

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
    fn a_sleeper_is_rung_once_however_often_it_is_called() {
        let poller = Poller::new(WAKE).unwrap();
        assert!(poller.sleep());
        (0..3).for_each(|_| poller.waker().wake().unwrap());
        assert_eq!(tokens(&poller, Duration::ZERO), [WAKE]);
        assert_eq!(tokens(&poller, Duration::ZERO), []);
    }

    #[test]
    fn who_is_called_at_work_does_not_sleep_before_it_has_looked() {
        let poller = Poller::new(WAKE).unwrap();
        poller.waker().wake().unwrap();
        assert!(!poller.sleep(), "somebody has called");
        assert_eq!(tokens(&poller, Duration::from_secs(1)), [], "nobody rang");
        assert!(poller.sleep(), "the call was answered");
    }

    #[test]
    fn two_threads_that_wait_for_each_other_miss_no_call() {
        const ROUNDS: u32 = 20_000;
        let pollers = [0, 1].map(|_| Poller::new(WAKE).unwrap());
        let (turn, in_vain) = (AtomicU32::new(0), AtomicU32::new(0));
        let play = |mine: usize| {
            let mut ready = Ready::new();
            for round in (mine as u32..ROUNDS).step_by(2) {
                while turn.load(Ordering::Relaxed) != round {
                    // What was seen before it was called stands as a call still.
                    let has_call = pollers[mine].bell.state.load(Ordering::Relaxed) == CALLED;
                    pollers[mine].wait(&mut ready, Duration::from_secs(1)).unwrap();
                    let is_answered = has_call || turn.load(Ordering::Relaxed) == round || !ready.0.is_empty();
                    in_vain.fetch_add(u32::from(!is_answered), Ordering::Relaxed);
                }
                turn.store(round + 1, Ordering::Relaxed);
                pollers[1 - mine].waker().wake().unwrap();
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(|| play(0));
            scope.spawn(|| play(1));
        });
        assert_eq!(turn.into_inner(), ROUNDS);
        // A machine that stands still for a second is no missed call.
        assert!(in_vain.into_inner() < 10, "calls were missed");
    }
}
