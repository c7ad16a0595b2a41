//! A client's wish as the domain's. An id that cannot be read names nothing that exists, so it is refused with the
//! same code as one that does not exist.

use crate::reply::ErrorCode;
use crate::schema::{MonitorWord, Problem, TransferTo, WishBody};
use domain::{
    AgentId, CallbackOrder, CommandError, ContactId, Dnis, Language, Monitor, OfferId, Priority, QueueId, Redacted,
    TransferTarget, WallTime, Wish,
};
use std::str::FromStr;

const NOTES_CHARS_MAX: usize = 10_000;
const NUMBER_CHARS_MAX: usize = 64;
const DIGITS_MAX: usize = 64;
const PRIORITY_MAX: u32 = 1_000_000;
const AGE_PER_S_MAX: u32 = 1_000;

pub(crate) fn wish(body: WishBody) -> Result<Wish, Problem> {
    Ok(match body {
        WishBody::SignIn => Wish::SignIn,
        WishBody::SignOut => Wish::SignOut,
        WishBody::Ready => Wish::Ready,
        WishBody::NotReady { reason } => Wish::NotReady(id(&reason, CommandError::UnknownReason)?),
        WishBody::Answer { offer } => Wish::Answer(offer_id(&offer)?),
        WishBody::Decline { offer } => Wish::Decline(offer_id(&offer)?),
        WishBody::Hold { contact } => Wish::Hold(contact_id(&contact)?),
        WishBody::Resume { contact } => Wish::Resume(contact_id(&contact)?),
        WishBody::Mute { contact, on } => Wish::Mute(contact_id(&contact)?, on),
        WishBody::SendDigits { contact, digits } => Wish::SendDigits(contact_id(&contact)?, keyed(digits)?),
        WishBody::Transfer { contact, to } => Wish::Transfer(contact_id(&contact)?, target(to)?),
        WishBody::Consult { contact, to } => Wish::Consult(contact_id(&contact)?, target(to)?),
        WishBody::Swap { contact } => Wish::Swap(contact_id(&contact)?),
        WishBody::Conference { contact } => Wish::Conference(contact_id(&contact)?),
        WishBody::CompleteTransfer { contact } => Wish::CompleteTransfer(contact_id(&contact)?),
        WishBody::CancelConsult { contact } => Wish::CancelConsult(contact_id(&contact)?),
        WishBody::PauseRecording { contact, on } => Wish::PauseRecording(contact_id(&contact)?, on),
        WishBody::Monitor { contact, mode } => Wish::Monitor(contact_id(&contact)?, monitor(mode)),
        WishBody::StopMonitoring { contact } => Wish::StopMonitoring(contact_id(&contact)?),
        WishBody::HangUp { contact } => Wish::HangUp(contact_id(&contact)?),
        WishBody::Dial { number } => Wish::Dial(dialled(number)?),
        WishBody::SaveNotes { contact, text } => Wish::SaveNotes(contact_id(&contact)?, notes(text)?),
        WishBody::SetDisposition { contact, code } => {
            Wish::SetDisposition(contact_id(&contact)?, id(&code, CommandError::UnknownDisposition)?)
        }
        WishBody::ExtendWrapUp { contact } => Wish::ExtendWrapUp(contact_id(&contact)?),
        WishBody::FinishWrapUp { contact } => Wish::FinishWrapUp(contact_id(&contact)?),
        WishBody::Reprioritise { contact, priority, age_per_s } => {
            points(priority, age_per_s)?;
            let (contact, priority) = (contact_id(&contact)?, priority.map(Priority));
            Wish::Reprioritise { contact, priority, age_per_s }
        }
        WishBody::SecureEntry { contact } => Wish::SecureEntry(contact_id(&contact)?),
        WishBody::CallAgainLater { contact } => Wish::CallAgainLater(contact_id(&contact)?),
        WishBody::RequestCallback { number, queue, due_at, agent, language } => {
            let language = language.map(|tag| tag.parse::<Language>()).transpose();
            let language = language.map_err(|error| Problem::new(ErrorCode::BadField, format!("language: {error}")))?;
            let agent = agent.map(|agent| id(&agent, CommandError::UnknownAgent)).transpose()?;
            let queue = id(&queue, CommandError::UnknownQueue)?;
            Wish::RequestCallback(Box::new(order((queue, dialled(number)?), (due_at, agent), language)))
        }
        WishBody::CancelCallback { contact } => Wish::CancelCallback(contact_id(&contact)?),
        WishBody::OpenQueue { queue, open } => Wish::OpenQueue { queue: id(&queue, CommandError::UnknownQueue)?, open },
    })
}

/// True for wishes that steer the floor and have no agent behind them.
pub(crate) const fn steers(body: &WishBody) -> bool {
    matches!(body, WishBody::Reprioritise { .. } | WishBody::OpenQueue { .. } | WishBody::CancelCallback { .. })
}

/// True for wishes that only supervisors make, with a phone of their own.
pub(crate) const fn monitors(body: &WishBody) -> bool {
    matches!(body, WishBody::Monitor { .. } | WishBody::StopMonitoring { .. })
}

/// A call back that somebody asks for who is not on the line.
fn order(
    (queue, number): (QueueId, Dnis),
    (due_at, agent): (Option<i64>, Option<AgentId>),
    language: Option<Language>,
) -> CallbackOrder {
    CallbackOrder {
        queue,
        number,
        from: None,
        age_ms: 0,
        priority: Priority(0),
        requirement: None,
        language,
        at: due_at.map(|ms| WallTime::from_micros(ms.saturating_mul(1_000))),
        agent,
    }
}

const fn monitor(mode: MonitorWord) -> Monitor {
    match mode {
        MonitorWord::Listen => Monitor::Listen,
        MonitorWord::Whisper => Monitor::Whisper,
        MonitorWord::Barge => Monitor::Barge,
    }
}

fn points(priority: Option<i32>, age_per_s: Option<u32>) -> Result<(), Problem> {
    let bad = |message: String| Err(Problem::new(ErrorCode::BadField, message));
    match (priority, age_per_s) {
        (None, None) => bad("priority: give it, or age_per_s, or both".to_owned()),
        (Some(points), _) if points.unsigned_abs() > PRIORITY_MAX => {
            bad(format!("priority: at most {PRIORITY_MAX}, at least -{PRIORITY_MAX}"))
        }
        (_, Some(rate)) if rate > AGE_PER_S_MAX => bad(format!("age_per_s: at most {AGE_PER_S_MAX}")),
        _ => Ok(()),
    }
}

pub(crate) fn id<T: FromStr>(text: &str, otherwise: CommandError) -> Result<T, Problem> {
    text.parse().map_err(|_| otherwise.into())
}

fn contact_id(text: &str) -> Result<ContactId, Problem> {
    id(text, CommandError::UnknownContact)
}

fn offer_id(text: &str) -> Result<OfferId, Problem> {
    id(text, CommandError::StaleOffer)
}

fn target(to: TransferTo) -> Result<TransferTarget, Problem> {
    Ok(match to {
        TransferTo::Queue { id: queue } => TransferTarget::Queue(id(&queue, CommandError::UnknownQueue)?),
        TransferTo::Agent { id: agent } => TransferTarget::Agent(id(&agent, CommandError::UnknownAgent)?),
        TransferTo::Number { number } => TransferTarget::Number(dialled(number)?),
    })
}

fn dialled(number: String) -> Result<Dnis, Problem> {
    let number = number.trim();
    if number.is_empty() || number.chars().count() > NUMBER_CHARS_MAX {
        return Err(CommandError::BadNumber.into());
    }
    Ok(Dnis::new(number))
}

fn keyed(digits: String) -> Result<Redacted, Problem> {
    let right = |b: u8| b.is_ascii_digit() || matches!(b, b'*' | b'#' | b'A'..=b'D');
    if digits.is_empty() || digits.len() > DIGITS_MAX || !digits.bytes().all(right) {
        let message = format!("digits: 1 to {DIGITS_MAX} of 0–9 * # A–D");
        return Err(Problem::new(ErrorCode::BadField, message));
    }
    Ok(Redacted(digits))
}

fn notes(text: String) -> Result<Redacted, Problem> {
    if text.chars().count() > NOTES_CHARS_MAX {
        return Err(Problem::new(ErrorCode::BadField, format!("text: at most {NOTES_CHARS_MAX} characters")));
    }
    Ok(Redacted(text))
}
