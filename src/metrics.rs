//! Counters for `/metrics`.

use domain::ContactEventKind;
use sip::api::Counter;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters since the start.
#[derive(Debug, Default)]
pub struct Metrics {
    contacts: AtomicU64,
    offers: AtomicU64,
    connected: AtomicU64,
    closed: AtomicU64,
    unparsable: AtomicU64,
    unknown_source: AtomicU64,
    invalid: AtomicU64,
    auth_failed: AtomicU64,
    retransmissions: AtomicU64,
    stray: AtomicU64,
}

impl Metrics {
    /// Counts a contact event.
    pub fn contact_event(&self, kind: &ContactEventKind) {
        let counter = match kind {
            ContactEventKind::Started { .. } => &self.contacts,
            ContactEventKind::Offered { .. } => &self.offers,
            ContactEventKind::Connected { .. } => &self.connected,
            ContactEventKind::Closed { .. } => &self.closed,
            _ => return,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// Counts what the SIP endpoint counts.
    pub fn sip(&self, counter: Counter) {
        let counter = match counter {
            Counter::Unparsable => &self.unparsable,
            Counter::UnknownSource => &self.unknown_source,
            Counter::Invalid => &self.invalid,
            Counter::AuthFailed => &self.auth_failed,
            Counter::Retransmission => &self.retransmissions,
            Counter::StrayResponse => &self.stray,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// The counters as `/metrics` shows them.
    #[must_use]
    pub fn samples(&self) -> Vec<http_api::Metric> {
        let rows = [
            ("switchroom_contacts_total", "Contacts that arrived", &self.contacts),
            ("switchroom_offers_total", "Offers made to agents", &self.offers),
            ("switchroom_connections_total", "Contacts joined with an agent", &self.connected),
            ("switchroom_contacts_closed_total", "Contacts closed", &self.closed),
            ("switchroom_sip_unparsable_total", "SIP messages that are none", &self.unparsable),
            ("switchroom_sip_unknown_source_total", "SIP requests from unknown sources, dropped", &self.unknown_source),
            ("switchroom_sip_invalid_total", "SIP requests refused by validation", &self.invalid),
            ("switchroom_sip_auth_failed_total", "SIP requests with wrong credentials", &self.auth_failed),
            ("switchroom_sip_retransmissions_total", "SIP retransmissions absorbed", &self.retransmissions),
            ("switchroom_sip_stray_responses_total", "SIP responses that match nothing", &self.stray),
        ];
        let metric = |(name, help, value): (&'static str, &'static str, &AtomicU64)| http_api::Metric {
            name,
            help,
            counter: true,
            samples: vec![(Vec::new(), value.load(Relaxed) as f64)],
        };
        rows.into_iter().map(metric).collect()
    }
}
