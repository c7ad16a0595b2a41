//! A new configuration while calls go on.

use crate::Switchboard;
use crate::api::{Effect, Reconfiguration};
use domain::{AgentId, DeskBody, Instant};
use std::collections::BTreeSet;

impl Switchboard {
    /// Queues, agents and rules act at once, also on those who wait. A call that is in a flow stays in that flow.
    pub(crate) fn reconfigure(&mut self, now: Instant, new: Reconfiguration, out: &mut Vec<Effect>) {
        let known: BTreeSet<AgentId> = self.rules.agents.iter().map(|agent| agent.id).collect();
        let phones_before: Vec<(AgentId, bool)> =
            known.iter().map(|agent| (*agent, self.directory.reachable(*agent))).collect();
        for user in new.remove_users {
            self.sip.remove_user(&user);
        }
        for credentials in new.add_users {
            self.sip.add_user(credentials);
        }
        self.directory.name(&new.rules.agents);
        self.rules = new.rules;
        self.count_queues(&new.acd);
        self.tell_acd(now, acd::api::Fact::Reconfigured(Box::new(new.acd)), out);
        for (agent, before) in phones_before {
            let routable = self.directory.reachable(agent);
            if routable != before {
                self.tell_acd(now, acd::api::Fact::Routable { agent, routable }, out);
                self.tell_desk(now, agent, DeskBody::Phone { reachable: routable }, out);
            }
        }
        self.set_schedules(now);
        self.sign_in_configured(now, &known, out);
    }
}
