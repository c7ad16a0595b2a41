//! Who is on which leg.

use crate::engine::Call;
use domain::{AgentId, LegId, LegRole};

impl Call {
    /// Who is on this leg of the call, with the agent or supervisor.
    #[must_use]
    pub fn party(&self, leg: LegId) -> (LegRole, Option<AgentId>) {
        if leg == self.customer.leg {
            return (LegRole::Customer, None);
        }
        if let Some(part) = self.parts.iter().rfind(|part| part.leg == Some(leg)) {
            return (LegRole::Agent, Some(part.agent));
        }
        match self.monitors.iter().find(|monitor| monitor.leg == leg) {
            Some(monitor) => (LegRole::Supervisor, Some(monitor.agent)),
            None => (LegRole::Number, None),
        }
    }
}
