//! What a contact needs of an agent.

use crate::{Proficiency, SkillId};
use core::time::Duration;

/// One step of a requirement: from `after` on, these skills at these least levels.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ring {
    /// Time since the contact entered the line, from which this ring is in force.
    pub after: Duration,
    /// Needed skills with the least level, ordered by skill, each skill once.
    pub need: Vec<(SkillId, Proficiency)>,
}

/// The rings of a contact in order of time; the first is in force at once. Empty: any agent will do.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Requirement(Vec<Ring>);

impl Requirement {
    /// A requirement of these rings, put in order of time, each need in order of skill.
    #[must_use]
    pub fn new(mut rings: Vec<Ring>) -> Self {
        for ring in &mut rings {
            ring.need.sort();
            ring.need.dedup_by_key(|(skill, _)| *skill);
        }
        rings.sort_by_key(|ring| ring.after);
        Self(rings)
    }

    /// A requirement that never relaxes.
    #[must_use]
    pub fn fixed(need: Vec<(SkillId, Proficiency)>) -> Self {
        Self::new(vec![Ring { after: Duration::ZERO, need }])
    }

    /// The rings in order of time.
    #[must_use]
    pub fn rings(&self) -> &[Ring] {
        &self.0
    }

    /// What is needed after `waited` in line.
    #[must_use]
    pub fn need_at(&self, waited: Duration) -> &[(SkillId, Proficiency)] {
        self.0.iter().rev().find(|ring| ring.after <= waited).map_or(&[], |ring| &ring.need)
    }
}
