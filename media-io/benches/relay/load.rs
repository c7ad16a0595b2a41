//! The load: a second process, so that the figures are the relay's alone. It talks to every leg at the rate of a call
//! and counts what comes back.

use crate::{LEGS, MEASURED, Outcome, SOCKETS, WARM_UP};
use media::FRAME;
use media::g711::Codec;
use media::rtp::{Packet, Stamp};
use mio::{Events, Interest, Poll, Token};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Tells the program that it is the load.
pub const LOAD: &str = "MEDIA_IO_BENCH_LOAD";

/// The audio of the load, told from comfort noise by its first bytes.
const MARK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

/// The load as the measuring process sees it.
pub struct Load {
    child: Child,
    input: ChildStdin,
    /// Where it listens.
    pub ports: Vec<u16>,
}

impl Load {
    /// Start it; it waits for our ports.
    pub fn start() -> Outcome<Self> {
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
        let input = child.stdin.take().ok_or("no way to the load")?;
        Ok(Self { child, input, ports })
    }

    /// Let it talk to these ports.
    pub fn talk_to(&mut self, ports: &[u16]) -> Outcome<()> {
        for port in ports {
            writeln!(self.input, "{port}")?;
        }
        Ok(self.input.flush()?)
    }

    /// Wait for its end; answers how many packets were lost.
    pub fn finish(self) -> Outcome<u64> {
        drop(self.input);
        let output = self.child.wait_with_output()?;
        Ok(String::from_utf8(output.stdout)?.trim().parse()?)
    }
}

/// The load: says its ports, learns ours, talks to them for the whole time, and says how many packets were lost.
pub fn load() -> Outcome<()> {
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
