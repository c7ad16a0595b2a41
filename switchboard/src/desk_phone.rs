//! Calls that agents' phones make while they have one: a second call is a consult of the same contact, and a call that
//! replaces the first one moves it to another phone of the same agent (RFC 3891).

use crate::Switchboard;
use crate::api::Effect;
use call::api::SecondCall;
use domain::{AgentId, Cause, CommandError, ContactId, Instant, LegId, TransferTarget};
use sip::api::{Command, IncomingInvite, Peer};

fn second(invite: &IncomingInvite) -> SecondCall {
    SecondCall { leg: invite.leg, browser: invite.browser, offer: invite.sdp.clone() }
}

impl Switchboard {
    /// Somebody calls: a customer, or an agent's phone that has a call already.
    pub(crate) fn on_invited(&mut self, now: Instant, invite: IncomingInvite, out: &mut Vec<Effect>) {
        let leg = invite.leg;
        let refused = match (invite.replaces, self.on_second_call(&invite)) {
            (Some(old), _) => self.take_over(now, old, &invite, out),
            (None, Some((agent, contact, target))) => {
                let asked = self.ask_by_phone(now, (agent, contact), (target, second(&invite)), out);
                asked.map_err(crate::refer::refusal)
            }
            (None, None) => return self.on_incoming(now, invite, out),
        };
        if let Err(cause) = refused {
            self.command_sip(now, Command::Reject { leg, cause, retry_after_s: None }, out);
        }
    }

    /// The agent whose phone calls while the agent has a customer, and whom it calls: an agent (id or SIP user), a queue
    /// (id, or a number whose flow is that queue alone), or else a number. A number with another flow is called as by
    /// anybody, which is a contact of its own.
    fn on_second_call(&self, invite: &IncomingInvite) -> Option<(AgentId, ContactId, TransferTarget)> {
        let Peer::User(user) = &invite.peer else { return None };
        let agent = *self.directory.users.get(user)?;
        let contact = *self.directory.in_hand.get(&agent)?;
        if !self.calls.get(&contact)?.call.serves(agent) {
            return None;
        }
        let entry = self.rules.entries.iter().find(|entry| entry.dnis.as_deref() == Some(invite.dnis.as_str()));
        let target = match entry {
            None => self.referral_target(&invite.dnis),
            Some(entry) => {
                let flow = self.rules.flows.get(&entry.flow)?;
                let Some(ivr::Node::Enqueue(enqueue)) = flow.node(flow.start()) else { return None };
                TransferTarget::Queue(enqueue.queue)
            }
        };
        Some((agent, contact, target))
    }

    fn ask_by_phone(
        &mut self,
        now: Instant,
        (agent, contact): (AgentId, ContactId),
        (target, call): (TransferTarget, SecondCall),
        out: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        let live = self.calls.get(&contact).ok_or(CommandError::UnknownContact)?;
        live.call.may_consult_by_phone(agent)?;
        let leg = call.leg;
        self.ask(now, (agent, contact), (target, Some(call)), out)?;
        self.directory.add_leg(leg, contact);
        Ok(())
    }

    /// A phone wants the call of another phone: both must be the same agent's.
    fn take_over(
        &mut self,
        now: Instant,
        old: LegId,
        invite: &IncomingInvite,
        out: &mut Vec<Effect>,
    ) -> Result<(), Cause> {
        let contact = self.directory.legs.get(&old).copied().ok_or(Cause::NotFound)?;
        let live = self.calls.get_mut(&contact).ok_or(Cause::NotFound)?;
        let caller = match &invite.peer {
            Peer::User(user) => self.directory.users.get(user).copied(),
            Peer::Trunk(_) => None,
        };
        if caller.is_none() || caller != live.call.agent_of_leg(old) {
            return Err(Cause::Forbidden);
        }
        let mut effects = Vec::new();
        live.call.take_over(old, second(invite), &mut effects).map_err(|_| Cause::Declined)?;
        self.directory.add_leg(invite.leg, contact);
        self.run_call_effects(now, contact, effects, out);
        Ok(())
    }
}
