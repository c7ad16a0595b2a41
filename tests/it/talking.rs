//! Audio both ways, hold and resume, the recording, the menu.

use crate::support::{Bench, Plan, answer, hears, report};
use switchroom::boot::recordings_dir;
use switchroom::phone::{Heard, Order, Phone, Report};

const CALLER_HZ: u32 = 620;
const AGENT_HZ: u32 = 1_040;

#[tokio::test(flavor = "multi_thread")]
async fn both_hear_each_other_and_the_recording_keeps_them_apart() {
    let plan = Plan { wrap_up_s: 1, ..Plan::default() };
    let (bench, mut phones) = Bench::with_phones(&plan, &["anna"]).await;
    let caller = bench.call_answered("8001").await;
    caller.order(Order::Tone(CALLER_HZ)).await;
    phones[0].order(Order::Tone(AGENT_HZ)).await;
    answer(&mut phones[0]).await;
    hears(&caller, AGENT_HZ).await;
    hears(&phones[0], CALLER_HZ).await;
    caller.order(Order::HangUp).await;
    let story = bench.story(|story| story.recordings.iter().any(|tape| tape.state == "complete")).await;
    let data = bench.dir.path().join("data");
    let mut tape = hound::WavReader::open(recordings_dir(&data).join(&story.recordings[0].path)).unwrap();
    assert_eq!(tape.spec().channels, 2);
    let samples: Vec<i16> = tape.samples::<i16>().map(Result::unwrap).collect();
    let side = |first: usize| samples.iter().skip(first).step_by(2).copied().collect::<Vec<i16>>();
    let tone = |side: &[i16]| media::tone::strongest_tone(side, 8_000, crate::support::TONES);
    assert_eq!(tone(&side(0)), Some(CALLER_HZ), "the customer is on the left");
    assert_eq!(tone(&side(1)), Some(AGENT_HZ), "the agent is on the right");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn digits_lead_through_the_menu() {
    let (bench, mut phones) = Bench::with_phones(&Plan::default(), &["anna"]).await;
    let caller = bench.call_answered("8000").await;
    caller.order(Order::Digits("1".to_owned())).await;
    answer(&mut phones[0]).await;
    let story = bench.story(|story| story.row.agent.is_some()).await;
    assert_eq!(story.row.path, ["menu", "line"]);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_holds_gives_the_caller_music_and_takes_him_back() {
    let (bench, mut phones) = Bench::with_phones(&Plan::default(), &["anna"]).await;
    let caller = bench.call_answered("8001").await;
    caller.order(Order::Tone(CALLER_HZ)).await;
    phones[0].order(Order::Tone(AGENT_HZ)).await;
    answer(&mut phones[0]).await;
    hears(&caller, AGENT_HZ).await;
    phones[0].order(Order::Hold(true)).await;
    report(&mut phones[0], |report| *report == Report::HoldTaken).await;
    bench.story(|story| story.events.iter().any(|event| event.kind == "held")).await;
    caller.ear().clear();
    crate::support::until("music", async || (caller.ear().samples() > 8_000).then_some(())).await;
    assert_ne!(caller.ear().tone(crate::support::TONES), Some(AGENT_HZ), "the caller hears music, not the agent");
    phones[0].order(Order::Hold(false)).await;
    report(&mut phones[0], |report| *report == Report::HoldTaken).await;
    hears(&caller, AGENT_HZ).await;
    bench.stop().await;
}

/// Samples of a stretch of the recording that is looked at: 100 ms.
const WINDOW: usize = 800;

/// True if the newest that the caller hears is music, or the agent who has taken him back.
fn turned(caller: &Phone, hold: bool) -> bool {
    let packets = caller.ear().packets();
    let says = |hz: Option<u32>| hz == Some(AGENT_HZ);
    let tone = |packet: &Heard| media::tone::strongest_tone(&packet.samples, 8_000, crate::support::TONES);
    packets.len() >= TURNED && packets.iter().rev().take(TURNED).all(|packet| says(tone(packet)) != hold)
}

/// Packets of 20 ms by which it is known what the caller hears.
const TURNED: usize = 3;
/// How often a phone holds and takes back in one call.
const HOLDS: u64 = 100;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_holds_leave_one_unbroken_recording() {
    let plan = Plan { wrap_up_s: 1, ..Plan::default() };
    let (bench, mut phones) = Bench::with_phones(&plan, &["anna"]).await;
    let caller = bench.call_answered("8001").await;
    caller.order(Order::Tone(CALLER_HZ)).await;
    phones[0].order(Order::Tone(AGENT_HZ)).await;
    answer(&mut phones[0]).await;
    hears(&caller, AGENT_HZ).await;
    for _ in 0..HOLDS {
        for hold in [true, false] {
            phones[0].order(Order::Hold(hold)).await;
            report(&mut phones[0], |report| *report == Report::HoldTaken).await;
            caller.ear().clear();
            crate::support::until("music, or the agent", async || turned(&caller, hold).then_some(())).await;
        }
    }
    hears(&caller, AGENT_HZ).await;
    hears(&phones[0], CALLER_HZ).await;
    caller.order(Order::HangUp).await;
    let story = bench.story(|story| story.recordings.iter().any(|tape| tape.state == "complete")).await;
    let count = |kind: &str| story.events.iter().filter(|event| event.kind == kind).count() as u64;
    assert_eq!((count("held"), count("resumed")), (HOLDS, HOLDS));
    let [tape] = story.recordings.as_slice() else { panic!("{} recordings", story.recordings.len()) };
    assert_eq!(tape.gap_ms, 0, "nothing is missing");
    let file = recordings_dir(&bench.dir.path().join("data")).join(&tape.path);
    let mut wav = hound::WavReader::open(file).unwrap();
    let customer: Vec<i16> = wav.samples::<i16>().map(Result::unwrap).step_by(2).collect();
    let windows = customer.chunks_exact(WINDOW);
    let silent = windows
        .clone()
        .filter(|window| media::tone::strongest_tone(window, 8_000, crate::support::TONES) != Some(CALLER_HZ));
    println!("{HOLDS} holds and resumes in {} windows of 100 ms of one recording", windows.len());
    assert_eq!(silent.count(), 0, "the customer, who never stopped, is heard in every stretch of it");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_falls_silent_is_cleared_away() {
    let plan = Plan { silence_s: 2, wrap_up_s: 1, ..Plan::default() };
    let (bench, mut phones) = Bench::with_phones(&plan, &["anna"]).await;
    let caller = bench.call_answered("8001").await;
    answer(&mut phones[0]).await;
    drop(caller);
    report(&mut phones[0], |report| matches!(report, Report::Over(_))).await;
    let story = bench.closed_story().await;
    assert_eq!(story.row.ended_by.as_deref(), Some("system"));
    bench.quiet().await;
    bench.stop().await;
}
