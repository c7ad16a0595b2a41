//! The domain's values as JSON bodies.

pub(crate) mod history;
pub(crate) mod why;

use crate::dto;
use crate::state::{Clock, PhoneTicket, WebCallTicket, wall_ms};
use domain::{
    AgentState, AgentView, CallbackView, ExpectedWait, FloorView, MonitorView, NextState, QueueId, QueueView,
    ReasonCode, Role, Session, User, WaitingView,
};

/// The service level's formula; see `domain::Counts::service_level_permille`.
const FORMULA: &str = "no_short";

impl From<Role> for dto::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Agent => Self::Agent,
            Role::Supervisor => Self::Supervisor,
            Role::Admin => Self::Admin,
        }
    }
}

impl From<&User> for dto::User {
    fn from(user: &User) -> Self {
        Self {
            login: user.login.clone(),
            name: user.name.clone(),
            role: user.role.into(),
            agent: user.agent.as_ref().map(ToString::to_string),
        }
    }
}

impl From<&Session> for dto::SessionView {
    fn from(session: &Session) -> Self {
        Self { expires_at: wall_ms(session.expires), user: (&session.user).into() }
    }
}

impl From<WebCallTicket> for dto::WebCall {
    fn from(ticket: WebCallTicket) -> Self {
        Self {
            sip_user: ticket.sip_user,
            sip_password: ticket.sip_password,
            sip_domain: ticket.sip_domain,
            ws_path: ticket.ws_path,
            dial: ticket.dial,
            expires_at: wall_ms(ticket.expires),
        }
    }
}

impl From<PhoneTicket> for dto::Phone {
    fn from(ticket: PhoneTicket) -> Self {
        Self {
            sip_user: ticket.sip_user,
            sip_password: ticket.sip_password,
            sip_domain: ticket.sip_domain,
            ws_path: ticket.ws_path,
            fixed_uri: ticket.fixed_uri,
        }
    }
}

/// The floor with wall times.
pub(crate) fn floor(view: &FloorView, clock: Clock) -> dto::Floor {
    dto::Floor {
        at: clock.wall_ms(view.at),
        calls: view.calls,
        queues: view.queues.iter().map(|q| queue(q, view, clock)).collect(),
        agents: view.agents.iter().map(|a| agent(a, view, clock)).collect(),
        waiting: view.waiting.iter().map(|w| waiting(w, view, clock)).collect(),
    }
}

/// A queue with wall times.
pub(crate) fn queue(view: &QueueView, floor: &FloorView, clock: Clock) -> dto::Queue {
    let counts = view.counts;
    dto::Queue {
        id: view.id.to_string(),
        name: view.name.clone(),
        open: !floor.closed.contains(&view.id),
        goal: dto::Goal {
            share_percent: view.goal.share_percent,
            within_ms: view.goal.within_ms,
            short_abandon_ms: view.goal.short_abandon_ms,
        },
        waiting: view.waiting,
        oldest_at: view.oldest.map(|at| clock.wall_ms(at)),
        service_level: dto::ServiceLevel { permille: counts.service_level_permille(), formula: FORMULA.into() },
        asa_ms: counts.wait_answered_ms.checked_div(counts.answered),
        longest_wait_ms: view.longest_wait_ms,
        counts: dto::QueueCounts {
            offered: counts.offered,
            answered: counts.answered,
            answered_within: counts.answered_within,
            abandoned: counts.abandoned,
            short_abandons: counts.short_abandons,
            flowed_out: counts.flowed_out,
        },
        callbacks: dto::CallbackCounts {
            open: view.callbacks.open,
            booked: view.callbacks.booked,
            tries: view.callbacks.tries,
            reached: view.callbacks.reached,
            failed: view.callbacks.failed,
            cancelled: view.callbacks.cancelled,
            wait_reached_ms: view.callbacks.wait_reached_ms.checked_div(view.callbacks.reached),
        },
        messages: dto::MessageCounts {
            waiting: view.messages.waiting,
            oldest_at: view.messages.oldest.map(|at| clock.wall_ms(at)),
            left: view.messages.left,
            heard: view.messages.heard,
            wait_heard_ms: view.messages.wait_heard_ms.checked_div(view.messages.heard),
        },
        surveys: surveys(&view.surveys),
        agents: dto::QueueAgents {
            signed_in: view.agents_signed_in,
            ready: view.agents_ready,
            reserved: view.agents_reserved,
            busy: view.agents_busy,
            after_contact_work: view.agents_wrap_up,
            not_ready: view.agents_not_ready,
        },
        expected_wait: view.expected.map(expected_wait),
        forecasts: dto::Forecasts {
            contacts: view.honesty.contacts,
            told_ms: view.honesty.told_ms,
            waited_ms: view.honesty.waited_ms,
            bias_permille: view.honesty.bias_permille(),
            rms_error_ms: view.honesty.rms_error_ms,
            covered: view.honesty.covered,
        },
    }
}

fn surveys(counts: &domain::SurveyCounts) -> dto::SurveyCounts {
    let score = |of: &domain::QuestionScore| dto::QuestionScore {
        question: of.question.to_string(),
        answers: of.answers,
        mean_permille: (of.sum * 1_000).checked_div(of.answers).unwrap_or(0),
    };
    dto::SurveyCounts {
        asked: counts.asked,
        answered: counts.answered,
        skipped: counts.skipped,
        questions: counts.questions.iter().map(score).collect(),
    }
}

/// A forecast.
pub(crate) fn expected_wait(told: ExpectedWait) -> dto::ExpectedWait {
    dto::ExpectedWait { mean_ms: told.mean_ms, p90_ms: told.p90_ms }
}

/// An agent with wall times.
pub(crate) fn agent(view: &AgentView, floor: &FloorView, clock: Clock) -> dto::Agent {
    dto::Agent {
        id: view.id.to_string(),
        name: view.name.clone(),
        state: view.state.as_str().into(),
        reason: reason_of(view.state).map(|r| r.to_string()),
        since_at: clock.wall_ms(view.since),
        next: view.next.map(next),
        reachable: view.reachable,
        work: dto::AgentWork {
            contact: view.contact.map(|c| c.to_string()),
            phase: view.phase.map(|p| p.as_str().to_owned()),
            customer: view.customer.as_ref().map(|c| c.0.clone()),
            queue: view.queue.map(|q| named_queue(q, floor)),
            monitors: view.monitors.iter().map(line_monitor).collect(),
            legs: view.legs.iter().map(history::leg_quality).collect(),
        },
        queues: view.queues.iter().map(ToString::to_string).collect(),
        skills: view.skills.iter().map(|(id, level)| dto::Skill { id: id.to_string(), level: *level }).collect(),
        handled: view.handled,
        aht_ms: view.handle_ms.checked_div(view.handled),
    }
}

fn line_monitor(view: &MonitorView) -> dto::LineMonitor {
    dto::LineMonitor { agent: view.agent.to_string(), mode: view.mode.as_str().to_owned(), joined: view.joined }
}

fn waiting(view: &WaitingView, floor: &FloorView, clock: Clock) -> dto::Waiting {
    dto::Waiting {
        contact: view.contact.to_string(),
        queue: named_queue(view.queue, floor),
        channel: view.channel.as_str().to_owned(),
        customer: view.customer.0.clone(),
        since_at: clock.wall_ms(view.since),
        offered: view.offered,
    }
}

pub(crate) fn callback(view: &CallbackView, floor: &FloorView, clock: Clock) -> dto::Callback {
    dto::Callback {
        contact: view.contact.to_string(),
        queue: named_queue(view.queue, floor),
        number: view.number.0.clone(),
        customer: view.customer.as_ref().map(|name| name.0.clone()),
        state: view.state.as_str().to_owned(),
        attempts: view.attempts,
        due_at: clock.wall_ms(view.due),
        since_at: clock.wall_ms(view.since),
        agent: view.agent.map(|agent| agent.to_string()),
    }
}

pub(crate) fn named_queue(id: QueueId, floor: &FloorView) -> dto::NamedQueue {
    let name = floor.queues.iter().find(|q| q.id == id).map_or_else(|| id.to_string(), |q| q.name.clone());
    dto::NamedQueue { id: id.to_string(), name }
}

fn reason_of(state: AgentState) -> Option<ReasonCode> {
    match state {
        AgentState::NotReady(reason) => Some(reason),
        AgentState::LoggedOut
        | AgentState::Ready
        | AgentState::Reserved(_)
        | AgentState::Busy
        | AgentState::AfterContactWork => None,
    }
}

fn next(next: NextState) -> dto::Next {
    let (state, reason) = match next {
        NextState::Ready => ("ready", None),
        NextState::NotReady(reason) => ("not_ready", Some(reason.to_string())),
        NextState::LoggedOut => ("logged_out", None),
    };
    dto::Next { state: state.into(), reason }
}
