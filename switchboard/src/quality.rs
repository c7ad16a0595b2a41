//! How legs sound: the media workers measure, contacts keep the result, supervisors see the last seconds.

use crate::api::Effect;
use crate::engine::{Directory, Job, Switchboard};
use core::time::Duration;
use domain::{AgentId, ContactEvent, ContactEventKind, ContactId, Instant, LegId, LegQuality, LegRole};
use media::api::LegStats;
use std::collections::BTreeMap;

/// Figures come milliseconds after the end of a leg. Those that have not come in this time never will: a media event was
/// lost.
const FIGURES_WITHIN: Duration = Duration::from_secs(30);

/// So many contacts are waited for before it is looked whose figures never came.
const AWAITED_MAX: usize = 1_024;

/// A leg with an open media session.
struct Party {
    contact: ContactId,
    role: LegRole,
    agent: Option<AgentId>,
    /// How it sounded in the last seconds.
    lately: Option<LegQuality>,
}

/// A contact that is over, while figures of its legs are on their way.
struct Awaited {
    last_event: u32,
    legs: Vec<LegId>,
    until: Instant,
}

/// The legs that are being measured.
#[derive(Default)]
pub(crate) struct Quality {
    legs: BTreeMap<LegId, Party>,
    awaited: BTreeMap<ContactId, Awaited>,
}

fn quality(party: &Party, stats: &LegStats) -> LegQuality {
    LegQuality {
        role: party.role,
        agent: party.agent,
        codec: stats.codec.map(|codec| codec.name().to_owned()).unwrap_or_default(),
        received: stats.received,
        lost: stats.lost,
        peer_lost: stats.peer_lost,
        jitter_mean_us: stats.jitter_us,
        jitter_max_us: stats.jitter_max_us,
        round_trip_us: (stats.round_trip_us > 0).then_some(stats.round_trip_us),
        // To the nearest hundredth.
        mos_hundredths: (stats.mos_permille > 0).then_some((stats.mos_permille + 5) / 10),
    }
}

impl Quality {
    /// A leg's media session is opened.
    pub fn open(&mut self, leg: LegId, contact: ContactId, (role, agent): (LegRole, Option<AgentId>)) {
        self.legs.insert(leg, Party { contact, role, agent, lately: None });
    }

    /// A leg's media session could not be opened: it is not measured.
    pub fn unopened(&mut self, leg: LegId) {
        self.legs.remove(&leg);
    }

    /// How the last seconds were.
    pub fn lately(&mut self, told: &[(LegId, LegStats)]) {
        for (leg, stats) in told {
            if let Some(party) = self.legs.get_mut(leg) {
                party.lately = Some(quality(party, stats));
            }
        }
    }

    /// How these legs sounded in the last seconds.
    pub fn of(&self, legs: &[LegId]) -> Vec<LegQuality> {
        legs.iter().filter_map(|leg| self.legs.get(leg)?.lately.clone()).collect()
    }

    /// A contact is over; the figures of its last legs follow.
    pub fn contact_over(&mut self, now: Instant, contact: ContactId, last_event: u32, legs: &[LegId]) {
        let legs: Vec<LegId> = legs.iter().filter(|leg| self.legs.contains_key(leg)).copied().collect();
        if legs.is_empty() {
            return;
        }
        if self.awaited.len() >= AWAITED_MAX {
            let (late, awaited) = core::mem::take(&mut self.awaited).into_iter().partition(|(_, of)| of.until <= now);
            self.awaited = awaited;
            let late: BTreeMap<ContactId, Awaited> = late;
            late.into_values().flat_map(|of| of.legs).for_each(|leg| self.unopened(leg));
        }
        self.awaited.insert(contact, Awaited { last_event, legs, until: now + FIGURES_WITHIN });
    }

    #[cfg(test)]
    pub fn awaits(&self) -> usize {
        self.awaited.len()
    }

    /// A leg is over: its contact and how it sounded, if anything was said on it.
    fn measured(
        &mut self,
        leg: LegId,
        directory: &Directory,
        stats: &LegStats,
    ) -> Option<(ContactId, Option<LegQuality>)> {
        let party = self.legs.remove(&leg)?;
        let contact = directory.legs.get(&leg).copied().unwrap_or(party.contact);
        Some((contact, (stats.received > 0 || stats.sent > 0).then(|| quality(&party, stats))))
    }

    /// A leg of a contact that is over has its figures: the event of them, if there is anything to tell.
    fn late_event(
        &mut self,
        now: Instant,
        contact: ContactId,
        leg: LegId,
        quality: Option<LegQuality>,
    ) -> Option<ContactEvent> {
        let awaited = self.awaited.get_mut(&contact)?;
        awaited.legs.retain(|other| *other != leg);
        awaited.last_event += u32::from(quality.is_some());
        let (seq, is_last) = (awaited.last_event, awaited.legs.is_empty());
        if is_last {
            self.awaited.remove(&contact);
        }
        Some(ContactEvent { contact, seq, at: now, kind: ContactEventKind::LegQuality(quality?) })
    }
}

impl Switchboard {
    /// A leg is over, and this is what was measured.
    pub(crate) fn on_measured(&mut self, now: Instant, leg: LegId, stats: &LegStats, out: &mut Vec<Effect>) {
        let Some((contact, quality)) = self.quality.measured(leg, &self.directory, stats) else { return };
        if !self.calls.contains_key(&contact) {
            out.extend(self.quality.late_event(now, contact, leg, quality).map(Effect::Store));
        } else if let Some(quality) = quality {
            self.jobs.push_back(Job::Call(contact, call::Fact::Measured(Box::new(quality))));
        }
    }
}
