//! `cargo xtask prompts`: speaks `prompts/texts.toml` with espeak-ng and plays the music, as WAV files of 8 kHz, mono,
//! 16 bit. With `--check` it only tells which files are missing or have no text.

mod music;
mod sound;

use serde::Deserialize;
use sound::RATE;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Loudness of speech while somebody speaks, in decibels below full scale.
const SPEECH_DB: f64 = -20.0;
/// Loudness of music: below speech, so that it does not tire.
const MUSIC_DB: f64 = -25.0;
/// Pause between pieces of a prompt, in milliseconds.
const BETWEEN_MS: u32 = 150;
/// What is left of the silence at the ends of a prompt, in milliseconds: a breath.
const PROMPT_EDGE_MS: u32 = 40;
/// The same for words that follow one another.
const PIECE_EDGE_MS: u32 = 20;

/// The file of texts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    voice: BTreeMap<String, Voice>,
    /// Whole sentences.
    prompt: BTreeMap<String, BTreeMap<String, Text>>,
    /// Words that follow one another within a sentence.
    piece: BTreeMap<String, BTreeMap<String, Text>>,
}

/// A language's voice.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Voice {
    espeak: String,
    words_per_minute: u32,
}

/// What one prompt says in one language.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Plain(String),
    Mixed(Vec<Piece>),
}

/// A part spoken by one voice.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Piece {
    voice: String,
    text: String,
}

/// Makes or checks the prompts.
///
/// # Errors
/// What is missing or cannot be made, for a person.
pub fn run(args: &[String]) -> Result<(), String> {
    let folder = folder();
    let texts =
        fs::read_to_string(folder.join("texts.toml")).map_err(|error| format!("prompts/texts.toml: {error}"))?;
    let texts: Texts = toml::from_str(&texts).map_err(|error| format!("prompts/texts.toml: {error}"))?;
    match args {
        [] => make(&folder, &texts),
        [check] if check == "--check" => compare(&folder, &texts),
        _ => Err("usage: cargo xtask prompts [--check]".to_owned()),
    }
}

fn folder() -> PathBuf {
    PathBuf::from("prompts")
}

/// Every file that the texts ask for, relative to the folder of prompts.
fn wanted(texts: &Texts) -> BTreeSet<PathBuf> {
    let speech = texts.prompt.iter().chain(&texts.piece).flat_map(|(prompt, spoken)| {
        spoken.keys().map(move |language| Path::new(language).join(format!("{prompt}.wav")))
    });
    speech.chain(music::PIECES.iter().map(|(name, _)| Path::new("music").join(format!("{name}.wav")))).collect()
}

fn compare(folder: &Path, texts: &Texts) -> Result<(), String> {
    let mut there = BTreeSet::new();
    for kind in texts.voice.keys().map(String::as_str).chain(["music"]) {
        for file in fs::read_dir(folder.join(kind)).map_err(|error| format!("prompts/{kind}: {error}"))? {
            let file = file.map_err(|error| error.to_string())?;
            there.insert(Path::new(kind).join(file.file_name()));
        }
    }
    let wanted = wanted(texts);
    let mut wrong: Vec<String> =
        wanted.difference(&there).map(|file| format!("prompts/{} is missing", file.display())).collect();
    wrong.extend(there.difference(&wanted).map(|file| format!("prompts/{} has no text", file.display())));
    if wrong.is_empty() { Ok(()) } else { Err(format!("{}; run `cargo xtask prompts`", wrong.join("; "))) }
}

fn make(folder: &Path, texts: &Texts) -> Result<(), String> {
    let mut bytes = 0;
    let prompts = texts.prompt.iter().map(|prompt| (prompt, PROMPT_EDGE_MS));
    let pieces = texts.piece.iter().map(|piece| (piece, PIECE_EDGE_MS));
    for ((prompt, spoken), edge_ms) in prompts.chain(pieces) {
        for (language, text) in spoken {
            let samples =
                speak(language, text, texts, edge_ms).map_err(|why| format!("{prompt} in {language}: {why}"))?;
            let path = folder.join(language).join(format!("{prompt}.wav"));
            bytes += write(&path, &sound::levelled(&samples, SPEECH_DB))?;
        }
    }
    for (name, play) in music::PIECES {
        bytes += write(&folder.join("music").join(format!("{name}.wav")), &sound::levelled(&play(), MUSIC_DB))?;
    }
    println!("{} prompts, {} kB", wanted(texts).len(), bytes / 1_000);
    Ok(())
}

fn speak(language: &str, text: &Text, texts: &Texts, edge_ms: u32) -> Result<Vec<f64>, String> {
    let pieces: Vec<(&str, &str)> = match text {
        Text::Plain(text) => vec![(language, text.as_str())],
        Text::Mixed(pieces) => pieces.iter().map(|piece| (piece.voice.as_str(), piece.text.as_str())).collect(),
    };
    let mut said: Vec<f64> = Vec::new();
    for (voice, text) in pieces {
        let voice = texts.voice.get(voice).ok_or_else(|| format!("there is no voice `{voice}`"))?;
        if !said.is_empty() {
            said.resize(said.len() + (RATE * BETWEEN_MS / 1_000) as usize, 0.0);
        }
        // Voices differ in loudness: each piece is levelled before they are joined.
        said.extend(sound::levelled(&espeak(voice, text, edge_ms)?, SPEECH_DB));
    }
    Ok(said)
}

fn espeak(voice: &Voice, text: &str, edge_ms: u32) -> Result<Vec<f64>, String> {
    let speed = voice.words_per_minute.to_string();
    let output = Command::new("espeak-ng").args(["-v", &voice.espeak, "-s", &speed, "--stdout", "--", text]).output();
    let output = output.map_err(|error| format!("espeak-ng cannot be run ({error}); `apt-get install espeak-ng`"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    // espeak-ng cannot know the length when it writes to a pipe: the header tells a length that is not true.
    let samples = output.stdout.get(44..).ok_or("espeak-ng said nothing")?;
    let rate = output.stdout.get(24..28).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    let samples: Vec<f64> =
        samples.chunks_exact(2).map(|pair| f64::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0).collect();
    Ok(sound::trimmed(&sound::resampled(&samples, rate.unwrap_or(22_050)), edge_ms))
}

/// Writes a file; its length in bytes.
fn write(path: &Path, samples: &[f64]) -> Result<u64, String> {
    let told = |error: String| format!("{}: {error}", path.display());
    fs::create_dir_all(path.parent().unwrap_or(path)).map_err(|error| told(error.to_string()))?;
    let spec =
        hound::WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(path, spec).map_err(|error| told(error.to_string()))?;
    for sample in samples {
        let sample = (sample * 32_767.0).round().clamp(-32_767.0, 32_767.0) as i16;
        writer.write_sample(sample).map_err(|error| told(error.to_string()))?;
    }
    writer.finalize().map_err(|error| told(error.to_string()))?;
    fs::metadata(path).map(|metadata| metadata.len()).map_err(|error| told(error.to_string()))
}
