//! Callers who called before: one who was cut off comes back to the same agent or the same place in line, one who called
//! lately is first offered to the agent who knows the matter. And those who may not call.

use crate::api::Recognition;
use crate::engine::Switchboard;
use crate::numbers::digits;
use domain::{AgentId, Cause, Channel, ContactEvent, ContactEventKind, ContactId, EndedBy, Instant, QueueId};
use std::collections::{BTreeMap, VecDeque};

/// Numbers that are remembered; those noted first are forgotten first.
const REMEMBERED: usize = 50_000;

/// How a caller was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CutOff {
    /// In talk with this agent.
    Talking(AgentId),
    /// In the line of this queue, in which the caller had waited since then.
    Waiting(QueueId, Instant),
}

#[derive(Clone, Copy, Debug, Default)]
struct Past {
    cut_off: Option<(Instant, CutOff)>,
    served: Option<(Instant, AgentId)>,
}

/// What is remembered of callers, by number.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    past: BTreeMap<String, Past>,
    order: VecDeque<String>,
}

/// What is known of one who comes to a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// The agent to be offered first.
    pub agent: Option<AgentId>,
    /// Since when the caller has waited.
    pub since: Option<Instant>,
}

impl Memory {
    fn note(&mut self, number: String) -> &mut Past {
        if !self.past.contains_key(&number) {
            self.order.push_back(number.clone());
            if self.order.len() > REMEMBERED
                && let Some(oldest) = self.order.pop_front()
            {
                self.past.remove(&oldest);
            }
        }
        self.past.entry(number).or_default()
    }

    /// A cut-off counts once: whoever comes back has come back.
    fn know(&mut self, now: Instant, number: &str, queue: QueueId, rules: &Recognition) -> Known {
        let Some(past) = self.past.get_mut(number) else { return Known::default() };
        let cut_off = past.cut_off.take().filter(|(at, _)| now.since(*at) <= rules.after_cut_off);
        match cut_off.map(|(_, how)| how) {
            Some(CutOff::Talking(agent)) => Known { agent: Some(agent), since: None },
            Some(CutOff::Waiting(before, since)) if before == queue => Known { agent: None, since: Some(since) },
            Some(CutOff::Waiting(..)) | None => {
                let lately = past.served.filter(|(at, _)| now.since(*at) <= rules.last_agent);
                Known { agent: lately.map(|(_, agent)| agent), since: None }
            }
        }
    }
}

/// Whether a line that ended so was cut, and not put down.
fn is_cut(by: EndedBy, cause: Cause) -> bool {
    by == EndedBy::System || matches!(cause, Cause::MediaTimeout | Cause::SessionExpired | Cause::PeerError)
}

impl Switchboard {
    /// Notes what an event says about its caller, if the rules will ever ask for it.
    pub(crate) fn remember(&mut self, event: &ContactEvent) {
        let (contact, now) = (event.contact, event.at);
        let rules = &self.rules.recognition;
        match &event.kind {
            ContactEventKind::Connected { agent, .. } if !rules.last_agent.is_zero() => {
                if let Some(number) = self.number_of(contact) {
                    self.memory.note(number).served = Some((now, *agent));
                }
            }
            ContactEventKind::CustomerLeft { by, cause } if is_cut(*by, *cause) && !rules.after_cut_off.is_zero() => {
                self.remember_cut(now, contact);
            }
            _ => {}
        }
    }

    fn remember_cut(&mut self, now: Instant, contact: ContactId) {
        let Some(number) = self.number_of(contact) else { return };
        let Some(call) = self.calls.get(&contact).map(|live| &live.call) else { return };
        let queue = self.acd.queue_of(contact);
        let how = match (queue, call.pop().queued, call.last_agent()) {
            (Some(queue), Some(since), _) => CutOff::Waiting(queue, since),
            (None, _, Some(agent)) => CutOff::Talking(agent),
            _ => return,
        };
        self.memory.note(number).cut_off = Some((now, how));
    }

    /// The number of one who called in by telephone.
    fn number_of(&self, contact: ContactId) -> Option<String> {
        let pop = self.calls.get(&contact)?.call.pop();
        let number = digits(pop.ani.as_str());
        (pop.channel == Channel::Voice && !pop.outgoing && !number.is_empty()).then_some(number)
    }

    /// A caller comes to a line: what is known of earlier calls, and of a call back that stands.
    pub(crate) fn recognise(&mut self, now: Instant, contact: ContactId, queue: QueueId) {
        let kept = self.place_kept_for(contact, queue);
        let number = self.number_of(contact);
        let known =
            number.map(|number| self.memory.know(now, &number, queue, &self.rules.recognition)).unwrap_or_default();
        let since = [kept, known.since].into_iter().flatten().min();
        if let Some(live) = self.calls.get_mut(&contact) {
            if let Some(since) = since {
                live.call.keep_age(since);
            }
            live.call.prefer(known.agent);
        }
    }

    /// Whether this number may not call.
    pub(crate) fn is_blocked(&self, ani: &str) -> bool {
        let number = digits(ani);
        let matches = |pattern: &String| match pattern.strip_suffix('*') {
            Some(start) => number.starts_with(&digits(start)),
            None => number == digits(pattern),
        };
        !number.is_empty() && self.rules.recognition.blocked.iter().any(matches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    fn rules() -> Recognition {
        Recognition {
            after_cut_off: Duration::from_secs(300),
            last_agent: Duration::from_secs(3_600),
            ..Recognition::default()
        }
    }

    fn queue(id: &str) -> QueueId {
        id.parse().unwrap()
    }

    #[test]
    fn who_was_cut_off_in_talk_is_offered_to_the_same_agent_once_and_in_time() {
        let (mut memory, agent) = (Memory::default(), "li.wei".parse().unwrap());
        let cut =
            |memory: &mut Memory| memory.note("49301".into()).cut_off = Some((Instant::ZERO, CutOff::Talking(agent)));
        cut(&mut memory);
        let known = memory.know(Instant::from_millis(300_000), "49301", queue("billing"), &rules());
        assert_eq!(known, Known { agent: Some(agent), since: None });
        assert_eq!(memory.know(Instant::from_millis(300_000), "49301", queue("billing"), &rules()), Known::default());
        cut(&mut memory);
        assert_eq!(memory.know(Instant::from_millis(300_001), "49301", queue("billing"), &rules()), Known::default());
    }

    #[test]
    fn who_was_cut_off_in_line_has_the_old_place_in_the_same_queue_only() {
        let mut memory = Memory::default();
        let since = Instant::from_millis(7);
        for (to, expected) in [("billing", Some(since)), ("support", None)] {
            let waiting = CutOff::Waiting(queue("billing"), since);
            memory.note("49301".into()).cut_off = Some((Instant::from_millis(9), waiting));
            let known = memory.know(Instant::from_millis(10), "49301", queue(to), &rules());
            assert_eq!(known, Known { agent: None, since: expected });
        }
    }

    #[test]
    fn who_called_lately_is_offered_to_the_agent_who_served_then() {
        let (mut memory, agent) = (Memory::default(), "li.wei".parse().unwrap());
        memory.note("49301".into()).served = Some((Instant::ZERO, agent));
        let at = |s: u64| Instant::from_millis(s * 1_000);
        for _ in 0..2 {
            assert_eq!(memory.know(at(3_600), "49301", queue("billing"), &rules()).agent, Some(agent));
        }
        assert_eq!(memory.know(at(3_601), "49301", queue("billing"), &rules()).agent, None);
        assert_eq!(memory.know(at(10), "49302", queue("billing"), &rules()).agent, None);
    }

    #[test]
    fn memory_is_bounded() {
        let mut memory = Memory::default();
        for n in 0..REMEMBERED + 10 {
            memory.note(n.to_string());
        }
        assert_eq!((memory.past.len(), memory.order.len()), (REMEMBERED, REMEMBERED));
        assert!(!memory.past.contains_key("9") && memory.past.contains_key("10"));
    }
}
