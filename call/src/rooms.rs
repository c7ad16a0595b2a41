//! Who hears whom at this moment, and who is on the tape: the one place that decides it. It is worked out anew from
//! where everybody stands; what differs from before is what the media workers are told.
//!
//! The table: the customer and those who talk with the customer are in one room, the agent and the one consulted in
//! another while the customer hears music. A supervisor is where the agent is, hears everybody there, and is heard by
//! nobody (listen), by the agent alone (whisper) or by all (barge). An agent whose phone has two calls is in both rooms,
//! with the one call in each, and out of the room whose call the phone holds. The recording has the customer on the left, and on
//! the right what the customer hears of people: nothing that is said while the customer hears music.

use crate::api::{Effect, MediaEffect, Phase};
use crate::engine::{Call, Tape};
use crate::part::Stage;
use domain::{ConsultStage, LegId, Monitor};

/// The gain that changes nothing, in thousandths.
const UNITY: u16 = 1_000;

/// Legs that hear each other as they are, but for some cells of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    legs: Vec<LegId>,
    /// From, to, thousandths.
    gains: Vec<(LegId, LegId, u16)>,
}

/// How loud a supervisor is heard, in thousandths.
const fn gain(mode: Monitor, by_agent: bool) -> u16 {
    match (mode, by_agent) {
        (Monitor::Listen, _) | (Monitor::Whisper, false) => 0,
        (Monitor::Whisper, true) | (Monitor::Barge, _) => UNITY,
    }
}

impl Room {
    fn gain(&self, from: LegId, to: LegId) -> u16 {
        let cell = self.gains.iter().find(|(a, b, _)| (*a, *b) == (from, to));
        cell.map_or(UNITY, |(_, _, gain)| *gain)
    }

    /// Opens the room; its legs leave whatever they were in.
    fn open(&self, effects: &mut Vec<Effect>) {
        let Some(first) = self.legs.first().copied() else { return };
        effects.push(Effect::Media(
            first,
            match (self.legs.as_slice(), self.gains.as_slice()) {
                ([_, other], []) => MediaEffect::Bridge(*other),
                _ => MediaEffect::Mix { legs: self.legs.clone(), gains: self.gains.clone() },
            },
        ));
    }

    /// The same legs stay: only the cells that differ are told, so that nobody's audio is interrupted.
    fn change(&self, before: &Self, effects: &mut Vec<Effect>) {
        for from in &self.legs {
            for to in self.legs.iter().filter(|to| *to != from) {
                let permille = self.gain(*from, *to);
                if before.gain(*from, *to) != permille {
                    effects.push(Effect::Media(*from, MediaEffect::Gain { to: *to, permille }));
                }
            }
        }
    }
}

impl Call {
    /// Puts everybody where they belong.
    pub(crate) fn settle_rooms(&mut self, effects: &mut Vec<Effect>) {
        let rooms = self.rooms();
        let before = core::mem::replace(&mut self.rooms, rooms);
        for room in &self.rooms {
            match before.iter().find(|old| old.legs == room.legs) {
                Some(old) => room.change(old, effects),
                None => room.open(effects),
            }
        }
        let alive = self.legs();
        let is_alone = |leg: &&LegId| alive.contains(leg) && !self.rooms.iter().any(|room| room.legs.contains(leg));
        for leg in before.iter().flat_map(|room| &room.legs).filter(is_alone) {
            effects.push(Effect::Media(*leg, MediaEffect::Unbridge));
        }
        self.settle_tape(effects);
    }

    /// Who talks with the customer, and who talks while the customer hears music.
    fn sides(&self) -> (Vec<LegId>, Vec<LegId>) {
        let (mut front, mut back) = (Vec::new(), Vec::new());
        if !self.customer.gone && self.phase == Phase::Connected {
            front.push(self.customer.leg);
        }
        front.extend(self.far_leg());
        let serving = self.serving().map(|index| &self.parts[index]);
        let is_held = serving.is_some_and(|part| part.stage == Stage::Held);
        let second = self.second_leg();
        if let Some(leg) = serving.and_then(|part| part.leg) {
            match (is_held, second) {
                (false, _) => front.push(leg),
                (true, None) => back.push(leg),
                (true, Some(_)) => {}
            }
        }
        back.extend(self.listening_second());
        match (self.consulted_leg(), self.consult.as_ref().map(|consult| consult.stage)) {
            // Whom a phone with two calls joins, it joins by itself.
            (Some(leg), _) if second.is_some() => back.extend(self.listening_second().map(|_| leg)),
            (Some(leg), Some(ConsultStage::Consulting)) => back.push(leg),
            (Some(leg), Some(ConsultStage::Conference)) => front.push(leg),
            _ => {}
        }
        let watching = self.monitors.iter().filter(|monitor| monitor.joined).map(|monitor| monitor.leg);
        if is_held {
            back.extend(watching)
        } else {
            front.extend(watching)
        }
        (front, back)
    }

    fn rooms(&self) -> Vec<Room> {
        let agent = self.serving().and_then(|index| self.agent_leg(index));
        let (front, back) = self.sides();
        let rooms = [front, back].into_iter().filter(|legs| legs.len() > 1);
        rooms.map(|legs| Room { gains: self.gains(&legs, agent), legs }).collect()
    }

    fn gains(&self, legs: &[LegId], agent: Option<LegId>) -> Vec<(LegId, LegId, u16)> {
        let watching = self.monitors.iter().filter(|monitor| legs.contains(&monitor.leg));
        let cells = watching.flat_map(|monitor| {
            let hearers = legs.iter().filter(|to| **to != monitor.leg);
            hearers.map(|to| (monitor.leg, *to, gain(monitor.mode, Some(*to) == agent)))
        });
        cells.filter(|(_, _, gain)| *gain != UNITY).collect()
    }

    /// The right channel: whom the customer hears.
    pub(crate) fn heard_by_customer(&self) -> Option<LegId> {
        let talks = |index: &usize| self.parts[*index].stage == Stage::Talking;
        self.serving().filter(talks).and_then(|index| self.parts[index].leg).or_else(|| self.far_leg())
    }

    fn settle_tape(&mut self, effects: &mut Vec<Effect>) {
        let (agent, recording) = (self.heard_by_customer(), self.recording);
        if self.tape == Tape::Running && self.taped != agent {
            self.taped = agent;
            effects.push(Effect::Media(self.customer.leg, MediaEffect::RecordAgent { recording, agent }));
        }
    }
}
