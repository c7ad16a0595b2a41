//! Trunk groups: by which trunk a number is dialled, and by which one next when that one cannot. The leg is the same all the
//! while: whoever waits for its answer hears no difference.

use super::{Attempt, Way, trunk_uri};
use crate::api::{Target, Trunk};
use crate::dialog::Hop;
use crate::dice::Dice;
use crate::endpoint::Endpoint;
use crate::timers::LegTimer;
use crate::transaction::TxId;
use crate::transaction::client::User;
use core::time::Duration;
use domain::{Cause, LegId, TrunkId};
use std::collections::VecDeque;

/// How long a trunk may say nothing at all, not even 100, before the next one is tried. The transaction itself would wait
/// for 32 s, and no caller does.
const SILENCE: Duration = Duration::from_secs(4);

impl Endpoint {
    /// The way by the best trunk of the group of this one, with the others as its spares: those of the least priority
    /// first, and among equals by chance as their weights say. Full ones are left out, and those that do not answer unless
    /// nobody does.
    ///
    /// # Errors
    /// `NotFound`: there is no such trunk; `Unreachable`: none of the group can be called; `Overload`: all are full.
    pub(super) fn way_by_group(&mut self, id: TrunkId, number: &str) -> Result<Way, Cause> {
        let trunks = &self.core.setup.trunks;
        let named = trunks.iter().find(|trunk| trunk.id == id).ok_or(Cause::NotFound)?;
        let of_group = |trunk: &Trunk| {
            trunk.id == id || (named.group.is_some() && trunk.group == named.group && trunk.peer.is_some())
        };
        let mut group: Vec<(usize, &Trunk)> = trunks.iter().enumerate().filter(|(_, trunk)| of_group(trunk)).collect();
        group.retain(|(_, trunk)| trunk.peer.is_some());
        if group.is_empty() {
            return Err(Cause::Unreachable);
        }
        group.retain(|(_, trunk)| self.legs.on_trunk(trunk.id) < trunk.max_channels.unwrap_or(u32::MAX));
        let is_there = |at: usize| self.probes.get(at).is_none_or(|probe| !probe.is_down());
        if group.iter().any(|(at, _)| is_there(*at)) {
            group.retain(|(at, _)| is_there(*at));
        }
        let group = group.into_iter().map(|(_, trunk)| (trunk.priority, trunk.weight, trunk.id)).collect();
        let mut ordered = in_order(&mut self.core.dice, group);
        let first = ordered.pop_front().ok_or(Cause::Overload)?;
        let way = self.way_by(first, number).ok_or(Cause::Unreachable)?;
        Ok(Way { spares: ordered, ..way })
    }

    fn way_by(&self, id: TrunkId, number: &str) -> Option<Way> {
        let to = self.core.setup.trunks.iter().find(|trunk| trunk.id == id)?.peer?;
        let uri = trunk_uri(number, to, &self.core);
        Some(Way { uri, to, hop: Hop::Routed(to), browser: false, trunk: Some(id), spares: VecDeque::new() })
    }

    /// After a refusal with this status, or none at all: dials by the next trunk. False if there is none, or if another
    /// trunk would say the same: who is busy at one is busy at all.
    pub(super) fn fail_over(&mut self, tx: TxId, attempt: &Attempt, status: Option<u16>) -> bool {
        if status.is_some_and(|code| code != 408 && !(500..600).contains(&code)) {
            return false;
        }
        let Some(calling) = self.legs.calling_mut(attempt.leg) else { return false };
        let Target::Trunk(_, number) = &calling.invite.to else { return false };
        let (number, mut spares) = (number.clone(), attempt.spares.clone());
        while let Some(trunk) = spares.pop_front() {
            let Some(way) = self.way_by(trunk, &number).filter(|_| self.has_channel(trunk)) else { continue };
            let mut next = attempt.again();
            next.trunk = Some(trunk);
            next.dialog.remote = format!("<{}>", way.uri);
            next.dialog.contact = self.core.contact(way.to, &way.uri.scheme);
            next.dialog.target = way.uri;
            next.dialog.hop = way.hop;
            next.tries = 0;
            next.spares = spares.clone();
            if self.replace(tx, next) {
                self.legs.set_trunk(attempt.leg, trunk);
                self.await_word(attempt.leg, !spares.is_empty());
                return true;
            }
        }
        false
    }

    fn has_channel(&self, id: TrunkId) -> bool {
        let most = self.core.setup.trunks.iter().find(|trunk| trunk.id == id).and_then(|trunk| trunk.max_channels);
        self.legs.on_trunk(id) < most.unwrap_or(u32::MAX)
    }

    /// The trunk that is called now must say something soon, if there is another one.
    pub(super) fn await_word(&mut self, leg: LegId, has_spares: bool) {
        if has_spares {
            self.core.arm(leg, LegTimer::Silence, SILENCE);
        } else {
            self.core.disarm(leg, LegTimer::Silence);
        }
    }

    /// A trunk has had its time to say something.
    pub(crate) fn on_no_word(&mut self, leg: LegId) {
        let Some(tx) = self.legs.calling_mut(leg).and_then(|calling| calling.attempts.first().copied()) else { return };
        match self.core.take_user(tx) {
            Some(User::Attempt(attempt)) if !attempt.provisional && attempt.cancelled.is_none() => {
                if self.fail_over(tx, &attempt, None) {
                    // If it answers after all, it is hung up on.
                    self.cancel_attempt(tx, attempt, Cause::NoAnswer);
                } else {
                    self.core.give_back(tx, User::Attempt(attempt));
                }
            }
            Some(other) => self.core.give_back(tx, other),
            None => {}
        }
    }
}

/// By priority, and among equals by weighted chance (RFC 2782).
fn in_order(dice: &mut Dice, mut left: Vec<(u16, u16, TrunkId)>) -> VecDeque<TrunkId> {
    left.sort_by_key(|(priority, ..)| *priority);
    let mut ordered = VecDeque::with_capacity(left.len());
    while let Some((first, ..)) = left.first().copied() {
        let equals = left.iter().take_while(|(priority, ..)| *priority == first).count();
        let at = if equals > 1 { drawn(dice, left.get(..equals).unwrap_or_default()) } else { 0 };
        ordered.push_back(left.remove(at).2);
    }
    ordered
}

/// One of several, as their weights say.
fn drawn(dice: &mut Dice, equals: &[(u16, u16, TrunkId)]) -> usize {
    let total: u64 = equals.iter().map(|(_, weight, _)| u64::from(*weight)).sum();
    let mut draw = u64::from_le_bytes(dice.bytes()) % total.max(1);
    let hit = equals.iter().position(|(_, weight, _)| match draw.checked_sub(u64::from(*weight)) {
        Some(rest) => {
            draw = rest;
            false
        }
        None => true,
    });
    hit.unwrap_or(0)
}
