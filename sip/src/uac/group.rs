//! Trunk groups: by which trunk a number is dialled, and by which one next when that one cannot. The leg is the same all the
//! while: whoever waits for its answer hears no difference.

use super::{Attempt, NoWay, Way, trunk_uri};
use crate::api::{Destination, Target, Trunk};
use crate::dialog::Hop;
use crate::endpoint::Endpoint;
use crate::locate::Host;
use crate::timers::LegTimer;
use crate::transaction::TxId;
use crate::transaction::client::User;
use core::time::Duration;
use domain::{Cause, LegId, TrunkId};
use std::collections::VecDeque;

/// How long a trunk may say nothing at all, not even 100, before the next one is tried. The transaction itself would wait
/// for 32 s, and no caller does.
const SILENCE: Duration = Duration::from_secs(4);

/// Whether calls can be sent to a trunk.
const fn has_way(trunk: &Trunk) -> bool {
    trunk.peer.is_some() || trunk.host.is_some()
}

impl Endpoint {
    /// The way by the best trunk of the group of this one, with the others as its spares: those of the least priority
    /// first, and among equals by chance as their weights say. Full ones are left out, and those that do not answer unless
    /// nobody does.
    ///
    /// # Errors
    /// `NotFound`: there is no such trunk; `Unreachable`: none of the group can be called; `Overload`: all are full. Or the
    /// host of the best one is being looked for.
    pub(super) fn way_by_group(&mut self, id: TrunkId, number: &str) -> Result<Way, NoWay> {
        let trunks = &self.core.setup.trunks;
        let named = trunks.iter().find(|trunk| trunk.id == id).ok_or(NoWay::Failed(Cause::NotFound))?;
        let of_group =
            |trunk: &Trunk| trunk.id == id || (named.group.is_some() && trunk.group == named.group && has_way(trunk));
        let mut group: Vec<(usize, &Trunk)> = trunks.iter().enumerate().filter(|(_, trunk)| of_group(trunk)).collect();
        group.retain(|(_, trunk)| has_way(trunk));
        if group.is_empty() {
            return Err(NoWay::Failed(Cause::Unreachable));
        }
        group.retain(|(_, trunk)| self.legs.on_trunk(trunk.id) < trunk.max_channels.unwrap_or(u32::MAX));
        let is_there = |at: usize| self.probes.get(at).is_none_or(|probe| !probe.is_down());
        if group.iter().any(|(at, _)| is_there(*at)) {
            group.retain(|(at, _)| is_there(*at));
        }
        let group = group.into_iter().map(|(_, trunk)| (trunk.priority, trunk.weight, trunk.id)).collect();
        let mut ordered = self.core.dice.in_order(group);
        let first = ordered.pop_front().ok_or(NoWay::Failed(Cause::Overload))?;
        // One whose host is nowhere is passed over, as one that does not answer.
        let mut way = self.way_by(first, number);
        while matches!(way, Err(NoWay::Failed(_)))
            && let Some(next) = ordered.pop_front()
        {
            way = self.way_by(next, number);
        }
        Ok(Way { spares: ordered, ..way? })
    }

    fn way_by(&mut self, id: TrunkId, number: &str) -> Result<Way, NoWay> {
        let unreachable = NoWay::Failed(Cause::Unreachable);
        let Some(trunk) = self.core.setup.trunks.iter().find(|trunk| trunk.id == id) else { return Err(unreachable) };
        let (uri, to, others) = match (trunk.host.clone(), trunk.peer) {
            (Some(host), _) => {
                let (to, others) = self.located(&host)?;
                (host.uri(number), to, others)
            }
            (None, Some(to)) => (trunk_uri(number, to, &self.core), to, VecDeque::new()),
            (None, None) => return Err(unreachable),
        };
        Ok(Way { uri, to, others, hop: Hop::Routed(to), browser: false, trunk: Some(id), spares: VecDeque::new() })
    }

    /// The best way to a host, and the others.
    ///
    /// # Errors
    /// It is nowhere, or it is being looked for.
    pub(super) fn located(&mut self, host: &Host) -> Result<(Destination, VecDeque<Destination>), NoWay> {
        let mut ways = self.locate(host).ok_or(NoWay::Wait)?;
        let first = ways.pop_front().ok_or(NoWay::Failed(Cause::Unreachable))?;
        Ok((first, ways))
    }

    /// After silence, or a 503: calls by the next address of the same host (RFC 3263 §4.3). False if there is none.
    fn next_address(&mut self, tx: TxId, attempt: &Attempt) -> bool {
        let mut others = attempt.others.clone();
        while let Some(to) = others.pop_front() {
            let mut next = attempt.again();
            next.dialog.contact = self.core.contact(to, &next.dialog.target.scheme);
            next.dialog.hop = Hop::Routed(to);
            next.tries = attempt.tries;
            next.others = others.clone();
            let goes_on = !others.is_empty() || !next.spares.is_empty();
            if self.replace(tx, next) {
                self.await_word(attempt.leg, goes_on);
                return true;
            }
        }
        false
    }

    /// After a refusal with this status, or none at all: dials by the next trunk. False if there is none, or if another
    /// trunk would say the same: who is busy at one is busy at all.
    pub(super) fn fail_over(&mut self, tx: TxId, attempt: &Attempt, status: Option<u16>) -> bool {
        if status.is_some_and(|code| code != 408 && !(500..600).contains(&code)) {
            return false;
        }
        if matches!(status, None | Some(503)) && self.next_address(tx, attempt) {
            return true;
        }
        let Some(calling) = self.legs.calling_mut(attempt.leg) else { return false };
        let Target::Trunk(_, number) = &calling.invite.to else { return false };
        let (number, mut spares) = (number.clone(), attempt.spares.clone());
        while let Some(trunk) = spares.pop_front() {
            if !self.has_channel(trunk) {
                continue;
            }
            let Ok(way) = self.way_by(trunk, &number) else { continue };
            let mut next = attempt.again();
            next.trunk = Some(trunk);
            next.dialog.remote = format!("<{}>", way.uri);
            next.dialog.contact = self.core.contact(way.to, &way.uri.scheme);
            next.dialog.target = way.uri;
            next.dialog.hop = way.hop;
            next.tries = 0;
            next.spares = spares.clone();
            let goes_on = !spares.is_empty() || !way.others.is_empty();
            next.others = way.others;
            if self.replace(tx, next) {
                self.legs.set_trunk(attempt.leg, trunk);
                self.await_word(attempt.leg, goes_on);
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
