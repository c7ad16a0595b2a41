//! Who keeps the prompts while calls go on: what the API wishes of them, and what a reload brings.

use super::setup;
use crate::flow::texts::Texts;
use config::{Config, FlowWords};
use domain::{FlowId, Language, PromptId};
use http_api::dto::{MissingPrompt, Prompt, PromptProblem, Prompts as List, SpeechState, StoredPrompt};
use http_api::{PromptPlace, PromptRefusal, PromptReply, PromptRequest, PromptWish};
use media::level::{self, Flaw};
use media_io::{Library, PromptSwitch, Prompts, wav};
use speech::Speaker;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;
use tracing::{info, warn};

/// Longest recording that is taken, in seconds.
const LENGTH_MAX_S: u64 = 600;

type Outcome = Result<PromptReply, PromptRefusal>;

/// The recordings that a flow may need, by language.
struct Need {
    flow: FlowId,
    recordings: BTreeMap<Language, BTreeSet<PromptId>>,
}

/// Who needs which prompts.
struct Needs {
    flows: Vec<Need>,
    /// Music and messages of queues.
    queues: BTreeSet<PromptId>,
}

impl Needs {
    fn of(config: &Config) -> Self {
        let heard = |queue: &config::Queue| {
            let messages = queue.treatment.messages.iter().flat_map(|message| message.prompts.clone());
            messages.chain([queue.music]).collect::<Vec<_>>()
        };
        let need = |words: &FlowWords| Need {
            flow: words.flow,
            recordings: words.languages.iter().map(|language| (*language, words.recordings(*language))).collect(),
        };
        let queues = config.queues().iter().flat_map(heard).collect();
        Self { flows: config.flow_words().iter().map(need).collect(), queues }
    }

    /// The languages in which somebody plays a prompt, with who that is.
    fn languages(&self, prompt: PromptId) -> BTreeMap<Language, String> {
        let mut found = BTreeMap::new();
        for need in &self.flows {
            for (language, recordings) in &need.recordings {
                if recordings.contains(&prompt) {
                    found.entry(*language).or_insert_with(|| format!("flow {}", need.flow));
                } else if self.queues.contains(&prompt) {
                    found.entry(*language).or_insert_with(|| "a queue".to_owned());
                }
            }
        }
        found
    }

    fn users(&self, prompt: PromptId) -> Vec<String> {
        let uses = |need: &&Need| need.recordings.values().any(|recordings| recordings.contains(&prompt));
        self.flows.iter().filter(uses).map(|need| need.flow.to_string()).collect()
    }

    fn missing(&self, there: &Prompts) -> Vec<MissingPrompt> {
        let mut missing = BTreeSet::new();
        for need in &self.flows {
            for (language, recordings) in &need.recordings {
                missing.extend(recordings.iter().filter(|id| !there.has(**id, *language)).map(|id| MissingPrompt {
                    id: id.to_string(),
                    language: language.to_string(),
                    flow: need.flow.to_string(),
                }));
            }
        }
        missing.into_iter().collect()
    }
}

/// What is in force.
struct InForce {
    prompts: Arc<Prompts>,
    needs: Arc<Needs>,
}

struct Inner {
    dir: PathBuf,
    recordings: Library,
    switch: PromptSwitch,
    speaker: Speaker,
    in_force: Mutex<InForce>,
    /// Held by whoever changes the folder.
    changing: tokio::sync::Mutex<()>,
}

/// Keeps the prompts. Cheap to clone.
#[derive(Clone)]
pub(super) struct PromptKeeper(Arc<Inner>);

impl PromptKeeper {
    /// A keeper of the prompts that the workers of this switch play. Texts that are always the same are spoken ahead.
    pub(super) fn new(config: &Config, prompts: Arc<Prompts>, switch: PromptSwitch, speaker: Speaker) -> Self {
        let dir = config.server().prompts_dir.clone();
        let in_force = Mutex::new(InForce { prompts, needs: Arc::new(Needs::of(config)) });
        let changing = tokio::sync::Mutex::default();
        let keeper = Self(Arc::new(Inner { recordings: Library::new(&dir), dir, switch, speaker, in_force, changing }));
        keeper.speak_ahead(config);
        keeper
    }

    /// Who speaks texts.
    pub(super) fn speaker(&self) -> &Speaker {
        &self.0.speaker
    }

    fn in_force(&self) -> MutexGuard<'_, InForce> {
        self.0.in_force.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn speak_ahead(&self, config: &Config) {
        let status = self.0.speaker.status();
        if let Some(why) = status.why.filter(|_| config.flow_words().iter().any(|words| !words.texts.is_empty())) {
            warn!(why, "flows have texts, and they cannot be spoken: their prompts are played instead");
        }
        self.0.speaker.prepare(config.flow_words().iter().flat_map(FlowWords::fixed_texts).collect());
    }

    /// Takes what the folder holds now.
    pub(super) async fn load(&self) {
        let _changing = self.0.changing.lock().await;
        let dir = self.0.dir.clone();
        match tokio::task::spawn_blocking(move || Prompts::load(&dir)).await {
            Ok(Ok(prompts)) => self.put_in_force(Arc::new(prompts)),
            Ok(Err(problems)) => {
                for why in problems {
                    warn!(%why, "the prompts were not read anew");
                }
            }
            Err(error) => warn!(%error, "the prompts were not read anew"),
        }
    }

    /// These flows are in force now: prompts that they need stay, and their texts are spoken ahead.
    pub(super) fn serve(&self, config: &Config) {
        self.in_force().needs = Arc::new(Needs::of(config));
        self.speak_ahead(config);
    }

    /// What begins to play from now on is one of these; what plays plays on.
    fn put_in_force(&self, prompts: Arc<Prompts>) {
        self.0.switch.replace(&prompts);
        self.in_force().prompts = prompts;
    }

    fn prompts(&self) -> Arc<Prompts> {
        Arc::clone(&self.in_force().prompts)
    }

    fn needs(&self) -> Arc<Needs> {
        Arc::clone(&self.in_force().needs)
    }

    /// Does what the API wishes.
    pub(super) async fn run(self, mut asked: mpsc::Receiver<PromptRequest>) {
        while let Some(PromptRequest { by, wish, reply }) = asked.recv().await {
            let keeper = self.clone();
            tokio::spawn(async move {
                // The asker may have gone away.
                let _ = reply.send(keeper.grant(&by, wish).await);
            });
        }
    }

    async fn grant(&self, by: &str, wish: PromptWish) -> Outcome {
        match wish {
            PromptWish::List => {
                let keeper = self.clone();
                blocking(move || Ok(PromptReply::List(Box::new(keeper.list())))).await
            }
            PromptWish::Read(PromptPlace { id, language }) => {
                let audio = self.prompts().audio(id, language).ok_or(PromptRefusal::NotFound)?;
                blocking(move || file_of(&audio)).await
            }
            PromptWish::Put(place, file) => {
                let read = move || wav::read(&file[..], Some(LENGTH_MAX_S));
                let read = blocking(move || read().map_err(|why| PromptRefusal::BadAudio(format!("It {why}."))));
                self.keep(by, place, read.await?.into(), None).await
            }
            PromptWish::Speak { id, language, text } => {
                let audio = self.spoken(language, &text).await?;
                self.keep(by, PromptPlace { id, language: Some(language) }, audio, Some(text)).await
            }
            PromptWish::Listen { language, text } => {
                let audio = self.spoken(language, &text).await?;
                blocking(move || file_of(&audio)).await
            }
            PromptWish::Delete(place) => self.remove(by, place).await,
            PromptWish::Find(id) => {
                let there = self.prompts().all().any(|(found, ..)| found == id);
                if there { Ok(PromptReply::Done) } else { Err(PromptRefusal::NotFound) }
            }
        }
    }

    async fn spoken(&self, language: Language, text: &str) -> Result<Arc<[i16]>, PromptRefusal> {
        self.0.speaker.speak(language, text).await.map_err(|why| PromptRefusal::NoSpeech(sentence(&why.to_string())))
    }

    async fn keep(&self, by: &str, place: PromptPlace, audio: Arc<[i16]>, text: Option<String>) -> Outcome {
        let PromptPlace { id, language } = place;
        let _changing = self.0.changing.lock().await;
        let (recordings, written) = (self.0.recordings.clone(), Arc::clone(&audio));
        blocking(move || recordings.put(id, language, &written, text.as_deref()).map_err(read_only)).await?;
        let mut prompts = Prompts::clone(&self.prompts());
        prompts.insert(id, language, &audio);
        self.put_in_force(Arc::new(prompts));
        info!(prompt = %id, ?language, by, "a prompt was changed");
        let keeper = self.clone();
        blocking(move || Ok(PromptReply::Kept(keeper.stored(place, &audio)))).await
    }

    async fn remove(&self, by: &str, place: PromptPlace) -> Outcome {
        let PromptPlace { id, language } = place;
        let _changing = self.0.changing.lock().await;
        let mut prompts = Prompts::clone(&self.prompts());
        if !prompts.remove(id, language) {
            return Err(PromptRefusal::NotFound);
        }
        let needed = self.needs().languages(id).into_iter();
        let unheard = needed.filter(|(used, _)| language.is_none_or(|gone| gone == *used) && !prompts.has(id, *used));
        if let Some((language, user)) = unheard.into_iter().next() {
            let why = format!("It is played by {user}, and nothing else would be heard in {language}.");
            return Err(PromptRefusal::InUse(why));
        }
        let recordings = self.0.recordings.clone();
        blocking(move || recordings.remove(id, language).map_err(read_only)).await?;
        self.put_in_force(Arc::new(prompts));
        info!(prompt = %id, ?language, by, "a prompt was taken away");
        Ok(PromptReply::Done)
    }

    fn list(&self) -> List {
        let (prompts, needs) = (self.prompts(), self.needs());
        let texts = Texts::of_folder(&self.0.dir);
        let mut found: BTreeMap<PromptId, Prompt> = BTreeMap::new();
        for (id, language, audio) in prompts.all() {
            let prompt = found.entry(id).or_insert_with(|| Prompt {
                id: id.to_string(),
                languages: Vec::new(),
                used_by: needs.users(id),
                closings: Vec::new(),
                text: texts.words(id),
            });
            prompt.languages.push(self.stored(PromptPlace { id, language }, audio));
            let spoken = self.0.recordings.facts(id, language).and_then(|facts| facts.text);
            prompt.text.extend(language.zip(spoken).map(|(language, text)| (language.to_string(), text)));
        }
        let speech = self.0.speaker.status();
        let mut prompts: Vec<Prompt> = found.into_values().collect();
        prompts.sort_by(|a, b| a.id.cmp(&b.id));
        let why = self.0.recordings.why_not();
        List {
            prompts,
            missing: needs.missing(&self.prompts()),
            writable: why.is_none(),
            why: why.map(|error| format!("{}: {error}", self.0.dir.display())),
            speech: SpeechState { available: speech.available, engine: speech.engine, why: speech.why },
        }
    }

    fn stored(&self, PromptPlace { id, language }: PromptPlace, audio: &[i16]) -> StoredPrompt {
        let level = level::measure(audio);
        let facts = self.0.recordings.facts(id, language);
        let modified = facts.as_ref().and_then(|facts| facts.modified).unwrap_or(UNIX_EPOCH);
        StoredPrompt {
            language: language.map(|language| language.to_string()),
            length_ms: level.length_ms,
            level_dbfs: tenths(level.speech_dbfs),
            peak_dbfs: tenths(level.peak_dbfs),
            problems: level.flaws.into_iter().map(problem).collect(),
            bytes: facts.map_or(0, |facts| facts.bytes),
            modified: milliseconds(modified),
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PromptRefusal> + Send + 'static,
) -> Result<T, PromptRefusal> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(PromptRefusal::Unavailable))
}

fn file_of(audio: &[i16]) -> Outcome {
    wav::write(audio).map(PromptReply::Sound).map_err(|_| PromptRefusal::Unavailable)
}

fn read_only(error: std::io::Error) -> PromptRefusal {
    PromptRefusal::ReadOnly(sentence(&error.to_string()))
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

fn tenths(decibels: f64) -> f64 {
    (decibels * 10.0).round() / 10.0
}

fn milliseconds(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or(0)
}

const fn problem(flaw: Flaw) -> PromptProblem {
    match flaw {
        Flaw::Clipped => PromptProblem::Clipped,
        Flaw::Quiet => PromptProblem::Quiet,
        Flaw::Loud => PromptProblem::Loud,
        Flaw::LongSilence => PromptProblem::LongSilence,
    }
}

/// Where speech that is about nobody is kept.
pub(super) fn cache_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("speech")
}

/// Who speaks the texts of this configuration.
pub(super) fn speaker(config: &Config) -> Speaker {
    Speaker::new(setup::speaker(config), Arc::new(setup::voice_program(config)))
}
