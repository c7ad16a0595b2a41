//! Transfers that an agent's phone asks for (REFER, RFC 3515).

use crate::Switchboard;
use crate::api::Effect;
use domain::{AgentId, Cause, CommandError, Dnis, Instant, LegId, TransferTarget};
use sip::api::Command;

/// The user part of a SIP URI, or the number of a `tel:` URI.
fn user_of(uri: &str) -> &str {
    let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    rest.split(['@', ';', '?']).next().unwrap_or_default()
}

impl Switchboard {
    /// An agent's phone wants the customer sent on: to an agent (id or SIP user), to a queue (id), or else to a number.
    /// What the phone is told is that the engine has taken the customer over; the customer is then where a transfer
    /// from the console would have led. Nobody but an agent who talks may send anybody anywhere.
    pub(crate) fn on_referred(&mut self, now: Instant, leg: LegId, to: &str, attended: bool, out: &mut Vec<Effect>) {
        match self.take_referral(leg, to, attended) {
            Err(cause) => self.command_sip(now, Command::RefuseRefer { leg, cause }, out),
            Ok((agent, contact, target)) => {
                self.command_sip(now, Command::AcceptRefer { leg }, out);
                let status = match self.transfer_to(now, agent, contact, target, out) {
                    Ok(()) => 200,
                    Err(error) => sip::cause::status(refusal(error)),
                };
                self.command_sip(now, Command::ReferProgress { leg, status }, out);
            }
        }
    }

    fn take_referral(
        &self,
        leg: LegId,
        to: &str,
        attended: bool,
    ) -> Result<(AgentId, domain::ContactId, TransferTarget), Cause> {
        let contact = self.directory.legs.get(&leg).copied().ok_or(Cause::NotFound)?;
        let live = self.calls.get(&contact).ok_or(Cause::NotFound)?;
        let agent = live.call.agent_on(leg).ok_or(Cause::Forbidden)?;
        // Two calls cannot be made one yet.
        if attended {
            return Err(Cause::Declined);
        }
        Ok((agent, contact, self.referral_target(user_of(to))))
    }

    fn referral_target(&self, user: &str) -> TransferTarget {
        let agent = self.directory.users.get(user).copied();
        let agent = agent.or_else(|| user.parse().ok().filter(|id| self.directory.agents.contains_key(id)));
        if let Some(agent) = agent {
            return TransferTarget::Agent(agent);
        }
        let queue = user.parse().ok().filter(|queue| self.rules.queues.contains_key(queue));
        queue.map_or_else(|| TransferTarget::Number(Dnis::new(user)), TransferTarget::Queue)
    }
}

fn refusal(error: CommandError) -> Cause {
    match error {
        CommandError::UnknownQueue | CommandError::UnknownAgent | CommandError::BadNumber | CommandError::NoTrunk => {
            Cause::NotFound
        }
        _ => Cause::Declined,
    }
}

#[cfg(test)]
mod tests {
    use super::user_of;

    #[test]
    fn the_user_of_a_uri_is_its_number_or_name() {
        for uri in ["sip:li.wei@10.0.0.1:5060;transport=tcp", "sips:li.wei@a", "tel:li.wei;phone-context=+1", "li.wei"]
        {
            assert_eq!(user_of(uri), "li.wei", "{uri}");
        }
    }
}
