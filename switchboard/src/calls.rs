//! Telling calls, flows and the ACD what happened, and carrying on what they want.

use crate::api::Effect;
use crate::engine::{Job, Live, Switchboard};
use crate::route;
use acd::forecast::Noted;
use call::api::{Incoming, LineEffect, MediaEffect, Phase, Place, ToFlow};
use core::cell::RefCell;
use core::time::Duration;
use domain::{
    AgentId, AgentState, Ani, Audience, CallbackRefusal, Cause, ContactId, DeskBody, DeskEvent, Dnis, Instant, LegId,
    OfferResult, QueueId, Redacted,
};
use ivr::{QueueFigure, QueueFigures};
use std::sync::Arc;

/// How long the screen pop leads the ring for an agent with a console: time to be painted.
pub(crate) const POP_LEAD: Duration = Duration::from_millis(100);

impl Switchboard {
    /// A new call comes in: find its entry point, or refuse it.
    pub(crate) fn on_incoming(&mut self, now: Instant, invite: sip::api::IncomingInvite, out: &mut Vec<Effect>) {
        let leg = invite.leg;
        let full = self.calls.len() >= self.rules.max_calls && !self.rules.emergency.contains(&invite.dnis);
        let entry = route::entry_for(&self.rules.entries, &invite.dnis).cloned();
        let (Some(entry), false) = (entry, full) else {
            let cause = if full { Cause::Overload } else { Cause::NotFound };
            self.command_sip(now, route::rejection(leg, cause), out);
            return;
        };
        let blocked = self.is_blocked(&invite.ani);
        let flow = self.rules.recognition.blocked_flow.filter(|_| blocked).unwrap_or(entry.flow);
        let contact = self.new_contact();
        out.extend(self.sip.call_id(leg).map(|call_id| Effect::Dialog { contact, call_id }));
        let recording = self.new_recording();
        let first_play = self.draw_u64() >> 1;
        let ani = Ani::new(invite.ani.clone());
        let caller_name = Redacted(invite.caller_name.clone());
        let dnis = Dnis::new(invite.dnis.clone());
        let context = ivr::api::Context {
            ani: ani.clone(),
            caller_name: caller_name.clone(),
            dnis: dnis.clone(),
            language: entry.language,
            first_play,
        };
        let run = self.rules.flows.get(&flow).map(|flow| ivr::Run::new(Arc::clone(flow), context));
        let (signalled, carried) = (route::signalled(&invite), route::carried(&invite));
        let incoming = Incoming {
            contact,
            leg,
            browser: invite.browser,
            sdp: invite.sdp,
            recording,
            // The call counts its own plays from far away, so that the ids of flow and call never meet.
            first_play: first_play | (1 << 63),
            ani,
            caller_name,
            dnis,
            entry_point: entry.id,
            trunk: match invite.peer {
                sip::api::Peer::Trunk(trunk) => Some(trunk),
                sip::api::Peer::User(_) => None,
            },
            flow,
            language: entry.language,
            signalled,
            carried,
        };
        self.directory.add_leg(leg, contact);
        self.lookup_arrival(contact, &invite.ani, out);
        let mut effects = Vec::new();
        let call = call::Call::incoming(now, incoming, &mut effects);
        self.add_call(contact, Live { call, run, resting: None, wake: None, recording, comments: Vec::new() });
        self.run_call_effects(now, contact, effects, out);
        if blocked {
            let decline = self.rules.recognition.blocked_flow.is_none();
            self.tell_call(now, contact, call::Fact::Blocked { decline }, out);
        }
        self.reschedule(contact);
    }

    pub(crate) fn lookup_arrival(&self, contact: ContactId, ani: &str, out: &mut Vec<Effect>) {
        if !ani.is_empty() {
            out.push(Effect::Lookup {
                contact,
                asker: crate::api::Asker::Arrival,
                by: crate::api::LookupBy::Number,
                value: Redacted(ani.to_owned()),
            });
        }
    }

    pub(crate) fn add_call(&mut self, contact: ContactId, live: Live) {
        self.directory.recordings.insert(live.recording, contact);
        self.calls.insert(contact, live);
    }

    pub(crate) fn tell_call(&mut self, now: Instant, contact: ContactId, fact: call::Fact, out: &mut Vec<Effect>) {
        let Some(live) = self.calls.get_mut(&contact) else { return };
        let mut effects = Vec::new();
        live.call.handle(now, fact, &mut effects);
        self.run_call_effects(now, contact, effects, out);
        self.reschedule(contact);
        self.forget_if_over(now, contact);
    }

    pub(crate) fn run_call_effects(
        &mut self,
        now: Instant,
        contact: ContactId,
        effects: Vec<call::Effect>,
        out: &mut Vec<Effect>,
    ) {
        for effect in effects {
            match effect {
                call::Effect::Event(event) => {
                    self.count(&event);
                    self.watch_callbacks(&event);
                    self.remember(&event);
                    out.push(Effect::Store(event));
                }
                call::Effect::Leg(leg, effect) => {
                    let command = route::sip_command(contact, leg, effect);
                    self.command_sip(now, command, out);
                }
                call::Effect::Media(leg, effect) => {
                    if let (MediaEffect::Open { .. }, Some(live)) = (&effect, self.calls.get(&contact)) {
                        self.quality.open(leg, contact, live.call.party(leg));
                    }
                    let secured = self.directory.secured.contains(&leg);
                    out.push(Effect::Media(route::media_command(contact, leg, effect, secured)));
                }
                call::Effect::Line(effect) => self.on_line(contact, effect),
                call::Effect::Flow(to_flow) => self.on_to_flow(contact, to_flow),
                call::Effect::Desk(agent, body) => self.tell_desk(now, agent, body, out),
            }
        }
    }

    fn on_line(&mut self, contact: ContactId, effect: LineEffect) {
        if let LineEffect::AgentLost(agent) = effect {
            self.jobs.push_back(Job::AgentLost(agent));
        } else if effect == LineEffect::AskPlace {
            self.jobs.push_back(Job::Place(contact));
        } else if let Some(fact) = route::acd_fact(contact, effect) {
            self.jobs.push_back(Job::Acd(fact));
        }
    }

    fn on_to_flow(&mut self, contact: ContactId, to_flow: ToFlow) {
        match to_flow {
            ToFlow::Started => self.jobs.push_back(Job::Flow(contact, ivr::api::Fact::Started)),
            ToFlow::Digit(digit) => self.jobs.push_back(Job::Flow(contact, ivr::api::Fact::Digit(digit))),
            ToFlow::PlayDone(play) => self.jobs.push_back(Job::Flow(contact, ivr::api::Fact::PlayDone(play))),
            ToFlow::TransferFailed => {
                self.jobs.push_back(Job::Flow(contact, ivr::api::Fact::Returned(ivr::api::FAILED)));
            }
            ToFlow::Lent(flow) => self.lend(contact, flow),
            ToFlow::GivenBack => {
                if let Some(live) = self.calls.get_mut(&contact) {
                    live.run = live.resting.take();
                }
            }
            ToFlow::Survey(flow) => self.start_survey(contact, flow),
            ToFlow::Taken => self.jobs.push_back(Job::Flow(contact, ivr::api::Fact::Taken)),
            ToFlow::Over => {
                if let Some(live) = self.calls.get_mut(&contact) {
                    (live.run, live.resting) = (None, None);
                }
            }
        }
    }

    /// Where a call stands in line; nowhere when an agent is being rung for it: that caller is told nothing of waiting.
    pub(crate) fn tell_place(&mut self, now: Instant, contact: ContactId, out: &mut Vec<Effect>) {
        let rung = self.calls.get(&contact).is_some_and(|live| live.call.phase() == Phase::Offering);
        let expected = self.watch.expected(now, contact).filter(|_| !rung);
        let position = expected.and_then(|_| self.acd.position(contact));
        let wait = expected.and_then(|expected| expected.now).map(route::wait);
        self.tell_call(now, contact, call::Fact::Place(Place { position, wait }), out);
    }

    pub(crate) fn tell_desk(&mut self, now: Instant, agent: AgentId, body: DeskBody, out: &mut Vec<Effect>) {
        out.push(Effect::Desk(DeskEvent { at: now, to: Audience::Agent(agent), body }));
    }

    pub(crate) fn tell_flow(&mut self, now: Instant, contact: ContactId, fact: ivr::api::Fact, out: &mut Vec<Effect>) {
        // Taken out meanwhile, so that it can read the rest of the switchboard.
        let Some(mut run) = self.calls.get_mut(&contact).and_then(|live| live.run.take()) else { return };
        let mut effects = Vec::new();
        let queues = || self.rules.queues.keys().copied().collect::<Vec<_>>();
        let refused = RefCell::new(Vec::new());
        let figure = |queue: QueueId, figure: QueueFigure| self.figure(now, queue, figure, &refused);
        let wall = self.wall_at_start.at(now);
        let schedules = |schedule| self.timetable.standing(schedule, wall);
        let utc_offset_s = self.rules.utc_offset_s;
        let env = ivr::api::Env { wall, utc_offset_s, queues: &queues, figure: &figure, schedules: &schedules };
        run.handle(now, fact, &env, &mut effects);
        for (queue, why) in refused.into_inner() {
            self.callbacks.refused(queue, why);
        }
        for note in run.take_notes() {
            out.push(Effect::FlowNote { contact, note });
        }
        if let Some(live) = self.calls.get_mut(&contact) {
            live.run = Some(run);
        }
        for effect in effects {
            self.on_flow_effect(now, contact, effect, out);
        }
        self.reschedule(contact);
    }

    /// A figure of a queue, as flows read it; `None`: there is no such queue. A call back that is not offered is added to
    /// `refused`.
    fn figure(
        &self,
        now: Instant,
        queue: QueueId,
        figure: QueueFigure,
        refused: &RefCell<Vec<(QueueId, CallbackRefusal)>>,
    ) -> Option<ivr::Value> {
        self.rules.queues.get(&queue)?;
        let state = || self.acd.queue_state(queue).map(route::figures).unwrap_or_default();
        let figures = match figure {
            QueueFigure::Waiting | QueueFigure::Ready | QueueFigure::LongestWait => state(),
            QueueFigure::ExpectedMinutes => {
                let QueueFigures { waiting, ready, .. } = state();
                let expected = self.expected_in(now, queue, waiting, ready);
                let expected_wait_s = expected.map(|wait| wait.mean_ms.div_ceil(1_000));
                QueueFigures { expected_wait_s, ..QueueFigures::default() }
            }
            QueueFigure::Callback => {
                let offers = self.offers_callback(now, queue);
                if let Some(Err(why)) = offers {
                    refused.borrow_mut().push((queue, why));
                }
                QueueFigures { callback: offers == Some(Ok(())), ..QueueFigures::default() }
            }
        };
        Some(figure.of(&figures))
    }

    fn on_flow_effect(&mut self, now: Instant, contact: ContactId, effect: ivr::api::Effect, out: &mut Vec<Effect>) {
        let leads_away = matches!(effect, ivr::api::Effect::Record { .. } | ivr::api::Effect::Callback { .. });
        if leads_away && self.calls.get(&contact).is_some_and(|live| live.call.is_lent()) {
            return self.tell_call(now, contact, call::Fact::NotLent, out);
        }
        if let ivr::api::Effect::Record { queue, priority, silence } = effect {
            return self.take_message(now, contact, (queue, priority, silence), out);
        }
        if let ivr::api::Effect::Comment { node, silence } = effect {
            return self.take_comment(now, contact, (node, silence), out);
        }
        if effect == ivr::api::Effect::RecordEnd {
            return self.message_spoken(contact);
        }
        if let ivr::api::Effect::Callback { queue, number } = effect {
            return self.book_for_caller(now, contact, queue, number, out);
        }
        if let ivr::api::Effect::Lookup { by, value } = effect {
            let ani = self.calls.get(&contact).map(|live| live.call.pop().ani.clone()).unwrap_or_default();
            out.push(route::lookup(contact, by, value, &ani));
            return;
        }
        if let ivr::api::Effect::Request(request) = effect {
            return out.push(Effect::HttpStep { contact, request });
        }
        if let ivr::api::Effect::Enqueue { queue, .. } = &effect {
            self.recognise(now, contact, *queue);
        }
        let leg = match &effect {
            ivr::api::Effect::Transfer(_) => self.new_leg(contact),
            _ => LegId::new(0),
        };
        let fact = route::flow_fact(&self.rules, leg, effect);
        if let Some(call::api::FlowFact::Transfer { phone, .. }) = &fact {
            self.secure(leg, phone);
        }
        let fact = fact.map_or(call::Fact::Abort(Cause::NotFound), call::Fact::Flow);
        self.tell_call(now, contact, fact, out);
    }

    pub(crate) fn tell_acd(&mut self, now: Instant, fact: acd::api::Fact, out: &mut Vec<Effect>) {
        let finished = match &fact {
            acd::api::Fact::Finished { contact, agent } => Some((*contact, *agent)),
            _ => None,
        };
        let noted = Noted::from(&fact);
        let mut effects = Vec::new();
        self.acd.handle(now, fact, &mut effects);
        self.watch.after(&self.acd, noted, &effects);
        if let Some((contact, agent)) = finished
            && self.acd.agent_state(agent) != Some(AgentState::AfterContactWork)
        {
            // A queue without wrap-up: the part is over at once, and before the agent gets the next contact.
            self.jobs.push_back(Job::Call(contact, call::Fact::WrapUpEnded { agent, timed_out: true }));
            if self.directory.in_hand.get(&agent) == Some(&contact) {
                self.directory.in_hand.remove(&agent);
            }
        }
        self.run_acd_effects(now, effects, out);
    }

    pub(crate) fn run_acd_effects(&mut self, now: Instant, effects: Vec<acd::api::Effect>, out: &mut Vec<Effect>) {
        for effect in effects {
            match effect {
                acd::api::Effect::Offer { .. } => self.on_offer(now, effect),
                acd::api::Effect::OfferEnded { offer, contact, agent, result } => {
                    if result != OfferResult::Answered {
                        self.directory.in_hand.remove(&agent);
                    }
                    self.jobs.push_back(Job::Call(contact, call::Fact::OfferEnded { offer, result }));
                }
                acd::api::Effect::AgentState { agent, state, since, next, wrap_up_deadline } => {
                    if state == AgentState::AfterContactWork
                        && let Some(contact) = self.directory.in_hand.get(&agent)
                    {
                        let fact = call::Fact::WrapUpStarted { agent, deadline: wrap_up_deadline };
                        self.jobs.push_back(Job::Call(*contact, fact));
                    }
                    let note = route::system_note(state);
                    self.tell_desk(now, agent, DeskBody::AgentState { state, since, next, note }, out);
                }
                acd::api::Effect::Exit { contact, queue, reason } => self.on_exit(contact, queue, reason),
                acd::api::Effect::Overflowed { contact, from, to, reason } => {
                    let Some(to) = self.rules.queues.get(&to).map(|queue| Box::new(queue.rules.clone())) else {
                        continue;
                    };
                    let reason = route::exit_reason(reason);
                    self.jobs.push_back(Job::Call(contact, call::Fact::Overflowed { from, to, reason }));
                }
                acd::api::Effect::WrapUpEnded { agent, contact, timed_out } => {
                    self.jobs.push_back(Job::Call(contact, call::Fact::WrapUpEnded { agent, timed_out }));
                    if self.directory.in_hand.get(&agent) == Some(&contact) {
                        self.directory.in_hand.remove(&agent);
                    }
                }
            }
        }
    }

    /// A queue does not serve the contact: its flow goes on; where there is none, the call ends.
    fn on_exit(&mut self, contact: ContactId, queue: QueueId, reason: acd::api::ExitReason) {
        let edge = route::exit_edge(reason);
        let reason = route::exit_reason(reason);
        self.jobs.push_back(Job::Call(contact, call::Fact::QueueLeft { queue, reason }));
        let live = self.calls.get(&contact);
        let rests = |call: &call::Call| call.must_dial() || call.is_message();
        if live.is_some_and(|live| live.call.consults_a_queue() || rests(&live.call)) {
            return;
        }
        let in_flow = live.is_some_and(|live| live.run.is_some());
        self.jobs.push_back(if in_flow {
            Job::Flow(contact, ivr::api::Fact::Returned(edge))
        } else {
            Job::Call(contact, call::Fact::Abort(Cause::Normal))
        });
    }

    fn on_offer(&mut self, now: Instant, offer: acd::api::Effect) {
        let acd::api::Effect::Offer { offer, contact, agent, queue, deadline, why } = offer else { return };
        let interaction = self.new_interaction();
        let leg = self.new_leg(contact);
        self.directory.in_hand.insert(agent, contact);
        let phone = self.directory.agents.get(&agent).map(|rules| rules.phone.clone());
        let (Some(phone), true) = (phone, self.calls.contains_key(&contact)) else {
            let result = OfferResult::Unreachable;
            self.jobs.push_back(Job::Acd(acd::api::Fact::OfferEnded { offer, result }));
            return;
        };
        self.secure(leg, &phone);
        let browser = self.directory.browser(&phone);
        let lead = if self.directory.consoles.contains(&agent) { POP_LEAD } else { Duration::ZERO };
        let (queue, why) = (Some(queue), Some(Box::new(route::decision(now, &why))));
        if let Some(longer) = self.calls.get(&contact).and_then(|live| live.call.rings_customer_first()) {
            self.jobs.push_back(Job::Acd(acd::api::Fact::Extended { offer, deadline: deadline + longer }));
        }
        let dials = self.calls.get(&contact).is_some_and(|live| live.call.must_dial());
        let dial = if dials { self.dial_for(contact) } else { None };
        if dials && dial.is_none() {
            return self.jobs.push_back(Job::Call(contact, call::Fact::Callback(call::api::CallbackFact::NoWay)));
        }
        let reserved =
            call::api::Reserved { offer, interaction, agent, leg, phone, browser, queue, lead, deadline, why, dial };
        self.jobs.push_back(Job::Call(contact, call::Fact::Reserved(Box::new(reserved))));
    }

    /// Keeps the call's place in the set of deadlines.
    pub(crate) fn reschedule(&mut self, contact: ContactId) {
        let Some(live) = self.calls.get_mut(&contact) else { return };
        let call = live.call.deadline().map(|(at, _)| at);
        let run = live.run.as_ref().and_then(ivr::Run::deadline).map(|(at, _)| at);
        let wake = [call, run].into_iter().flatten().min();
        if wake == live.wake {
            return;
        }
        if let Some(old) = live.wake {
            self.timers.remove(&(old, contact));
        }
        if let Some(new) = wake {
            self.timers.insert((new, contact));
        }
        live.wake = wake;
    }

    fn forget_if_over(&mut self, now: Instant, contact: ContactId) {
        if !self.calls.get(&contact).is_some_and(|live| live.call.is_over()) {
            return;
        }
        if let Some(live) = self.calls.remove(&contact) {
            if let Some(wake) = live.wake {
                self.timers.remove(&(wake, contact));
            }
            for recording in live.comments.iter().chain([&live.recording]) {
                self.directory.recordings.remove(recording);
            }
            self.directory.in_hand.retain(|_, held| *held != contact);
            let legs = self.directory.legs_of.get(&contact).map(Vec::as_slice).unwrap_or_default();
            self.quality.contact_over(now, contact, live.call.last_event(), legs);
            self.directory.forget_legs(contact);
        }
    }
}
