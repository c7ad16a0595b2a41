//! The doors for people: consoles (CTI) and the HTTP API, each with the tasks that carry what is asked and wished.

use super::prompts::PromptKeeper;
use super::reload::Reloader;
use super::setup::PhoneAccounts;
use super::{Options, asks, flows, setup};
use crate::clock::Clock;
use crate::control::{ExplainRequest, WishRequest};
use crate::metrics::Metrics;
use crate::mirror::{Archive, Counts};
use crate::tls::{self, Renewable};
use config::Config;
use domain::FloorView;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use switchboard::Input;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

/// What the doors need of the house.
pub(super) struct House<'a> {
    pub config: Config,
    pub clock: &'a Clock,
    pub store: &'a crm::Store,
    pub sip: SocketAddr,
    pub back: &'a mpsc::Sender<Input>,
    /// To the control loop, for looks at waiting contacts.
    pub explains: mpsc::Sender<ExplainRequest>,
    /// The messages that are kept.
    pub archive: Archive,
    pub prompts: PromptKeeper,
}

/// What is counted where peers connect, and who we are there.
pub(super) struct Edge {
    pub counters: Arc<sip_io::Counters>,
    pub gate: http_api::Gate,
    /// What could not be mirrored.
    pub mirror: Arc<Counts>,
    /// Our certificate, which a reload renews.
    pub certificate: Option<Arc<Renewable>>,
    /// Who asks other systems what flows want to know.
    pub steps: http_step::HttpSteps,
}

/// What the API reads of the running engine.
pub(super) struct Reading {
    floor: watch::Receiver<Arc<FloorView>>,
    metrics: Arc<Metrics>,
    journal: crm::Journal,
    /// To whoever reads the configuration anew.
    reloads: mpsc::Sender<http_api::ReloadRequest>,
    edge: Edge,
}

impl Reading {
    pub fn new(
        floor: &watch::Receiver<Arc<FloorView>>,
        metrics: &Arc<Metrics>,
        journal: &crm::Journal,
        reloads: &mpsc::Sender<http_api::ReloadRequest>,
        edge: Edge,
    ) -> Self {
        let (metrics, journal) = (Arc::clone(metrics), journal.clone());
        Self { floor: floor.clone(), metrics, journal, reloads: reloads.clone(), edge }
    }
}

/// The doors, open, with whoever changes what is written on them.
pub(super) struct Doors {
    pub reloader: Reloader,
}

impl Doors {
    /// What is served by HTTP but for SIP.
    fn router(&self) -> axum::Router {
        http_api::router(self.reloader.api.clone()).merge(self.reloader.bridge.router())
    }
}

/// The sockets of the doors, and what is served by them.
pub(super) struct Serving<'a> {
    pub doors: &'a Doors,
    pub transports: &'a sip_io::Transports,
    pub gate: http_api::Gate,
}

impl Serving<'_> {
    /// Serves HTTP, and HTTPS with its certificate. Gives the tasks and the addresses.
    ///
    /// # Errors
    /// When the system does not tell an address.
    pub fn start(
        self,
        http: TcpListener,
        https: Option<(TcpListener, Arc<Renewable>)>,
    ) -> io::Result<(JoinSet<()>, SocketAddr, Option<SocketAddr>)> {
        let mut tasks = JoinSet::new();
        let http_address = http.local_addr()?;
        let router = self.doors.router().merge(self.transports.ws_router(http_address, false));
        tasks.spawn(http_api::serve(http, None, router, self.gate.clone()));
        let Some((https, certificate)) = https else { return Ok((tasks, http_address, None)) };
        let https_address = https.local_addr()?;
        let router = self.doors.router().merge(self.transports.ws_router(https_address, true));
        let tls = tls::accepting(&certificate, &[b"http/1.1"]);
        tasks.spawn(http_api::serve(https, Some(tls), router, self.gate));
        Ok((tasks, http_address, Some(https_address)))
    }
}

impl House<'_> {
    /// Opens the doors.
    pub fn open(self, options: Options, wishes: &mpsc::Sender<WishRequest>, reading: Reading) -> Doors {
        let phones = PhoneAccounts::new(setup::phone_tickets(&self.config, self.sip));
        let origin = options.origin.clone();
        let (ask_flows, flow_requests) = mpsc::channel(64);
        let (certificate, steps) = (reading.edge.certificate.clone(), reading.edge.steps.clone());
        let bridge = self.consoles(wishes.clone());
        let api = self.api(options, wishes.clone(), phones.clone(), (reading, ask_flows));
        let prompts = self.prompts.clone();
        let reloader = Reloader {
            origin,
            flows: flow_requests,
            looks: Arc::new(Semaphore::new(flows::LOOKS)),
            running: self.config.clone(),
            at_start: self.config,
            sip: self.sip,
            store: self.store.clone(),
            back: self.back.clone(),
            bridge,
            api,
            phones,
            certificate,
            steps,
            prompts,
        };
        Doors { reloader }
    }

    /// Opens the door for consoles.
    fn consoles(&self, wishes: mpsc::Sender<WishRequest>) -> cti_bridge::Bridge {
        let (asks, asked) = mpsc::channel(256);
        let (wish, wished) = mpsc::channel(256);
        let (presence, present) = mpsc::channel(256);
        tokio::spawn(asks::answer_cti(asked, self.knowing()));
        tokio::spawn(asks::wish_cti(wished, wishes));
        tokio::spawn(asks::tell_presence(present, self.back.clone()));
        cti_bridge::Bridge::new(setup::bridge(self.clock), setup::names(&self.config), asks, wish, presence)
    }

    fn knowing(&self) -> asks::Knowing {
        asks::Knowing { store: self.store.clone(), explains: self.explains.clone(), archive: self.archive.clone() }
    }

    /// Opens the door for the API.
    fn api(
        &self,
        options: Options,
        wishes: mpsc::Sender<WishRequest>,
        accounts: PhoneAccounts,
        (reading, flows): (Reading, mpsc::Sender<http_api::FlowRequest>),
    ) -> http_api::State {
        let (asks, asked) = mpsc::channel(256);
        let (wish, wished) = mpsc::channel(256);
        let (web_calls, web_called) = mpsc::channel(64);
        let (phones, phoned) = mpsc::channel(64);
        let (prompts, prompted) = mpsc::channel(64);
        let number = options.web_call_number.clone();
        tokio::spawn(asks::answer_http(asked, self.knowing()));
        tokio::spawn(asks::wish_http(wished, wishes));
        let calls = asks::WebCalls::new(&self.config, self.sip, number);
        tokio::spawn(asks::web_calls(web_called, self.back.clone(), calls));
        tokio::spawn(asks::phones(phoned, accounts));
        tokio::spawn(self.prompts.clone().run(prompted));
        let links = http_api::Links {
            asks,
            wishes: wish,
            web_calls,
            phones,
            reloads: reading.reloads,
            prompts,
            flows,
            floor: reading.floor,
            metrics: setup::metrics(
                reading.metrics,
                reading.journal.clone(),
                reading.edge,
                self.prompts.speaker().clone(),
            ),
            readiness: setup::readiness(reading.journal),
        };
        http_api::State::new(setup::http(&self.config, self.clock, options, self.sip), links)
    }
}
