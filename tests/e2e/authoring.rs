//! Headless Chromium: administrators who write flows and record prompts.

use crate::browser::{Story, base, microphone};
use crate::support::{Bench, Plan, Rest, config_text, phone, report, write_config};
use serde_json::{Value, json};
use std::path::Path;
use switchroom::phone::{Order, Report};

/// A daemon with prompts of its own, which may be changed.
async fn open() -> Bench {
    let dir = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts"), &dir.path().join("prompts"));
    let phone = phone().await;
    let text = config_text(&Plan::default(), &[("anna".to_owned(), format!("sip:anna@{}", phone.address))]);
    let ours = format!("prompts_dir = \"{}\"", Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts").display());
    write_config(dir.path(), &text.replacen(&ours, "prompts_dir = \"prompts\"", 1));
    Bench::open(dir).await
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn options(bench: &Bench) -> Value {
    json!({ "base": base(bench), "admin": { "login": "admin", "password": "admin-secret" }, "microphone": microphone(&bench.dir) })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_writes_tries_publishes_and_rolls_back_a_flow_in_the_browser() {
    let bench = open().await;
    let mut options = options(&bench);
    options["file"] = json!("flow.toml");
    options["flow"] = json!("help");
    options["steps"] = json!(["key-1", "full"]);
    options["change"] = json!({ "find": "timeout_s = 20", "put": "timeout_s = 6" });
    options["mistake"] = json!({ "find": "digits = { 1 = \"line\" }", "put": "digits = { 1 = \"lime\" }" });
    let mut browser = Story::start("flows.mjs", &options);
    let first = browser.step("open").await["version"].as_u64().unwrap();
    let mistake = browser.step("mistake").await;
    assert_eq!(mistake["line"], mistake["caret"], "the click leads to the line: {mistake}");
    assert_eq!(mistake["publish"], "true", "it cannot be published: {mistake}");
    assert!(mistake["said"].as_str().unwrap().contains("lime"), "{mistake}");
    assert_eq!(browser.step("walked").await["waits"], "over");
    assert_eq!(browser.step("draft").await["same"], true, "the draft outlives the page");
    let published = browser.step("published").await;
    assert_eq!((published["version"].as_u64(), published["changed"].as_bool()), (Some(first + 1), Some(true)));

    browser.step("about to publish").await;
    let api = Rest::sign_in(&base(&bench), "admin", "admin-secret").await;
    let now = api.get("/flows/file?name=flow.toml").await;
    let text = format!("{}\n# theirs\n", now["text"].as_str().unwrap());
    let published = json!({ "text": text, "base": now["sha256"], "note": "first" });
    assert_eq!(api.post("/flows/file/publish?name=flow.toml", published).await["version"], first + 2);
    browser.say("published by another").await;
    assert_eq!(browser.step("behind").await["mine"], true, "nothing of the draft is lost");
    let back = browser.step("rolled back").await;
    assert_eq!((back["version"].as_u64(), back["same"].as_bool()), (Some(first + 3), Some(true)));
    assert_eq!(back["refused"], json!([]), "nothing was refused on the way");
    browser.over().await;

    let mut caller = bench.call_answered("8000").await;
    caller.order(Order::HangUp).await;
    report(&mut caller, |report| matches!(report, Report::Over(_))).await;
    bench.stop().await;
}

/// A second of a tone.
fn tone(path: &Path) {
    let (channels, sample_rate, bits_per_sample) = (1, 16_000, 16);
    let spec = hound::WavSpec { channels, sample_rate, bits_per_sample, sample_format: hound::SampleFormat::Int };
    let mut wav = hound::WavWriter::create(path, spec).unwrap();
    for n in 0..16_000_u32 {
        let angle = f64::from(n) / 16_000.0 * 620.0 * std::f64::consts::TAU;
        #[expect(clippy::cast_possible_truncation, reason = "below 8 001")]
        wav.write_sample((angle.sin() * 8_000.0) as i16).unwrap();
    }
    wav.finalize().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_records_a_prompt_by_microphone_by_file_and_by_speech() {
    let bench = open().await;
    let (wav, mut options) = (bench.dir.path().join("tone.wav"), options(&bench));
    tone(&wav);
    for (key, value) in [("used", "main-menu"), ("language", "en"), ("name", "test-notice"), ("words", "A short test.")]
    {
        options[key] = json!(value);
    }
    options["wav"] = json!(wav);
    let mut browser = Story::start("prompts.mjs", &options);
    browser.step("open").await;
    for (step, kind) in [("recorded", "a microphone"), ("uploaded", "a file"), ("spoken", "a voice")] {
        let facts = browser.step(step).await;
        let (sent, kept) = (facts["sent"].as_i64().unwrap(), facts["length"].as_i64().unwrap());
        assert!(kept > 0 && (sent - kept).abs() <= 20, "{kind}: {facts}");
    }
    let deleted = browser.step("deleted").await;
    assert!(
        deleted["refused"].as_str().is_some_and(|words| !words.is_empty()),
        "one that a flow uses stays: {deleted}"
    );
    browser.over().await;
    assert!(!bench.dir.path().join("prompts/en/test-notice.wav").exists(), "it is gone");
    assert!(bench.dir.path().join("prompts/en/main-menu.wav").exists(), "that one is not");
    bench.stop().await;
}
