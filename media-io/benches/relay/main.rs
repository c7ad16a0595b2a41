//! What a relayed packet costs: 200 calls between plain legs, two ways, 20 ms packets, on one worker, beside a bare relay
//! of the same load in the same run. Recorded calls go through the recorder to files of a temporary directory.
//!
//! The load comes from a second process, this program started again, so that the figures are the relay's alone. The three
//! relays take turns, so that a noisy neighbour hits all of them. Prints a line `name value unit` for each figure. CPU
//! time is that of all threads of the process by `getrusage`, kernel time included; each figure is the median of the
//! rounds, each ratio that of the rounds' ratios.

mod bare;
mod load;

use bare::Bare;
use domain::{ContactId, LegId, RecordingId};
use load::{LOAD, Load};
use media::api::{Command, Event, LegKind};
use media_io::{Prompts, Settings, Workers};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use recorder::Recorder;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{channel, sync_channel};
use std::time::Duration;

/// Calls, and legs: two for each.
const CALLS: usize = 200;
const LEGS: usize = 2 * CALLS;

/// Sockets of the load: many, so that their buffers hold what a descheduled reader leaves.
const SOCKETS: usize = 20;

/// Before anything is measured, how long it is, and how often.
const WARM_UP: Duration = Duration::from_millis(500);
const MEASURED: Duration = Duration::from_millis(1_500);
const ROUNDS: usize = 15;

const CONTACT: ContactId = ContactId::new(1);

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    if std::env::var_os(LOAD).is_some() {
        return load::load();
    }
    let mut rounds: [Vec<Figures>; 3] = Default::default();
    for _ in 0..ROUNDS {
        rounds[0].push(measure_bare()?);
        rounds[1].push(measure(false)?);
        rounds[2].push(measure(true)?);
    }
    let [bare, plain, recorded] = rounds.each_ref().map(|rounds| median(rounds.iter().map(|one| one.us_per_packet)));
    let over = |n: usize| median(rounds[n].iter().zip(&rounds[n - 1]).map(|(a, b)| a.us_per_packet / b.us_per_packet));
    let lost = rounds.each_ref().map(|rounds| rounds.iter().map(|one| one.lost).sum::<u64>());
    let mut out = io::stdout().lock();
    writeln!(out, "bare_relay_cpu_us_per_packet {bare:.2} us")?;
    writeln!(out, "relay_cpu_us_per_packet {plain:.2} us")?;
    writeln!(out, "relay_record_cpu_us_per_packet {recorded:.2} us")?;
    writeln!(out, "relay_over_bare {:.2} ratio", over(1))?;
    writeln!(out, "relay_record_over_plain {:.2} ratio", over(2))?;
    writeln!(out, "relay_lost_packets {} count", lost[1] + lost[2])?;
    writeln!(out, "bare_relay_lost_packets {} count", lost[0])?;
    Ok(())
}

/// The value in the middle: one round in which the machine was busy with something else does not count.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

struct Figures {
    us_per_packet: f64,
    lost: u64,
}

/// Microseconds of CPU time of this process so far.
fn cpu_us() -> Outcome<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok((usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64)
}

/// What a stretch costs in which the load talks.
fn stretch(relayed: impl Fn() -> u64) -> Outcome<Figures> {
    std::thread::sleep(WARM_UP);
    let before = (cpu_us()?, relayed());
    std::thread::sleep(MEASURED);
    let after = (cpu_us()?, relayed());
    Ok(Figures { us_per_packet: (after.0 - before.0) / (after.1 - before.1) as f64, lost: 0 })
}

fn measure_bare() -> Outcome<Figures> {
    let mut load = Load::start()?;
    let bare = Bare::start(&load.ports)?;
    load.talk_to(&bare.ports)?;
    let figures = stretch(|| bare.relayed())?;
    let lost = load.finish()?;
    bare.stop()?;
    Ok(Figures { lost, ..figures })
}

fn measure(is_recorded: bool) -> Outcome<Figures> {
    let (sender, events) = channel();
    let (recorder, blocks) = sync_channel(4_096);
    let dir = tempfile::tempdir()?;
    let writer = Recorder::start(dir.path().to_owned(), 0, blocks, |_| {})?;
    let report = move |event| drop(sender.send(event));
    let workers = Workers::start(Settings::default(), Arc::new(Prompts::default()), report, recorder)?;
    let mut load = Load::start()?;
    let open = |n: usize| {
        let offer = Some(offer(load.ports[n % SOCKETS]));
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
            workers.send(Command::StartRecording {
                recording,
                contact: CONTACT,
                customer: a,
                agent: Some(b),
                silence: None,
            });
        }
    }
    // Commands are done in order: when this leg is open, all calls are joined, and the load may begin.
    open(LEGS)?;
    load.talk_to(&targets)?;
    let figures = stretch(|| workers.figures().relayed)?;
    let lost = load.finish()?;
    workers.stop();
    writer.join();
    Ok(Figures { lost, ..figures })
}

fn leg(n: usize) -> LegId {
    LegId::new(n as u64 + 1)
}

fn offer(port: u16) -> String {
    format!(
        "v=0\r\no=load 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=rtcp-mux\r\na=sendrecv\r\n"
    )
}

fn audio_port(sdp: &str) -> Option<u16> {
    sdp.lines().find_map(|line| line.strip_prefix("m=audio "))?.split(' ').next()?.parse().ok()
}
