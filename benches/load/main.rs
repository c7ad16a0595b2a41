//! What calls cost and how fast they are set up, on the real daemon as a process of its own, under callers and agents
//! that cost as little as can be. Prints `name value unit` lines.
//!
//! `SWITCHROOM_BENCH` chooses parts by name (`start,cost,idle,waiting,treated,talking,recorded,
//! capacity,overload,twice`, and `soak`, which runs only when it is named), `SWITCHROOM_BENCH_HOLD_S` says how long each rate is held (8 s; 60 s for the figure that counts),
//! `SWITCHROOM_BENCH_RATE` what counts as the capacity that overload exceeds, and `SWITCHROOM_BENCH_THREADS=1` tells each
//! thread's processor time.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod audio;
mod call;
mod daemon;
mod figures;
mod peers;
mod soak;
mod wire;

use audio::Audio;
use daemon::{Daemon, House, Place};
use figures::{own_cpu_s, print, print_spread, quantile, setting};
use peers::{Peers, Plan, Tally};
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// A part of the bench: its name, and what it does.
type Part = (&'static str, fn());

const PARTS: &[Part] = &[
    ("start", start),
    ("cost", cost),
    ("idle", idle),
    ("waiting", waiting),
    ("treated", treated),
    ("talking", || talking(false)),
    ("recorded", || talking(true)),
    ("capacity", capacity),
    ("overload", || overload(10.0)),
    ("twice", || overload(2.0)),
];

fn main() {
    let chosen = std::env::var("SWITCHROOM_BENCH").unwrap_or_default();
    if chosen == "soak" {
        soak::soak();
    }
    for (name, run) in PARTS {
        if chosen.is_empty() || chosen.split(',').any(|part| part == *name) {
            run();
        }
    }
}

const NOBODY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9);

/// A daemon, and peers who are its agents.
fn open(agents: usize, record: bool, audio: Option<Audio>) -> (Place, Daemon, Peers) {
    open_house(House { agents, phones: NOBODY, have_logins: false, record, treated: false }, audio)
}

/// The same; the phones are the peers'.
fn open_house(house: House, audio: Option<Audio>) -> (Place, Daemon, Peers) {
    let peers = Peers::new(audio).expect("the peers' sockets");
    let place = Place::new(&House { phones: peers.phones(), ..house });
    let daemon = place.start();
    (place, daemon, peers)
}

/// A few calls, after which everything that is made once has been made.
fn warm_up(daemon: &Daemon, peers: &mut Peers) {
    let short = Duration::from_millis(100);
    peers.work(daemon.sip, Plan { lasting: Duration::from_millis(400), talk: (short, short), ..Plan::default() });
}

/// Start to the first INVITE answered, with 500 agents in the database.
fn start() {
    let place = Place::new(&House { agents: 500, phones: NOBODY, have_logins: true, record: false, treated: false });
    let begun = Instant::now();
    drop(place.start());
    print("first_start_500_agents_ms", begun.elapsed().as_secs_f64() * 1e3, "ms");
    let mut samples: Vec<Duration> = (0..5).map(|_| first_answer(&place.launch())).collect();
    print("start_to_first_invite_answered_ms", quantile(&mut samples, 500).as_secs_f64() * 1e3, "ms");
}

/// Sends an INVITE until it is answered.
fn first_answer(daemon: &Daemon) -> Duration {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let me = socket.local_addr().expect("its address");
    socket.set_read_timeout(Some(Duration::from_millis(2))).expect("a time-out");
    let dialog = wire::Dialog {
        target: format!("sip:8001@{}", daemon.sip),
        local: format!("<sip:first@{me}>;tag=1"),
        remote: format!("<sip:8001@{}>", daemon.sip),
        call_id: format!("first-{}", me.port()),
        cseq: 1,
    };
    let invite = dialog.request("INVITE", me, "first", &wire::described(me, 9));
    let mut buffer = [0; 4_096];
    loop {
        // Nobody listens there at first.
        let _ = socket.send_to(invite.as_bytes(), daemon.sip);
        while let Ok(length) = socket.recv(&mut buffer) {
            let status = wire::Seen::read(&buffer[..length]).and_then(|seen| seen.status()).unwrap_or_default();
            if status >= 200 {
                assert_eq!(status, 200, "the first INVITE is refused");
                return daemon.since.elapsed();
            }
        }
    }
}

/// Lets the peers work, and tells what each call cost the daemon and them.
fn measured(name: &str, daemon: &Daemon, peers: &mut Peers, plan: Plan) -> Tally {
    let (before, own, threads) = (daemon.cpu_s(), own_cpu_s(), daemon.threads());
    let tally = peers.work(daemon.sip, plan);
    let calls = (tally.done + tally.failed).max(1) as f64;
    print(&format!("{name}_cpu_ms"), (daemon.cpu_s() - before) * 1e3 / calls, "ms");
    print(&format!("{name}_load_cpu_ms"), (own_cpu_s() - own) * 1e3 / calls, "ms");
    print(&format!("{name}_failed"), tally.failed as f64, "calls");
    print(&format!("{name}_repeated"), tally.repeated as f64, "messages");
    if setting("SWITCHROOM_BENCH_THREADS", 0) > 0 {
        for (thread, used) in daemon.threads() {
            let earlier = threads.iter().find(|(known, _)| *known == thread).map_or(0.0, |(_, used)| *used);
            print(&format!("{name}_thread_{thread}_ms"), (used - earlier) * 1e3 / calls, "ms");
        }
    }
    tally
}

/// One signalled call at 50 calls/s: caller → queue → agent answers after 200 ms → 2 s → BYE, history written.
fn cost() {
    let (_place, daemon, mut peers) = open(500, false, None);
    warm_up(&daemon, &mut peers);
    let idle = daemon.rss_kb();
    let lasting = Duration::from_secs(setting("SWITCHROOM_BENCH_COST_S", 20));
    let mut tally = measured("call", &daemon, &mut peers, Plan { lasting, ..Plan::default() });
    print_spread("setup_at_50", &mut tally.setup);
    print("rss_idle_500_agents", idle, "kB");
    print("rss_after_calls", daemon.rss_kb(), "kB");
}

/// Idle queue: the caller's INVITE to the agent's, at 100 calls/s.
fn idle() {
    let (_place, daemon, mut peers) = open(500, false, None);
    warm_up(&daemon, &mut peers);
    let plan = Plan { calls_per_s: 100.0, lasting: Duration::from_secs(10), ..Plan::default() };
    let mut tally = measured("call_at_100", &daemon, &mut peers, plan);
    print_spread("setup_at_100", &mut tally.setup);
}

/// 500 callers wait while 200 agents talk: from the BYE that frees an agent to the next INVITE for him.
fn waiting() {
    let (_place, daemon, mut peers) = open(200, false, None);
    let talk = (Duration::from_secs(4), Duration::from_secs(8));
    let plan = Plan {
        calls_per_s: 350.0,
        at_most: 700,
        talk,
        agents_hang_up: true,
        leave: true,
        lasting: Duration::from_secs(20),
        ..Plan::default()
    };
    let mut tally = measured("waiting_call", &daemon, &mut peers, plan);
    print("next_call_samples", tally.next_call.len() as f64, "calls");
    print_spread("next_call_500_waiting", &mut tally.next_call);
}

/// Agents who serve those who are told something while they wait.
const SERVING: usize = 60;
/// Callers who wait meanwhile.
const HEARING: usize = 300;

/// 300 callers hear announcements, music, their place and wait and what they may choose: what each costs, beside one who
/// hears music only, and how long agents who become free wait for the next.
fn treated() {
    for (name, treated) in [("music", false), ("treated", true)] {
        hearing(name, treated);
    }
    let (_place, daemon, mut peers) = open_treated(true);
    warm_up(&daemon, &mut peers);
    let plan = Plan {
        calls_per_s: 100.0,
        at_most: SERVING + HEARING,
        talk: (Duration::from_secs(2), Duration::from_secs(4)),
        agents_hang_up: true,
        leave: true,
        lasting: Duration::from_secs(30),
        ..Plan::default()
    };
    let mut tally = measured("treated_call", &daemon, &mut peers, plan);
    print("treated_next_call_samples", tally.next_call.len() as f64, "calls");
    print_spread("treated_next_call_300_waiting", &mut tally.next_call);
}

fn open_treated(treated: bool) -> (Place, Daemon, Peers) {
    open_house(House { agents: SERVING, phones: NOBODY, have_logins: false, record: false, treated }, None)
}

/// Nobody comes and nobody goes while 300 wait: processor time and memory of each.
fn hearing(name: &str, treated: bool) {
    let (_place, daemon, mut peers) = open_treated(treated);
    // So that the wait is known, and told.
    warm_up(&daemon, &mut peers);
    let idle = daemon.rss_kb();
    let for_good = (Duration::from_secs(3_600), Duration::from_secs(3_600));
    let fill = Plan {
        calls_per_s: 100.0,
        at_most: SERVING + HEARING,
        talk: for_good,
        leave: true,
        lasting: Duration::from_secs(5),
        ..Plan::default()
    };
    peers.work(daemon.sip, fill);
    let (cpu, own, begun) = (daemon.cpu_s(), own_cpu_s(), Instant::now());
    let wait = Plan { calls_per_s: 1.0, at_most: 0, leave: true, lasting: Duration::from_secs(15), ..Plan::default() };
    let tally = peers.work(daemon.sip, wait);
    let call_seconds = HEARING as f64 * begun.elapsed().as_secs_f64();
    print(&format!("{name}_waiting_cpu_us_per_call_s"), (daemon.cpu_s() - cpu) * 1e6 / call_seconds, "us");
    print(&format!("{name}_waiting_load_cpu_us_per_call_s"), (own_cpu_s() - own) * 1e6 / call_seconds, "us");
    print(&format!("{name}_waiting_open"), peers.open() as f64, "calls");
    print(&format!("{name}_waiting_failed"), tally.failed as f64, "calls");
    print(&format!("{name}_waiting_memory_per_call"), (daemon.rss_kb() - idle) / peers.open().max(1) as f64, "kB");
}

/// 200 calls with audio both ways: latency and loss of the relay, memory of a bridged call.
fn talking(record: bool) {
    const CALLS: usize = 200;
    let name = |figure: &str| format!("{figure}{}", if record { "_recorded" } else { "" });
    let (_place, daemon, mut peers) = open(CALLS + 50, record, Some(Audio::start().expect("sockets for the audio")));
    warm_up(&daemon, &mut peers);
    let idle = daemon.rss_kb();
    let talk = (Duration::from_secs(15), Duration::from_secs(15));
    let plan = Plan {
        calls_per_s: 50.0,
        at_most: CALLS,
        talk,
        lasting: Duration::from_secs(6),
        leave: true,
        ..Plan::default()
    };
    peers.work(daemon.sip, plan);
    let (cpu, begun, own) = (daemon.cpu_s(), Instant::now(), own_cpu_s());
    peers.work(
        daemon.sip,
        Plan { calls_per_s: 1.0, at_most: 0, lasting: Duration::from_secs(6), leave: true, ..Plan::default() },
    );
    let packets = begun.elapsed().as_secs_f64() * 100.0 * peers.open() as f64;
    print(&name("talking_cpu_us_per_packet"), (daemon.cpu_s() - cpu) * 1e6 / packets, "us");
    print(&name("talking_load_cpu_us_per_packet"), (own_cpu_s() - own) * 1e6 / packets, "us");
    print(&name("memory_per_call"), (daemon.rss_kb() - idle) / peers.open() as f64, "kB");
    let tally = peers.work(daemon.sip, Plan { calls_per_s: 1.0, lasting: Duration::ZERO, ..Plan::default() });
    print(&name("talking_failed"), tally.failed as f64, "calls");
    let Some(mut heard) = peers.audio.take().map(Audio::finish) else { return };
    print(&name("talking_lost"), heard.sent as f64 - heard.received as f64, "packets");
    print_spread(&name("talking_one_way"), &mut heard.latency);
    print(&name("talking_longest_gap_ms"), heard.longest_gap.as_secs_f64() * 1e3, "ms");
}

/// The highest rate that is held, and what becomes of twice as much.
fn capacity() {
    let hold = Duration::from_secs(setting("SWITCHROOM_BENCH_HOLD_S", 8));
    let mut held = 0.0;
    for rate in [100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0, 800.0, 1000.0, 1200.0] {
        let (_place, daemon, mut peers) = open((rate * 2.6) as usize + 50, false, None);
        warm_up(&daemon, &mut peers);
        let (cpu, own) = (daemon.cpu_s(), own_cpu_s());
        let mut tally = peers.work(daemon.sip, Plan { calls_per_s: rate, lasting: hold, ..Plan::default() });
        let failed = tally.begun - tally.done;
        let calls = tally.begun.max(1) as f64;
        print(&format!("rate_{rate}_failed"), failed as f64, "calls");
        print(&format!("rate_{rate}_refused"), tally.refused as f64, "calls");
        print(&format!("rate_{rate}_repeated"), tally.repeated as f64, "messages");
        print(&format!("rate_{rate}_cpu_ms"), (daemon.cpu_s() - cpu) * 1e3 / calls, "ms");
        print(&format!("rate_{rate}_load_cpu_ms"), (own_cpu_s() - own) * 1e3 / calls, "ms");
        print_spread(&format!("rate_{rate}_setup"), &mut tally.setup);
        if failed as f64 >= 0.001 * calls {
            break;
        }
        held = rate;
    }
    print("calls_per_s_held", held, "1/s");
}

/// So many times the capacity, with 20 calls that talk and one emergency call a second.
fn overload(times: f64) {
    let hold = setting("SWITCHROOM_BENCH_HOLD_S", 8);
    let capacity = setting("SWITCHROOM_BENCH_RATE", 300) as f64;
    let name = |figure: &str| format!("overload_{times}x_{figure}");
    let audio = Audio::start().expect("sockets for the audio");
    // So many that it is the machine that nobody gets past, not the queue.
    let (_place, daemon, mut peers) = open((capacity * 20.0) as usize + 150, false, Some(audio));
    let for_good = (Duration::from_secs(3_600), Duration::from_secs(3_600));
    let talkers = Plan { at_most: 20, talk: for_good, leave: true, lasting: Duration::from_secs(2), ..Plan::default() };
    peers.work(daemon.sip, talkers);
    let (idle, cpu) = (daemon.rss_kb(), daemon.cpu_s());
    let rate = capacity * times;
    let lasting = Duration::from_secs(hold);
    let plan =
        Plan { calls_per_s: rate, urgent_every: rate as u64, audible: false, keep: 20, lasting, ..Plan::default() };
    let mut tally = peers.work(daemon.sip, plan);
    print(&name("offered_per_s"), tally.begun as f64 / hold as f64, "1/s");
    print(&name("goodput_per_s"), tally.done as f64 / hold as f64, "1/s");
    print(&name("of_capacity"), tally.done as f64 / hold as f64 / capacity, "1");
    print(&name("refused"), tally.refused as f64, "calls");
    print(&name("failed"), tally.failed as f64, "calls");
    print(&name("repeated"), tally.repeated as f64, "messages");
    print(&name("cpu_s"), daemon.cpu_s() - cpu, "s");
    print_spread(&name("refusal"), &mut tally.refusal);
    print_spread(&name("setup"), &mut tally.setup);
    print(&name("emergency_begun"), tally.urgent.0 as f64, "calls");
    print(&name("emergency_done"), tally.urgent.1 as f64, "calls");
    print(&name("calls_still_up"), peers.open() as f64, "calls");
    if let Some(heard) = peers.audio.take().map(Audio::finish) {
        print(&name("longest_gap_ms"), heard.longest_gap.as_secs_f64() * 1e3, "ms");
    }
    // Transactions linger for 64·T1 after the last call has ended, and freed pages for a moment more.
    let linger = Duration::from_secs(setting("SWITCHROOM_BENCH_LINGER_S", 45));
    std::thread::sleep(linger);
    print(&name("memory_left_over"), (daemon.rss_kb() - idle) / 1_024.0, "MB");
}
