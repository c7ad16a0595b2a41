//! Digits that nobody is to hear or see: an agent lends the customer to a flow that asks for a card, and neither the
//! recording, nor the agent, the history, the trace, the files or the log know the number afterwards.

use crate::support::desk::Desk;
use crate::support::keys::{Caller, Way};
use crate::support::{
    Bench, FLOW, Plan, Rest, TONES, answer, config_text, hears, log, more_recorded, phone, write_config,
};
use domain::ContactDetail;
use media::keypad::Detector;
use media::tone::strongest_tone;
use serde_json::json;
use std::path::Path;
use switchroom::phone::{Order, Phone};

const CALLER_HZ: u32 = 620;
const AGENT_HZ: u32 = 1_040;

/// A valid number of a payment card, made for tests.
const CARD: &str = "4539578763621486";

const CARD_FLOW: &str = r#"
[flow.card]
start = "ask"

[flow.card.node.ask]
type = "collect"
prompts = ["main-menu"]
variable = "card"
min = 12
max = 19
check = "luhn"
masked = true
exhausted = "sorry"
next = "done"

[flow.card.node.done]
type = "return"

[flow.card.node.sorry]
type = "hangup"
prompts = ["goodbye"]
"#;

async fn open() -> (Bench, Phone) {
    let anna = phone().await;
    let dir = tempfile::tempdir().unwrap();
    let agents = [("anna".to_owned(), format!("sip:anna@{}", anna.address))];
    let text = config_text(&Plan { wrap_up_s: 1, ..Plan::default() }, &agents);
    write_config(dir.path(), &text.replace("record = true", "record = true\nsecure_entry = \"card\""));
    std::fs::write(dir.path().join("flow.toml"), format!("{FLOW}{CARD_FLOW}")).unwrap();
    (Bench::open(dir).await, anna)
}

/// The digits that somebody with a good ear finds in a sound.
fn digits_in(samples: &[i16]) -> String {
    let (mut found, mut ear) = (String::new(), Detector::default());
    for frame in samples.chunks(media::FRAME) {
        ear.hear(frame, &mut |digit| found.push(digit));
    }
    found
}

/// The sample of the recording at which the first event of this kind happened.
fn sample_of(story: &ContactDetail, kind: &str) -> usize {
    let at = |kind: &str| {
        let event = story.events.iter().find(|event| event.kind == kind);
        event.unwrap_or_else(|| panic!("no {kind}")).at.as_micros()
    };
    usize::try_from((at(kind) - at("recording_started")) / 125).unwrap()
}

/// A part of the number that is found nowhere by chance.
fn tells(bytes: &[u8]) -> bool {
    [&CARD[..8], &CARD[4..12], &CARD[8..]].iter().any(|part| bytes.windows(8).any(|window| window == part.as_bytes()))
}

/// Files of the directory that hold the number.
fn files_that_tell(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_that_tell(&path));
        } else if tells(&std::fs::read(&path).unwrap_or_default()) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// The recording is silent on both sides between the marks, and has both voices before and after.
fn tape_is_silent_where_it_is_marked(bench: &Bench, story: &ContactDetail) {
    let path = switchroom::boot::recordings_dir(&bench.dir.path().join("data")).join(&story.recordings[0].path);
    let samples: Vec<i16> = hound::WavReader::open(path).unwrap().samples::<i16>().map(Result::unwrap).collect();
    let side = |first: usize| samples.iter().skip(first).step_by(2).copied().collect::<Vec<i16>>();
    let (lent, begin, end) = (
        sample_of(story, "secure_entry_started"),
        sample_of(story, "masking_started"),
        sample_of(story, "masking_ended"),
    );
    // What the marks and the samples may be apart: the way from the switchboard to the worker.
    let slack = 1_600;
    assert!(end > begin + 16_000, "the entry and what follows it last for seconds: {begin} to {end}");
    for (side, hz) in [(side(0), CALLER_HZ), (side(1), AGENT_HZ)] {
        let tone = |samples: &[i16]| strongest_tone(samples, 8_000, TONES);
        assert!(side[begin + slack..end - slack].iter().all(|sample| *sample == 0), "{hz} Hz: the stretch is silent");
        assert_eq!(tone(&side[..lent - slack]), Some(hz), "before");
        assert_eq!(tone(&side[end + slack..]), Some(hz), "after");
        assert_eq!(digits_in(&side), "", "{hz} Hz");
    }
}

async fn keyed(way: Way) {
    log::keep();
    let (bench, mut anna) = open().await;
    let mut desk = Desk::sign_in(bench.daemon.http, "anna", "secret-anna").await;
    let mut caller = Caller::call(bench.daemon.sip, "8001", way).await;
    caller.tone(CALLER_HZ);
    anna.order(Order::Tone(AGENT_HZ)).await;
    answer(&mut anna).await;
    hears(&anna, CALLER_HZ).await;
    let story = bench.story(|story| story.events.iter().any(|event| event.kind == "recording_started")).await;
    let contact = story.row.id.to_string();
    // Enough of a talk to be told in the recording, before and after.
    let tapes = switchroom::boot::recordings_dir(&bench.dir.path().join("data"));
    more_recorded(&tapes, 1).await;
    desk.granted("secure_entry", &contact, json!({})).await;
    bench.story(|story| story.events.iter().any(|event| event.kind == "masking_started")).await;
    anna.ear().clear();
    caller.key(&format!("{CARD}#")).await;
    let entry = |state: &'static str| {
        move |told: &serde_json::Value| told["event"]["type"] == "interaction" && told["event"]["secure_entry"] == state
    };
    desk.until(entry("done")).await;
    let heard: Vec<i16> = anna.ear().packets().into_iter().flat_map(|packet| packet.samples).collect();
    assert_eq!(digits_in(&heard), "", "the agent hears no key");
    hears(&anna, CALLER_HZ).await;
    more_recorded(&tapes, 3).await;
    let rest = Rest::sign_in(&format!("http://{}", bench.daemon.http), "admin", "admin-secret").await;
    caller.hang_up().await;
    let story = bench
        .story(|story| story.row.closed.is_some() && story.recordings.iter().any(|tape| tape.state == "complete"))
        .await;
    tape_is_silent_where_it_is_marked(&bench, &story);

    let told =
        [rest.text(&format!("/contacts/{contact}")).await, rest.text(&format!("/contacts/{contact}/trace")).await];
    assert!(told[1].contains("INFO sip:") == (way == Way::Info) && !told[1].contains("Signal=4"), "{}", told[1]);
    let desk = desk.told.iter().map(ToString::to_string).collect::<String>();
    for (what, text) in [("contact", &told[0]), ("trace", &told[1]), ("desk", &desk), ("events", &format!("{story:?}"))]
    {
        assert!(!tells(text.as_bytes()), "{what}: {text}");
    }
    assert!(!tells(rest.root("/metrics").await.as_bytes()));
    let data = bench.dir.path().to_owned();
    bench.daemon.stop(std::time::Duration::ZERO).await;
    assert_eq!(files_that_tell(&data), [] as [String; 0], "recordings, spool and database");
    let log = log::kept();
    assert!(!log.is_empty(), "there is a log");
    assert!(!tells(log.as_bytes()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_keyed_by_events_is_known_to_nobody() {
    keyed(Way::Events).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_keyed_by_info_is_known_to_nobody() {
    keyed(Way::Info).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_keyed_in_the_sound_is_known_to_nobody() {
    keyed(Way::Sound).await;
}
