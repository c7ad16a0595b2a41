//! The picture of the floor for those who watch it.

use crate::engine::Switchboard;
use crate::route;
use call::Call;
use call::api::Phase;
use domain::{ExpectedWait, FloorView, Instant, QueueId, Redacted, ScreenPop, WebCallerView};

/// How the SIP users of web callers begin.
const WEB_USER: &str = "web-";

fn label(pop: &ScreenPop) -> Redacted {
    match &pop.customer {
        Some(customer) => customer.name.clone(),
        None if !pop.caller_name.0.is_empty() => pop.caller_name.clone(),
        None => Redacted(pop.ani.as_str().to_owned()),
    }
}

/// How far a web caller's call is; `None` for every other call.
fn web_caller(call: &Call, floor: &FloorView) -> Option<WebCallerView> {
    let pop = call.pop();
    let user = pop.ani.as_str();
    if !user.starts_with(WEB_USER) {
        return None;
    }
    let phase = match call.phase() {
        Phase::Arriving | Phase::Pending | Phase::InFlow => "menu",
        Phase::Queued => "waiting",
        Phase::Offering => "ringing",
        Phase::Connected => "talking",
        Phase::Ending => return None,
    };
    let named = |id| floor.agents.iter().find(|agent| agent.id == id).map(|agent| agent.name.clone());
    Some(WebCallerView {
        user: user.to_owned(),
        phase,
        agent: call.agent().and_then(named),
        queue: pop
            .queue
            .and_then(|id| floor.queues.iter().find(|queue| queue.id == id))
            .map(|queue| queue.name.clone()),
        position: position(call, floor),
    })
}

fn position(call: &Call, floor: &FloorView) -> Option<u32> {
    // A consult stands in line too, while its customer has an agent.
    if !matches!(call.phase(), Phase::Queued | Phase::Offering) {
        return None;
    }
    let own = floor.waiting.iter().position(|other| other.contact == call.contact())?;
    let queue = call.pop().queue?;
    let before = floor.waiting.iter().take(own).filter(|other| other.queue == queue).count();
    u32::try_from(before).ok()?.checked_add(1)
}

impl Switchboard {
    /// What one who came now could be told: nothing to wait for where an agent is ready and the line is empty; nothing
    /// at all where nobody is let in.
    pub(crate) fn expected_in(&self, now: Instant, queue: QueueId, waiting: u32, ready: u32) -> Option<ExpectedWait> {
        if self.closed.contains(&queue) {
            return None;
        }
        if waiting == 0 && ready > 0 {
            return Some(ExpectedWait { mean_ms: 0, p90_ms: 0 });
        }
        self.watch.expected_in(now, &self.acd, queue).map(route::expected_wait)
    }

    /// Everything on the floor at this moment.
    #[must_use]
    pub fn floor(&self, now: Instant) -> FloorView {
        let (mut queues, mut agents, mut waiting) = self.acd.floor(now);
        let messages = self.messages_waiting();
        for queue in &mut queues {
            queue.counts = self.counts(queue.id);
            queue.longest_wait_ms = self.longest_wait_ms(queue.id);
            queue.callbacks = self.callback_counts(queue.id);
            queue.not_offered = self.callbacks.refusals(queue.id);
            (queue.messages, queue.surveys) = self.aside_counts(queue.id, messages.get(&queue.id).copied());
            queue.expected = self.expected_in(now, queue.id, queue.waiting, queue.agents_ready);
            queue.honesty = route::honesty(&self.watch.honesty(queue.id));
        }
        for agent in &mut agents {
            agent.reachable = self.directory.reachable(agent.id);
            let Some(contact) = self.directory.in_hand.get(&agent.id) else { continue };
            let Some(live) = self.calls.get(contact) else { continue };
            agent.contact = Some(*contact);
            agent.customer = Some(label(live.call.pop()));
            agent.queue = live.call.pop().queue;
            agent.phase = live.call.view_for(agent.id).map(|view| view.phase);
            if live.call.agent() == Some(agent.id) {
                agent.monitors = live.call.monitors();
                let legs = self.directory.legs_of.get(contact).map(Vec::as_slice).unwrap_or_default();
                agent.legs = self.quality.of(legs);
            }
        }
        for contact in &mut waiting {
            if let Some(live) = self.calls.get(&contact.contact) {
                contact.customer = label(live.call.pop());
            }
        }
        let calls = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
        let closed = self.closed.iter().copied().collect();
        let (counts_since, _) = self.today();
        let schedules = self.timetable.views(self.wall_at_start.at(now));
        let mut floor = FloorView {
            at: now,
            counts_since,
            queues,
            agents,
            waiting,
            calls,
            closed,
            callbacks: self.callbacks_shown(),
            web_callers: Vec::new(),
            schedules,
        };
        floor.web_callers = self.calls.values().filter_map(|live| web_caller(&live.call, &floor)).collect();
        floor
    }
}
