//! Types of contacts, numbered as they come.

use super::Kind;
use crate::agent::Agent;
use crate::api::QueueSetup;
use crate::capacity::bit;
use crate::contact::Contact;
use crate::queue::Queue;
use domain::{Channel, Proficiency, QueueId, SkillId};
use std::collections::BTreeMap;

/// Types that are told apart. Contacts of still other ones are not forecast: a floor on which every contact brings a
/// need of its own has nothing to learn from.
const MOST: usize = 4_096;

/// Contacts that the same agents can take.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Type {
    queue: QueueId,
    channel: Channel,
    /// The least that is ever needed: that of the last ring. An agent of a later ring serves too, only later, which the
    /// correction learns.
    need: Vec<(SkillId, Proficiency)>,
}

impl Type {
    fn is_taken_by(&self, agent: &Agent) -> bool {
        let skills = &agent.setup.skills;
        let level = |skill| skills.iter().find(|(held, _)| *held == skill).map(|(_, level)| *level);
        agent.capacity.channels & bit(self.channel) != 0
            && agent.setup.queues.iter().any(|part| part.queue == self.queue)
            && self.need.iter().all(|(skill, least)| level(*skill).is_some_and(|held| held >= *least))
    }
}

/// The types seen so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Kinds {
    types: BTreeMap<Type, Kind>,
}

impl Kinds {
    /// The kind of a contact in line; true: it is a new one. `None`: there are too many.
    pub(super) fn of(&mut self, queue: QueueId, contact: &Contact, at: &Queue) -> Option<(Kind, bool)> {
        let need = contact.rings(at).last().map_or_else(Vec::new, |ring| ring.need.clone());
        let wanted = Type { queue, channel: contact.ask.channel, need };
        if let Some(kind) = self.types.get(&wanted) {
            return Some((*kind, false));
        }
        let kind = Kind(u16::try_from(self.types.len()).ok().filter(|count| usize::from(*count) < MOST)?);
        self.types.insert(wanted, kind);
        Some((kind, true))
    }

    /// The kind of calls that bring no need of their own to a queue, if there has been one.
    pub(super) fn usual(&self, queue: &QueueSetup) -> Option<Kind> {
        let need = queue.requirement.rings().last().map_or_else(Vec::new, |ring| ring.need.clone());
        self.types.get(&Type { queue: queue.id, channel: Channel::Voice, need }).copied()
    }

    /// All kinds that an agent can take.
    pub(super) fn taken_by(&self, agent: &Agent) -> Vec<Kind> {
        self.types.iter().filter(|(wanted, _)| wanted.is_taken_by(agent)).map(|(_, kind)| *kind).collect()
    }

    /// The kinds of a queue.
    pub(super) fn in_queue(&self, queue: QueueId) -> impl Iterator<Item = Kind> {
        let first = Type { queue, channel: Channel::ALL[0], need: Vec::new() };
        self.types.range(first..).take_while(move |(wanted, _)| wanted.queue == queue).map(|(_, kind)| *kind)
    }
}
