//! What a relayed packet costs: 100 calls between plain legs, two ways, 20 ms packets, on one worker.
//!
//! The load comes from a second process, this program started again, so that the figures are the worker's alone. Prints
//! a line `name value unit` for each figure. CPU time is that of all threads of the process, kernel time included.

use domain::{ContactId, LegId, RecordingId};
use media::FRAME;
use media::api::{Command, Event, LegKind};
use media::g711::Codec;
use media::rtp::{Packet, Stamp};
use media_io::{Prompts, Settings, Workers};
use mio::{Events, Interest, Poll, Token};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{channel, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Calls, and legs: two for each.
const CALLS: usize = 100;
const LEGS: usize = 2 * CALLS;

/// Sockets of the load: many, so that their buffers hold what a descheduled reader leaves.
const SOCKETS: usize = 20;

/// Before anything is measured, and how long it is.
const WARM_UP: Duration = Duration::from_secs(1);
const MEASURED: Duration = Duration::from_secs(10);

/// Tells the program that it is the load.
const LOAD: &str = "MEDIA_IO_BENCH_LOAD";

/// The audio of the load, told from comfort noise by its first bytes.
const MARK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

const CONTACT: ContactId = ContactId::new(1);

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    if std::env::var_os(LOAD).is_some() {
        return load();
    }
    let plain = measure(false)?;
    let recorded = measure(true)?;
    let mut out = io::stdout().lock();
    writeln!(out, "relay_cpu_us_per_packet {:.2} us", plain.us_per_packet)?;
    writeln!(out, "relay_record_cpu_us_per_packet {:.2} us", recorded.us_per_packet)?;
    writeln!(out, "relay_lost_packets {} count", plain.lost + recorded.lost)?;
    Ok(())
}

struct Figures {
    us_per_packet: f64,
    lost: u64,
}

fn measure(is_recorded: bool) -> Outcome<Figures> {
    let (sender, events) = channel();
    let (recorder, blocks) = sync_channel(4_096);
    let drain = std::thread::spawn(move || blocks.iter().count());
    let report = move |event| drop(sender.send(event));
    let workers = Workers::start(Settings::default(), Arc::new(Prompts::default()), report, recorder)?;
    let (mut child, ports) = start_load()?;
    let mut input = child.stdin.take().ok_or("no way to the load")?;
    let open = |n: usize| {
        let offer = Some(offer(ports[n % SOCKETS]));
        workers.send(Command::Open { leg: leg(n), contact: CONTACT, kind: LegKind::Plain, offer });
        let port = events.iter().find_map(|event| match event {
            Event::Opened { sdp, .. } => Some(audio_port(&sdp)),
            _ => None,
        });
        port.flatten().ok_or("a leg was not opened")
    };
    let targets = (0..LEGS).map(open).collect::<Result<Vec<u16>, _>>()?;
    for call in 0..CALLS {
        let (a, b) = (leg(2 * call), leg(2 * call + 1));
        workers.send(Command::Bridge { a, b });
        if is_recorded {
            let recording = RecordingId::new(call as u128 + 1);
            workers.send(Command::StartRecording { recording, contact: CONTACT, customer: a, agent: Some(b) });
        }
    }
    // Commands are done in order: when this leg is open, all calls are joined, and the load may begin.
    open(LEGS)?;
    for port in targets {
        writeln!(input, "{port}")?;
    }
    drop(input);
    std::thread::sleep(WARM_UP);
    let before = (cpu_us()?, workers.figures().relayed);
    std::thread::sleep(MEASURED);
    let after = (cpu_us()?, workers.figures().relayed);
    let output = child.wait_with_output()?;
    workers.stop();
    drain.join().map_err(|_| "the recorder's end panicked")?;
    let packets = (after.1 - before.1) as f64;
    let lost = String::from_utf8(output.stdout)?.trim().parse()?;
    Ok(Figures { us_per_packet: (after.0 - before.0) / packets, lost })
}

fn leg(n: usize) -> LegId {
    LegId::new(n as u64 + 1)
}

fn offer(port: u16) -> String {
    format!(
        "v=0\r\no=load 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 0\r\na=rtcp-mux\r\na=sendrecv\r\n"
    )
}

fn audio_port(sdp: &str) -> Option<u16> {
    sdp.lines().find_map(|line| line.strip_prefix("m=audio "))?.split(' ').next()?.parse().ok()
}

/// Start the load; answers its ports. It waits for ours, one a line.
fn start_load() -> Outcome<(Child, Vec<u16>)> {
    let mut child = std::process::Command::new(std::env::current_exe()?)
        .env(LOAD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let stdout = child.stdout.as_mut().ok_or("no way from the load")?;
    let mut line = String::new();
    // One byte at a time, so that nothing of the load's last word is kept here.
    BufReader::with_capacity(1, stdout).read_line(&mut line)?;
    let ports = line.split_whitespace().map(str::parse).collect::<Result<Vec<u16>, _>>()?;
    Ok((child, ports))
}

/// Microseconds of CPU time so far, in steps of the kernel's clock: 10 ms.
fn cpu_us() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).ok_or("/proc/self/stat");
    // The 14th and 15th field of the line; the second ends at the parenthesis.
    Ok((ticks(11)? + ticks(12)?) * 10_000.0)
}

/// The load: says its ports, learns ours, talks to them for the whole time, and says how many packets were lost.
fn load() -> Outcome<()> {
    let sockets = (0..SOCKETS).map(|_| UdpSocket::bind("127.0.0.1:0")).collect::<io::Result<Vec<_>>>()?;
    let ports = sockets.iter().map(|s| Ok(s.local_addr()?.port().to_string())).collect::<io::Result<Vec<_>>>()?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", ports.join(" "))?;
    out.flush()?;
    let targets = io::stdin().lock().lines().take(LEGS).map(|line| Ok(line?.trim().parse()?));
    let targets = targets.collect::<Outcome<Vec<u16>>>()?;
    let (heard, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let ear = listen(&sockets, Arc::clone(&heard), Arc::clone(&is_over))?;
    let sent = talk(&sockets, &targets)?;
    std::thread::sleep(Duration::from_millis(500));
    is_over.store(true, Ordering::Relaxed);
    ear.join().map_err(|_| "the load's ear panicked")??;
    writeln!(out, "{}", sent.saturating_sub(heard.load(Ordering::Relaxed)))?;
    Ok(())
}

fn talk(sockets: &[UdpSocket], targets: &[u16]) -> Outcome<u64> {
    let mut payload = [0x55; FRAME];
    payload[..MARK.len()].copy_from_slice(&MARK);
    let rounds = ((WARM_UP + MEASURED).as_millis() / 20 + 25) as u32;
    let payload_type = Codec::Pcmu.payload_type();
    let chunk = targets.len().div_ceil(10);
    let (mut sent, mut due) = (0, Instant::now());
    for round in 0..rounds {
        // Spread over the 20 ms, as the packets of unrelated calls are.
        for (part, group) in targets.chunks(chunk).enumerate() {
            for (n, port) in group.iter().enumerate() {
                let leg = part * chunk + n;
                let (sequence, timestamp) = (round as u16, round * FRAME as u32);
                let stamp = Stamp { ssrc: leg as u32 + 1, sequence, timestamp, marker: false };
                let packet = Packet { payload_type, stamp, payload: &payload }.to_bytes();
                let target = SocketAddr::from(([127, 0, 0, 1], *port));
                sent += u64::from(sockets[leg % SOCKETS].send_to(&packet, target).is_ok());
            }
            due += Duration::from_millis(2);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }
    Ok(sent)
}

fn listen(
    sockets: &[UdpSocket],
    heard: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
) -> Outcome<JoinHandle<io::Result<()>>> {
    let mut poll = Poll::new()?;
    let mut ears = Vec::new();
    for (n, socket) in sockets.iter().enumerate() {
        let socket = socket.try_clone()?;
        socket.set_nonblocking(true)?;
        let mut ear = mio::net::UdpSocket::from_std(socket);
        poll.registry().register(&mut ear, Token(n), Interest::READABLE)?;
        ears.push(ear);
    }
    Ok(std::thread::spawn(move || {
        let (mut ready, mut buffer) = (Events::with_capacity(SOCKETS), [0; 2_048]);
        while !is_over.load(Ordering::Relaxed) {
            poll.poll(&mut ready, Some(Duration::from_millis(100)))?;
            for event in &ready {
                while let Ok(length) = ears[event.token().0].recv(&mut buffer) {
                    let packet = Packet::parse(&buffer[..length]).filter(|packet| packet.payload.starts_with(&MARK));
                    heard.fetch_add(u64::from(packet.is_some()), Ordering::Relaxed);
                }
            }
        }
        Ok(())
    }))
}
