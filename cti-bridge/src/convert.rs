//! The domain's values as messages, with wall times and names.

use crate::fold::DeskFold;
use crate::schema::{
    CallbackCounts, ConsultCard, ConsultStageWord, CustomerCard, Desk, EventBody, ExpectedWait, Floor, FloorAgent,
    FloorCallback, FloorLeg, FloorMonitor, FloorQueue, Goal, InteractionCard, KeyedDigits, Message, MessageCounts,
    MonitorWord, NamedQueue, NextCard, OfferCard, OfferEnd, OfferResultWord, PastContact, PhaseWord, PhoneChange,
    Point, Pop, PopChange, QuestionScore, QueueAgents, QueueCounts, RoleWord, SecureEntryWord, ServiceLevel,
    SignalledField, StateChange, StateWord, SurveyCounts, WaitingContact,
};
use crate::{Names, Settings};
use domain::{
    AgentId, AgentState, AgentView, CallbackView, ConsultStage, ConsultView, Customer, DeskBody, FloorView, Instant,
    InteractionPhase, InteractionView, LastContact, Monitor, MonitorView, NextState, Offer, OfferResult, QueueId,
    QueueView, ReasonCode, Role, ScreenPop, SecureEntry, TransferTarget, WaitingView, WallTime,
};

/// The service level's formula; see `domain::Counts::service_level_permille`.
const FORMULA: &str = "no_short";

pub(crate) const fn epoch_ms(time: WallTime) -> i64 {
    time.as_micros().div_euclid(1_000)
}

/// Turns what was decided at one moment into messages.
pub(crate) struct Converter<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) names: &'a Names,
    /// The moment.
    pub(crate) now: Instant,
}

impl Converter<'_> {
    pub(crate) fn ms(&self, at: Instant) -> i64 {
        epoch_ms(self.settings.wall_at_start.at(at))
    }

    pub(crate) fn body(&self, body: &DeskBody) -> EventBody {
        match body {
            DeskBody::AgentState { state, since, next, note } => {
                EventBody::AgentState(self.state(*state, *since, *next, *note))
            }
            DeskBody::Phone { reachable } => EventBody::Phone(PhoneChange { reachable: *reachable }),
            DeskBody::Offered(offer) => EventBody::Offered(Box::new(self.offer(offer, self.now))),
            DeskBody::PopChanged(pop) => EventBody::PopChanged(Box::new(PopChange { pop: self.pop(pop, self.now) })),
            DeskBody::OfferEnded { offer, contact, result } => EventBody::OfferEnded(OfferEnd {
                offer: offer.to_string(),
                contact: contact.to_string(),
                result: result_word(*result),
            }),
            DeskBody::Interaction(view) => EventBody::Interaction(Box::new(self.interaction(view))),
        }
    }

    pub(crate) fn desk(&self, agent: AgentId, fold: &DeskFold) -> Desk {
        Desk {
            agent: agent.to_string(),
            state: self.state(fold.state, fold.since, fold.next, fold.note),
            reachable: fold.reachable,
            offer: fold.offer.as_ref().map(|(offer, offered)| self.offer(offer, *offered)),
            interaction: fold.interaction.as_ref().map(|view| self.interaction(view)),
        }
    }

    fn state(
        &self,
        state: AgentState,
        since: Instant,
        next: Option<NextState>,
        note: Option<ReasonCode>,
    ) -> StateChange {
        let offer = if let AgentState::Reserved(offer) = state { Some(offer.to_string()) } else { None };
        StateChange {
            state: state_word(state),
            reason: reason_of(state),
            offer,
            since_at: self.ms(since),
            next: next.map(next_card),
            note: note.map(|note| note.to_string()),
        }
    }

    fn offer(&self, offer: &Offer, offered: Instant) -> OfferCard {
        OfferCard {
            offer: offer.offer.to_string(),
            interaction: offer.interaction.to_string(),
            contact: offer.pop.contact.to_string(),
            offered_at: self.ms(offered),
            deadline_at: self.ms(offer.deadline),
            why: offer.why.clone(),
            consulted_by: offer.consulted_by.map(|agent| self.agent(agent)),
            pop: self.pop(&offer.pop, self.now),
        }
    }

    fn interaction(&self, view: &InteractionView) -> InteractionCard {
        InteractionCard {
            interaction: view.interaction.to_string(),
            contact: view.contact.to_string(),
            queue: view.queue.map(|id| self.queue(id)),
            phase: phase_word(view.phase),
            since_at: self.ms(view.since),
            connected_at: view.connected.map(|at| self.ms(at)),
            held_ms: view.held_ms,
            muted: view.muted,
            recording: view.recording.map(|id| id.to_string()),
            paused_by: view.paused_by.map(|agent| self.agent(agent)),
            wrap_up_deadline_at: view.wrap_up_deadline.map(|at| self.ms(at)),
            disposition: view.disposition.map(|code| code.to_string()),
            notes: view.notes.0.clone(),
            consult: view.consult.as_ref().map(|consult| self.consult(consult)),
            secure_entry: view.secure_entry.map(secure_entry_word),
            pop: self.pop(&view.pop, view.connected.unwrap_or(self.now)),
        }
    }

    /// The wait ends when the agent takes the contact.
    fn pop(&self, pop: &ScreenPop, wait_over: Instant) -> Pop {
        let waited =
            pop.queued.map_or(0, |queued| u64::try_from(wait_over.since(queued).as_millis()).unwrap_or(u64::MAX));
        let digits = |(node, digits): &(domain::NodeId, domain::Redacted)| KeyedDigits {
            node: node.to_string(),
            digits: digits.0.clone(),
        };
        Pop {
            contact: pop.contact.to_string(),
            ani: pop.ani.as_str().to_owned(),
            caller_name: pop.caller_name.0.clone(),
            dnis: pop.dnis.as_str().to_owned(),
            channel: pop.channel.as_str().to_owned(),
            queue: pop.queue.map(|id| self.queue(id)),
            customer: pop.customer.as_ref().map(customer),
            path: pop.path.iter().map(ToString::to_string).collect(),
            digits: pop.digits.iter().map(digits).collect(),
            started_at: self.ms(pop.started),
            queued_at: pop.queued.map(|at| self.ms(at)),
            waited_ms: waited,
            outgoing: pop.outgoing,
            diverted_from: pop.signalled.diverted_from.as_ref().map(|number| number.0.clone()),
            diversion_reason: pop.signalled.diversion_reason.clone(),
            verified: pop.signalled.verified,
            signalled: signalled(&pop.signalled),
            message: pop.message.as_ref().map(|message| Message {
                recording: message.recording.to_string(),
                duration_ms: message.duration_ms,
                left_at: self.ms(message.left),
            }),
        }
    }

    fn consult(&self, view: &ConsultView) -> ConsultCard {
        let (queue, number) = match &view.target {
            TransferTarget::Queue(id) => (Some(self.queue(*id)), None),
            TransferTarget::Number(number) => (None, Some(number.as_str().to_owned())),
            TransferTarget::Agent(_) => (None, None),
        };
        ConsultCard {
            asks: view.asks,
            stage: match view.stage {
                ConsultStage::Asking => ConsultStageWord::Asking,
                ConsultStage::Consulting => ConsultStageWord::Consulting,
                ConsultStage::Customer => ConsultStageWord::Customer,
                ConsultStage::Conference => ConsultStageWord::Conference,
            },
            since_at: self.ms(view.since),
            agent: view.agent.map(|agent| self.agent(agent)),
            queue,
            number,
        }
    }

    pub(crate) fn queue(&self, id: QueueId) -> NamedQueue {
        let name = self.names.queues.get(&id).cloned().unwrap_or_else(|| id.to_string());
        NamedQueue { id: id.to_string(), name }
    }

    pub(crate) fn floor(&self, view: &FloorView) -> Floor {
        Floor {
            at: self.ms(view.at),
            calls: view.calls,
            queues: view.queues.iter().map(|queue| self.floor_queue(queue, !view.closed.contains(&queue.id))).collect(),
            agents: view.agents.iter().map(|agent| self.floor_agent(agent)).collect(),
            waiting: view.waiting.iter().map(|waiting| self.waiting(waiting)).collect(),
            callbacks: view.callbacks.iter().map(|view| self.callback(view)).collect(),
        }
    }

    fn floor_queue(&self, view: &QueueView, open: bool) -> FloorQueue {
        let counts = view.counts;
        FloorQueue {
            id: view.id.to_string(),
            name: view.name.clone(),
            open,
            goal: Goal {
                share_percent: view.goal.share_percent,
                within_ms: view.goal.within_ms,
                short_abandon_ms: view.goal.short_abandon_ms,
            },
            waiting: view.waiting,
            oldest_at: view.oldest.map(|at| self.ms(at)),
            service_level: ServiceLevel { permille: counts.service_level_permille(), formula: FORMULA.into() },
            asa_ms: counts.wait_answered_ms.checked_div(counts.answered),
            longest_wait_ms: view.longest_wait_ms,
            counts: QueueCounts {
                offered: counts.offered,
                answered: counts.answered,
                answered_within: counts.answered_within,
                abandoned: counts.abandoned,
                short_abandons: counts.short_abandons,
                flowed_out: counts.flowed_out,
            },
            callbacks: CallbackCounts {
                open: view.callbacks.open,
                booked: view.callbacks.booked,
                tries: view.callbacks.tries,
                reached: view.callbacks.reached,
                failed: view.callbacks.failed,
                cancelled: view.callbacks.cancelled,
                wait_reached_ms: view.callbacks.wait_reached_ms.checked_div(view.callbacks.reached),
            },
            messages: MessageCounts {
                waiting: view.messages.waiting,
                oldest_at: view.messages.oldest.map(|at| self.ms(at)),
                left: view.messages.left,
                heard: view.messages.heard,
                wait_heard_ms: view.messages.wait_heard_ms.checked_div(view.messages.heard),
            },
            surveys: surveys(&view.surveys),
            agents: QueueAgents {
                signed_in: view.agents_signed_in,
                ready: view.agents_ready,
                reserved: view.agents_reserved,
                busy: view.agents_busy,
                after_contact_work: view.agents_wrap_up,
                not_ready: view.agents_not_ready,
            },
            expected_wait: view.expected.map(expected_wait),
        }
    }

    fn floor_agent(&self, view: &AgentView) -> FloorAgent {
        FloorAgent {
            id: view.id.to_string(),
            name: view.name.clone(),
            state: state_word(view.state),
            reason: reason_of(view.state),
            since_at: self.ms(view.since),
            next: view.next.map(next_card),
            reachable: view.reachable,
            contact: view.contact.map(|id| id.to_string()),
            phase: view.phase.map(phase_word),
            monitors: view.monitors.iter().map(|monitor| self.monitor(monitor)).collect(),
            legs: view.legs.iter().map(floor_leg).collect(),
            customer: view.customer.as_ref().map(|customer| customer.0.clone()),
            queue: view.queue.map(|id| self.queue(id)),
            queues: view.queues.iter().map(ToString::to_string).collect(),
            handled: view.handled,
            aht_ms: view.handle_ms.checked_div(view.handled),
        }
    }

    fn monitor(&self, view: &MonitorView) -> FloorMonitor {
        let mode = match view.mode {
            Monitor::Listen => MonitorWord::Listen,
            Monitor::Whisper => MonitorWord::Whisper,
            Monitor::Barge => MonitorWord::Barge,
        };
        FloorMonitor { agent: self.agent(view.agent), mode, joined: view.joined }
    }

    fn callback(&self, view: &CallbackView) -> FloorCallback {
        FloorCallback {
            contact: view.contact.to_string(),
            queue: self.queue(view.queue),
            number: view.number.0.clone(),
            customer: view.customer.as_ref().map(|name| name.0.clone()),
            state: view.state.as_str().to_owned(),
            attempts: view.attempts,
            due_at: self.ms(view.due),
            since_at: self.ms(view.since),
            agent: view.agent.map(|agent| self.agent(agent)),
        }
    }

    fn waiting(&self, view: &WaitingView) -> WaitingContact {
        WaitingContact {
            contact: view.contact.to_string(),
            queue: self.queue(view.queue),
            channel: view.channel.as_str().to_owned(),
            customer: view.customer.0.clone(),
            since_at: self.ms(view.since),
            offered: view.offered,
        }
    }
}

fn floor_leg(of: &domain::LegQuality) -> FloorLeg {
    FloorLeg {
        role: of.role.as_str().to_owned(),
        mos_hundredths: of.mos_hundredths,
        lost_permille: of.lost_permille(),
        jitter_mean_us: of.jitter_mean_us,
        round_trip_us: of.round_trip_us,
    }
}

fn signalled(told: &domain::Signalled) -> Vec<SignalledField> {
    let field = |name: &str, value: &domain::Redacted| SignalledField { name: name.to_owned(), value: value.0.clone() };
    let from_user = told.user_to_user.iter().map(|value| field("User-to-User", value));
    from_user.chain(told.headers.iter().map(|(name, value)| field(name, value))).collect()
}

/// A forecast.
pub(crate) fn expected_wait(told: domain::ExpectedWait) -> ExpectedWait {
    ExpectedWait { mean_ms: told.mean_ms, p90_ms: told.p90_ms }
}

fn customer(customer: &Customer) -> CustomerCard {
    let points = customer.contact_points.iter().map(|point| Point {
        kind: point.kind.clone(),
        raw: point.raw.0.clone(),
        normal: point.normal.0.clone(),
        label: point.label.clone(),
    });
    CustomerCard {
        id: customer.id.to_string(),
        name: customer.name.0.clone(),
        company: customer.company.clone(),
        tier: customer.tier.clone(),
        account: customer.account.clone(),
        language: customer.language.map(|language| language.to_string()),
        notes: customer.notes.clone(),
        contact_points: points.collect(),
        last_contacts: customer.last_contacts.iter().map(past_contact).collect(),
        contacts_7d: customer.contacts_7d,
        contacts_total: customer.contacts_total,
    }
}

fn past_contact(contact: &LastContact) -> PastContact {
    PastContact {
        started_at: epoch_ms(contact.at),
        channel: contact.channel.clone(),
        queue: contact.queue.clone(),
        agent: contact.agent.clone(),
        disposition: contact.disposition.clone(),
        note: contact.note.clone(),
        talk_ms: contact.talk_ms,
    }
}

pub(crate) const fn role_word(role: Role) -> RoleWord {
    match role {
        Role::Agent => RoleWord::Agent,
        Role::Supervisor => RoleWord::Supervisor,
        Role::Admin => RoleWord::Admin,
    }
}

const fn state_word(state: AgentState) -> StateWord {
    match state {
        AgentState::LoggedOut => StateWord::LoggedOut,
        AgentState::NotReady(_) => StateWord::NotReady,
        AgentState::Ready => StateWord::Ready,
        AgentState::Reserved(_) => StateWord::Reserved,
        AgentState::Busy => StateWord::Busy,
        AgentState::AfterContactWork => StateWord::AfterContactWork,
    }
}

fn reason_of(state: AgentState) -> Option<String> {
    if let AgentState::NotReady(reason) = state { Some(reason.to_string()) } else { None }
}

fn next_card(next: NextState) -> NextCard {
    match next {
        NextState::Ready => NextCard { state: StateWord::Ready, reason: None },
        NextState::NotReady(reason) => NextCard { state: StateWord::NotReady, reason: Some(reason.to_string()) },
        NextState::LoggedOut => NextCard { state: StateWord::LoggedOut, reason: None },
    }
}

const fn secure_entry_word(entry: SecureEntry) -> SecureEntryWord {
    match entry {
        SecureEntry::Ready => SecureEntryWord::Ready,
        SecureEntry::Running => SecureEntryWord::Running,
        SecureEntry::Done => SecureEntryWord::Done,
        SecureEntry::Failed => SecureEntryWord::Failed,
    }
}

const fn phase_word(phase: InteractionPhase) -> PhaseWord {
    match phase {
        InteractionPhase::Connecting => PhaseWord::Connecting,
        InteractionPhase::Talking => PhaseWord::Talking,
        InteractionPhase::Held => PhaseWord::Held,
        InteractionPhase::Consulting => PhaseWord::Consulting,
        InteractionPhase::Conference => PhaseWord::Conference,
        InteractionPhase::WrapUp => PhaseWord::WrapUp,
        InteractionPhase::Ended => PhaseWord::Ended,
    }
}

pub(crate) const fn result_word(result: OfferResult) -> OfferResultWord {
    match result {
        OfferResult::Answered => OfferResultWord::Answered,
        OfferResult::Declined => OfferResultWord::Declined,
        OfferResult::Busy => OfferResultWord::Busy,
        OfferResult::NoAnswer => OfferResultWord::NoAnswer,
        OfferResult::Unreachable => OfferResultWord::Unreachable,
        OfferResult::CustomerLeft => OfferResultWord::CustomerLeft,
        OfferResult::Withdrawn => OfferResultWord::Withdrawn,
    }
}

fn surveys(counts: &domain::SurveyCounts) -> SurveyCounts {
    let score = |of: &domain::QuestionScore| QuestionScore {
        question: of.question.to_string(),
        answers: of.answers,
        mean_permille: (of.sum * 1_000).checked_div(of.answers).unwrap_or(0),
    };
    SurveyCounts {
        asked: counts.asked,
        answered: counts.answered,
        skipped: counts.skipped,
        questions: counts.questions.iter().map(score).collect(),
    }
}
