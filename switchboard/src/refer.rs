//! Transfers that an agent's phone asks for (REFER, RFC 3515).

use crate::Switchboard;
use crate::api::Effect;
use domain::{AgentId, Cause, CommandError, ContactId, Dnis, Instant, LegId, TransferTarget};
use sip::api::{Command, Replaced};

/// Where a REFER leads.
enum Asked {
    /// There.
    Target(TransferTarget),
    /// To whom the agent consults.
    Consulted,
}

/// The user part of a SIP URI, or the number of a `tel:` URI.
fn user_of(uri: &str) -> &str {
    let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    rest.split(['@', ';', '?']).next().unwrap_or_default()
}

impl Switchboard {
    /// An agent's phone wants the customer sent on: to an agent (id or SIP user), to a queue (id), or else to a number;
    /// or, attended, to the one with whom its second call is. What the phone is told is that the engine has taken the
    /// customer over; the customer is then where a transfer from the console would have led. Nobody but an agent who
    /// talks may send anybody anywhere.
    pub(crate) fn on_referred(
        &mut self,
        now: Instant,
        leg: LegId,
        to: &str,
        replaces: Option<&Replaced>,
        out: &mut Vec<Effect>,
    ) {
        match self.take_referral(leg, to, replaces) {
            Err(cause) => self.command_sip(now, Command::RefuseRefer { leg, cause }, out),
            Ok((agent, contact, asked)) => {
                self.command_sip(now, Command::AcceptRefer { leg }, out);
                let status = match self.refer(now, leg, (agent, contact), asked, out) {
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
        replaces: Option<&Replaced>,
    ) -> Result<(AgentId, ContactId, Asked), Cause> {
        let contact = self.directory.legs.get(&leg).copied().ok_or(Cause::NotFound)?;
        let live = self.calls.get(&contact).ok_or(Cause::NotFound)?;
        if let Some(replaced) = replaces {
            // Two contacts are not made one, and of calls that are not here nothing is known.
            let other = replaced.leg.ok_or(Cause::Declined)?;
            let agent = live.call.agent_on_both(leg, other).ok_or(Cause::Declined)?;
            return Ok((agent, contact, Asked::Consulted));
        }
        let agent = live.call.agent_on(leg).ok_or(Cause::Forbidden)?;
        let target = self.referral_target(user_of(to));
        let consulted = live.call.consult_of(agent).is_some_and(|(asked, _)| *asked == target);
        Ok((agent, contact, if consulted { Asked::Consulted } else { Asked::Target(target) }))
    }

    /// What will be done is told before it is: a phone that has its BYE takes no more notifications.
    fn refer(
        &mut self,
        now: Instant,
        leg: LegId,
        (agent, contact): (AgentId, ContactId),
        asked: Asked,
        out: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        let target = match asked {
            Asked::Target(target) => target,
            Asked::Consulted => {
                let live = self.calls.get(&contact).ok_or(CommandError::UnknownContact)?;
                let (target, answered) = live.call.consult_of(agent).ok_or(CommandError::WrongState)?;
                if answered {
                    self.command_sip(now, Command::ReferProgress { leg, status: 200 }, out);
                    return self.command_call(now, contact, agent, call::Wish::CompleteTransfer, out);
                }
                // Nobody has answered: the customer is sent there instead of the question.
                let target = target.clone();
                self.command_call(now, contact, agent, call::Wish::CancelConsult, out)?;
                target
            }
        };
        self.calls.get(&contact).ok_or(CommandError::UnknownContact)?.call.may_transfer(agent)?;
        let wish = self.transfer(contact, target)?;
        self.command_sip(now, Command::ReferProgress { leg, status: 200 }, out);
        self.command_call(now, contact, agent, wish, out)
    }

    pub(crate) fn referral_target(&self, user: &str) -> TransferTarget {
        let agent = self.directory.users.get(user).copied();
        let agent = agent.or_else(|| user.parse().ok().filter(|id| self.directory.agents.contains_key(id)));
        if let Some(agent) = agent {
            return TransferTarget::Agent(agent);
        }
        let queue = user.parse().ok().filter(|queue| self.rules.queues.contains_key(queue));
        queue.map_or_else(|| TransferTarget::Number(Dnis::new(user)), TransferTarget::Queue)
    }
}

pub(crate) fn refusal(error: CommandError) -> Cause {
    match error {
        CommandError::UnknownQueue
        | CommandError::UnknownSchedule
        | CommandError::UnknownAgent
        | CommandError::BadNumber
        | CommandError::NoTrunk => Cause::NotFound,
        CommandError::AgentUnavailable => Cause::Busy,
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
