//! The store's rows as JSON bodies, and JSON bodies as the store's fields.

use crate::dto;
use crate::extract::optional;
use crate::problem::Problem;
use crate::state::wall_ms;
use domain::{
    ContactDetail, ContactRow, Customer, DispositionRow, EventRow, ImportReport, InteractionRow, LegQuality,
    NewCustomer, Page, RecordingRow, Redacted, SurveyAnswer,
};

impl From<Page<ContactRow>> for dto::ContactPage {
    fn from(page: Page<ContactRow>) -> Self {
        Self { items: page.items.into_iter().map(Into::into).collect(), next: page.next }
    }
}

impl From<ContactRow> for dto::Contact {
    fn from(row: ContactRow) -> Self {
        Self {
            times: times(&row),
            id: row.id.to_string(),
            channel: row.channel,
            ani: row.ani.0,
            dnis: row.dnis,
            customer: row.customer.map(|id| id.to_string()),
            customer_name: row.customer_name.map(|name| name.0),
            queue: row.queue.map(|id| id.to_string()),
            agent: row.agent.map(|id| id.to_string()),
            outcome: row.outcome,
            ended_by: row.ended_by,
            path: row.path,
            disposition: row.disposition.map(|code| code.to_string()),
            notes: row.notes.0,
            recording: row.recording.map(|id| id.to_string()),
            events: row.events,
        }
    }
}

fn times(row: &ContactRow) -> dto::ContactTimes {
    dto::ContactTimes {
        started_at: wall_ms(row.started),
        ended_at: row.ended.map(wall_ms),
        closed_at: row.closed.map(wall_ms),
        wait_ms: row.wait_ms,
        ring_ms: row.ring_ms,
        talk_ms: row.talk_ms,
        hold_ms: row.hold_ms,
        wrap_up_ms: row.wrap_up_ms,
    }
}

impl From<ContactDetail> for dto::ContactDetail {
    fn from(detail: ContactDetail) -> Self {
        Self {
            contact: detail.row.into(),
            events: detail.events.into_iter().map(Into::into).collect(),
            interactions: detail.interactions.into_iter().map(Into::into).collect(),
            recordings: detail.recordings.into_iter().map(Into::into).collect(),
            legs: detail.legs.iter().map(leg_quality).collect(),
            survey: detail.survey.iter().map(survey_answer).collect(),
        }
    }
}

fn survey_answer(of: &SurveyAnswer) -> dto::SurveyAnswer {
    dto::SurveyAnswer {
        question: of.question.to_string(),
        answer: of.answer,
        agent: of.agent.map(|agent| agent.to_string()),
        queue: of.queue.map(|queue| queue.to_string()),
        at: wall_ms(of.at),
    }
}

/// How a leg sounded.
pub(crate) fn leg_quality(of: &LegQuality) -> dto::LegQuality {
    dto::LegQuality {
        role: of.role.as_str().to_owned(),
        agent: of.agent.map(|agent| agent.to_string()),
        codec: of.codec.clone(),
        received: of.received,
        expected: of.expected(),
        lost: of.lost,
        lost_permille: of.lost_permille(),
        peer_lost: of.peer_lost,
        jitter_mean_us: of.jitter_mean_us,
        jitter_max_us: of.jitter_max_us,
        round_trip_us: of.round_trip_us,
        mos_hundredths: of.mos_hundredths,
    }
}

impl From<EventRow> for dto::ContactEvent {
    fn from(row: EventRow) -> Self {
        // The store wrote the JSON itself; should a row be damaged, the rest of the story is still worth reading.
        let fields = serde_json::from_str(&row.fields_json).unwrap_or(serde_json::Value::String(row.fields_json));
        Self { seq: row.seq, at: wall_ms(row.at), kind: row.kind, fields }
    }
}

impl From<InteractionRow> for dto::Interaction {
    fn from(row: InteractionRow) -> Self {
        Self {
            id: row.id.to_string(),
            agent: row.agent.to_string(),
            queue: row.queue.map(|id| id.to_string()),
            offered_at: wall_ms(row.offered),
            answered_at: row.answered.map(wall_ms),
            ended_at: row.ended.map(wall_ms),
            wrapped_up_at: row.wrapped_up.map(wall_ms),
            result: row.result,
            disposition: row.disposition.map(|code| code.to_string()),
        }
    }
}

impl From<RecordingRow> for dto::Recording {
    fn from(row: RecordingRow) -> Self {
        Self {
            id: row.id.to_string(),
            contact: row.contact.to_string(),
            duration_ms: row.duration_ms,
            channels: row.channels,
            sha256: row.sha256,
            gap_ms: row.gap_ms,
            state: row.state,
        }
    }
}

impl From<Page<Customer>> for dto::CustomerPage {
    fn from(page: Page<Customer>) -> Self {
        Self { items: page.items.into_iter().map(Into::into).collect(), next: page.next }
    }
}

impl From<Customer> for dto::Customer {
    fn from(customer: Customer) -> Self {
        let points = customer.contact_points.into_iter().map(|p| dto::ContactPoint {
            kind: p.kind,
            raw: p.raw.0,
            normal: p.normal.0,
            label: p.label,
        });
        let last = customer.last_contacts.into_iter().map(|c| dto::LastContact {
            started_at: wall_ms(c.at),
            channel: c.channel,
            queue: c.queue,
            agent: c.agent,
            disposition: c.disposition,
            note: c.note,
            talk_ms: c.talk_ms,
        });
        Self {
            id: customer.id.to_string(),
            name: customer.name.0,
            company: customer.company,
            tier: customer.tier,
            account: customer.account,
            language: customer.language.map(|l| l.to_string()),
            notes: customer.notes,
            contact_points: points.collect(),
            last_contacts: last.collect(),
            contacts_7d: customer.contacts_7d,
            contacts_total: customer.contacts_total,
        }
    }
}

impl TryFrom<dto::CustomerWrite> for NewCustomer {
    type Error = Problem;

    fn try_from(write: dto::CustomerWrite) -> Result<Self, Problem> {
        if write.name.trim().is_empty() {
            return Err(Problem::new("bad_field").because("name: must not be empty").at("name"));
        }
        let language = optional("language", write.language.as_deref(), "bad_field")?;
        Ok(Self {
            name: Redacted(write.name),
            company: write.company,
            tier: write.tier,
            account: write.account,
            language,
            notes: write.notes,
            phones: write.phones.into_iter().map(Redacted).collect(),
            emails: write.emails.into_iter().map(Redacted).collect(),
        })
    }
}

impl From<DispositionRow> for dto::Disposition {
    fn from(row: DispositionRow) -> Self {
        Self {
            code: row.code.to_string(),
            labels: row.labels.into_iter().map(|(language, label)| (language.to_string(), label)).collect(),
            queues: row.queues.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<domain::SipTrace> for dto::SipTrace {
    fn from(trace: domain::SipTrace) -> Self {
        let message = |of: domain::SipMessage| dto::SipMessage {
            at: wall_ms(of.at),
            outgoing: of.outgoing,
            transport: of.transport.to_owned(),
            local: of.local.to_string(),
            remote: of.remote.to_string(),
            call_id: of.call_id,
            text: of.text,
        };
        let messages = trace.messages.into_iter().map(message).collect();
        Self { contact: trace.contact.to_string(), messages, left_out: trace.left_out }
    }
}

/// An import's report.
pub(crate) fn import(report: ImportReport, dry_run: bool) -> dto::Import {
    let errors = report.errors.into_iter();
    dto::Import {
        dry_run,
        added: report.added,
        changed: report.changed,
        errors: errors.map(|e| dto::ImportError { line: e.line, column: e.column, why: e.why }).collect(),
    }
}
