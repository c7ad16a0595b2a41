//! A relay between one phone and the daemon that loses, repeats and reorders datagrams.
//!
//! It stands in for the phone towards the daemon and for the daemon towards the phone: addresses in the messages are
//! changed on the way, so that requests within a dialog go through it too. RTP goes past it.

use rand_core::{Rng, SeedableRng};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

type Dice = rand_chacha::ChaCha8Rng;

/// Of a hundred datagrams each way so many are lost, so many come twice, and so many come late.
const EACH: u64 = 10;
/// A late datagram comes so much later, in milliseconds: those sent after it overtake it.
const LATE_MS: (u64, u64) = (5, 60);

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
