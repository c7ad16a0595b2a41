//! Who is signed in and who is busy, and for how long in all.

use super::centre::Centre;
use domain::OfferId;

/// What an agent does.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Desk {
    pub(super) group: u16,
    pub(super) is_in: bool,
    pub(super) is_busy: bool,
    /// Signs out after the work in hand.
    pub(super) is_leaving: bool,
    /// The slot of the contact with which the agent talks.
    pub(super) contact: Option<u32>,
    /// The offer that rings, and when it is answered or declined; the largest number: not yet.
    pub(super) offer: Option<(OfferId, u64)>,
    /// Since when the agent talks.
    pub(super) talks_since: u64,
    /// Whose after-contact work the agent does, and since when.
    pub(super) wraps_up: Option<(Served, u64)>,
}

/// A contact that an agent had in hand, as its queue's figures of the day take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Served {
    pub(super) queue: u16,
    /// The customer had waited on the line.
    pub(super) is_live: bool,
    /// It is a call back of this type that is over when the agent is done.
    pub(super) callback_of: Option<u16>,
}

/// Agents of a group at this moment, and agent-microseconds so far.
#[derive(Clone, Copy, Debug, Default)]
struct Staff {
    signed_in: u32,
    busy: u32,
    area: Area,
    /// Up to when the area has been added up.
    added_up_to: u64,
}

impl Staff {
    #[inline]
    fn add_up(&mut self, now: u64) {
        let passed = now - self.added_up_to;
        self.area.signed_in += passed * u64::from(self.signed_in);
        self.area.busy += passed * u64::from(self.busy);
        self.added_up_to = now;
    }
}

/// Agent-microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) signed_in: u64,
    pub(super) busy: u64,
}

/// The agents.
#[derive(Debug)]
pub(super) struct Floor {
    pub(super) desks: Vec<Desk>,
    groups: Vec<Staff>,
    begun: Option<Vec<Area>>,
    ended: Option<Vec<Area>>,
}

impl Floor {
    pub(super) fn new(centre: &Centre) -> Self {
        let desk = |group| Desk { group, ..Desk::default() };
        Self {
            desks: centre.seats.iter().map(|seat| desk(seat.group)).collect(),
            groups: vec![Staff::default(); centre.scenario().groups.len()],
            begun: None,
            ended: None,
        }
    }

    /// Agents signed in.
    pub(super) fn signed_in(&self) -> u32 {
        self.groups.iter().map(|group| group.signed_in).sum()
    }

    /// The agent's group, up to date.
    #[inline]
    fn group_of(&mut self, now: u64, agent: u32) -> (&mut Desk, &mut Staff) {
        let desk = &mut self.desks[agent as usize];
        let group = &mut self.groups[usize::from(desk.group)];
        group.add_up(now);
        (desk, group)
    }

    pub(super) fn sign_in(&mut self, now: u64, agent: u32) {
        let (desk, group) = self.group_of(now, agent);
        group.signed_in += u32::from(!desk.is_in);
        desk.is_in = true;
    }

    /// The agent leaves, at once or after the work in hand.
    pub(super) fn sign_out(&mut self, now: u64, agent: u32) {
        let (desk, group) = self.group_of(now, agent);
        desk.is_leaving = desk.is_busy;
        if desk.is_in && !desk.is_busy {
            desk.is_in = false;
            group.signed_in -= 1;
        }
    }

    pub(super) fn occupy(&mut self, now: u64, agent: u32) {
        let (desk, group) = self.group_of(now, agent);
        group.busy += u32::from(!desk.is_busy);
        desk.is_busy = true;
    }

    pub(super) fn free(&mut self, now: u64, agent: u32) {
        let (desk, group) = self.group_of(now, agent);
        group.busy -= u32::from(desk.is_busy);
        desk.is_busy = false;
        if desk.is_leaving {
            self.sign_out(now, agent);
        }
    }

    /// Measuring begins.
    pub(super) fn begin(&mut self, now: u64) {
        self.begun = Some(self.areas(now));
    }

    /// Measuring ends.
    pub(super) fn end(&mut self, now: u64) {
        self.ended = Some(self.areas(now));
    }

    fn areas(&mut self, now: u64) -> Vec<Area> {
        self.groups.iter_mut().for_each(|group| group.add_up(now));
        self.groups.iter().map(|group| group.area).collect()
    }

    /// Agent-microseconds of each group while measuring.
    pub(super) fn measured(&mut self, now: u64) -> Vec<Area> {
        let ended = self.ended.take().unwrap_or_else(|| self.areas(now));
        let begun = self.begun.take().unwrap_or_else(|| ended.clone());
        let part = |(end, begin): (&Area, &Area)| Area {
            signed_in: end.signed_in - begin.signed_in,
            busy: end.busy - begin.busy,
        };
        ended.iter().zip(&begun).map(part).collect()
    }
}
