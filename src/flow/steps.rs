//! What a caller, or whoever plays the world around one, does on a walk, and how it is told.

use super::walk::{Happened, Waiting, Walk};
use domain::{Customer, CustomerId, HttpAnswer, HttpFailure, Redacted, WallTime};
use ivr::Node;
use ivr::api::{CLOSED, FAILED, FULL, NO_AGENTS, OVERFLOW, TIMEOUT};
use std::collections::BTreeMap;

/// Edges by which a queue sends a caller back.
pub(crate) const RETURNS: [&str; 5] = [FULL, TIMEOUT, NO_AGENTS, CLOSED, OVERFLOW];

/// How the walk goes on after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// It goes on.
    On,
    /// It is over, for this reason.
    Ended(Ending),
    /// The step means nothing where the caller is.
    Nothing,
}

/// Why a walk is over that the flow did not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The caller hung up.
    HungUp,
    /// An agent has the caller.
    Agent,
    /// Whoever the caller was sent to answered.
    Transfer,
}

impl Ending {
    /// In words.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::HungUp => "the caller hangs up",
            Self::Agent => "an agent answers",
            Self::Transfer => "the transfer is answered",
        }
    }

    /// As a code.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::HungUp => "hangs_up",
            Self::Agent => "agent_answers",
            Self::Transfer => "transfer_answered",
        }
    }
}

/// An event as a code with its values by name, for those who tell it in another language.
pub(crate) type Coded = (&'static str, Vec<(&'static str, String)>);

/// What happened, as a code; `None`: it is a node, or what is heard.
pub(crate) fn coded(event: &Happened) -> Option<Coded> {
    let of = |queue: &domain::QueueId| ("queue", queue.to_string());
    Some(match event {
        Happened::Came(_) | Happened::Heard { .. } => return None,
        Happened::Took(digits) => ("takes", vec![("digits", digits.clone())]),
        Happened::Masks(true) => ("masked", Vec::new()),
        Happened::Masks(false) => ("masked_no_more", Vec::new()),
        Happened::Answered { question, answer } => {
            ("answers", vec![("question", question.to_string()), ("answer", answer.to_string())])
        }
        Happened::LooksUp(by) => ("looks_up", vec![("by", by.clone())]),
        Happened::Asks(what) => ("asks", vec![("what", what.clone())]),
        Happened::Waits { queue, priority: 0 } => ("waits", vec![of(queue)]),
        Happened::Waits { queue, priority } => ("waits_with", vec![of(queue), ("priority", format!("{priority:+}"))]),
        Happened::Speaks { queue } => ("speaks", vec![of(queue)]),
        Happened::Comments => ("comments", Vec::new()),
        Happened::Spoke => ("has_spoken", Vec::new()),
        Happened::Books { queue, booked: true } => ("books", vec![of(queue)]),
        Happened::Books { queue, booked: false } => ("books_none", vec![of(queue)]),
        Happened::SentTo(to) => ("sent_to", vec![("to", to.clone())]),
        Happened::HungUp => ("ends", Vec::new()),
        Happened::Noted(note) => ("note", vec![("note", note.clone())]),
    })
}

/// The steps that mean something now.
pub(crate) const fn may(waiting: Waiting) -> &'static str {
    match waiting {
        Waiting::Key => "keys, . or hangup",
        Waiting::LookUp => "found, unknown or .",
        Waiting::Answer => "a status with or without JSON, timeout, failed, . or hangup",
        Waiting::Queue(_) => "keys, agent, full, timeout, no_agents, closed, overflow or hangup",
        Waiting::Transfer => "answered, failed or hangup",
        Waiting::Nothing => "",
    }
}

/// Does a step: keys or a word.
///
/// # Errors
/// What is wrong with the customer who is found.
pub(crate) fn follow(walk: &mut Walk<'_>, line: &str) -> Result<After, String> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let returned = RETURNS.iter().find(|edge| **edge == word);
    match (word, walk.waiting()) {
        (_, Waiting::Nothing) => return Ok(After::Nothing),
        ("hangup", _) => return Ok(After::Ended(Ending::HungUp)),
        ("agent", Waiting::Queue(_)) => return Ok(After::Ended(Ending::Agent)),
        ("answered", Waiting::Transfer) => return Ok(After::Ended(Ending::Transfer)),
        ("failed", Waiting::Transfer) => walk.come_back(FAILED),
        (_, Waiting::Queue(_)) if returned.is_some() => walk.come_back(returned.copied().unwrap_or(OVERFLOW)),
        ("found", Waiting::LookUp) => {
            let fields: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
            let customer = customer(&fields_of(&fields)?)?;
            walk.found(Some(customer));
        }
        ("unknown", Waiting::LookUp) => walk.found(None),
        ("." | "silence", Waiting::Key | Waiting::LookUp | Waiting::Answer) => walk.wait(),
        (word, Waiting::Answer) => return Ok(answer(walk, word, rest)),
        (keys, Waiting::Key | Waiting::Queue(_))
            if !keys.is_empty() && keys.chars().all(|c| c.is_ascii_digit() || "*#".contains(c)) =>
        {
            walk.press(keys);
        }
        _ => return Ok(After::Nothing),
    }
    Ok(After::On)
}

/// What another system answers: `404`, `200 { … }`, `timeout`, `failed`.
fn answer(walk: &mut Walk<'_>, word: &str, rest: &str) -> After {
    let json = if rest.trim().is_empty() { Ok(serde_json::Value::Null) } else { serde_json::from_str(rest) };
    match (edge_of(word), word.parse::<u16>(), json) {
        (Some(answer), ..) => walk.answer(|_| answer),
        (None, Ok(status), Ok(json)) => walk.answer(|take| http_step::answer_of(status, &json, take)),
        (None, ..) => return After::Nothing,
    }
    After::On
}

/// What a request comes to that goes by this edge.
pub(crate) fn edge_of(word: &str) -> Option<HttpAnswer> {
    match word {
        "timeout" => Some(HttpAnswer::TimedOut),
        "failed" => Some(HttpAnswer::Failed(HttpFailure::Unreachable)),
        "not_found" => Some(HttpAnswer::NotFound),
        _ => None,
    }
}

/// What happened, in words.
pub(crate) fn told(walk: &Walk<'_>, event: &Happened) -> String {
    match event {
        Happened::Came(node) => format!("{} {node}", walk.kind(*node)),
        Happened::Heard { text, .. } => text.clone(),
        Happened::Took(digits) => format!("takes {digits}"),
        Happened::Masks(true) => "masked: nobody hears or sees the keys".to_owned(),
        Happened::Masks(false) => "masked no more".to_owned(),
        Happened::Answered { question, answer } => format!("answers {question} with {answer}"),
        Happened::LooksUp(by) => format!("looks up {by}"),
        Happened::Asks(what) => format!("asks {what}"),
        Happened::Waits { queue, priority: 0 } => format!("waits in queue {queue}"),
        Happened::Waits { queue, priority } => format!("waits in queue {queue} with priority {priority:+}"),
        Happened::Speaks { queue } => format!("speaks a message for queue {queue}"),
        Happened::Comments => "speaks a comment".to_owned(),
        Happened::Spoke => "has spoken".to_owned(),
        Happened::Books { queue, booked: true } => format!("books a call back from queue {queue}"),
        Happened::Books { queue, booked: false } => format!("queue {queue} offers no call back"),
        Happened::SentTo(to) => format!("is sent to {to}"),
        Happened::HungUp => "the call ends".to_owned(),
        Happened::Noted(note) => format!("note: {note}"),
    }
}

/// The node at which the walk waits.
pub(crate) fn node_of<'a>(walk: &'a Walk<'_>) -> Option<&'a Node> {
    walk.run().flow().node(walk.run().node())
}

/// Fields that are written `name=value`.
///
/// # Errors
/// One that is written otherwise.
pub(crate) fn fields_of(fields: &[String]) -> Result<BTreeMap<String, String>, String> {
    let field = |field: &String| match field.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(format!("`{field}`: a field of a customer is written name=value")),
    };
    fields.iter().map(field).collect()
}

/// A local time as if it were UTC.
///
/// # Errors
/// It is none.
pub(crate) fn local(text: &str) -> Result<WallTime, String> {
    let wrong = || format!("`{text}`: a time is YYYY-MM-DDTHH:MM");
    let (date, time) = text.split_once('T').ok_or_else(wrong)?;
    let date: ivr::speech::Date = date.parse().map_err(|_| wrong())?;
    let time: ivr::speech::TimeOfDay = time.parse().map_err(|_| wrong())?;
    let minutes = date.days_since_1970() * 1_440 + i64::from(time.hour()) * 60 + i64::from(time.minute());
    Ok(WallTime::from_micros(minutes * 60_000_000))
}

/// A customer with these fields.
///
/// # Errors
/// A field that customers do not have, or a value that is none.
pub(crate) fn customer(fields: &BTreeMap<String, String>) -> Result<Box<Customer>, String> {
    let mut customer = Customer {
        id: CustomerId::new(1),
        name: Redacted::from("Marta Vogel"),
        company: String::new(),
        tier: String::new(),
        account: String::new(),
        language: None,
        notes: String::new(),
        contact_points: Vec::new(),
        last_contacts: Vec::new(),
        contacts_7d: 0,
        contacts_total: 0,
    };
    for (name, value) in fields {
        let number = || value.parse().map_err(|_| format!("`{name}` must be a number, not `{value}`"));
        match name.as_str() {
            "name" => customer.name = Redacted(value.clone()),
            "company" => customer.company.clone_from(value),
            "tier" => customer.tier.clone_from(value),
            "account" => customer.account.clone_from(value),
            "language" => {
                customer.language = Some(value.parse().map_err(|error| format!("`{value}`: {error}"))?);
            }
            "contacts_7d" => customer.contacts_7d = number()?,
            "contacts_total" => customer.contacts_total = number()?,
            _ => return Err(format!("a customer has no `{name}`, but {}", ivr::CUSTOMER_FIELDS.join(", "))),
        }
    }
    Ok(Box::new(customer))
}
