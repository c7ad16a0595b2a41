//! The survey after a call.

use crate::engine::{Job, Switchboard};
use domain::{ContactId, FlowId};
use std::sync::Arc;

impl Switchboard {
    /// The agent has ended the talk: the customer, still on the line, begins the flow that asks how it was. While the
    /// engine drains, and where the flow is no more, the call ends instead.
    pub(crate) fn start_survey(&mut self, contact: ContactId, flow: FlowId) {
        let first_play = self.draw_u64() >> 1;
        let started = flow;
        let flow = self.rules.flows.get(&flow).filter(|_| !self.draining).map(Arc::clone);
        let (Some(flow), Some(live)) = (flow, self.calls.get_mut(&contact)) else {
            return self.jobs.push_back(Job::Call(contact, call::Fact::Survey(None)));
        };
        let pop = live.call.pop();
        let context = ivr::api::Context {
            ani: pop.ani.clone(),
            caller_name: pop.caller_name.clone(),
            dnis: pop.dnis.clone(),
            language: live.run.as_ref().map_or(live.call.language(), ivr::Run::language),
            first_play,
        };
        let customer = pop.customer.clone().map(Box::new);
        live.run = Some(ivr::Run::new(flow, context));
        self.jobs.push_back(Job::Call(contact, call::Fact::Survey(Some(started))));
        if customer.is_some() {
            self.jobs.push_back(Job::Flow(contact, ivr::api::Fact::Found(customer)));
        }
        self.jobs.push_back(Job::Flow(contact, ivr::api::Fact::Started));
    }
}
