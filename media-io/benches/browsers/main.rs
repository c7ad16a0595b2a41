//! What a browser's leg costs: calls between a page and a plain leg beside calls between two plain legs, 20 ms packets both
//! ways, on one worker. The pages are the `webrtc` crate's, which take their own processor time in threads of this process;
//! what is measured is the worker's thread alone, kernel time included. Prints lines `name value unit`.

#[allow(dead_code, reason = "the tests use all of it")]
#[path = "../../tests/sockets/ear.rs"]
mod ear;
#[allow(dead_code, reason = "the tests use all of it")]
#[path = "../../tests/sockets/page.rs"]
mod page;

use domain::{ContactId, LegId};
use media::FRAME;
use media::api::{Command, Event, LegKind};
use media::g711::Codec;
use media::rtp::{Packet, Stamp};
use media_io::{Prompts, Settings, Workers};
use page::Page;
use std::fs;
use std::io::{self, Write};
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const CALLS: usize = 60;
const MEASURED: Duration = Duration::from_secs(5);
const CONTACT: ContactId = ContactId::new(1);
const EVENTS: u8 = 126;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let plain = House::open(0)?.talk()?;
    let house = House::open(CALLS)?;
    let idle = house.rest()?;
    let browsers = house.talk()?;
    let per_call = |figures: Figures| figures.us_per_s / CALLS as f64;
    let peer = per_call(browsers) - per_call(plain) / 2.0;
    let mut out = io::stdout().lock();
    writeln!(out, "plain_call_cpu_us_per_packet {:.2} us", plain.us_per_packet())?;
    writeln!(out, "browser_call_cpu_us_per_packet {:.2} us", browsers.us_per_packet())?;
    writeln!(out, "browser_over_plain {:.2} ratio", browsers.us_per_packet() / plain.us_per_packet())?;
    writeln!(out, "plain_leg_cpu_us_per_s {:.0} us", per_call(plain) / 2.0)?;
    writeln!(out, "browser_leg_cpu_us_per_s {peer:.0} us")?;
    writeln!(out, "silent_browser_leg_cpu_us_per_s {:.0} us", per_call(idle))?;
    writeln!(out, "talking_browsers_per_core {:.0} calls", 1e6 / per_call(browsers))?;
    writeln!(out, "browser_packets_per_call_and_s {:.1} packets", browsers.packets_per_s / CALLS as f64)?;
    Ok(())
}

#[derive(Clone, Copy)]
struct Figures {
    us_per_s: f64,
    packets_per_s: f64,
}

impl Figures {
    fn us_per_packet(self) -> f64 {
        self.us_per_s / self.packets_per_s
    }
}

/// The time that threads of workers have run so far, in microseconds.
fn worker_us() -> Outcome<f64> {
    let mut sum = 0.0;
    for task in fs::read_dir("/proc/self/task")? {
        let path = task?.path();
        if fs::read_to_string(path.join("comm"))?.starts_with("media-") {
            let ran = fs::read_to_string(path.join("schedstat"))?;
            sum += ran.split(' ').next().unwrap_or_default().parse::<f64>()? / 1e3;
        }
    }
    Ok(sum)
}

/// Calls on one worker.
struct House {
    workers: Workers,
    events: Receiver<Event>,
    pages: Vec<Page>,
    voice: UdpSocket,
    ports: Vec<u16>,
}

impl House {
    /// With so many pages; all other ends are plain.
    fn open(pages: usize) -> Outcome<Self> {
        let (sender, events) = channel();
        let (recorder, _) = sync_channel(1);
        let report = move |event| drop(sender.send(event));
        let workers = Workers::start(Settings::default(), Arc::new(Prompts::default()), report, recorder)?;
        let mut house =
            Self { workers, events, pages: Vec::new(), voice: UdpSocket::bind("127.0.0.1:0")?, ports: Vec::new() };
        for call in 0..CALLS {
            let (a, b) = (LegId::new(2 * call as u64 + 1), LegId::new(2 * call as u64 + 2));
            if call < pages {
                let page = Page::new(EVENTS, 440);
                page.set_quiet(true);
                page.accept(&house.session(a, LegKind::Browser, page.offer())?);
                page.wait_connected();
                house.pages.push(page);
            } else {
                house.plain(a)?;
            }
            house.plain(b)?;
            house.workers.send(Command::Bridge { a, b });
        }
        Ok(house)
    }

    fn session(&self, leg: LegId, kind: LegKind, offer: String) -> Outcome<String> {
        self.workers.send(Command::Open { leg, contact: CONTACT, kind, offer: Some(offer) });
        let opened = self.events.iter().find_map(|event| match event {
            Event::Opened { leg: opened, sdp } if opened == leg => Some(sdp),
            _ => None,
        });
        opened.ok_or_else(|| "a leg was not opened".into())
    }

    fn plain(&mut self, leg: LegId) -> Outcome<()> {
        let port = self.voice.local_addr()?.port();
        let offer = format!(
            "v=0\r\no=load 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n\
             a=rtcp-mux\r\na=sendrecv\r\n"
        );
        let answer = self.session(leg, LegKind::Plain, offer)?;
        let port = answer.lines().find_map(|line| line.strip_prefix("m=audio ")?.split(' ').next()?.parse().ok());
        self.ports.push(port.ok_or("no port")?);
        Ok(())
    }

    fn measured(&self) -> Outcome<Figures> {
        std::thread::sleep(Duration::from_secs(1));
        let (begun, us, packets) = (Instant::now(), worker_us()?, self.workers.figures().relayed);
        std::thread::sleep(MEASURED);
        let seconds = begun.elapsed().as_secs_f64();
        let packets = (self.workers.figures().relayed - packets) as f64;
        Ok(Figures { us_per_s: (worker_us()? - us) / seconds, packets_per_s: packets / seconds })
    }

    /// What the calls cost while nobody talks.
    fn rest(&self) -> Outcome<Figures> {
        self.measured()
    }

    /// What they cost while everybody does.
    fn talk(self) -> Outcome<Figures> {
        self.pages.iter().for_each(|page| page.set_quiet(false));
        let is_over = Arc::new(AtomicBool::new(false));
        let voices = talk(self.voice.try_clone()?, self.ports.clone(), Arc::clone(&is_over));
        let figures = self.measured()?;
        is_over.store(true, Ordering::Relaxed);
        voices.join().map_err(|_| "the voices panicked")?;
        self.workers.stop();
        Ok(figures)
    }
}

/// Says something to each port every 20 ms, and hears nothing.
fn talk(socket: UdpSocket, ports: Vec<u16>, is_over: Arc<AtomicBool>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let (payload, mut round, mut due) = ([0x55; FRAME], 0_u32, Instant::now());
        while !is_over.load(Ordering::Relaxed) {
            for (leg, port) in ports.iter().enumerate() {
                let stamp = Stamp {
                    ssrc: leg as u32 + 1,
                    sequence: round as u16,
                    timestamp: round.wrapping_mul(FRAME as u32),
                    marker: false,
                };
                let packet = Packet { payload_type: Codec::Pcmu.payload_type(), stamp, payload: &payload }.to_bytes();
                // What is lost here is not relayed, and so not counted.
                let _ = socket.send_to(&packet, SocketAddr::from(([127, 0, 0, 1], *port)));
            }
            round = round.wrapping_add(1);
            due += Duration::from_millis(20);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    })
}
