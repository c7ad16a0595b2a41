//! Events of calls back and messages as JSON objects, and back.

use super::{DecodeError, Fields, storable};
use core::time::Duration;
use domain::{
    CallbackCancel, CallbackOrder, Cause, ContactEventKind as Kind, Dnis, Language, Priority, Proficiency, Requirement,
    Ring, SkillId, VoicemailOrder, WallTime,
};
use serde_json::{Value, json};

pub(super) fn fields(kind: &Kind) -> Value {
    match kind {
        Kind::CallbackBooked { callback, queue } => {
            json!({ "callback": callback.to_string(), "queue": queue.as_str() })
        }
        Kind::CallbackRequested(order) => order_fields(order),
        Kind::VoicemailLeft { voicemail, queue } => {
            json!({ "voicemail": voicemail.to_string(), "queue": queue.as_str() })
        }
        Kind::VoicemailRequested(order) => json!({
            "queue": order.queue.as_str(), "from": order.from.to_string(), "priority": order.priority.0,
            "language": order.language.as_str(),
        }),
        Kind::CallbackDialled { attempt } => json!({ "attempt": attempt }),
        Kind::CallbackMissed { attempt, cause, again_ms } => {
            json!({ "attempt": attempt, "cause": cause.as_str(), "again_ms": again_ms })
        }
        Kind::CallbackCancelled { why } => json!({ "why": why.as_str() }),
        _ => json!({}),
    }
}

fn order_fields(order: &CallbackOrder) -> Value {
    json!({
        "queue": order.queue.as_str(),
        "number": storable(order.number.as_str()),
        "from": order.from.map(|id| id.to_string()),
        "age_ms": order.age_ms,
        "priority": order.priority.0,
        "requirement": order.requirement.as_ref().map(requirement_fields),
        "language": order.language.as_ref().map(Language::as_str),
        "at_us": order.at.map(WallTime::as_micros),
        "agent": order.agent.map(|id| id.to_string()),
    })
}

fn requirement_fields(requirement: &Requirement) -> Value {
    let ring = |ring: &Ring| {
        let need: serde_json::Map<String, Value> =
            ring.need.iter().map(|(skill, level)| (skill.to_string(), json!(level.level()))).collect();
        json!({ "after_ms": u64::try_from(ring.after.as_millis()).unwrap_or(u64::MAX), "need": need })
    };
    Value::Array(requirement.rings().iter().map(ring).collect())
}

fn requirement(value: &Value) -> Option<Requirement> {
    let ring = |value: &Value| {
        let level = |(skill, level): (&String, &Value)| {
            let level = level.as_u64().and_then(|level| u8::try_from(level).ok()).and_then(Proficiency::new)?;
            Some((skill.parse::<SkillId>().ok()?, level))
        };
        let after = Duration::from_millis(value.get("after_ms")?.as_u64()?);
        let need = value.get("need")?.as_object()?.iter().map(level).collect::<Option<Vec<_>>>()?;
        Some(Ring { after, need })
    };
    value.as_array()?.iter().map(ring).collect::<Option<Vec<_>>>().map(Requirement::new)
}

pub(super) fn event(kind: &str, f: &Fields<'_>) -> Result<Kind, DecodeError> {
    let attempt = || u8::try_from(f.number("attempt")?).map_err(|_| DecodeError::BadField("attempt"));
    Ok(match kind {
        "callback_booked" => Kind::CallbackBooked { callback: f.id("callback")?, queue: f.id("queue")? },
        "voicemail_left" => Kind::VoicemailLeft { voicemail: f.id("voicemail")?, queue: f.id("queue")? },
        "voicemail_requested" => Kind::VoicemailRequested(Box::new(VoicemailOrder {
            queue: f.id("queue")?,
            from: f.id("from")?,
            priority: f.priority()?,
            language: f.id("language")?,
        })),
        "callback_requested" => Kind::CallbackRequested(Box::new(order(f)?)),
        "callback_dialled" => Kind::CallbackDialled { attempt: attempt()? },
        "callback_missed" => Kind::CallbackMissed {
            attempt: attempt()?,
            cause: f.word("cause", Cause::ALL, Cause::as_str)?,
            again_ms: f.0.get("again_ms").and_then(Value::as_u64),
        },
        "callback_suspended" => Kind::CallbackSuspended,
        "restored" => Kind::Restored,
        _ => Kind::CallbackCancelled { why: f.word("why", CallbackCancel::ALL, CallbackCancel::as_str)? },
    })
}

fn order(f: &Fields<'_>) -> Result<CallbackOrder, DecodeError> {
    let needs = f.0.get("requirement").filter(|value| !value.is_null());
    Ok(CallbackOrder {
        queue: f.id("queue")?,
        number: Dnis::new(f.text("number")?),
        from: f.opt_id("from")?,
        age_ms: f.number("age_ms")?,
        priority: f.opt_priority().unwrap_or(Priority(0)),
        requirement: needs.map(|value| requirement(value).ok_or(DecodeError::BadField("requirement"))).transpose()?,
        language: f.opt_id("language")?,
        at: f.0.get("at_us").and_then(Value::as_i64).map(WallTime::from_micros),
        agent: f.opt_id("agent")?,
    })
}
