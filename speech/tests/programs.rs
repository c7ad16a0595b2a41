//! Real programs as engines: espeak-ng, and shell scripts that misbehave.

use domain::{Language, Spoken};
use media::playout::Speech as _;
use speech::{Counts, Program, ProgramSettings, Speaker, SpeakerSettings, SpeechError, Synthesiser as _};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// So long at most until something happens that must happen; nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder with an engine made of a shell script.
struct Bench {
    dir: tempfile::TempDir,
    command: Vec<String>,
}

impl Bench {
    fn new(script: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("engine");
        fs::write(&path, format!("#!/bin/sh\ncd {}\n{script}\n", dir.path().display())).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let command = vec![path.display().to_string(), "{voice}".to_owned()];
        Self { dir, command }
    }

    fn program(&self) -> Program {
        Program::new(ProgramSettings { command: self.command.clone(), rate: 8_000, voices: BTreeMap::new() })
    }

    fn speaker(&self, timeout: Duration) -> Speaker {
        let settings = SpeakerSettings {
            enabled: true,
            timeout,
            max_concurrent: 2,
            cache_bytes: 1 << 20,
            cache_dir: self.dir.path().join("cache"),
        };
        Speaker::new(settings, Arc::new(self.program()))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Lines that the engine wrote into its file.
    fn lines(&self, name: &str) -> Vec<String> {
        fs::read_to_string(self.file(name)).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    fn cached(&self) -> usize {
        fs::read_dir(self.file("cache")).map_or(0, Iterator::count)
    }
}

/// Says what it was given into a file, and half a second of something.
const GOOD: &str = "cat >> said; echo $1 >> voices; head -c 8000 /dev/zero | tr '\\0' '\\1'";

fn text(text: &str, personal: bool) -> Spoken {
    Spoken { text: text.into(), personal, otherwise: None }
}

async fn until(what: &str, is: impl Fn() -> bool) {
    let wait = async {
        while !is() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// The sound of a text; `None`: there is none.
async fn heard(speaker: &Speaker, spoken: &Spoken) -> Option<Arc<[i16]>> {
    let ticket = speaker.ask(spoken, Language::EN);
    until("an answer", || ticket.poll().is_ready()).await;
    match ticket.poll() {
        Poll::Ready(sound) => sound,
        Poll::Pending => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn espeak_ng_speaks_english_and_chinese() {
    let espeak = Program::new(ProgramSettings { command: Vec::new(), rate: 22_050, voices: BTreeMap::new() });
    espeak.check().expect("espeak-ng is installed by `make test-needs`");
    for (language, text) in [(Language::EN, "Your order is on its way."), (Language::ZH, "您的订单正在配送。")]
    {
        let sound = espeak.speak(language, text).await.unwrap();
        let level = media::level::measure(&sound);
        assert!((800..6_000).contains(&level.length_ms), "{language}: {level:?}");
        assert!(level.speech_dbfs > -40.0, "{language}: {level:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_made_once_and_found_afterwards_also_after_a_restart() {
    let bench = Bench::new(GOOD);
    let speaker = bench.speaker(PATIENCE);
    let sound = heard(&speaker, &text("-h; $(touch x) `ls`", false)).await.unwrap();
    assert_eq!((sound.len(), sound[0]), (4_000, 0x0101));
    assert_eq!(bench.lines("said"), ["-h; $(touch x) `ls`"], "as it is: no shell reads it and it is no option");
    assert_eq!(bench.lines("voices"), ["en"]);
    assert!(!bench.file("x").exists());
    assert_eq!(heard(&speaker, &text("-h; $(touch x) `ls`", false)).await, Some(sound.clone()));
    assert_eq!(speaker.counts(), Counts { asked: 2, ready: 1, made: 1, failed: 0 });
    until("a file", || bench.cached() == 1).await;
    let restarted = bench.speaker(PATIENCE);
    assert_eq!(heard(&restarted, &text("-h; $(touch x) `ls`", false)).await, Some(sound));
    assert_eq!((restarted.counts().made, bench.lines("said").len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_about_callers_stay_in_memory() {
    let bench = Bench::new(GOOD);
    let speaker = bench.speaker(PATIENCE);
    for _ in 0..2 {
        assert!(heard(&speaker, &text("Your balance is 5.", true)).await.is_some());
    }
    assert_eq!(speaker.counts().made, 1, "found in memory");
    // What is about nobody is kept, so that there is something to see.
    assert!(heard(&speaker, &text("Good-bye.", false)).await.is_some());
    until("a file", || bench.cached() == 1).await;
    let restarted = bench.speaker(PATIENCE);
    assert!(heard(&restarted, &text("Your balance is 5.", true)).await.is_some());
    assert_eq!((restarted.counts().made, bench.cached()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_asks_for_what_is_being_made_waits_for_it_too() {
    let bench = Bench::new(&format!("touch begun; while [ ! -e go ]; do sleep 0.01; done; {GOOD}"));
    let speaker = bench.speaker(PATIENCE);
    let tickets = [0, 1].map(|_| speaker.ask(&text("Hello", false), Language::EN));
    until("its beginning", || bench.file("begun").exists()).await;
    assert!(tickets.iter().all(|ticket| ticket.poll().is_pending()));
    fs::write(bench.file("go"), "").unwrap();
    until("the sound", || tickets.iter().all(|ticket| matches!(ticket.poll(), Poll::Ready(Some(_))))).await;
    assert_eq!(speaker.counts().made, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_engine_is_ended_with_all_that_it_started() {
    let bench = Bench::new("sh -c 'echo $$ > pid; exec sleep 600' & wait");
    let speaker = bench.speaker(Duration::from_secs(4));
    assert_eq!(heard(&speaker, &text("Hello", false)).await, None);
    let why = speaker.status().why.unwrap();
    assert!(why.starts_with("no speech within 4000 ms"), "{why}");
    let pid = bench.lines("pid").remove(0);
    let state = |pid: &str| fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    until("its end", || {
        let state = state(&pid);
        !state.contains("(sleep)") || state.contains(") Z ")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_told_in_words_and_the_next_text_is_tried_again() {
    let failing = Bench::new("echo 'warming up' >&2; echo 'no voice en' >&2; exit 3");
    let huge = Bench::new("exec cat /dev/zero");
    let silent = Bench::new("cat > /dev/null");
    let cases = [
        (&failing, "failed (status 3): no voice en"),
        (&huge, "gave more than 16 MB of sound"),
        (&silent, "gave no sound: it is empty"),
    ];
    for (bench, expected) in cases {
        let speaker = bench.speaker(PATIENCE);
        for failed in 1..=2 {
            assert_eq!(heard(&speaker, &text("Hello", false)).await, None);
            assert_eq!(speaker.counts().failed, failed);
        }
        let why = speaker.status().why.unwrap();
        assert!(why.ends_with(expected), "{why}");
        assert!(!speaker.status().available && bench.cached() == 0);
    }
    let mended = failing;
    let speaker = mended.speaker(PATIENCE);
    assert_eq!(heard(&speaker, &text("Hello", false)).await, None);
    fs::write(mended.file("engine"), format!("#!/bin/sh\ncd {}\n{GOOD}\n", mended.dir.path().display())).unwrap();
    assert!(heard(&speaker, &text("Hello", false)).await.is_some());
    assert!(speaker.status().available);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_engine_is_known_from_the_start_and_heard_of_at_once() {
    let mut bench = Bench::new(GOOD);
    bench.command = vec![Path::new("/nowhere/espeak-ng").display().to_string()];
    let speaker = bench.speaker(PATIENCE);
    let status = speaker.status();
    assert_eq!((status.available, status.engine.as_str()), (false, "espeak-ng"));
    assert!(status.why.unwrap().contains("apt-get install espeak-ng"));
    assert_eq!(heard(&speaker, &text("Hello", false)).await, None);
    assert!(matches!(speaker.speak(Language::EN, "Hello").await, Err(SpeechError::Missing(_))));
    assert!(matches!(speaker.speak(Language::EN, " \u{7} ").await, Err(SpeechError::NoText)));
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_made_ahead_and_those_that_are_there_are_not_made_again() {
    let bench = Bench::new(GOOD);
    let texts = || ["one", "two"].map(|text| (Language::EN, text.to_owned())).to_vec();
    let speaker = bench.speaker(PATIENCE);
    speaker.prepare(texts());
    until("two files", || bench.cached() == 2).await;
    let restarted = bench.speaker(PATIENCE);
    restarted.prepare([texts(), vec![(Language::ZH, "three".to_owned())]].concat());
    until("three files", || bench.cached() == 3).await;
    assert_eq!(bench.lines("said"), ["one", "two", "three"]);
    assert!(heard(&restarted, &text("two", false)).await.is_some());
    assert_eq!(restarted.counts().made, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_speech_is_switched_off_nothing_is_started() {
    let bench = Bench::new(GOOD);
    let settings = SpeakerSettings {
        enabled: false,
        timeout: PATIENCE,
        max_concurrent: 1,
        cache_bytes: 1 << 20,
        cache_dir: bench.file("cache"),
    };
    let speaker = Speaker::new(settings, Arc::new(bench.program()));
    assert_eq!(heard(&speaker, &text("Hello", false)).await, None);
    assert!(matches!(speaker.speak(Language::EN, "Hello").await, Err(SpeechError::Off)));
    assert!(bench.lines("said").is_empty());
}
