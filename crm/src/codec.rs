//! Contact events as JSON objects, and back.

mod callback;
mod recording;
mod survey;

use crate::reasons;
use domain::{
    Ani, Cause, Channel, ConsultResult, ContactEventKind as Kind, DispositionBy, Dnis, EndedBy, ExitReason, LegQuality,
    LegRole, Monitor, OfferResult, Outcome, Priority, Redacted,
};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::str::FromStr;

/// Why stored fields are no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The word names no event that this version knows.
    #[error("the event's kind is unknown")]
    UnknownKind,
    /// The fields are no JSON object.
    #[error("the event's fields are no JSON object")]
    NotAnObject,
    /// A field is missing or has no value of its kind.
    #[error("the event's field `{0}` is missing or wrong")]
    BadField(&'static str),
}

/// Text that both databases can hold: NUL becomes U+FFFD.
pub(crate) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// The event's fields as a JSON object.
#[must_use]
pub fn encode(kind: &Kind) -> String {
    fields(kind).to_string()
}

fn fields(kind: &Kind) -> Value {
    match kind {
        Kind::Started { .. } => started_fields(kind),
        Kind::CustomerIdentified { customer } => json!({ "customer": customer.to_string() }),
        Kind::FlowStarted { flow, language } => json!({ "flow": flow.as_str(), "language": language.as_str() }),
        Kind::NodeEntered { node } => json!({ "node": node.as_str() }),
        Kind::DigitsCollected { node, digits } => json!({ "node": node.as_str(), "digits": storable(&digits.0) }),
        Kind::Queued { queue, priority } => json!({ "queue": queue.as_str(), "priority": priority.0 }),
        Kind::Offered { .. } | Kind::Ringing { .. } | Kind::OfferEnded { .. } => offer_fields(kind),
        Kind::Overflowed { from, to, reason } => {
            json!({ "from": from.as_str(), "to": to.as_str(), "reason": reason.as_str() })
        }
        Kind::QueueLeft { queue, reason } => json!({ "queue": queue.as_str(), "reason": reason.as_str() }),
        Kind::Announced { position, wait_s } => json!({ "position": position, "wait_s": wait_s }),
        Kind::QueueKey { digit, node } => json!({ "digit": digit.to_string(), "node": node.as_str() }),
        Kind::QueueResumed { queue } => json!({ "queue": queue.as_str() }),
        Kind::Reprioritised { priority: points, age_per_s } => {
            json!({ "priority": points.map(|points| points.0), "age_per_s": age_per_s })
        }
        Kind::Held { interaction } | Kind::Resumed { interaction } | Kind::ConferenceStarted { interaction } => {
            json!({ "interaction": interaction.to_string() })
        }
        Kind::Transferred { interaction, to } | Kind::ConsultStarted { interaction, to } => {
            json!({ "interaction": interaction.to_string(), "to": storable(to) })
        }
        Kind::ConsultOffered { .. } | Kind::ConsultEnded { .. } => consult_fields(kind),
        Kind::Monitored { .. } | Kind::MonitorEnded { .. } => monitor_fields(kind),
        Kind::RecordingStarted { .. }
        | Kind::RecordingPaused { .. }
        | Kind::RecordingResumed { .. }
        | Kind::RecordingFinished { .. }
        | Kind::MaskingStarted { .. }
        | Kind::MaskingEnded { .. }
        | Kind::CommentStarted { .. }
        | Kind::SecureEntryStarted { .. }
        | Kind::SecureEntryEnded { .. } => recording::fields(kind),
        Kind::CustomerLeft { by, cause } => json!({ "by": by.as_str(), "cause": cause.as_str() }),
        Kind::Connected { interaction, agent }
        | Kind::ConsultAnswered { interaction, agent }
        | Kind::InteractionEnded { interaction, agent }
        | Kind::WrapUpEnded { interaction, agent } => {
            json!({ "interaction": interaction.to_string(), "agent": agent.as_str() })
        }
        Kind::NotesSaved { .. } | Kind::DispositionSet { .. } => wrap_up_fields(kind),
        Kind::SurveyStarted { .. } | Kind::SurveyAnswered { .. } => survey::fields(kind),
        Kind::LegQuality(quality) => leg_quality_fields(quality),
        Kind::Closed { outcome, by } => json!({ "outcome": outcome.as_str(), "by": by.as_str() }),
        Kind::CallbackBooked { .. }
        | Kind::CallbackRequested(_)
        | Kind::VoicemailLeft { .. }
        | Kind::VoicemailRequested(_)
        | Kind::CallbackDialled { .. }
        | Kind::CallbackMissed { .. }
        | Kind::CallbackSuspended
        | Kind::CallbackCancelled { .. }
        | Kind::Restored => callback::fields(kind),
    }
}

fn wrap_up_fields(kind: &Kind) -> Value {
    match kind {
        Kind::NotesSaved { interaction, text } => {
            json!({ "interaction": interaction.to_string(), "text": storable(&text.0) })
        }
        Kind::DispositionSet { interaction, code, by } => json!({
            "interaction": interaction.to_string(), "code": code.as_str(), "by": disposition_by(*by),
        }),
        _ => Value::Null,
    }
}

fn started_fields(kind: &Kind) -> Value {
    let Kind::Started { channel, ani, caller_name, dnis, entry_point, trunk, dialled_by } = kind else {
        return Value::Null;
    };
    json!({
        "channel": channel.as_str(),
        "ani": storable(ani.as_str()),
        "caller_name": storable(&caller_name.0),
        "dnis": storable(dnis.as_str()),
        "entry_point": entry_point.map(|id| id.to_string()),
        "trunk": trunk.map(|id| id.to_string()),
        "dialled_by": dialled_by.map(|id| id.to_string()),
    })
}

fn offer_fields(kind: &Kind) -> Value {
    match kind {
        Kind::Offered { offer, interaction, agent, queue, why, decision } => json!({
            "offer": offer.to_string(), "interaction": interaction.to_string(), "agent": agent.as_str(),
            "queue": queue.as_str(), "why": storable(why), "decision": decision.as_deref().map(reasons::encode),
        }),
        Kind::Ringing { offer, agent } => json!({ "offer": offer.to_string(), "agent": agent.as_str() }),
        Kind::OfferEnded { offer, agent, result } => {
            json!({ "offer": offer.to_string(), "agent": agent.as_str(), "result": result.as_str() })
        }
        _ => Value::Null,
    }
}

fn consult_fields(kind: &Kind) -> Value {
    match kind {
        Kind::ConsultOffered { offer, interaction, agent, queue, by } => json!({
            "offer": offer.to_string(), "interaction": interaction.to_string(), "agent": agent.as_str(),
            "queue": queue.map(|id| id.to_string()), "by": by.as_str(),
        }),
        Kind::ConsultEnded { interaction, result } => {
            json!({ "interaction": interaction.to_string(), "result": result.as_str() })
        }
        _ => Value::Null,
    }
}

fn monitor_fields(kind: &Kind) -> Value {
    match kind {
        Kind::Monitored { agent, mode } => json!({ "agent": agent.as_str(), "mode": mode.as_str() }),
        Kind::MonitorEnded { agent } => json!({ "agent": agent.as_str() }),
        _ => Value::Null,
    }
}

fn leg_quality_fields(of: &LegQuality) -> Value {
    json!({
        "role": of.role.as_str(), "agent": of.agent.map(|id| id.to_string()), "codec": storable(&of.codec),
        "received": of.received, "lost": of.lost, "peer_lost": of.peer_lost, "jitter_mean_us": of.jitter_mean_us,
        "jitter_max_us": of.jitter_max_us, "round_trip_us": of.round_trip_us, "mos_hundredths": of.mos_hundredths,
    })
}

fn leg_quality(f: &Fields<'_>) -> Result<LegQuality, DecodeError> {
    let small = |name| f.opt_number(name).ok_or(DecodeError::BadField(name));
    Ok(LegQuality {
        role: f.word("role", LegRole::ALL, LegRole::as_str)?,
        agent: f.opt_id("agent")?,
        codec: f.text("codec")?.to_owned(),
        received: f.number("received")?,
        lost: f.number("lost")?,
        peer_lost: small("peer_lost")?,
        jitter_mean_us: small("jitter_mean_us")?,
        jitter_max_us: small("jitter_max_us")?,
        round_trip_us: f.opt_number("round_trip_us"),
        mos_hundredths: f.opt_number("mos_hundredths").and_then(|mos| u16::try_from(mos).ok()),
    })
}

/// The event with this word and these fields.
///
/// # Errors
/// The word is unknown, or the fields do not belong to it.
pub fn decode(kind: &str, fields_json: &str) -> Result<Kind, DecodeError> {
    let Ok(Value::Object(map)) = serde_json::from_str(fields_json) else { return Err(DecodeError::NotAnObject) };
    let f = Fields(&map);
    Ok(match kind {
        "started" => started(&f)?,
        "customer_identified" => Kind::CustomerIdentified { customer: f.id("customer")? },
        "flow_started" => Kind::FlowStarted { flow: f.id("flow")?, language: f.id("language")? },
        "node_entered" => Kind::NodeEntered { node: f.id("node")? },
        "digits_collected" => Kind::DigitsCollected { node: f.id("node")?, digits: Redacted::from(f.text("digits")?) },
        "queued" => Kind::Queued { queue: f.id("queue")?, priority: f.priority()? },
        "offered" | "ringing" | "offer_ended" => offer(kind, &f)?,
        "overflowed" => Kind::Overflowed { from: f.id("from")?, to: f.id("to")?, reason: f.exit_reason()? },
        "queue_left" => Kind::QueueLeft { queue: f.id("queue")?, reason: f.exit_reason()? },
        "announced" => Kind::Announced { position: f.opt_number("position"), wait_s: f.opt_number("wait_s") },
        "queue_key" => {
            let digit = f.text("digit")?.chars().next().ok_or(DecodeError::BadField("digit"))?;
            Kind::QueueKey { digit, node: f.id("node")? }
        }
        "queue_resumed" => Kind::QueueResumed { queue: f.id("queue")? },
        "reprioritised" => Kind::Reprioritised { priority: f.opt_priority(), age_per_s: f.opt_number("age_per_s") },
        "connected" => Kind::Connected { interaction: f.id("interaction")?, agent: f.id("agent")? },
        "held" => Kind::Held { interaction: f.id("interaction")? },
        "resumed" => Kind::Resumed { interaction: f.id("interaction")? },
        "transferred" => Kind::Transferred { interaction: f.id("interaction")?, to: f.text("to")?.to_owned() },
        "consult_started" | "consult_offered" | "consult_answered" | "conference_started" | "consult_ended" => {
            consult(kind, &f)?
        }
        "monitored" | "monitor_ended" => monitored(kind, &f)?,
        "recording_started"
        | "recording_paused"
        | "recording_resumed"
        | "recording_finished"
        | "masking_started"
        | "masking_ended"
        | "comment_started"
        | "secure_entry_started"
        | "secure_entry_ended" => recording::event(kind, &f)?,
        "customer_left" => Kind::CustomerLeft { by: f.ended_by()?, cause: f.word("cause", Cause::ALL, Cause::as_str)? },
        "interaction_ended" => Kind::InteractionEnded { interaction: f.id("interaction")?, agent: f.id("agent")? },
        "notes_saved" => Kind::NotesSaved { interaction: f.id("interaction")?, text: Redacted::from(f.text("text")?) },
        "disposition_set" => Kind::DispositionSet {
            interaction: f.id("interaction")?,
            code: f.id("code")?,
            by: f.word("by", [DispositionBy::Agent, DispositionBy::Timeout], disposition_by)?,
        },
        "wrap_up_ended" => Kind::WrapUpEnded { interaction: f.id("interaction")?, agent: f.id("agent")? },
        "survey_started" | "survey_answered" => survey::event(kind, &f)?,
        "leg_quality" => Kind::LegQuality(leg_quality(&f)?),
        "closed" => Kind::Closed { outcome: f.word("outcome", Outcome::ALL, Outcome::as_str)?, by: f.ended_by()? },
        "callback_booked"
        | "voicemail_left"
        | "voicemail_requested"
        | "callback_requested"
        | "callback_dialled"
        | "callback_missed"
        | "callback_suspended"
        | "callback_cancelled"
        | "restored" => callback::event(kind, &f)?,
        _ => return Err(DecodeError::UnknownKind),
    })
}

fn started(f: &Fields<'_>) -> Result<Kind, DecodeError> {
    Ok(Kind::Started {
        channel: f.word("channel", Channel::ALL, Channel::as_str)?,
        ani: Ani::new(f.text("ani")?),
        caller_name: Redacted::from(f.text("caller_name")?),
        dnis: Dnis::new(f.text("dnis")?),
        entry_point: f.opt_id("entry_point")?,
        trunk: f.opt_id("trunk")?,
        dialled_by: f.opt_id("dialled_by")?,
    })
}

fn offer(kind: &str, f: &Fields<'_>) -> Result<Kind, DecodeError> {
    let (offer, agent) = (f.id("offer")?, f.id("agent")?);
    Ok(match kind {
        "offered" => Kind::Offered {
            offer,
            interaction: f.id("interaction")?,
            agent,
            queue: f.id("queue")?,
            why: f.text("why")?.to_owned(),
            decision: f.0.get("decision").and_then(reasons::decode).map(Box::new),
        },
        "ringing" => Kind::Ringing { offer, agent },
        _ => Kind::OfferEnded { offer, agent, result: f.word("result", RESULTS, OfferResult::as_str)? },
    })
}

fn monitored(kind: &str, f: &Fields<'_>) -> Result<Kind, DecodeError> {
    let agent = f.id("agent")?;
    Ok(match kind {
        "monitored" => Kind::Monitored { agent, mode: f.word("mode", Monitor::ALL, Monitor::as_str)? },
        _ => Kind::MonitorEnded { agent },
    })
}

fn consult(kind: &str, f: &Fields<'_>) -> Result<Kind, DecodeError> {
    let interaction = f.id("interaction")?;
    Ok(match kind {
        "consult_started" => Kind::ConsultStarted { interaction, to: f.text("to")?.to_owned() },
        "consult_offered" => Kind::ConsultOffered {
            offer: f.id("offer")?,
            interaction,
            agent: f.id("agent")?,
            queue: f.opt_id("queue")?,
            by: f.id("by")?,
        },
        "consult_answered" => Kind::ConsultAnswered { interaction, agent: f.id("agent")? },
        "conference_started" => Kind::ConferenceStarted { interaction },
        _ => Kind::ConsultEnded { interaction, result: f.word("result", ConsultResult::ALL, ConsultResult::as_str)? },
    })
}

const RESULTS: [OfferResult; 7] = [
    OfferResult::Answered,
    OfferResult::Declined,
    OfferResult::Busy,
    OfferResult::NoAnswer,
    OfferResult::Unreachable,
    OfferResult::CustomerLeft,
    OfferResult::Withdrawn,
];

const fn disposition_by(by: DispositionBy) -> &'static str {
    match by {
        DispositionBy::Agent => "agent",
        DispositionBy::Timeout => "timeout",
    }
}

/// Reads typed fields out of an object.
struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    fn text(&self, name: &'static str) -> Result<&'a str, DecodeError> {
        self.0.get(name).and_then(Value::as_str).ok_or(DecodeError::BadField(name))
    }

    fn number(&self, name: &'static str) -> Result<u64, DecodeError> {
        self.0.get(name).and_then(Value::as_u64).ok_or(DecodeError::BadField(name))
    }

    fn priority(&self) -> Result<Priority, DecodeError> {
        self.opt_priority().ok_or(DecodeError::BadField("priority"))
    }

    fn opt_priority(&self) -> Option<Priority> {
        self.0.get("priority").and_then(Value::as_i64).and_then(|points| i32::try_from(points).ok()).map(Priority)
    }

    fn opt_number(&self, name: &'static str) -> Option<u32> {
        self.0.get(name).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok())
    }

    fn exit_reason(&self) -> Result<ExitReason, DecodeError> {
        self.word("reason", ExitReason::ALL, ExitReason::as_str)
    }

    fn id<T: FromStr>(&self, name: &'static str) -> Result<T, DecodeError> {
        self.text(name)?.parse().map_err(|_| DecodeError::BadField(name))
    }

    fn flag(&self, name: &'static str) -> Result<bool, DecodeError> {
        self.0.get(name).and_then(Value::as_bool).ok_or(DecodeError::BadField(name))
    }

    fn opt_id<T: FromStr>(&self, name: &'static str) -> Result<Option<T>, DecodeError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.id(name).map(Some),
        }
    }

    fn word<T: Copy, const N: usize>(
        &self,
        name: &'static str,
        all: [T; N],
        as_str: impl Fn(T) -> &'static str,
    ) -> Result<T, DecodeError> {
        let word = self.text(name)?;
        all.into_iter().find(|one| as_str(*one) == word).ok_or(DecodeError::BadField(name))
    }

    fn ended_by(&self) -> Result<EndedBy, DecodeError> {
        let all = [EndedBy::Customer, EndedBy::Agent, EndedBy::Flow, EndedBy::System];
        self.word("by", all, EndedBy::as_str)
    }
}
