//! The doors for people: consoles (CTI) and the HTTP API, each with the tasks that carry what is asked and wished.

use super::{Options, asks, setup};
use crate::clock::Clock;
use crate::control::WishRequest;
use crate::metrics::Metrics;
use config::Config;
use domain::FloorView;
use std::net::SocketAddr;
use std::sync::Arc;
use switchboard::Input;
use tokio::sync::{mpsc, watch};

/// What the doors need of the house.
pub(super) struct House<'a> {
    pub config: &'a Config,
    pub clock: &'a Clock,
    pub store: &'a crm::Store,
    pub sip: SocketAddr,
    pub back: &'a mpsc::Sender<Input>,
}

/// What the API reads of the running engine.
pub(super) struct Reading {
    pub floor: watch::Receiver<Arc<FloorView>>,
    pub metrics: Arc<Metrics>,
    pub journal: crm::Journal,
}

impl House<'_> {
    /// Opens the door for consoles.
    pub fn consoles(&self, wishes: mpsc::Sender<WishRequest>) -> cti_bridge::Bridge {
        let (asks, asked) = mpsc::channel(256);
        let (wish, wished) = mpsc::channel(256);
        let (presence, present) = mpsc::channel(256);
        tokio::spawn(asks::answer_cti(asked, self.store.clone()));
        tokio::spawn(asks::wish_cti(wished, wishes));
        tokio::spawn(asks::tell_presence(present, self.back.clone()));
        cti_bridge::Bridge::new(setup::bridge(self.config, self.clock), asks, wish, presence)
    }

    /// Opens the door for the API.
    pub fn api(&self, options: Options, wishes: mpsc::Sender<WishRequest>, reading: Reading) -> axum::Router {
        let (asks, asked) = mpsc::channel(256);
        let (wish, wished) = mpsc::channel(256);
        let (web_calls, web_called) = mpsc::channel(64);
        let (phones, phoned) = mpsc::channel(64);
        let number = options.web_call_number.clone();
        tokio::spawn(asks::answer_http(asked, self.store.clone()));
        tokio::spawn(asks::wish_http(wished, wishes));
        let calls = asks::WebCalls::new(self.config, self.sip, number);
        tokio::spawn(asks::web_calls(web_called, self.back.clone(), calls));
        tokio::spawn(asks::phones(phoned, setup::phone_tickets(self.config, self.sip)));
        let links = http_api::Links {
            asks,
            wishes: wish,
            web_calls,
            phones,
            floor: reading.floor,
            metrics: setup::metrics(reading.metrics, reading.journal.clone()),
            readiness: setup::readiness(reading.journal),
        };
        http_api::router(http_api::State::new(setup::http(self.config, self.clock, options, self.sip), links))
    }
}
