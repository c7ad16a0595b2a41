//! The audio of the calls: fifty packets a second from each side, counted and timed at the other.

use media::rtp::{Packet, Stamp};
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The priority of the thread that talks and listens.
const NICE: i32 = -15;
/// Told from comfort noise by these bytes.
const MARK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];
/// Bytes of 20 ms.
const PAYLOAD: usize = 160;
/// The streams are spread over so many parts of the 20 ms.
const PARTS: u32 = 20;
const PART: Duration = Duration::from_millis(1);

/// A side of a call: its number, and whether it is the agent's.
pub type Side = (u64, bool);

enum Order {
    Talk(Side, SocketAddr),
    Hush(u64),
    End,
}

/// What was heard.
#[derive(Debug, Default)]
pub struct Heard {
    pub sent: u64,
    pub received: u64,
    /// One way through the daemon.
    pub latency: Vec<Duration>,
    /// The longest pause of any stream between two packets.
    pub longest_gap: Duration,
}

/// The thread that talks and listens.
pub struct Audio {
    orders: Sender<Order>,
    thread: JoinHandle<io::Result<Heard>>,
    /// Ports of the callers' and the agents' side.
    pub ports: (u16, u16),
}

impl Audio {
    /// Starts with nobody to talk to.
    pub fn start() -> io::Result<Self> {
        let sockets = [socket()?, socket()?];
        let ports = (sockets[0].local_addr()?.port(), sockets[1].local_addr()?.port());
        let (orders, inbox) = channel();
        let thread = std::thread::Builder::new().name("audio".to_owned()).spawn(move || {
            // It is the instrument: what it is late itself would count as the engine's gap. Without the right to it,
            // it counts.
            let _ = rustix::process::setpriority_process(None, NICE);
            Room::new(sockets)?.run(&inbox)
        })?;
        Ok(Self { orders, thread, ports })
    }

    /// Talks to this address from now on.
    pub fn talk(&self, side: Side, to: SocketAddr) {
        // The thread ends last.
        let _ = self.orders.send(Order::Talk(side, to));
    }

    /// Says nothing in this call any more.
    pub fn hush(&self, call: u64) {
        let _ = self.orders.send(Order::Hush(call));
    }

    /// Ends when what is under way has arrived.
    pub fn finish(self) -> Heard {
        let _ = self.orders.send(Order::End);
        self.thread.join().expect("the audio thread lives").expect("its sockets work")
    }
}

fn socket() -> io::Result<UdpSocket> {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
    socket2::SockRef::from(&socket).set_recv_buffer_size(4 << 20)?;
    socket.set_nonblocking(true)?;
    Ok(UdpSocket::from_std(socket))
}

struct Stream {
    to: SocketAddr,
    count: u32,
    last_heard: Option<Instant>,
}

struct Room {
    poll: Poll,
    sockets: [UdpSocket; 2],
    streams: BTreeMap<Side, Stream>,
    heard: Heard,
    since: Instant,
}

impl Room {
    fn new(mut sockets: [UdpSocket; 2]) -> io::Result<Self> {
        let poll = Poll::new()?;
        for (n, socket) in sockets.iter_mut().enumerate() {
            poll.registry().register(socket, Token(n), Interest::READABLE)?;
        }
        Ok(Self { poll, sockets, streams: BTreeMap::new(), heard: Heard::default(), since: Instant::now() })
    }

    fn run(mut self, inbox: &Receiver<Order>) -> io::Result<Heard> {
        let (mut events, mut due, mut part, mut end) = (Events::with_capacity(16), Instant::now(), 0, None);
        loop {
            let now = Instant::now();
            if now >= due {
                self.take_orders(inbox, &mut end);
                self.say(part);
                part = (part + 1) % PARTS;
                due = (due + PART).max(now.checked_sub(PART * PARTS).unwrap_or(due));
            }
            if end.is_some_and(|end| now >= end) {
                return Ok(self.heard);
            }
            // The system waits in whole milliseconds; a part may begin one late.
            self.poll.poll(&mut events, Some(due.saturating_duration_since(Instant::now())))?;
            self.listen();
        }
    }

    fn take_orders(&mut self, inbox: &Receiver<Order>, end: &mut Option<Instant>) {
        for order in inbox.try_iter() {
            match order {
                Order::Talk(side, to) => _ = self.streams.insert(side, Stream { to, count: 0, last_heard: None }),
                Order::Hush(call) => {
                    self.streams.remove(&(call, false));
                    self.streams.remove(&(call, true));
                }
                Order::End => {
                    self.streams.clear();
                    *end = Some(Instant::now() + Duration::from_millis(500));
                }
            }
        }
    }

    fn say(&mut self, part: u32) {
        for ((call, is_agent), stream) in &mut self.streams {
            if (*call * 2 + u64::from(*is_agent)) % u64::from(PARTS) != u64::from(part) {
                continue;
            }
            let mut payload = [0xFF; PAYLOAD];
            payload[..4].copy_from_slice(&MARK);
            payload[4..12].copy_from_slice(&call.to_be_bytes());
            payload[12] = u8::from(*is_agent);
            let at = u64::try_from(self.since.elapsed().as_nanos()).unwrap_or_default();
            payload[13..21].copy_from_slice(&at.to_be_bytes());
            let ssrc = (*call as u32) * 2 + u32::from(*is_agent) + 1;
            let stamp =
                Stamp { ssrc, sequence: stream.count as u16, timestamp: stream.count * 160, marker: stream.count == 0 };
            stream.count += 1;
            let packet = Packet { payload_type: 0, stamp, payload: &payload }.to_bytes();
            self.heard.sent += u64::from(self.sockets[usize::from(*is_agent)].send_to(&packet, stream.to).is_ok());
        }
    }

    fn listen(&mut self) {
        let mut buffer = [0; 2_048];
        for n in 0..self.sockets.len() {
            while let Ok(length) = self.sockets[n].recv(&mut buffer) {
                self.on_packet(&buffer[..length]);
            }
        }
    }

    fn on_packet(&mut self, bytes: &[u8]) {
        let Some(payload) = bytes.get(bytes.len().wrapping_sub(PAYLOAD)..).filter(|rest| rest.starts_with(&MARK))
        else {
            return;
        };
        let number = |from: usize| payload[from..from + 8].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        let now = Instant::now();
        self.heard.received += 1;
        self.heard.latency.push(now.duration_since(self.since).saturating_sub(Duration::from_nanos(number(13))));
        if let Some(stream) = self.streams.get_mut(&(number(4), payload[12] == 1)) {
            let gap = stream.last_heard.replace(now).map(|last| now.duration_since(last));
            self.heard.longest_gap = self.heard.longest_gap.max(gap.unwrap_or_default());
        }
    }
}
