//! Counters for `/metrics`.

use crate::mirror;
use domain::ContactEventKind;
use sip::api::Counter;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Upper ends of the buckets for mean opinion scores, in hundredths; 350 is where people begin to complain.
const SCORES: [u16; 9] = [200, 250, 300, 325, 350, 375, 400, 420, 440];

/// Mean opinion scores of legs that are over.
#[derive(Debug, Default)]
struct Scores {
    /// How many are at most the bucket's end and above the one before; the last: above all.
    buckets: [AtomicU64; SCORES.len() + 1],
    /// Sum of all, in hundredths.
    sum: AtomicU64,
}

impl Scores {
    fn add(&self, mos_hundredths: u16) {
        let place = SCORES.partition_point(|end| *end < mos_hundredths);
        self.buckets[place].fetch_add(1, Relaxed);
        self.sum.fetch_add(u64::from(mos_hundredths), Relaxed);
    }

    fn metric(&self) -> http_api::Metric {
        let ends = SCORES.iter().map(|end| (f64::from(*end) / 100.0).to_string()).chain(["+Inf".to_owned()]);
        let counts = self.buckets.iter().scan(0, |below, bucket| {
            *below += bucket.load(Relaxed);
            Some(*below as f64)
        });
        http_api::Metric {
            name: "switchroom_leg_mos",
            help: "Mean opinion scores of the audio on legs that are over (ITU-T G.107)",
            kind: http_api::MetricKind::Histogram { sum: self.sum.load(Relaxed) as f64 / 100.0 },
            samples: ends.zip(counts).map(|(end, count)| (vec![("le", end)], count)).collect(),
        }
    }
}

/// Counters since the start, and what there is at this moment.
pub struct Metrics {
    /// Legs and transactions of SIP.
    legs: AtomicU64,
    transactions: AtomicU64,
    ports: media_io::PortCount,
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
    mos: Scores,
}

impl Metrics {
    /// Nothing is counted yet.
    #[must_use]
    pub fn new(ports: media_io::PortCount) -> Self {
        let zero = AtomicU64::default;
        Self {
            legs: zero(),
            transactions: zero(),
            ports,
            contacts: zero(),
            offers: zero(),
            connected: zero(),
            closed: zero(),
            unparsable: zero(),
            unknown_source: zero(),
            invalid: zero(),
            auth_failed: zero(),
            retransmissions: zero(),
            stray: zero(),
            mos: Scores::default(),
        }
    }

    /// So many legs and transactions has the SIP endpoint.
    pub fn in_progress(&self, legs: usize, transactions: usize) {
        self.legs.store(legs as u64, Relaxed);
        self.transactions.store(transactions as u64, Relaxed);
    }

    /// Counts a contact event.
    pub fn contact_event(&self, kind: &ContactEventKind) {
        let counter = match kind {
            ContactEventKind::Started { .. } => &self.contacts,
            ContactEventKind::Offered { .. } => &self.offers,
            ContactEventKind::Connected { .. } => &self.connected,
            ContactEventKind::Closed { .. } => &self.closed,
            ContactEventKind::LegQuality(quality) => {
                return quality.mos_hundredths.into_iter().for_each(|mos| self.mos.add(mos));
            }
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
        let counters = rows.into_iter().map(|(name, help, value)| counter(name, help, value.load(Relaxed)));
        counters.chain(self.gauges()).chain([self.mos.metric()]).collect()
    }

    fn gauges(&self) -> [http_api::Metric; 3] {
        let ports = self.ports.read();
        let by_state = [("open", ports.open), ("resting", ports.resting)];
        let ports = http_api::Metric {
            name: "switchroom_media_ports",
            help: "Pairs of UDP ports for plain RTP that a leg has, or that rest after their call",
            kind: http_api::MetricKind::Gauge,
            samples: by_state.map(|(state, n)| (vec![("state", state.to_owned())], n as f64)).to_vec(),
        };
        [
            gauge("switchroom_sip_legs", "SIP legs in progress", self.legs.load(Relaxed)),
            gauge(
                "switchroom_sip_transactions",
                "SIP transactions, those that linger for late repetitions among them",
                self.transactions.load(Relaxed),
            ),
            ports,
        ]
    }
}

fn gauge(name: &'static str, help: &'static str, value: u64) -> http_api::Metric {
    http_api::Metric { name, help, kind: http_api::MetricKind::Gauge, samples: vec![(Vec::new(), value as f64)] }
}

fn counter(name: &'static str, help: &'static str, value: u64) -> http_api::Metric {
    http_api::Metric { name, help, kind: http_api::MetricKind::Counter, samples: vec![(Vec::new(), value as f64)] }
}

/// What is counted where the wire is looked at.
#[must_use]
pub fn mirror(counts: &mirror::Counts) -> Vec<http_api::Metric> {
    let [dropped, unsent, sent] = counts.read();
    let rows = [
        ("switchroom_trace_dropped_total", "Messages neither traced nor mirrored: there were too many", dropped),
        ("switchroom_hep_unsent_total", "Messages that the capture server's socket did not take", unsent),
        ("switchroom_hep_sent_total", "Messages mirrored to the capture server", sent),
    ];
    rows.into_iter().map(|(name, help, value)| counter(name, help, value)).collect()
}

/// What became of requests of flows.
#[must_use]
pub fn http_steps(steps: &http_step::HttpSteps) -> Vec<http_api::Metric> {
    let (results, again) = steps.counts();
    let results = http_api::Metric {
        name: "switchroom_http_steps_total",
        help: "Requests of flows to other systems, by what became of them",
        kind: http_api::MetricKind::Counter,
        samples: results.into_iter().map(|(result, n)| (vec![("result", result.to_owned())], n as f64)).collect(),
    };
    vec![results, counter("switchroom_http_steps_again_total", "Requests of flows that were tried again", again)]
}

/// What is counted where texts are spoken.
#[must_use]
pub fn speech(speaker: &speech::Speaker) -> Vec<http_api::Metric> {
    let counts = speaker.counts();
    let rows = [
        ("switchroom_speech_asked_total", "Texts that calls asked to be spoken", counts.asked),
        ("switchroom_speech_ready_total", "Of these, in memory or being spoken already", counts.ready),
        ("switchroom_speech_made_total", "Texts spoken by the program", counts.made),
        ("switchroom_speech_failed_total", "Texts that could not be spoken in time", counts.failed),
    ];
    let available = http_api::Metric {
        name: "switchroom_speech_available",
        help: "1: texts can be spoken, as far as is known",
        kind: http_api::MetricKind::Gauge,
        samples: vec![(Vec::new(), f64::from(u8::from(speaker.status().available)))],
    };
    rows.into_iter().map(|(name, help, value)| counter(name, help, value)).chain([available]).collect()
}

/// What is counted where peers connect.
#[must_use]
pub fn edge(sip: &sip_io::Counters, http: &http_api::Gate) -> Vec<http_api::Metric> {
    let of = |value: &AtomicU64| value.load(Relaxed);
    let rows = [
        ("switchroom_sip_received_total", "SIP messages received", of(&sip.received)),
        ("switchroom_sip_sent_total", "SIP messages sent", of(&sip.sent)),
        ("switchroom_sip_inbox_full_total", "SIP datagrams dropped because we were too busy", of(&sip.inbox_full)),
        (
            "switchroom_sip_rate_limited_total",
            "SIP messages dropped unread: too many of a source",
            of(&sip.rate_limited),
        ),
        ("switchroom_sip_bans_total", "Sources banned for wrong passwords", of(&sip.bans)),
        (
            "switchroom_sip_banned_dropped_total",
            "SIP messages and connections of banned sources",
            of(&sip.banned_dropped),
        ),
        ("switchroom_sip_calls_refused_total", "Calls refused because more came than can be served", of(&sip.refused)),
        ("switchroom_sip_unsent_total", "SIP messages that their peers did not take", of(&sip.unsent)),
        ("switchroom_sip_send_failed_total", "SIP destinations that could not be reached", of(&sip.send_failed)),
        ("switchroom_sip_connections_total", "SIP connections accepted or opened", of(&sip.connections)),
        (
            "switchroom_sip_connections_refused_total",
            "SIP connections refused by a limit",
            of(&sip.connections_refused),
        ),
        ("switchroom_sip_handshakes_failed_total", "TLS handshakes of SIP that failed", of(&sip.handshakes_failed)),
        ("switchroom_sip_framing_lost_total", "SIP connections closed: framing lost", of(&sip.framing_lost)),
        ("switchroom_sip_timed_out_total", "SIP connections closed: too slow or idle", of(&sip.timed_out)),
        ("switchroom_sip_overflowed_total", "SIP connections closed: the peer does not read", of(&sip.overflowed)),
        ("switchroom_http_connections_refused_total", "HTTP connections refused by a limit", http.refused()),
        ("switchroom_http_handshakes_failed_total", "TLS handshakes of HTTP that failed", http.handshakes_failed()),
        ("switchroom_http_timed_out_total", "HTTP connections closed: too slow or idle", http.timed_out()),
    ];
    rows.into_iter().map(|(name, help, value)| counter(name, help, value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_fall_into_the_bucket_whose_end_they_do_not_exceed() {
        let scores = Scores::default();
        for mos in [100, 350, 351, 441, 450] {
            scores.add(mos);
        }
        let metric = scores.metric();
        let counts: Vec<(String, f64)> =
            metric.samples.iter().map(|(labels, count)| (labels[0].1.clone(), *count)).collect();
        let of = |end: &str| counts.iter().find(|(le, _)| le == end).map(|(_, count)| *count);
        assert_eq!(
            (of("2"), of("3.5"), of("3.75"), of("4.4"), of("+Inf")),
            (Some(1.0), Some(2.0), Some(3.0), Some(3.0), Some(5.0))
        );
        assert_eq!(metric.kind, http_api::MetricKind::Histogram { sum: 16.92 });
    }
}
