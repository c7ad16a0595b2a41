//! The reasons of an offer as a JSON object, and back; and the offers of a contact read out of its events.

use crate::codec::decode as decode_event;
use domain::{AgentId, ContactEventKind as Kind, Decision, EventRow, Exclusion, PastDecision, RoutingRule};
use serde_json::{Map, Value, json};
use std::str::FromStr;

/// The reasons as a JSON object.
pub(crate) fn encode(decision: &Decision) -> Value {
    let candidate = |(agent, figure): &(AgentId, i64)| json!({ "agent": agent.as_str(), "figure": figure });
    let passed = |(agent, why): &(AgentId, Exclusion)| passed_over(*agent, why);
    json!({
        "score": decision.score,
        "ring": decision.ring,
        "rule": decision.rule.as_str(),
        "candidates": decision.candidates.iter().map(candidate).collect::<Vec<_>>(),
        "passed_over": decision.passed_over.iter().map(passed).collect::<Vec<_>>(),
    })
}

fn passed_over(agent: AgentId, why: &Exclusion) -> Value {
    let mut fields = Map::new();
    fields.insert("agent".into(), agent.as_str().into());
    fields.insert("code".into(), why.as_str().into());
    match why {
        Exclusion::NotReady(reason) => _ = fields.insert("reason".into(), reason.as_str().into()),
        Exclusion::Reserved(offer) => _ = fields.insert("offer".into(), offer.to_string().into()),
        Exclusion::Skill { skill, held, needed } => {
            fields.insert("skill".into(), skill.as_str().into());
            fields.insert("held".into(), (*held).into());
            fields.insert("needed".into(), (*needed).into());
        }
        _ => {}
    }
    if let Some(left) = why.left_ms() {
        fields.insert("left_ms".into(), left.into());
    }
    Value::Object(fields)
}

/// The reasons of a stored event; `None`: it has none that this version understands.
pub(crate) fn decode(value: &Value) -> Option<Decision> {
    let candidate = |value: &Value| Some((id(value, "agent")?, value.get("figure")?.as_i64()?));
    let passed = |value: &Value| Some((id(value, "agent")?, exclusion(value)?));
    let list = |name: &str| value.get(name).and_then(Value::as_array).into_iter().flatten();
    let rule = value.get("rule")?.as_str()?;
    Some(Decision {
        score: value.get("score")?.as_i64()?,
        ring: u16::try_from(value.get("ring")?.as_u64()?).ok()?,
        rule: RoutingRule::ALL.into_iter().find(|one| one.as_str() == rule)?,
        candidates: list("candidates").filter_map(candidate).collect(),
        passed_over: list("passed_over").filter_map(passed).collect(),
    })
}

fn id<T: FromStr>(value: &Value, name: &str) -> Option<T> {
    value.get(name)?.as_str()?.parse().ok()
}

fn exclusion(value: &Value) -> Option<Exclusion> {
    let small = |name: &str| value.get(name).and_then(Value::as_u64).and_then(|number| u8::try_from(number).ok());
    let left = || value.get("left_ms").and_then(Value::as_u64);
    Some(match value.get("code")?.as_str()? {
        "not_a_member" => Exclusion::NotAMember,
        "logged_out" => Exclusion::LoggedOut,
        "not_ready" => Exclusion::NotReady(id(value, "reason")?),
        "unroutable" => Exclusion::Unroutable,
        "reserved" => Exclusion::Reserved(id(value, "offer")?),
        "wrap_up" => Exclusion::WrapUp,
        "no_capacity" => Exclusion::NoCapacity,
        "cooling_down" => Exclusion::CoolingDown { left_ms: left()? },
        "skill" => Exclusion::Skill { skill: id(value, "skill")?, held: small("held")?, needed: small("needed")? },
        "member_delay" => Exclusion::MemberDelay { left_ms: left()? },
        "sticky_window" => Exclusion::StickyWindow { left_ms: left()? },
        "queue_cap" => Exclusion::QueueCap,
        _ => return None,
    })
}

/// The offers of a contact with their reasons, in order. Events that this version does not know are left out.
#[must_use]
pub fn decisions(events: &[EventRow]) -> Vec<PastDecision> {
    let mut past: Vec<PastDecision> = Vec::new();
    for event in events {
        match decode_event(&event.kind, &event.fields_json) {
            Ok(Kind::Offered { offer, agent, queue, why, decision, .. }) => past.push(PastDecision {
                at: event.at,
                offer,
                agent,
                queue,
                result: None,
                line: why,
                decision: decision.map(|decision| *decision),
            }),
            Ok(Kind::OfferEnded { offer, result, .. }) => {
                if let Some(made) = past.iter_mut().rfind(|made| made.offer == offer) {
                    made.result = Some(result);
                }
            }
            _ => {}
        }
    }
    past
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{InteractionId, OfferId, OfferResult, WallTime};

    fn everything() -> Decision {
        let agent = |n: u8| format!("a{n}").parse().unwrap();
        let reason = "break".parse().unwrap();
        let skill = Exclusion::Skill { skill: "billing".parse().unwrap(), held: 2, needed: 5 };
        let all = [
            Exclusion::NotAMember,
            Exclusion::LoggedOut,
            Exclusion::NotReady(reason),
            Exclusion::Unroutable,
            Exclusion::Reserved(OfferId::new(7)),
            Exclusion::WrapUp,
            Exclusion::NoCapacity,
            Exclusion::CoolingDown { left_ms: 8 },
            skill,
            Exclusion::MemberDelay { left_ms: 9 },
            Exclusion::StickyWindow { left_ms: 10 },
            Exclusion::QueueCap,
        ];
        Decision {
            score: -5,
            ring: 3,
            rule: RoutingRule::WeightedRandom,
            candidates: vec![(agent(1), 10), (agent(2), -4)],
            passed_over: all.into_iter().map(|why| (agent(3), why)).collect(),
        }
    }

    #[test]
    fn reasons_read_back_as_they_were_written() {
        assert_eq!(decode(&encode(&everything())), Some(everything()));
        assert_eq!(decode(&Value::Null), None);
    }

    #[test]
    fn the_offers_of_a_contact_are_told_with_their_ends() {
        let (offer, agent, queue) = (OfferId::new(1), "a1".parse().unwrap(), "billing".parse().unwrap());
        let interaction = InteractionId::new(2);
        let decision = Some(Box::new(everything()));
        let kinds = [
            Kind::Offered { offer, interaction, agent, queue, why: "because".to_owned(), decision },
            Kind::OfferEnded { offer, agent, result: OfferResult::Declined },
            Kind::Offered { offer: OfferId::new(2), interaction, agent, queue, why: String::new(), decision: None },
        ];
        let event = |(seq, kind): (usize, &Kind)| EventRow {
            seq: seq as u32 + 1,
            at: WallTime::from_micros(seq as i64),
            kind: kind.as_str().to_owned(),
            fields_json: crate::encode(kind),
        };
        let events: Vec<EventRow> = kinds.iter().enumerate().map(event).collect();
        let past = decisions(&events);
        assert_eq!((past.len(), past[0].result, past[1].result), (2, Some(OfferResult::Declined), None));
        assert_eq!((past[0].line.as_str(), &past[0].decision), ("because", &Some(everything())));
    }
}
