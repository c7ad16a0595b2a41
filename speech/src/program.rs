//! A program that speaks: the text goes to its standard input, the sound comes from its standard output.

use crate::error::SpeechError;
use crate::sound;
use domain::Language;
use std::collections::BTreeMap;
use std::env;
use std::future::Future;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

/// Most that is taken of what a program writes: a minute at 48 kHz in two channels fits.
const SOUND_MAX: usize = 16 << 20;
/// Most that is kept of what it says of its errors.
const COMPLAINT_MAX: usize = 4 << 10;
/// What a program sees of our environment. Secrets may stand in the rest.
const ENVIRONMENT: &[&str] =
    &["PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "ESPEAK_DATA_PATH"];

/// Sound that is being made.
pub type Making<'a> = Pin<Box<dyn Future<Output = Result<Vec<i16>, SpeechError>> + Send + 'a>>;

/// Something that speaks texts.
pub trait Synthesiser: Send + Sync {
    /// What it is called, for people.
    fn name(&self) -> String;

    /// All that decides how a text sounds in this language, but for the text: sound is kept under it.
    fn manner(&self, language: Language) -> String;

    /// Whether it could speak, as far as can be told without speaking.
    ///
    /// # Errors
    /// Why it cannot.
    fn check(&self) -> Result<(), SpeechError>;

    /// The text as sound at 8 kHz. Dropping what is returned ends the work.
    fn speak<'a>(&'a self, language: Language, text: &'a str) -> Making<'a>;
}

/// How a program is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramSettings {
    /// The program and its arguments, in which `{voice}` and `{language}` stand for those of the text. No shell reads them.
    /// Empty: espeak-ng.
    pub command: Vec<String>,
    /// Samples per second of sound without a header: 16 bits, one channel.
    pub rate: u32,
    /// Voices by language; those that are not here are the language's usual one.
    pub voices: BTreeMap<Language, String>,
}

/// A program that speaks.
#[derive(Clone, Debug)]
pub struct Program {
    settings: ProgramSettings,
}

/// espeak-ng as it is called where nothing else is configured.
const ESPEAK: [&str; 5] = ["espeak-ng", "-v", "{voice}", "--stdin", "--stdout"];

/// What espeak-ng calls the voice of a language.
#[must_use]
pub fn default_voice(language: Language) -> String {
    match language.as_str().split('-').next() {
        Some("zh") => "cmn".to_owned(),
        _ => language.as_str().to_ascii_lowercase(),
    }
}

impl Program {
    /// A program that is called so.
    #[must_use]
    pub fn new(mut settings: ProgramSettings) -> Self {
        if settings.command.is_empty() {
            settings.command = ESPEAK.map(str::to_owned).to_vec();
        }
        Self { settings }
    }

    fn program(&self) -> &str {
        self.settings.command.first().map_or("", String::as_str)
    }

    fn voice(&self, language: Language) -> String {
        self.settings.voices.get(&language).cloned().unwrap_or_else(|| default_voice(language))
    }

    fn arguments(&self, language: Language) -> Vec<String> {
        let voice = self.voice(language);
        let filled = |word: &String| word.replace("{voice}", &voice).replace("{language}", language.as_str());
        self.settings.command.iter().skip(1).map(filled).collect()
    }

    fn start(&self, language: Language) -> Result<Child, SpeechError> {
        let mut command = Command::new(self.program());
        command.args(self.arguments(language)).env_clear();
        command.envs(ENVIRONMENT.iter().filter_map(|name| Some((name, env::var_os(name)?))));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own, so that what it starts ends with it.
        command.process_group(0).kill_on_drop(true);
        command.spawn().map_err(|why| match why.kind() {
            io::ErrorKind::NotFound => SpeechError::Missing(self.program().to_owned()),
            _ => SpeechError::NotStarted(self.program().to_owned(), why),
        })
    }

    async fn run(&self, language: Language, text: &str) -> Result<Vec<i16>, SpeechError> {
        let mut child = Group(self.start(language)?);
        let (input, output, errors) = (child.0.stdin.take(), child.0.stdout.take(), child.0.stderr.take());
        let write = async {
            if let Some(mut input) = input {
                // A program that does not want all of it has ended, or will say why.
                let _ = input.write_all(text.as_bytes()).await;
                let _ = input.write_all(b"\n").await;
            }
        };
        let ((), sound, complaint) = tokio::join!(write, bounded(output, SOUND_MAX), end_of(errors));
        if sound.len() > SOUND_MAX {
            return Err(SpeechError::TooMuch(self.program().to_owned(), SOUND_MAX >> 20));
        }
        let ended = child.0.wait().await.map_err(|why| SpeechError::NotStarted(self.program().to_owned(), why))?;
        if !ended.success() {
            return Err(SpeechError::Failed {
                program: self.program().to_owned(),
                status: status(ended),
                said: last_line(&complaint),
            });
        }
        let (program, rate) = (self.program().to_owned(), self.settings.rate);
        let read = tokio::task::spawn_blocking(move || sound::read(&sound, rate)).await;
        read.unwrap_or(Err("it cannot be read")).map_err(|why| SpeechError::NoSound(program, why))
    }
}

/// A program that ends, with all that it started, when nobody waits for it any more.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        let id = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(group) = id {
            // It may have ended in this moment.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// What comes, up to one byte more than the limit.
async fn bounded(from: Option<impl AsyncRead + Unpin>, max: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        // What broke off is as good as over: the program's status tells the rest.
        let _ = from.take(max as u64 + 1).read_to_end(&mut bytes).await;
    }
    bytes
}

/// The end of what comes. All of it is read: a program that is not listened to would be stopped by it.
async fn end_of(from: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let (mut end, mut part) = (Vec::new(), [0; 1_024]);
    let Some(mut from) = from else { return end };
    while let Ok(count @ 1..) = from.read(&mut part).await {
        end.extend_from_slice(&part[..count]);
        end.drain(..end.len().saturating_sub(COMPLAINT_MAX));
    }
    end
}

fn status(status: ExitStatus) -> String {
    status.code().map_or_else(|| status.to_string(), |code| format!("status {code}"))
}

/// The last line that says something, without control characters.
fn last_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let last = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    last.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// Where a program is, as the system would find it.
fn find(program: &str) -> Option<PathBuf> {
    let can_run = |path: &Path| path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0);
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(|path| can_run(path));
    }
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| can_run(path))
}

impl Synthesiser for Program {
    fn name(&self) -> String {
        let name = Path::new(self.program()).file_name();
        name.map_or_else(|| self.program().to_owned(), |name| name.to_string_lossy().into_owned())
    }

    fn manner(&self, language: Language) -> String {
        let words = self.arguments(language);
        format!("{}\0{}\0{}\0{}", self.program(), words.join("\0"), self.settings.rate, self.voice(language))
    }

    fn check(&self) -> Result<(), SpeechError> {
        find(self.program()).map(|_| ()).ok_or_else(|| SpeechError::Missing(self.program().to_owned()))
    }

    fn speak<'a>(&'a self, language: Language, text: &'a str) -> Making<'a> {
        Box::pin(self.run(language, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voices_are_those_of_the_languages_unless_others_are_named() {
        let voices = [("fr".parse().unwrap(), "fr-be".to_owned())].into();
        let espeak = Program::new(ProgramSettings { command: Vec::new(), rate: 22_050, voices });
        let voice = |language: &str| espeak.arguments(language.parse().unwrap())[1].clone();
        assert_eq!(["en", "en-GB", "zh", "zh-CN", "fr"].map(voice), ["en", "en-gb", "cmn", "cmn", "fr-be"]);
        assert_eq!(espeak.name(), "espeak-ng");
        assert_ne!(espeak.manner(Language::EN), espeak.manner(Language::ZH));
    }

    #[test]
    fn words_of_the_command_are_filled_in_and_stay_one_word_each() {
        let command = ["/opt/piper/piper", "--model", "{language}.onnx; rm -rf"].map(str::to_owned).to_vec();
        let piper = Program::new(ProgramSettings { command, rate: 22_050, voices: BTreeMap::new() });
        assert_eq!(piper.arguments(Language::EN), ["--model", "en.onnx; rm -rf"]);
        assert_eq!(piper.name(), "piper");
        assert!(matches!(piper.check(), Err(SpeechError::Missing(_))));
    }

    #[test]
    fn of_complaints_the_last_line_is_told() {
        assert_eq!(last_line(b"one\ntwo \x1b[1mwords\n\n"), "two [1mwords");
        assert_eq!(last_line(b""), "");
    }
}
