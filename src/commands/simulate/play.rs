//! Replications on as many threads as there are cores, with a bar that shows how far they are.

use planning::simulate::{Centre, Replication, Report, Sample};
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Contacts between two looks at the bar.
const STRIDE: u64 = 20_000;

/// Plays every replication of a centre.
pub(super) fn play(centre: &Centre) -> Report {
    let wanted = centre.scenario().run.replications;
    let (next, arrived) = (AtomicU32::new(0), AtomicU64::new(0));
    let (done, finished) = mpsc::channel();
    let threads = thread::available_parallelism().map_or(1, usize::from).min(wanted as usize);
    let mut samples: Vec<(u32, Sample)> = thread::scope(|scope| {
        for _ in 0..threads {
            let (done, next, arrived) = (done.clone(), &next, &arrived);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    // Nobody waits for samples any more only if the whole command is ending.
                    if number >= wanted || done.send((number, replicate(centre, number, arrived))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        collect(centre, &finished, &arrived)
    });
    samples.sort_by_key(|(number, _)| *number);
    let samples: Vec<Sample> = samples.into_iter().map(|(_, sample)| sample).collect();
    Report::new(centre, &samples)
}

fn replicate(centre: &Centre, number: u32, arrived: &AtomicU64) -> Sample {
    let mut replication = Replication::new(centre, number);
    loop {
        let before = replication.arrived();
        let goes_on = replication.advance(STRIDE);
        arrived.fetch_add(replication.arrived() - before, Ordering::Relaxed);
        if !goes_on {
            return replication.finish();
        }
    }
}

fn collect(centre: &Centre, finished: &mpsc::Receiver<(u32, Sample)>, arrived: &AtomicU64) -> Vec<(u32, Sample)> {
    let run = &centre.scenario().run;
    let shows = io::stderr().is_terminal();
    let mut samples = Vec::new();
    loop {
        match finished.recv_timeout(Duration::from_millis(100)) {
            Ok(sample) => samples.push(sample),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if shows {
            let replications = f64::from(run.replications);
            let of_contacts = arrived.load(Ordering::Relaxed) as f64 / (run.calls as f64 * replications);
            show(of_contacts.max(samples.len() as f64 / replications), samples.len(), run.replications);
        }
    }
    if shows {
        eprint!("\r\x1b[K");
    }
    samples
}

/// Draws the bar over itself.
fn show(share: f64, done: usize, wanted: u32) {
    let filled = (share.clamp(0.0, 1.0) * 40.0) as usize;
    let bar = format!("{}{}", "█".repeat(filled), "░".repeat(40 - filled));
    eprint!("\r{bar} {:3.0} %  {done} of {wanted} replications", share.min(1.0) * 100.0);
    // A bar that cannot be drawn is no reason to stop.
    let _ = io::stderr().flush();
}
