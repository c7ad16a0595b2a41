//! Conferences: who hears whom is a table, and two who hear each other as they are need none of this.

use super::Worker;
use crate::slow::Slow;
use domain::LegId;
use media::FRAME;
use media::api::Event;
use media::mixer::Table;
use media::stream::Source;
use media::tape::{Audio, Channel, Said};

/// One conference.
pub(super) struct Room {
    table: Table,
    /// Whether its legs are mixed, or relayed to each other.
    is_mixed: bool,
    /// What each leg says in this tick, in the table's order.
    frames: Vec<[i16; FRAME]>,
}

impl Worker {
    /// Put these legs into a conference of their own.
    pub(super) fn on_mix(&mut self, legs: &[LegId], gains: &[(LegId, LegId, u16)]) {
        let known: Vec<LegId> = legs.iter().copied().filter(|leg| self.legs.find(*leg).is_some()).collect();
        let mut table = Table::new(&known);
        for (from, to, permille) in gains {
            table.set(*from, *to, *permille);
        }
        let slots: Vec<usize> = table.legs().iter().filter_map(|leg| self.legs.find(*leg)).collect();
        if slots.len() < 2 {
            return;
        }
        for slot in &slots {
            self.leave_room(*slot);
        }
        let room = Some(Room { table, is_mixed: false, frames: Vec::new() });
        let place = self.rooms.iter().position(Option::is_none).unwrap_or(self.rooms.len());
        if place == self.rooms.len() {
            self.rooms.push(room);
        } else {
            self.rooms[place] = room;
        }
        for slot in slots {
            self.with(slot, |leg| leg.room = Some(place));
        }
        self.settle_room(place);
    }

    /// Change one cell of a table.
    pub(super) fn on_gain(&mut self, from: LegId, to: LegId, permille: u16) {
        let Some(place) = self.legs.find(from).and_then(|slot| self.legs.at(slot)).and_then(|leg| leg.room) else {
            return;
        };
        if let Some(Some(room)) = self.rooms.get_mut(place) {
            room.table.set(from, to, permille);
            self.settle_room(place);
        }
    }

    /// Take a leg out of its conference. What is left of two is none.
    pub(super) fn leave_room(&mut self, slot: usize) {
        let Some((id, Some(place))) = self.legs.at(slot).map(|leg| (leg.id, leg.room)) else { return };
        self.with(slot, |leg| (leg.room, leg.peer) = (None, None));
        let Some(Some(room)) = self.rooms.get_mut(place) else { return };
        room.table.remove(id);
        if let [last] = *room.table.legs() {
            self.rooms[place] = None;
            if let Some(slot) = self.legs.find(last) {
                self.with(slot, |leg| (leg.room, leg.peer) = (None, None));
            }
        } else {
            self.settle_room(place);
        }
    }

    /// Decide between relaying and mixing, after a change of the table or of what a leg has agreed to.
    pub(super) fn settle_room(&mut self, place: usize) {
        let now = self.now.media;
        let Some(Some(room)) = self.rooms.get(place) else { return };
        let legs = room.table.legs().to_vec();
        let pair = room.table.plain_pair().and_then(|(a, b)| Some((self.legs.find(a)?, self.legs.find(b)?)));
        let codec = |worker: &mut Self, slot: usize| Some(worker.legs.at(slot)?.terms?.codec);
        let relayed = pair.filter(|(a, b)| match (codec(self, *a), codec(self, *b)) {
            (Some(one), Some(other)) => one.relays_to(other),
            // Nothing is said before both sides have agreed.
            _ => true,
        });
        if let Some(Some(room)) = self.rooms.get_mut(place) {
            room.is_mixed = relayed.is_none();
        }
        for id in legs {
            let Some(slot) = self.legs.find(id) else { continue };
            let peer = relayed.map(|(a, b)| if slot == a { b } else { a });
            self.with(slot, |leg| {
                leg.speaking.is_fed &= leg.peer == peer;
                leg.peer = peer;
                leg.speaking.relayed_at = now;
                if relayed.is_none() != leg.is_mixed {
                    leg.is_mixed = relayed.is_none();
                    leg.slow_mut().map(Slow::restart);
                }
            });
        }
    }

    /// Let each leg of each conference hear what its column of the table says. Called at every tick.
    pub(super) fn mix_rooms(&mut self) {
        for place in 0..self.rooms.len() {
            let Some(mut room) = self.rooms[place].take_if(|room| room.is_mixed) else { continue };
            self.collect(&mut room);
            for id in room.table.legs() {
                let mut out = [0; FRAME];
                let hears = room.table.heard_by(*id, &room.frames, &mut out);
                if let Some(slow) =
                    self.legs.find(*id).and_then(|slot| self.legs.at(slot)).and_then(|leg| leg.slow_mut())
                {
                    slow.mixed = hears.then_some(out);
                }
            }
            self.record(&room);
            self.rooms[place] = Some(room);
        }
    }

    /// What each leg says in these 20 ms.
    fn collect(&mut self, room: &mut Room) {
        room.frames.clear();
        let mut digits = Vec::new();
        for id in room.table.legs() {
            let mut frame = [0; FRAME];
            if let Some(leg) = self.legs.find(*id).and_then(|slot| self.legs.at(slot)) {
                let hears_keys = leg.terms.is_some_and(|terms| terms.dtmf_pt.is_none() && terms.direction.receives());
                let is_heard = leg.terms.is_some_and(|terms| terms.direction.receives()) && !leg.hearing.is_muted;
                let mut on_digit = |digit| digits.push((*id, digit));
                if let Some(slow) = leg.slow_mut() {
                    slow.pull(&mut frame, hears_keys.then_some(&mut on_digit));
                }
                if !is_heard {
                    frame = [0; FRAME];
                }
            }
            room.frames.push(frame);
        }
        for (leg, digit) in digits {
            self.tell(Event::Digit { leg, digit });
        }
    }

    /// Lay what is said on the recordings of this conference: the customer left, and right what the table lets it hear.
    fn record(&mut self, room: &Room) {
        let timestamp = (self.ticks * FRAME as u64) as u32;
        let tap = |worker: &mut Self, id: LegId| {
            worker.legs.find(id).and_then(|slot| worker.legs.at(slot)).and_then(|leg| leg.tap)
        };
        for (id, frame) in room.table.legs().iter().zip(&room.frames) {
            let Some((tape, channel)) = tap(self, *id) else { continue };
            if channel == Channel::Customer {
                self.lay(*id, (tape, channel), timestamp, frame);
                let mut side = [0; FRAME];
                let agent =
                    room.table.legs().iter().copied().find(|leg| tap(self, *leg) == Some((tape, Channel::Agent)));
                if room.table.agents_side(*id, agent, &room.frames, &mut side) {
                    self.lay(agent.unwrap_or(*id), (tape, Channel::Agent), timestamp, &side);
                }
            } else if !room.table.legs().iter().any(|leg| tap(self, *leg) == Some((tape, Channel::Customer))) {
                self.lay(*id, (tape, channel), timestamp, frame);
            }
        }
    }

    fn lay(&mut self, leg: LegId, tap: (usize, Channel), timestamp: u32, frame: &[i16; FRAME]) {
        let said = Said { source: Source { leg, ssrc: 0 }, timestamp, audio: Audio::Samples(frame) };
        self.tapes.write(self.now.media, tap, &said);
    }

    /// A leg of a mixed conference keyed a digit: those who hear it get it as digits of ours.
    pub(super) fn pass_digit(&mut self, from: LegId, place: usize, digit: char) {
        let Some(Some(room)) = self.rooms.get(place) else { return };
        let hearers: Vec<LegId> =
            room.table.legs().iter().copied().filter(|to| room.table.gain(from, *to) > 0).collect();
        for slot in hearers.into_iter().filter_map(|leg| self.legs.find(leg)).collect::<Vec<_>>() {
            self.with(slot, |leg| {
                if leg.terms.is_some_and(|terms| terms.dtmf_pt.is_some() && terms.direction.sends()) {
                    leg.speaking.digits.push(digit.encode_utf8(&mut [0; 4]));
                }
            });
        }
    }
}
