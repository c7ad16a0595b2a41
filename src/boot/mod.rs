//! Builds the daemon: opens what must be open, makes every channel between the shells, and starts the control loop.

mod asks;
mod doors;
pub(crate) mod emergencies;
mod error;
mod flows;
mod prompts;
mod reload;
pub(crate) mod setup;
mod signalling;

pub use error::{BootError, CODES};

use crate::clock::{Clock, wall_now};
use crate::control::{Control, Inbox, Shells};
use crate::metrics::Metrics;
use crate::mirror::{self, Tap};
use crate::tls::{self, Renewable};
use config::{Config, Database};
use domain::FloorView;
use doors::{Edge, House, Reading, Serving};
use http_api::ReloadError;
use http_api::dto::Reloaded;
use prompts::PromptKeeper;
use secrecy::ExposeSecret;
use signalling::Signalling;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use switchboard::{Effect, Input, Switchboard};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tracing::{info, warn};

/// SIP messages that may wait for the control loop; more datagrams are dropped and counted.
const SIP_INBOX: usize = 4_096;
/// Other inputs that may wait. Digits and state changes are among them, so it is never filled on purpose.
const INBOX: usize = 65_536;
/// How much longer than its time-out a text is waited for: the speaker gives up first.
const SPEECH_GRACE: Duration = Duration::from_millis(500);
/// Blocks of recordings that may wait for the disk: about ten seconds of 200 calls.
const RECORDER_BLOCKS: usize = 8_192;

/// What a daemon is started with beyond its configuration.
pub struct Options {
    /// The company's name, for the console.
    pub company: String,
    /// The number that web callers reach.
    pub web_call_number: Option<String>,
    /// Where the configuration was read from, to read it anew.
    pub origin: config::Origin,
    /// The demo: its one-time link, and demo data for an empty database.
    pub demo: Option<DemoOptions>,
}

/// What the demo adds.
pub struct DemoOptions {
    /// The one-time link; the credentials are completed with the addresses that were bound.
    pub start_token: String,
    /// What it is exchanged for.
    pub credentials: http_api::dto::StartCredentials,
}

/// A running daemon.
pub struct Daemon {
    /// Where HTTP listens.
    pub http: SocketAddr,
    /// Where HTTPS listens.
    pub https: Option<SocketAddr>,
    /// Where SIP listens.
    pub sip: SocketAddr,
    /// Where SIP over TLS listens.
    pub sip_tls: Option<SocketAddr>,
    /// The store.
    pub store: crm::Store,
    /// Contacts that a crash had left open, closed at this start.
    pub closed_at_start: usize,
    floor: watch::Receiver<Arc<FloorView>>,
    reloads: mpsc::Sender<http_api::ReloadRequest>,
    serving: JoinSet<()>,
    writer: crm::Writer,
    recorder: recorder::Recorder,
    signalling: Signalling,
}

/// Sockets bound before anything else starts, so that a taken port is found at once.
pub struct Sockets {
    /// HTTP.
    pub http: TcpListener,
    /// HTTPS.
    pub https: Option<TcpListener>,
    /// SIP: UDP, TCP and TLS.
    pub sip: sip_io::Bound,
}

impl Sockets {
    /// Binds what the configuration names.
    ///
    /// # Errors
    /// When a port is taken or may not be used.
    pub async fn bind(config: &Config) -> Result<Self, BootError> {
        let (http, https, sip) = (config.server().http, config.server().https, config.sip_settings().listen);
        let mut bound = sip_io::bind(sip).map_err(|source| BootError::port("SIP", sip, source))?;
        if let Some(tls) = config.sip_settings().tls_listen {
            bound = bound.with_tls(tls).map_err(|source| BootError::port("SIP over TLS", tls, source))?;
        }
        let https = match https {
            Some(https) => Some(listen("HTTPS", https).await?),
            None => None,
        };
        Ok(Self { http: listen("HTTP", http).await?, https, sip: bound })
    }

    /// Where HTTP listens.
    #[must_use]
    pub fn http_address(&self) -> SocketAddr {
        self.http.local_addr().unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)))
    }
}

async fn listen(what: &'static str, address: SocketAddr) -> Result<TcpListener, BootError> {
    TcpListener::bind(address).await.map_err(|source| BootError::port(what, address, source))
}

/// The directory that holds the recordings.
#[must_use]
pub fn recordings_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("recordings")
}

/// The store's address.
#[must_use]
pub fn database_url(config: &Config) -> String {
    match config.database() {
        Database::Sqlite(path) => format!("sqlite:{}", path.display()),
        Database::Postgres(url) => url.expose_secret().to_owned(),
    }
}

/// Checks that a directory can be written, by writing.
///
/// # Errors
/// When it cannot.
pub fn check_writable(dir: &Path) -> Result<(), BootError> {
    let probe = dir.join(".switchroom-probe");
    let write = || {
        std::fs::create_dir_all(dir)?;
        std::fs::write(&probe, b"probe")?;
        std::fs::remove_file(&probe)
    };
    write().map_err(|source| BootError::DataDir { path: dir.to_owned(), source })
}

impl Daemon {
    /// Starts a daemon. It is ready for calls when this returns.
    ///
    /// # Errors
    /// When the data directory cannot be written, a prompt cannot be read, the database does not open, or a port or
    /// thread is not to be had.
    pub async fn start(config: Config, sockets: Sockets, options: Options) -> Result<Self, BootError> {
        let clock = Clock::start();
        check_writable(config.data_dir())?;
        let prompts = media_io::Prompts::load(&config.server().prompts_dir).map_err(BootError::Prompts)?;
        let (store, closed_at_start) = open_store(&config, options.demo.is_some()).await?;

        let (back, inputs) = mpsc::channel(INBOX);
        let (sip_tx, sip) = mpsc::channel(SIP_INBOX);
        let (wish_tx, wishes) = mpsc::channel(256);
        let (explains, explained) = mpsc::channel(64);
        let (reload_tx, reloads) = mpsc::channel(4);

        let (tap, archive) = mirror::start(&setup::mirror(&config, &sockets), clock).map_err(BootError::Media)?;
        let (recorder, workers, prompts) = start_media(&config, prompts, &back, &tap)?;
        let (journal, writer) = store
            .start_writer(crm::WriterOptions::new(clock.wall_at_start()), asks::tell_stored(back.clone()))
            .map_err(BootError::Media)?;

        let Entrance { transports, datagrams, edge, http, https, sip: (sip_address, sip_tls) } =
            Entrance::open(&config, sockets, sip_tx, &tap);
        let (floor, shown) = watch::channel(Arc::new(FloorView::default()));
        let metrics = Arc::new(Metrics::new(workers.port_count()));
        let (gate, certificate, steps) = (edge.gate.clone(), edge.certificate.clone(), edge.steps.clone());
        let house =
            House { config, clock: &clock, store: &store, sip: sip_address, back: &back, explains, archive, prompts };
        let reading = Reading::new(&shown, &metrics, &journal, &reload_tx, edge);
        let doors = house.open(options, &wish_tx, reading);
        let serving = Serving { doors: &doors, transports: &transports, gate };
        let (serving, http, https) = serving.start(http, https.zip(certificate)).map_err(BootError::Media)?;

        let (board, first, emergencies) =
            make_board(&doors.reloader.running, (sip_address, sip_tls), &clock, &store).await?;
        let names = sip_io::Names::new(&doors.reloader.running.sip_settings().dns, sip_address.ip());
        let bridge = doors.reloader.bridge.clone();
        tokio::spawn(doors.reloader.run(reloads));
        let kept = store.clone();
        let shells = Shells { transports, workers, journal, store, bridge, back, floor, metrics, tap, names, steps };
        let control = Control::new(board, clock, shells, first, emergencies);
        let inbox = Inbox { datagrams, sip, inputs, wishes, explains: explained };
        let signalling = Signalling::start(control, inbox).map_err(BootError::Media)?;
        info!(%http, ?https, sip = %sip_address, ?sip_tls, "ready");
        Ok(Self {
            http,
            https,
            sip: sip_address,
            sip_tls,
            store: kept,
            closed_at_start,
            floor: shown,
            reloads: reload_tx,
            serving,
            writer,
            recorder,
            signalling,
        })
    }

    /// The newest picture of the floor.
    #[must_use]
    pub fn floor(&self) -> watch::Receiver<Arc<FloorView>> {
        self.floor.clone()
    }

    /// Reads the configuration anew; a faulty one changes nothing.
    ///
    /// # Errors
    /// When the file has problems, or the store does not take it.
    pub async fn reload(&self) -> Result<Reloaded, ReloadError> {
        let (reply, result) = oneshot::channel();
        // The task that reloads ends with the process.
        let _ = self.reloads.send(http_api::ReloadRequest { reply }).await;
        result.await.unwrap_or(Err(ReloadError::NotStored))
    }

    /// Stops: new calls are refused, those in progress may end by themselves for `patience`, then everything that
    /// was said is written and the store is closed.
    pub async fn stop(self, patience: Duration) {
        if !self.signalling.stop(patience).await {
            warn!("the control loop failed");
        }
        // Consoles hold their WebSockets open; they are cut.
        drop(self.serving);
        let recorder = self.recorder;
        if tokio::task::spawn_blocking(move || recorder.join()).await.is_err() {
            warn!("the recorder failed");
        }
        self.writer.stop().await;
        self.store.close().await;
        info!("stopped");
    }
}

/// The switchboard with the counters of today, what it wants at once, and where it keeps what outlives a restart.
async fn make_board(
    config: &Config,
    sip: (SocketAddr, Option<SocketAddr>),
    clock: &Clock,
    store: &crm::Store,
) -> Result<(Switchboard, Vec<Effect>, watch::Sender<emergencies::Closed>), BootError> {
    let mut first = Vec::new();
    let mut board = Switchboard::new(clock.now(), setup::switchboard(config, sip, clock)?, &mut first);
    asks::recall(&mut board, store).await;
    asks::recall_callbacks(&mut board, store).await;
    asks::recall_asides(&mut board, store).await;
    asks::recall_open_work(&mut board, store, clock.now(), &mut first).await?;
    Ok((board, first, emergencies::keeper(config.data_dir())))
}

/// The sockets in use, and what secures and counts them.
struct Entrance {
    transports: sip_io::Transports,
    datagrams: sip_io::Datagrams,
    edge: Edge,
    http: TcpListener,
    https: Option<TcpListener>,
    /// Where SIP listens, and where for TLS.
    sip: (SocketAddr, Option<SocketAddr>),
}

impl Entrance {
    /// SIP connections are heard from here on, datagrams once the thread of signalling runs.
    fn open(config: &Config, sockets: Sockets, inbox: mpsc::Sender<sip::api::Fact>, tap: &Tap) -> Self {
        let Sockets { http, https, sip: bound } = sockets;
        let bound = bound.with_admission(setup::admission(config));
        let certificate = Renewable::of(config);
        let sip = (bound.local, bound.tls.as_ref().map(|(_, address)| *address));
        let guarded = setup::transports(config, tls::sip(config, certificate.as_ref()));
        let steps = http_step::HttpSteps::new(setup::http_step(config));
        let edge =
            Edge { counters: Arc::default(), gate: setup::gate(config), mirror: tap.counts(), certificate, steps };
        let (transports, datagrams) = sip_io::Transports::start(bound, guarded, inbox, Arc::clone(&edge.counters));
        Self { transports, datagrams, edge, http, https, sip }
    }
}

/// The recorder and the media workers, which feed it.
fn start_media(
    config: &Config,
    prompts: media_io::Prompts,
    back: &mpsc::Sender<Input>,
    tap: &Tap,
) -> Result<(recorder::Recorder, media_io::Workers, PromptKeeper), BootError> {
    let (block_tx, blocks) = std::sync::mpsc::sync_channel(RECORDER_BLOCKS);
    let (recordings, keep_free) = (recordings_dir(config.data_dir()), config.media().keep_free);
    let recorder = recorder::Recorder::start(recordings, keep_free, blocks, report_to(back.clone()))?;
    let (speaker, prompts) = (prompts::speaker(config), Arc::new(prompts));
    let settings =
        media_io::Settings { rtcp_tap: tap.rtcp(), voice: Some(voice(config, &speaker)), ..setup::media(config) };
    let events = events_to(back.clone());
    let workers = media_io::Workers::start(settings, Arc::clone(&prompts), events, block_tx);
    let workers = workers.map_err(BootError::Media)?;
    let keeper = PromptKeeper::new(config, prompts, workers.prompt_switch(), speaker);
    Ok((recorder, workers, keeper))
}

/// Who speaks texts for the media workers.
fn voice(config: &Config, speaker: &speech::Speaker) -> media_io::Voice {
    let speaker = speaker.clone();
    let ask = move |spoken: &domain::Spoken, language| {
        let sound: Arc<dyn media::playout::Speech> = Arc::new(speaker.ask(spoken, language));
        sound
    };
    media_io::Voice::new(ask, config.speech().timeout + SPEECH_GRACE)
}

/// Opens the store, mends what a crash left and writes what the configuration names. With the contacts closed by it.
async fn open_store(config: &Config, demo: bool) -> Result<(crm::Store, usize), BootError> {
    let store = crm::Store::open(&database_url(config), config.data_dir()).await?;
    let closed = recover(&store, &recordings_dir(config.data_dir())).await?;
    setup::seed(&store, config, demo).await?;
    Ok((store, closed))
}

/// Mends what a crash left: recordings without an end, contacts without a close.
async fn recover(store: &crm::Store, recordings: &Path) -> Result<usize, BootError> {
    let dir = recordings.to_owned();
    let mended = tokio::task::spawn_blocking(move || recorder::recover(&dir)).await.unwrap_or_default();
    for tape in mended {
        info!(recording = %tape.recording, duration_ms = tape.duration_ms, "a recording was recovered");
        store.recording_recovered(tape.recording, &tape.path, tape.duration_ms, &tape.sha256).await?;
    }
    let closed = store.close_interrupted(wall_now()).await?;
    if !closed.is_empty() {
        info!(contacts = closed.len(), "contacts that were cut off are closed as `system`");
    }
    Ok(closed.len())
}

fn events_to(back: mpsc::Sender<Input>) -> impl Fn(media::api::Event) + Send + Sync + 'static {
    move |event| {
        if back.try_send(Input::Media(event)).is_err() {
            warn!("the control loop's inbox is full or gone: a media event is lost");
        }
    }
}

fn report_to(back: mpsc::Sender<Input>) -> impl Fn(recorder::Report) + Send + 'static {
    move |report| {
        let (recording, finished) = match report {
            recorder::Report::Finished(tape) => {
                let finished = call::api::FinishedRecording {
                    path: tape.path,
                    duration_ms: tape.duration_ms,
                    sha256: tape.sha256,
                    gap_ms: tape.gap_ms,
                    voiced_ms: tape.voiced_ms,
                };
                (tape.recording, Some(finished))
            }
            recorder::Report::Failed { recording, why } => {
                warn!(%recording, %why, "a recording failed");
                (recording, None)
            }
        };
        // The loop is gone only when the daemon stops.
        let _ = back.blocking_send(Input::Recorded { recording, finished });
    }
}
