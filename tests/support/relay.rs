//! A relay between one phone and the daemon that loses, repeats and reorders datagrams.
//!
//! It stands in for the phone towards the daemon and for the daemon towards the phone: addresses in the messages are
//! changed on the way, so that requests within a dialog go through it too. RTP goes past it, or through one of its own.

use rand_core::{Rng, SeedableRng};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::JoinHandle;

type Dice = rand_chacha::ChaCha8Rng;

/// Of a hundred datagrams each way so many are lost, so many come twice, and so many come late.
const EACH: u64 = 10;
/// A late datagram comes so much later, in milliseconds: those sent after it overtake it.
const LATE_MS: (u64, u64) = (5, 60);

/// Of the RTP packets of a phone one in so many is lost, where RTP goes through the relay.
pub const RTP_LOST: u64 = 5;

/// A relay. It ends when dropped.
pub struct Relay {
    /// Where the daemon finds the phone.
    pub outside: SocketAddr,
    /// Where the phone finds the daemon.
    pub inside: SocketAddr,
    sockets: [Arc<UdpSocket>; 2],
    tasks: Vec<JoinHandle<()>>,
}

impl Relay {
    /// A relay that carries nothing yet.
    pub async fn bind() -> Self {
        let outside = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        let inside = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        Self {
            outside: outside.local_addr().unwrap(),
            inside: inside.local_addr().unwrap(),
            sockets: [outside, inside],
            tasks: Vec::new(),
        }
    }

    /// Carries between this phone and this server from now on, as the dice of this seed fall.
    pub fn carry(&mut self, phone: SocketAddr, server: SocketAddr, seed: u64) {
        let [outside, inside] = self.sockets.clone();
        let out = Way { from: inside.clone(), by: outside.clone(), to: server };
        let names = [(phone, self.outside), (self.inside, server)];
        self.tasks.push(tokio::spawn(out.run(names, Dice::seed_from_u64(seed))));
        let back = Way { from: outside, by: inside, to: phone };
        let names = names.map(|(inner, outer)| (outer, inner));
        self.tasks.push(tokio::spawn(back.run(names, Dice::seed_from_u64(!seed))));
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// One direction.
struct Way {
    from: Arc<UdpSocket>,
    by: Arc<UdpSocket>,
    to: SocketAddr,
}

impl Way {
    async fn run(self, names: [(SocketAddr, SocketAddr); 2], mut dice: Dice) {
        let mut buffer = vec![0; 65_536];
        while let Ok((length, _)) = self.from.recv_from(&mut buffer).await {
            let bytes = renamed(&buffer[..length], &names);
            // The first share is lost, the second comes twice, the third comes late.
            let (at_once, later) = match dice.next_u64() % 100 / EACH {
                0 => continue,
                1 => (true, true),
                2 => (false, true),
                _ => (true, false),
            };
            if at_once {
                let _ = self.by.send_to(&bytes, self.to).await;
            }
            if later {
                let late = LATE_MS.0 + dice.next_u64() % (LATE_MS.1 - LATE_MS.0);
                let (by, to) = (self.by.clone(), self.to);
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(late)).await;
                    let _ = by.send_to(&bytes, to).await;
                });
            }
        }
    }
}

fn renamed(bytes: &[u8], names: &[(SocketAddr, SocketAddr); 2]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let text =
        names.iter().fold(text.into_owned(), |text, (from, to)| text.replace(&from.to_string(), &to.to_string()));
    text.into_bytes()
}

/// A relay for SIP and RTP between one phone and the daemon. It loses nothing but every fifth RTP packet of the phone.
pub struct RtpRelay {
    /// Where the phone finds the daemon.
    pub inside: SocketAddr,
    tasks: Vec<JoinHandle<()>>,
}

impl RtpRelay {
    /// Carries between this phone, which calls, and this server.
    pub async fn carry(phone: SocketAddr, server: SocketAddr) -> Self {
        let bind = async || Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        let (outside, inside, rtp_outside, rtp_inside) = (bind().await, bind().await, bind().await, bind().await);
        let address = |socket: &UdpSocket| socket.local_addr().unwrap();
        let names = [(phone, address(&outside)), (address(&inside), server)];
        let (to_server, of_server) = watch::channel(None);
        let (to_phone, of_phone) = watch::channel(None);
        let out = Described { names, rtp: address(&rtp_outside), heard: to_phone };
        let back = Described { names: names.map(|(a, b)| (b, a)), rtp: address(&rtp_inside), heard: to_server };
        let inside_address = address(&inside);
        let tasks = vec![
            tokio::spawn(out.run(inside.clone(), outside.clone(), server)),
            tokio::spawn(back.run(outside, inside, phone)),
            tokio::spawn(pass_on(rtp_inside.clone(), rtp_outside.clone(), of_server, RTP_LOST)),
            tokio::spawn(pass_on(rtp_outside, rtp_inside, of_phone, u64::MAX)),
        ];
        Self { inside: inside_address, tasks }
    }
}

impl Drop for RtpRelay {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// One direction of SIP, whose descriptions lead RTP through the relay.
struct Described {
    names: [(SocketAddr, SocketAddr); 2],
    /// The port that the other side is told.
    rtp: SocketAddr,
    /// Where RTP for the describing side goes.
    heard: watch::Sender<Option<SocketAddr>>,
}

impl Described {
    async fn run(self, from: Arc<UdpSocket>, by: Arc<UdpSocket>, to: SocketAddr) {
        let mut buffer = vec![0; 65_536];
        while let Ok((length, _)) = from.recv_from(&mut buffer).await {
            let mut text = String::from_utf8(renamed(&buffer[..length], &self.names)).unwrap();
            let line = text.lines().find_map(|line| line.strip_prefix("m=audio ")).map(str::to_owned);
            if let Some(port) = line.as_deref().and_then(|line| line.split(' ').next()?.parse::<u16>().ok()) {
                self.heard.send_replace(Some(SocketAddr::from(([127, 0, 0, 1], port))));
                // A port of another length makes the body's length another one.
                let before = text.len();
                text = text.replace(&format!("m=audio {port} "), &format!("m=audio {} ", self.rtp.port()));
                text = with_length(&text, before);
            }
            let _ = by.send_to(text.as_bytes(), to).await;
        }
    }
}

/// The message with a Content-Length that fits a body which has grown or shrunk.
fn with_length(text: &str, before: usize) -> String {
    let stated = text.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
    let length = stated.trim().parse::<usize>().unwrap() + text.len() - before;
    text.replacen(&format!("Content-Length: {stated}"), &format!("Content-Length: {length}"), 1)
}

async fn pass_on(from: Arc<UdpSocket>, by: Arc<UdpSocket>, to: watch::Receiver<Option<SocketAddr>>, lost: u64) {
    let (mut buffer, mut count) = (vec![0; 2_048], 0u64);
    while let Ok((length, _)) = from.recv_from(&mut buffer).await {
        count += 1;
        let to = *to.borrow();
        if let Some(to) = to.filter(|_| count % lost != 0) {
            let _ = by.send_to(&buffer[..length], to).await;
        }
    }
}
