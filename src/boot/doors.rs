//! The doors for people: consoles (CTI) and the HTTP API, each with the tasks that carry what is asked and wished.

use super::reload::Reloader;
use super::setup::PhoneAccounts;
use super::{Options, asks, setup};
use crate::clock::Clock;
use crate::control::{ExplainRequest, WishRequest};
use crate::metrics::Metrics;
use config::Config;
use domain::FloorView;
use std::net::SocketAddr;
use std::sync::Arc;
use switchboard::Input;
use tokio::sync::{mpsc, watch};

/// What the doors need of the house.
pub(super) struct House<'a> {
    pub config: Config,
    pub clock: &'a Clock,
    pub store: &'a crm::Store,
    pub sip: SocketAddr,
    pub back: &'a mpsc::Sender<Input>,
    /// To the control loop, for looks at waiting contacts.
    pub explains: mpsc::Sender<ExplainRequest>,
}

/// What the API reads of the running engine.
pub(super) struct Reading {
    floor: watch::Receiver<Arc<FloorView>>,
    metrics: Arc<Metrics>,
    journal: crm::Journal,
    /// To whoever reads the configuration anew.
    reloads: mpsc::Sender<http_api::ReloadRequest>,
}

impl Reading {
    pub fn new(
        floor: &watch::Receiver<Arc<FloorView>>,
        metrics: &Arc<Metrics>,
        journal: &crm::Journal,
        reloads: &mpsc::Sender<http_api::ReloadRequest>,
    ) -> Self {
        let (metrics, journal) = (Arc::clone(metrics), journal.clone());
        Self { floor: floor.clone(), metrics, journal, reloads: reloads.clone() }
    }
}

/// The doors, open, with whoever changes what is written on them.
pub(super) struct Doors {
    pub reloader: Reloader,
}

impl Doors {
    /// What is served by HTTP but for SIP.
    pub fn router(&self) -> axum::Router {
        http_api::router(self.reloader.api.clone()).merge(self.reloader.bridge.router())
    }
}

impl House<'_> {
    /// Opens the doors.
    pub fn open(self, options: Options, wishes: &mpsc::Sender<WishRequest>, reading: Reading) -> Doors {
        let phones = PhoneAccounts::new(setup::phone_tickets(&self.config, self.sip));
        let file = options.config_file.clone();
        let bridge = self.consoles(wishes.clone());
        let api = self.api(options, wishes.clone(), phones.clone(), reading);
        let reloader = Reloader {
            file,
            running: self.config.clone(),
            at_start: self.config,
            sip: self.sip,
            store: self.store.clone(),
            back: self.back.clone(),
            bridge,
            api,
            phones,
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
        asks::Knowing { store: self.store.clone(), explains: self.explains.clone() }
    }

    /// Opens the door for the API.
    fn api(
        &self,
        options: Options,
        wishes: mpsc::Sender<WishRequest>,
        accounts: PhoneAccounts,
        reading: Reading,
    ) -> http_api::State {
        let (asks, asked) = mpsc::channel(256);
        let (wish, wished) = mpsc::channel(256);
        let (web_calls, web_called) = mpsc::channel(64);
        let (phones, phoned) = mpsc::channel(64);
        let number = options.web_call_number.clone();
        tokio::spawn(asks::answer_http(asked, self.knowing()));
        tokio::spawn(asks::wish_http(wished, wishes));
        let calls = asks::WebCalls::new(&self.config, self.sip, number);
        tokio::spawn(asks::web_calls(web_called, self.back.clone(), calls));
        tokio::spawn(asks::phones(phoned, accounts));
        let links = http_api::Links {
            asks,
            wishes: wish,
            web_calls,
            phones,
            reloads: reading.reloads,
            floor: reading.floor,
            metrics: setup::metrics(reading.metrics, reading.journal.clone()),
            readiness: setup::readiness(reading.journal),
        };
        http_api::State::new(setup::http(&self.config, self.clock, options, self.sip), links)
    }
}
