//! Conferences: who hears whom is a table, walked here cell by cell with numbered tones through real sockets.

use crate::bench::{A as CUSTOMER, B as AGENT, Bench, CONTACT, prompt};
use crate::ear::PATIENCE;
use crate::phone::Phone;
use domain::{Language, LegId, RecordingId};
use media::api::{Command, Event, PlayItem, RecorderMessage};
use media::codec::Codec;
use media::tone::strongest_tone;
use std::time::Instant;

const SUPERVISOR: LegId = LegId::new(3);
const RECORDING: RecordingId = RecordingId::new(8);

/// Who says which tone.
const SAYS: [(LegId, u32); 3] = [(CUSTOMER, 440), (AGENT, 620), (SUPERVISOR, 850)];

struct Floor {
    bench: Bench,
    phones: Vec<Phone>,
}

impl Floor {
    fn new() -> Self {
        let bench = Bench::new();
        let codecs = [Codec::Pcmu, Codec::Pcma, Codec::Pcmu];
        let phones: Vec<Phone> = SAYS.iter().zip(codecs).map(|((_, hz), codec)| Phone::new(codec, 101, *hz)).collect();
        for ((leg, _), phone) in SAYS.iter().zip(&phones) {
            bench.connect(*leg, phone);
            bench.expect_event(&Event::Flowing { leg: *leg });
        }
        Self { bench, phones }
    }

    fn mix(&self, gains: &[(LegId, LegId, u16)]) {
        self.bench.send(Command::Mix { legs: vec![CUSTOMER, AGENT, SUPERVISOR], gains: gains.to_vec() });
    }

    /// Wait until each phone hears exactly these tones, in the order customer, agent, supervisor.
    fn hear(&self, what: &str, expected: [&[u32]; 3]) {
        for (phone, expected) in self.phones.iter().zip(expected) {
            phone.wait(&format!("{what}: {expected:?}"), |heard| {
                let start = heard.samples.len().checked_sub(3_200);
                start.is_some_and(|start| tones(&heard.samples[start..]) == expected)
            });
        }
    }

    /// Wait until both channels of the recording hold exactly these tones.
    fn record(&self, what: &str, left: &[u32], right: &[u32]) {
        let end = Instant::now() + PATIENCE;
        let mut last = None;
        while last != Some((left.to_vec(), right.to_vec())) {
            let patience = end.saturating_duration_since(Instant::now());
            let message =
                self.bench.blocks.recv_timeout(patience).unwrap_or_else(|_| panic!("{what}: recorded {last:?}"));
            if let RecorderMessage::Block { customer, agent, .. } = message {
                last = Some((tones(&customer), tones(&agent)));
            }
        }
    }
}

/// All of our tones that these samples hold, each alone against the rest.
fn tones(samples: &[i16]) -> Vec<u32> {
    let power = |hz: u32| {
        let turn = core::f64::consts::TAU * f64::from(hz) / 8_000.0;
        let sum = |f: fn(f64) -> f64| -> f64 {
            samples.iter().enumerate().map(|(n, s)| f64::from(*s) * f(turn * n as f64)).sum::<f64>()
                / samples.len() as f64
        };
        sum(f64::sin).hypot(sum(f64::cos)) * 2.0
    };
    [350, 440, 620, 850, 1_150].into_iter().filter(|hz| power(*hz) > 1_000.0).collect()
}

#[test]
fn every_cell_of_the_table_is_heard_and_recorded_as_it_says() {
    let floor = Floor::new();
    floor.mix(&[]);
    floor.bench.send(Command::StartRecording {
        recording: RECORDING,
        contact: CONTACT,
        customer: CUSTOMER,
        agent: Some(AGENT),
        silence: None,
    });
    floor.hear("barge", [&[620, 850], &[440, 850], &[440, 620]]);
    floor.record("barge", &[440], &[620, 850]);
    for (from, said) in SAYS {
        for (column, (to, _)) in SAYS.into_iter().enumerate().filter(|(_, (to, _))| *to != from) {
            floor.bench.send(Command::Gain { from, to, permille: 0 });
            let mut expected = [vec![620, 850], vec![440, 850], vec![440, 620]];
            expected[column].retain(|hz| *hz != said);
            floor.hear("one cell shut", [&expected[0], &expected[1], &expected[2]]);
            floor.bench.send(Command::Gain { from, to, permille: 1_000 });
        }
    }
    floor.bench.send(Command::Gain { from: SUPERVISOR, to: CUSTOMER, permille: 0 });
    floor.hear("whisper", [&[620], &[440, 850], &[440, 620]]);
    floor.record("whisper", &[440], &[620]);
    floor.bench.send(Command::Gain { from: SUPERVISOR, to: AGENT, permille: 0 });
    floor.hear("listen", [&[620], &[440], &[440, 620]]);
    floor.record("listen", &[440], &[620]);
}

#[test]
fn a_supervisor_who_joins_to_listen_is_not_heard_for_a_moment() {
    let floor = Floor::new();
    floor.bench.send(Command::Bridge { a: CUSTOMER, b: AGENT });
    floor.hear("the call", [&[620], &[440], &[]]);
    let heard = |phone: usize| floor.phones[phone].heard(|heard| heard.samples.len());
    let before = [heard(0), heard(1)];
    floor.mix(&[(SUPERVISOR, CUSTOMER, 0), (SUPERVISOR, AGENT, 0)]);
    floor.hear("listen", [&[620], &[440], &[440, 620]]);
    for (phone, start) in before.into_iter().enumerate() {
        let leaked = floor.phones[phone].heard(|heard| {
            heard.samples[start..].chunks(800).filter(|part| strongest_tone(part, 8_000, &[850]).is_some()).count()
        });
        assert_eq!(leaked, 0);
    }
}

#[test]
fn a_held_customer_hears_music_only_while_agent_and_supervisor_consult() {
    let floor = Floor::new();
    floor.mix(&[(AGENT, CUSTOMER, 0), (SUPERVISOR, CUSTOMER, 0), (CUSTOMER, AGENT, 0), (CUSTOMER, SUPERVISOR, 0)]);
    floor.bench.play(CUSTOMER, 1, vec![PlayItem::Prompt(prompt(), Language::EN)], true);
    floor.bench.send(Command::StartRecording {
        recording: RECORDING,
        contact: CONTACT,
        customer: CUSTOMER,
        agent: Some(AGENT),
        silence: None,
    });
    floor.hear("consult", [&[1_150], &[850], &[620]]);
    floor.record("consult", &[440], &[620]);
    // The customer is taken back in, and the supervisor leaves: two who hear each other as they are.
    floor.bench.send(Command::StopPlay { leg: CUSTOMER });
    for (from, to) in [(AGENT, CUSTOMER), (CUSTOMER, AGENT)] {
        floor.bench.send(Command::Gain { from, to, permille: 1_000 });
    }
    floor.bench.send(Command::Unbridge { leg: SUPERVISOR });
    floor.hear("the call goes on", [&[620], &[440], &[]]);
    assert!(floor.bench.workers.figures().relayed > 0, "relayed again");
}

#[test]
fn two_at_unity_are_relayed_and_at_another_gain_they_are_mixed() {
    let floor = Floor::new();
    floor.bench.send(Command::Mix { legs: vec![CUSTOMER, AGENT], gains: Vec::new() });
    floor.hear("two", [&[620], &[440], &[]]);
    assert!(floor.bench.workers.figures().relayed > 0);
    floor.bench.send(Command::Gain { from: AGENT, to: CUSTOMER, permille: 250 });
    let peak = |heard: &crate::ear::Heard| heard.samples.iter().rev().take(1_600).map(|s| s.abs()).max();
    floor.phones[0].wait("a quarter as loud", |heard| peak(heard).is_some_and(|peak| (1_500..2_500).contains(&peak)));
    floor.bench.send(Command::Close { leg: AGENT });
    floor.phones[0].wait_tone(None);
}

#[test]
fn a_paused_recording_is_silent_on_both_channels_and_says_where() {
    let floor = Floor::new();
    floor.bench.send(Command::Bridge { a: CUSTOMER, b: AGENT });
    floor.bench.send(Command::StartRecording {
        recording: RECORDING,
        contact: CONTACT,
        customer: CUSTOMER,
        agent: Some(AGENT),
        silence: None,
    });
    floor.record("both", &[440], &[620]);
    floor.bench.send(Command::PauseRecording { recording: RECORDING, paused: true });
    floor.record("paused", &[], &[]);
    floor.hear("they talk on", [&[620], &[440], &[]]);
    floor.bench.send(Command::PauseRecording { recording: RECORDING, paused: false });
    let mut pause = None;
    while pause.is_none() {
        if let RecorderMessage::Paused { recording, start, length } = floor.bench.blocks.recv_timeout(PATIENCE).unwrap()
        {
            assert_eq!(recording, RECORDING);
            pause = Some((start, length));
        }
    }
    assert!(pause.is_some_and(|(start, length)| start > 1_600 && length >= 1_600), "{pause:?}");
    floor.record("both again", &[440], &[620]);
    floor.bench.send(Command::PauseRecording { recording: RECORDING, paused: true });
    floor.bench.send(Command::StopRecording { recording: RECORDING });
    let ending: Vec<RecorderMessage> = core::iter::from_fn(|| floor.bench.blocks.recv_timeout(PATIENCE).ok())
        .skip_while(|message| !matches!(message, RecorderMessage::Paused { .. }))
        .take(3)
        .take_while(|message| !matches!(message, RecorderMessage::Close { .. }))
        .collect();
    assert!(matches!(ending[0], RecorderMessage::Paused { .. }), "an open pause is told before the end: {ending:?}");
}
