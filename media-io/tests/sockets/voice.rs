//! Texts that a voice speaks, and prompts that are changed.

use crate::bench::{A, Bench, prompt};
use crate::phone::Phone;
use domain::{Language, PlayId, Spoken};
use media::api::{Event, PlayItem};
use media::codec::Codec;
use media::playout::Speech;
use media::tone::Sine;
use media_io::{Prompts, Settings, Voice};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

/// Sound that comes when the test says so.
#[derive(Debug)]
struct Later(Mutex<Poll<Option<Arc<[i16]>>>>);

impl Speech for Later {
    fn poll(&self) -> Poll<Option<Arc<[i16]>>> {
        self.0.lock().unwrap().clone()
    }
}

impl Later {
    fn comes(&self, sound: Option<Arc<[i16]>>) {
        *self.0.lock().unwrap() = Poll::Ready(sound);
    }
}

fn sound(hz: u32, samples: usize) -> Arc<[i16]> {
    let mut sound = vec![0; samples];
    Sine::new(hz, 8_000).fill(&mut sound);
    sound.into()
}

fn text(otherwise: bool) -> Vec<PlayItem> {
    let spoken = Spoken { text: "hello".into(), personal: false, otherwise: otherwise.then(prompt) };
    vec![PlayItem::Spoken(spoken, Language::EN)]
}

/// Workers with a voice that waits for the test.
fn with_voice(patience: Duration) -> (Bench, Arc<Later>) {
    let later = Arc::new(Later(Mutex::new(Poll::Pending)));
    let speech = Arc::clone(&later);
    let ask = move |_: &Spoken, _: Language| {
        let speech: Arc<dyn Speech> = speech.clone();
        speech
    };
    (Bench::with(Settings { voice: Some(Voice::new(ask, patience)), ..Settings::default() }), later)
}

#[test]
fn a_text_is_heard_when_its_sound_is_there() {
    let (bench, later) = with_voice(Duration::from_secs(600));
    let phone = Phone::new(Codec::Pcmu, 101, 440);
    bench.connect(A, &phone);
    bench.play(A, 7, text(true), false);
    phone.wait_tone(None);
    later.comes(Some(sound(620, 16_000)));
    phone.wait_tone(Some(620));
    bench.expect_event(&Event::PlayDone { leg: A, play: PlayId::new(7) });
}

#[test]
fn in_the_place_of_a_text_that_is_not_spoken_in_time_its_prompt_is_played() {
    let (bench, later) = with_voice(Duration::from_millis(100));
    let phone = Phone::new(Codec::Pcmu, 101, 440);
    bench.connect(A, &phone);
    bench.play(A, 7, text(true), false);
    phone.wait_tone(Some(1_150));
    bench.expect_event(&Event::PlayDone { leg: A, play: PlayId::new(7) });
    later.comes(None);
    bench.play(A, 8, text(false), false);
    bench.expect_event(&Event::PlayDone { leg: A, play: PlayId::new(8) });
}

#[test]
fn a_changed_prompt_is_heard_from_the_next_play_on_and_what_plays_plays_on() {
    let bench = Bench::new();
    let phone = Phone::new(Codec::Pcmu, 101, 440);
    bench.connect(A, &phone);
    let play = |play| bench.play(A, play, vec![PlayItem::Prompt(prompt(), Language::EN)], true);
    play(7);
    phone.wait_tone(Some(1_150));
    let mut prompts = Prompts::default();
    prompts.insert(prompt(), Some(Language::EN), &sound(620, 8_000));
    bench.workers.prompt_switch().replace(&Arc::new(prompts));
    let so_far = phone.heard(|heard| heard.samples.len());
    phone.wait("more", |heard| heard.samples.len() >= so_far + 8_000);
    phone.wait_tone(Some(1_150));
    play(8);
    phone.wait_tone(Some(620));
}
