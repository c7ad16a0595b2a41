//! Who is asked for texts: finds their sound, or has it made.

use crate::cache::{Disk, Key, Memory};
use crate::error::SpeechError;
use crate::program::Synthesiser;
use domain::{Language, Spoken};
use media::playout::Speech;
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Texts that callers wait for at once. More are not spoken.
const PENDING_MAX: usize = 256;
/// Most that is kept in memory: more than half an hour of speech.
const MEMORY_MAX: u64 = 32 << 20;
/// Time for texts for which nobody waits on the telephone, at least.
const UNHURRIED: Duration = Duration::from_secs(8);

/// How texts are spoken.
#[derive(Clone, Debug)]
pub struct SpeakerSettings {
    /// False: nothing is spoken.
    pub enabled: bool,
    /// A text that is not spoken after so long is given up.
    pub timeout: Duration,
    /// Programs at once.
    pub max_concurrent: usize,
    /// Bytes of sound that are kept on disk.
    pub cache_bytes: u64,
    /// Where.
    pub cache_dir: PathBuf,
}

/// The sound of a text, as soon as it is there.
#[derive(Debug, Default)]
pub(crate) struct Slot(OnceLock<Option<Arc<[i16]>>>);

/// A text that was asked for.
#[derive(Clone, Debug)]
pub struct Ticket(Arc<Slot>);

impl Ticket {
    fn refused() -> Self {
        Self(Arc::new(Slot(OnceLock::from(None))))
    }
}

impl Speech for Ticket {
    fn poll(&self) -> Poll<Option<Arc<[i16]>>> {
        self.0.0.get().map_or(Poll::Pending, |sound| Poll::Ready(sound.clone()))
    }
}

/// Whether texts can be spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The last attempt went well, or there was none and the program is there.
    pub available: bool,
    /// The program's name.
    pub engine: String,
    /// Why not.
    pub why: Option<String>,
}

/// Counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Texts that calls asked for.
    pub asked: u64,
    /// Of these, there already, or being made for somebody else.
    pub ready: u64,
    /// Made by the program, for whomever.
    pub made: u64,
    /// Could not be made in time.
    pub failed: u64,
}

#[derive(Debug, Default)]
struct Counters {
    asked: AtomicU64,
    ready: AtomicU64,
    made: AtomicU64,
    failed: AtomicU64,
}

struct Inner {
    settings: SpeakerSettings,
    engine: Arc<dyn Synthesiser>,
    memory: Mutex<Memory>,
    disk: Disk,
    turns: Semaphore,
    counters: Counters,
    /// Why the last attempt failed.
    trouble: Mutex<Option<String>>,
    /// Which list of texts is being made ahead.
    list: AtomicU64,
    runtime: Handle,
}

/// Speaks texts. Cheap to clone.
#[derive(Clone)]
pub struct Speaker(Arc<Inner>);

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Speaker {
    /// A speaker with this engine, whose work is done on the present runtime.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn new(settings: SpeakerSettings, engine: Arc<dyn Synthesiser>) -> Self {
        let trouble = if settings.enabled { engine.check().err() } else { Some(SpeechError::Off) };
        let (memory, disk) = (Memory::new(MEMORY_MAX), Disk::new(settings.cache_dir.clone(), settings.cache_bytes));
        Self(Arc::new(Inner {
            turns: Semaphore::new(settings.max_concurrent.max(1)),
            settings,
            engine,
            memory: Mutex::new(memory),
            disk,
            counters: Counters::default(),
            trouble: Mutex::new(trouble.map(|why| why.to_string())),
            list: AtomicU64::new(0),
            runtime: Handle::current(),
        }))
    }

    /// Asks for a text that is to be played now. Does not wait.
    #[must_use]
    pub fn ask(&self, spoken: &Spoken, language: Language) -> Ticket {
        let inner = &self.0;
        inner.counters.asked.fetch_add(1, Relaxed);
        if !inner.settings.enabled || spoken.text.0.is_empty() {
            return Ticket::refused();
        }
        let key = inner.key(language, &spoken.text.0);
        let slot = {
            let mut memory = locked(&inner.memory);
            if let Some(slot) = memory.find(&key) {
                inner.counters.ready.fetch_add(1, Relaxed);
                return Ticket(slot);
            }
            memory.expect(key, PENDING_MAX)
        };
        let Some(slot) = slot else {
            inner.counters.failed.fetch_add(1, Relaxed);
            return Ticket::refused();
        };
        let (speaker, spoken, made) = (self.clone(), spoken.clone(), Arc::clone(&slot));
        inner.runtime.spawn(async move { speaker.fulfil(key, made, language, &spoken).await });
        Ticket(slot)
    }

    async fn fulfil(&self, key: Key, slot: Arc<Slot>, language: Language, spoken: &Spoken) {
        let (inner, keep) = (&self.0, !spoken.personal);
        let kept = if keep { inner.kept(key).await } else { None };
        let (sound, is_new) = match kept {
            Some(sound) => (Some(sound), false),
            None => (inner.make(language, &spoken.text.0, inner.settings.timeout).await.ok(), true),
        };
        let _ = slot.0.set(sound.clone());
        locked(&inner.memory).settle(&key, sound.as_deref());
        if let Some(sound) = sound.filter(|_| is_new && keep) {
            inner.keep(key, sound).await;
        }
    }

    /// Speaks a text for somebody who does not wait on the telephone. It is not kept.
    ///
    /// # Errors
    /// Why there is no sound.
    pub async fn speak(&self, language: Language, text: &str) -> Result<Arc<[i16]>, SpeechError> {
        if !self.0.settings.enabled {
            return Err(SpeechError::Off);
        }
        let text = Spoken::cleaned(text);
        if text.is_empty() {
            return Err(SpeechError::NoText);
        }
        self.0.make(language, &text, self.0.settings.timeout.max(UNHURRIED)).await
    }

    /// Has these texts made in the background, one after the other, and kept on disk; a list that is not through yet is
    /// given up. None of them may be about a caller.
    pub fn prepare(&self, texts: Vec<(Language, String)>) {
        let list = self.0.list.fetch_add(1, Relaxed) + 1;
        if self.0.settings.enabled && !texts.is_empty() {
            let speaker = self.clone();
            self.0.runtime.spawn(async move { speaker.make_ahead(list, texts).await });
        }
    }

    async fn make_ahead(&self, list: u64, texts: Vec<(Language, String)>) {
        let inner = &self.0;
        for (language, text) in texts {
            let text = Spoken::cleaned(&text);
            let key = inner.key(language, &text);
            if text.is_empty() || inner.kept(key).await.is_some() {
                continue;
            }
            if inner.list.load(Relaxed) != list {
                return;
            }
            match inner.make(language, &text, inner.settings.timeout.max(UNHURRIED)).await {
                Ok(sound) => inner.keep(key, sound).await,
                // The others would fare no better.
                Err(SpeechError::Missing(_)) => return,
                Err(_) => {}
            }
        }
    }

    /// Whether texts can be spoken.
    #[must_use]
    pub fn status(&self) -> Status {
        let why = locked(&self.0.trouble).clone();
        Status { available: why.is_none(), engine: self.0.engine.name(), why }
    }

    /// What was counted since the start.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let Counters { asked, ready, made, failed } = &self.0.counters;
        let of = |counter: &AtomicU64| counter.load(Relaxed);
        Counts { asked: of(asked), ready: of(ready), made: of(made), failed: of(failed) }
    }
}

impl Inner {
    fn key(&self, language: Language, text: &str) -> Key {
        let mut hash = Sha256::new();
        let manner = self.engine.manner(language);
        for part in [manner.as_str(), language.as_str(), text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().into()
    }

    async fn kept(&self, key: Key) -> Option<Arc<[i16]>> {
        let disk = self.disk.clone();
        let read = tokio::task::spawn_blocking(move || disk.read(&key)).await;
        read.ok().flatten().map(Arc::from)
    }

    async fn keep(&self, key: Key, sound: Arc<[i16]>) {
        let disk = self.disk.clone();
        match tokio::task::spawn_blocking(move || disk.write(&key, &sound)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "speech cannot be kept; it is made again the next time"),
            Err(error) => tracing::warn!(%error, "speech cannot be kept; it is made again the next time"),
        }
    }

    async fn make(&self, language: Language, text: &str, patience: Duration) -> Result<Arc<[i16]>, SpeechError> {
        let work = async {
            let Ok(_turn) = self.turns.acquire().await else { return Err(SpeechError::Off) };
            self.engine.speak(language, text).await
        };
        let made = timeout(patience, work).await.unwrap_or(Err(SpeechError::TooLate(patience)));
        self.note(made.as_ref().err());
        made.map(Arc::from)
    }

    /// Tells when it begins to fail, when it fails otherwise, and when it works again: not each time.
    fn note(&self, error: Option<&SpeechError>) {
        let counter = if error.is_some() { &self.counters.failed } else { &self.counters.made };
        counter.fetch_add(1, Relaxed);
        let why = error.map(ToString::to_string);
        let mut trouble = locked(&self.trouble);
        if *trouble == why {
            return;
        }
        match &why {
            Some(why) => tracing::warn!(%why, "a text could not be spoken"),
            None => tracing::info!("texts are spoken again"),
        }
        *trouble = why;
    }
}
