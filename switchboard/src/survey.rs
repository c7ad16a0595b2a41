//! Flows that begin when an agent is there already: the survey after a call, and those to which customers are lent.

use crate::engine::{Job, Live, Switchboard};
use domain::{ContactId, Customer, FlowId};
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
        let context = context(live, first_play);
        let customer = live.call.pop().customer.clone().map(Box::new);
        live.run = Some(ivr::Run::new(flow, context));
        self.jobs.push_back(Job::Call(contact, call::Fact::Survey(Some(started))));
        self.begin_flow(contact, customer);
    }

    /// An agent lends the customer to a flow; the one in which the customer is otherwise rests.
    pub(crate) fn lend(&mut self, contact: ContactId, flow: FlowId) {
        let first_play = self.draw_u64() >> 1;
        let flow = self.rules.flows.get(&flow).map(Arc::clone);
        let (Some(flow), Some(live)) = (flow, self.calls.get_mut(&contact)) else {
            return self.jobs.push_back(Job::Call(contact, call::Fact::NotLent));
        };
        let context = context(live, first_play);
        let customer = live.call.pop().customer.clone().map(Box::new);
        live.resting = live.run.take();
        live.run = Some(ivr::Run::new(flow, context).lent());
        self.begin_flow(contact, customer);
    }

    fn begin_flow(&mut self, contact: ContactId, customer: Option<Box<Customer>>) {
        if customer.is_some() {
            self.jobs.push_back(Job::Flow(contact, ivr::api::Fact::Found(customer)));
        }
        self.jobs.push_back(Job::Flow(contact, ivr::api::Fact::Started));
    }
}

/// What a flow that begins now knows of the customer.
fn context(live: &Live, first_play: u64) -> ivr::api::Context {
    let pop = live.call.pop();
    ivr::api::Context {
        ani: pop.ani.clone(),
        caller_name: pop.caller_name.clone(),
        dnis: pop.dnis.clone(),
        language: live.run.as_ref().map_or(live.call.language(), ivr::Run::language),
        first_play,
    }
}
