//! Health, metrics and the documents: what machines and integrators open first. Outside of `/api/v1`, without sessions,
//! and without anything personal in them.

use crate::docs;
use crate::dto;
use crate::openapi;
use crate::problem::{CODES, Problem};
use crate::state::{Metric, MetricKind, State};
use axum::extract::{Path, State as With};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use axum::{Json, Router};
use domain::AgentState;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The routes.
pub(crate) fn router() -> Router<State> {
    Router::new()
        .route("/health", get(health))
        .route("/health/live", get(|| async { Json(serde_json::json!({"live": true})) }))
        .route("/health/ready", get(health))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(|| async { json_text(openapi::openapi_json()) }))
        .route(
            "/asyncapi.json",
            get(|With(api): With<State>| async move { json_text(api.settings().asyncapi.clone()) }),
        )
        .route("/docs", get(|| async { Html(docs::openapi_page(&openapi::openapi_json())) }))
        .route(
            "/asyncapi",
            get(|With(api): With<State>| async move { Html(docs::asyncapi_page(&api.settings().asyncapi)) }),
        )
        .route("/docs.css", get(|| async { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], docs::STYLE) }))
        .route("/problems", get(|| async { Html(docs::problems_page(CODES)) }))
        .route("/problems/{code}", get(problem))
}

fn json_text(text: String) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], text)
}

async fn health(With(api): With<State>) -> impl IntoResponse {
    let readiness = api.readiness();
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let settings = api.settings();
    let body = dto::Health {
        live: true,
        ready: readiness.ready,
        version: settings.version.clone(),
        uptime_ms: u64::try_from(settings.clock.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        checks: readiness.checks,
    };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body))
}

async fn problem(Path(code): Path<String>) -> Result<impl IntoResponse, Problem> {
    let known = CODES.iter().find(|(known, ..)| *known == code);
    let (known, ..) = known.ok_or_else(|| Problem::new("not_found"))?;
    Ok(Html(docs::problem_page(&Problem::new(known).body())))
}

async fn metrics(With(api): With<State>) -> impl IntoResponse {
    let mut metrics = floor_metrics(&api);
    metrics.extend(api.metrics());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], exposition(&metrics))
}

fn floor_metrics(api: &State) -> Vec<Metric> {
    use MetricKind::{Counter, Gauge};
    let floor = api.floor();
    let mut metrics = callback_metrics(&floor);
    metrics.extend(forecast_metrics(&floor));
    metrics.extend(aside_metrics(&floor));
    let queue = |name, help, kind, value: fn(&domain::QueueView) -> f64| Metric {
        name,
        help,
        kind,
        samples: floor.queues.iter().map(|q| (vec![("queue", q.id.to_string())], value(q))).collect(),
    };
    metrics.extend([
        queue("switchroom_queue_waiting", "Contacts waiting.", Gauge, |q| f64::from(q.waiting)),
        queue("switchroom_queue_offered_total", "Contacts that entered the queue.", Counter, |q| {
            q.counts.offered as f64
        }),
        queue("switchroom_queue_answered_total", "Contacts answered.", Counter, |q| q.counts.answered as f64),
        queue("switchroom_queue_abandoned_total", "Contacts that left waiting.", Counter, |q| {
            q.counts.abandoned as f64
        }),
        queue("switchroom_queue_flowed_out_total", "Contacts sent on elsewhere unanswered.", Counter, |q| {
            q.counts.flowed_out as f64
        }),
        queue("switchroom_queue_wait_seconds_total", "Waits of the answered, summed.", Counter, |q| {
            q.counts.wait_answered_ms as f64 / 1_000.0
        }),
        Metric {
            name: "switchroom_calls",
            help: "Calls in progress.",
            kind: Gauge,
            samples: vec![(vec![], f64::from(floor.calls))],
        },
        Metric {
            name: "switchroom_agents",
            help: "Agents by state.",
            kind: Gauge,
            samples: agents_by_state(floor.agents.iter().map(|a| a.state)),
        },
    ]);
    metrics
}

/// Expected waits: what is told now, and how honest that has been.
fn forecast_metrics(floor: &domain::FloorView) -> Vec<Metric> {
    use MetricKind::{Counter, Gauge};
    let queue = |name, help, kind, value: fn(&domain::QueueView) -> f64| Metric {
        name,
        help,
        kind,
        samples: floor.queues.iter().map(|q| (vec![("queue", q.id.to_string())], value(q))).collect(),
    };
    vec![
        queue("switchroom_expected_wait_contacts_total", "Waits that were foretold and are known now.", Counter, |q| {
            q.honesty.contacts as f64
        }),
        queue("switchroom_expected_wait_told_seconds_total", "Means told on entry, summed.", Counter, |q| {
            q.honesty.told_ms as f64 / 1_000.0
        }),
        queue("switchroom_expected_wait_waited_seconds_total", "What these waits then were, summed.", Counter, |q| {
            q.honesty.waited_ms as f64 / 1_000.0
        }),
        queue(
            "switchroom_expected_wait_rms_error_seconds",
            "Root of the mean squared error of the means.",
            Gauge,
            |q| q.honesty.rms_error_ms as f64 / 1_000.0,
        ),
        queue("switchroom_expected_wait_covered_total", "Waits of at most the 90th percentile told.", Counter, |q| {
            q.honesty.covered as f64
        }),
        Metric {
            name: "switchroom_expected_wait_seconds",
            help: "What one who came now could be told; absent while nothing can be told.",
            kind: Gauge,
            samples: floor.queues.iter().filter_map(expected_sample).collect(),
        },
    ]
}

/// Those of calls back, by queue, which the others leave out.
fn callback_metrics(floor: &domain::FloorView) -> Vec<Metric> {
    use MetricKind::{Counter, Gauge};
    let of = |name, help, kind, value: fn(&domain::CallbackCounts) -> f64| Metric {
        name,
        help,
        kind,
        samples: floor.queues.iter().map(|q| (vec![("queue", q.id.to_string())], value(&q.callbacks))).collect(),
    };
    vec![
        of("switchroom_callbacks_open", "Calls back that are not over.", Gauge, |c| f64::from(c.open)),
        of("switchroom_callbacks_booked_total", "Calls back asked for.", Counter, |c| c.booked as f64),
        of("switchroom_callbacks_tries_total", "Calls to customers who are to be called back.", Counter, |c| {
            c.tries as f64
        }),
        of("switchroom_callbacks_reached_total", "Customers called back and joined with an agent.", Counter, |c| {
            c.reached as f64
        }),
        of("switchroom_callbacks_failed_total", "Calls back given up.", Counter, |c| c.failed as f64),
        of("switchroom_callbacks_cancelled_total", "Calls back withdrawn or not needed any more.", Counter, |c| {
            c.cancelled as f64
        }),
        Metric {
            name: "switchroom_callbacks_not_offered_total",
            help: "Times that a flow asked whether to offer a call back and none was offered, by reason.",
            kind: Counter,
            samples: floor.queues.iter().flat_map(not_offered).collect(),
        },
        of(
            "switchroom_callbacks_wait_seconds_total",
            "Times from the request until the customer was joined, summed.",
            Counter,
            |c| c.wait_reached_ms as f64 / 1_000.0,
        ),
    ]
}

/// Every reason, also those that never held, so that rates can be taken from the first time on.
fn not_offered(queue: &domain::QueueView) -> impl Iterator<Item = (Vec<(&'static str, String)>, f64)> {
    domain::CallbackRefusal::ALL.into_iter().map(move |why| {
        let times = queue.not_offered.get(&why).copied().unwrap_or_default();
        (vec![("queue", queue.id.to_string()), ("reason", why.as_str().to_owned())], times as f64)
    })
}

/// Those of messages and surveys, by queue.
fn aside_metrics(floor: &domain::FloorView) -> Vec<Metric> {
    use MetricKind::{Counter, Gauge};
    let at = floor.at;
    let of = |name, help, kind, value: &dyn Fn(&domain::QueueView) -> f64| Metric {
        name,
        help,
        kind,
        samples: floor.queues.iter().map(|q| (vec![("queue", q.id.to_string())], value(q))).collect(),
    };
    let answers = |name, help, value: fn(&domain::QuestionScore) -> u64| {
        let labels = |q: &domain::QueueView, score: &domain::QuestionScore| {
            vec![("queue", q.id.to_string()), ("question", score.question.to_string())]
        };
        let of_queue = |q: &domain::QueueView| {
            q.surveys.questions.iter().map(|score| (labels(q, score), value(score) as f64)).collect::<Vec<_>>()
        };
        Metric { name, help, kind: Counter, samples: floor.queues.iter().flat_map(of_queue).collect() }
    };
    vec![
        of("switchroom_messages_waiting", "Messages that nobody has taken yet.", Gauge, &|q| {
            f64::from(q.messages.waiting)
        }),
        of("switchroom_messages_oldest_seconds", "Age of the oldest message that nobody has taken yet.", Gauge, &|q| {
            q.messages.oldest.map_or(0.0, |left| at.since(left).as_secs_f64())
        }),
        of("switchroom_messages_left_total", "Messages left.", Counter, &|q| q.messages.left as f64),
        of("switchroom_messages_heard_total", "Messages that an agent took.", Counter, &|q| q.messages.heard as f64),
        of("switchroom_messages_wait_seconds_total", "Times until an agent took them, summed.", Counter, &|q| {
            q.messages.wait_heard_ms as f64 / 1_000.0
        }),
        of("switchroom_surveys_asked_total", "Customers asked how it was.", Counter, &|q| q.surveys.asked as f64),
        of("switchroom_surveys_answered_total", "Of these, those with an answer.", Counter, &|q| {
            q.surveys.answered as f64
        }),
        of("switchroom_surveys_skipped_total", "Of these, those gone without one.", Counter, &|q| {
            q.surveys.skipped as f64
        }),
        answers("switchroom_survey_answers_total", "Answers to a question.", |score| score.answers),
        answers("switchroom_survey_score_total", "Answers to a question, summed.", |score| score.sum),
    ]
}

fn expected_sample(queue: &domain::QueueView) -> Option<(Vec<(&'static str, String)>, f64)> {
    Some((vec![("queue", queue.id.to_string())], queue.expected?.mean_ms as f64 / 1_000.0))
}

fn agents_by_state(states: impl Iterator<Item = AgentState>) -> Vec<(Vec<(&'static str, String)>, f64)> {
    let words = ["logged_out", "not_ready", "ready", "reserved", "busy", "after_contact_work"];
    let mut counts: BTreeMap<&str, u32> = words.into_iter().map(|word| (word, 0)).collect();
    for state in states {
        *counts.entry(state.as_str()).or_default() += 1;
    }
    counts.into_iter().map(|(state, n)| (vec![("state", state.to_owned())], f64::from(n))).collect()
}

/// Prometheus' text format.
fn exposition(metrics: &[Metric]) -> String {
    let mut text = String::new();
    for metric in metrics {
        let (kind, suffix) = match metric.kind {
            MetricKind::Counter => ("counter", ""),
            MetricKind::Gauge => ("gauge", ""),
            MetricKind::Histogram { .. } => ("histogram", "_bucket"),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# HELP {} {}\n# TYPE {} {kind}", metric.name, metric.help, metric.name);
        for (labels, value) in &metric.samples {
            let _ = writeln!(text, "{}{suffix}{} {value}", metric.name, label_set(labels));
        }
        if let MetricKind::Histogram { sum } = metric.kind {
            let count = metric.samples.last().map_or(0.0, |(_, count)| *count);
            let _ = writeln!(text, "{0}_sum {sum}\n{0}_count {count}", metric.name);
        }
    }
    text
}

fn label_set(labels: &[(&'static str, String)]) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let escape = |v: &str| v.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
    format!("{{{}}}", pairs.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_written_in_prometheus_text_format() {
        let metric = Metric {
            name: "switchroom_queue_waiting",
            help: "Contacts waiting.",
            kind: MetricKind::Gauge,
            samples: vec![(vec![("queue", "a\"b".into())], 3.0), (vec![], 0.5)],
        };
        assert_eq!(
            exposition(&[metric]),
            "# HELP switchroom_queue_waiting Contacts waiting.\n# TYPE switchroom_queue_waiting gauge\n\
             switchroom_queue_waiting{queue=\"a\\\"b\"} 3\nswitchroom_queue_waiting 0.5\n"
        );
    }

    #[test]
    fn a_histogram_has_its_buckets_their_sum_and_their_count() {
        let metric = Metric {
            name: "switchroom_leg_mos",
            help: "Scores.",
            kind: MetricKind::Histogram { sum: 7.5 },
            samples: vec![(vec![("le", "3.5".into())], 1.0), (vec![("le", "+Inf".into())], 2.0)],
        };
        assert_eq!(
            exposition(&[metric]),
            "# HELP switchroom_leg_mos Scores.\n# TYPE switchroom_leg_mos histogram\n\
             switchroom_leg_mos_bucket{le=\"3.5\"} 1\nswitchroom_leg_mos_bucket{le=\"+Inf\"} 2\n\
             switchroom_leg_mos_sum 7.5\nswitchroom_leg_mos_count 2\n"
        );
    }
}
