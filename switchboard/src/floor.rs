//! The picture of the floor for those who watch it.

use crate::engine::Switchboard;
use domain::{FloorView, Instant, Redacted, ScreenPop};

fn label(pop: &ScreenPop) -> Redacted {
    match &pop.customer {
        Some(customer) => customer.name.clone(),
        None if !pop.caller_name.0.is_empty() => pop.caller_name.clone(),
        None => Redacted(pop.ani.as_str().to_owned()),
    }
}

impl Switchboard {
    /// Everything on the floor at this moment.
    #[must_use]
    pub fn floor(&self, now: Instant) -> FloorView {
        let (queues, mut agents, mut waiting) = self.acd.floor(now);
        for agent in &mut agents {
            agent.reachable = self.directory.reachable(agent.id);
            let Some(contact) = self.directory.in_hand.get(&agent.id) else { continue };
            let Some(live) = self.calls.get(contact) else { continue };
            agent.contact = Some(*contact);
            agent.customer = Some(label(live.call.pop()));
            agent.queue = live.call.pop().queue;
            agent.phase = live.call.view_for(agent.id).map(|view| view.phase);
        }
        for contact in &mut waiting {
            if let Some(live) = self.calls.get(&contact.contact) {
                contact.customer = label(live.call.pop());
            }
        }
        let calls = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
        FloorView { at: now, queues, agents, waiting, calls }
    }
}
