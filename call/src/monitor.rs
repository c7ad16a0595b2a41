//! Supervisors who listen to a call, whisper to its agent or barge in. They come and go; the call does not notice.

use crate::api::{Effect, LegEffect, LegFact, LineEffect, MediaEffect, MediaFact, Phone, Watcher};
use crate::engine::Call;
use core::time::Duration;
use domain::{AgentId, Cause, CommandError, ContactEventKind, Instant, LegId, Monitor, MonitorView};

/// How long a supervisor's phone may ring.
const MONITOR_RINGS_MAX: Duration = Duration::from_secs(30);

/// A supervisor on a call.
#[derive(Debug)]
pub(crate) struct Monitoring {
    pub agent: AgentId,
    pub leg: LegId,
    phone: Phone,
    pub mode: Monitor,
    pub joined: bool,
    since: Instant,
}

impl Monitoring {
    pub fn deadline(&self) -> Option<Instant> {
        (!self.joined).then(|| self.since + MONITOR_RINGS_MAX)
    }
}

impl Call {
    /// Whether this supervisor is on the call, or is being rung for it.
    #[must_use]
    pub fn is_monitored_by(&self, agent: AgentId) -> bool {
        self.monitors.iter().any(|monitor| monitor.agent == agent)
    }

    /// The supervisors on this call.
    #[must_use]
    pub fn monitors(&self) -> Vec<MonitorView> {
        let view = |of: &Monitoring| MonitorView { agent: of.agent, mode: of.mode, joined: of.joined };
        self.monitors.iter().map(view).collect()
    }

    /// Whether this agent may come to monitor the call.
    ///
    /// # Errors
    /// `WrongState` when no agent serves the customer, or the one who asks has a part in the call already.
    pub fn may_monitor(&self, agent: AgentId) -> Result<(), CommandError> {
        let takes_part = self.parts.iter().any(|part| part.agent == agent && !part.is_over());
        let served = self.serving().is_some();
        if served && !takes_part && !self.is_monitored_by(agent) { Ok(()) } else { Err(CommandError::WrongState) }
    }

    /// Rings a supervisor's phone, which joins the call as soon as it answers.
    ///
    /// # Errors
    /// As [`Call::may_monitor`].
    pub fn monitor(&mut self, now: Instant, watcher: Watcher, effects: &mut Vec<Effect>) -> Result<(), CommandError> {
        self.may_monitor(watcher.agent)?;
        let Watcher { agent, leg, phone, browser, mode } = watcher;
        self.monitors.push(Monitoring { agent, leg, phone, mode, joined: false, since: now });
        effects.push(Effect::Media(leg, MediaEffect::Open { browser, offer: None }));
        Ok(())
    }

    /// Changes between listening, whispering and barging in.
    ///
    /// # Errors
    /// `WrongState` for one who is not on the call.
    pub fn monitor_otherwise(
        &mut self,
        now: Instant,
        agent: AgentId,
        mode: Monitor,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        let watching = self.monitors.iter_mut().find(|monitor| monitor.agent == agent);
        let monitor = watching.ok_or(CommandError::WrongState)?;
        let changes = core::mem::replace(&mut monitor.mode, mode) != mode;
        if changes && monitor.joined {
            self.event(now, ContactEventKind::Monitored { agent, mode }, effects);
            self.settle_rooms(effects);
        }
        Ok(())
    }

    /// A supervisor leaves.
    ///
    /// # Errors
    /// `WrongState` for one who is not on the call.
    pub fn stop_monitoring(
        &mut self,
        now: Instant,
        agent: AgentId,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        let place = self.monitors.iter().position(|monitor| monitor.agent == agent);
        self.dismiss(now, place.ok_or(CommandError::WrongState)?, Cause::Normal, effects);
        Ok(())
    }

    pub(crate) fn monitor_of_leg(&self, leg: LegId) -> Option<usize> {
        self.monitors.iter().position(|monitor| monitor.leg == leg)
    }

    pub(crate) fn on_monitor_leg(&mut self, now: Instant, place: usize, fact: LegFact, effects: &mut Vec<Effect>) {
        let leg = self.monitors[place].leg;
        match fact {
            LegFact::Answered { sdp } => {
                effects.push(Effect::Media(leg, MediaEffect::SetAnswer(sdp)));
                let monitor = &mut self.monitors[place];
                if !core::mem::replace(&mut monitor.joined, true) {
                    let (agent, mode) = (monitor.agent, monitor.mode);
                    self.event(now, ContactEventKind::Monitored { agent, mode }, effects);
                    self.settle_rooms(effects);
                }
            }
            LegFact::ReinviteAnswered { sdp } | LegFact::Acked { sdp: Some(sdp) } => {
                effects.push(Effect::Media(leg, MediaEffect::SetAnswer(sdp)));
            }
            LegFact::Reinvited { sdp } => effects.push(Effect::Media(leg, MediaEffect::Reoffer(sdp))),
            LegFact::Failed(cause) | LegFact::Ended(cause) => self.dismiss(now, place, cause, effects),
            LegFact::Ringing | LegFact::Acked { sdp: None } | LegFact::Digit(_) => {}
        }
    }

    pub(crate) fn on_monitor_media(&mut self, now: Instant, place: usize, fact: MediaFact, effects: &mut Vec<Effect>) {
        let (leg, joined) = (self.monitors[place].leg, self.monitors[place].joined);
        match fact {
            MediaFact::Opened { sdp } => {
                let phone = self.monitors[place].phone.clone();
                let (from, from_name) = (self.pop.ani.clone(), self.shown_name());
                // The supervisor asked for it: a phone that can answers by itself.
                let (auto_answer, carried) = (true, Vec::new());
                let invite = LegEffect::Invite { phone, sdp, from, from_name, auto_answer, carried };
                effects.push(Effect::Leg(leg, invite));
            }
            MediaFact::Refused if joined => effects.push(Effect::Leg(leg, LegEffect::RefuseReinvite)),
            MediaFact::Refused => self.dismiss(now, place, Cause::NoCodec, effects),
            MediaFact::Reanswered { sdp, .. } => effects.push(Effect::Leg(leg, LegEffect::AnswerReinvite(sdp))),
            MediaFact::Silent => self.dismiss(now, place, Cause::MediaTimeout, effects),
            MediaFact::RemoteSet | MediaFact::Offer { .. } | MediaFact::Digit(_) | MediaFact::PlayDone(_) => {}
        }
    }

    fn dismiss(&mut self, now: Instant, place: usize, cause: Cause, effects: &mut Vec<Effect>) {
        let Monitoring { agent, leg, joined, .. } = self.monitors.remove(place);
        effects.push(Effect::Leg(leg, LegEffect::HangUp(cause)));
        effects.push(Effect::Media(leg, MediaEffect::Close));
        if joined {
            self.event(now, ContactEventKind::MonitorEnded { agent }, effects);
        }
        effects.push(Effect::Line(LineEffect::Finished(agent)));
        self.settle_rooms(effects);
    }

    /// Those leave who watched an agent that is no longer there, or whose phone rings too long.
    pub(crate) fn dismiss_monitors(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let served = self.serving().is_some() && !self.customer.gone;
        let stays = |of: &Monitoring| served && of.deadline().is_none_or(|at| at > now);
        while let Some(place) = self.monitors.iter().position(|monitor| !stays(monitor)) {
            let cause = if served { Cause::NoAnswer } else { Cause::Normal };
            self.dismiss(now, place, cause, effects);
        }
    }
}
