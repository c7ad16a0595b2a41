//! A number that the call is given to, and the customer of a call that an agent dials.

use crate::api::{Effect, LegEffect, LegFact, MediaEffect, MediaFact, Outgoing, Phase, Phone, Say, ToFlow};
use crate::engine::Call;
use crate::part::{Part, Record, Role, Stage, Times};
use core::time::Duration;
use domain::{Ani, Cause, Channel, ContactEventKind, EndedBy, Instant, InteractionId, Language, LegId, Redacted};

/// How long a number that the call is given to may ring.
const NUMBER_RINGS_MAX: Duration = Duration::from_secs(60);

/// A number that the call is given to.
#[derive(Debug)]
pub(crate) struct Far {
    pub leg: LegId,
    phone: Phone,
    joined: bool,
    since: Instant,
    /// The flow gave the call away, no agent.
    by_flow: bool,
}

/// A number that the call is to be given to.
pub(crate) struct FarNumber {
    pub leg: LegId,
    pub phone: Phone,
    /// The number, as the history tells it.
    pub to: String,
}

impl Far {
    /// A number that talks already.
    pub const fn joined(leg: LegId, phone: Phone, now: Instant) -> Self {
        Self { leg, phone, joined: true, since: now, by_flow: false }
    }

    pub fn deadline(&self) -> Option<Instant> {
        (!self.joined).then(|| self.since + NUMBER_RINGS_MAX)
    }
}

fn is_private(name: &str) -> bool {
    name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-"))
}

fn ringback() -> Vec<Say> {
    // ITU-T E.180: one second of 425 Hz in five. The tone item carries its own pause of equal length, thus the rest.
    vec![Say::Tone(425, 1_000), Say::Tone(0, 1_500)]
}

impl Call {
    /// Calls a number for the customer, who hears it ring.
    pub(crate) fn call_number(
        &mut self,
        now: Instant,
        number: FarNumber,
        by: Option<InteractionId>,
        effects: &mut Vec<Effect>,
    ) {
        let FarNumber { leg, phone, to } = number;
        self.far = Some(Far { leg, phone, joined: false, since: now, by_flow: by.is_none() });
        let interaction = by.unwrap_or(InteractionId::new(0));
        self.event(now, ContactEventKind::Transferred { interaction, to }, effects);
        effects.push(Effect::Media(leg, MediaEffect::Open { browser: false, offer: None }));
        self.play_ringback(self.customer.leg, effects);
    }

    /// What of the caller's INVITE may leave the house: private header fields are for agents.
    pub(crate) fn carried_to_numbers(&self) -> Vec<(String, String)> {
        self.carried.iter().filter(|(name, _)| !is_private(name)).cloned().collect()
    }

    /// What of the caller's INVITE agents' phones get: who answers the call may know who calls, whatever others may.
    pub(crate) fn carried_to_agents(&self) -> Vec<(String, String)> {
        self.carried.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("Privacy")).cloned().collect()
    }

    pub(crate) fn play_ringback(&mut self, leg: LegId, effects: &mut Vec<Effect>) {
        let (play, language): (_, Language) = (self.play_id(), self.customer.language);
        effects.push(Effect::Media(leg, MediaEffect::Play { play, items: ringback(), language, repeat: true }));
    }

    pub(crate) fn on_far_media(&mut self, now: Instant, fact: MediaFact, effects: &mut Vec<Effect>) {
        let Some(far) = &self.far else { return };
        let leg = far.leg;
        match fact {
            MediaFact::Opened { sdp } => {
                let (phone, from, from_name) = (far.phone.clone(), self.pop.ani.clone(), self.pop.caller_name.clone());
                let carried = self.carried_to_numbers();
                let invite = LegEffect::Invite { phone, sdp, from, from_name, auto_answer: false, carried };
                effects.push(Effect::Leg(leg, invite));
            }
            MediaFact::Refused => self.on_far_leg(now, LegFact::Failed(Cause::NoCodec), effects),
            MediaFact::RemoteSet if !far.joined => self.join_far(effects),
            MediaFact::Reanswered { sdp, .. } => effects.push(Effect::Leg(leg, LegEffect::AnswerReinvite(sdp))),
            MediaFact::Silent => {
                effects.push(Effect::Leg(leg, LegEffect::HangUp(Cause::MediaTimeout)));
                self.on_far_leg(now, LegFact::Ended(Cause::MediaTimeout), effects);
            }
            _ => {}
        }
    }

    pub(crate) fn on_far_leg(&mut self, now: Instant, fact: LegFact, effects: &mut Vec<Effect>) {
        let Some(far) = &self.far else { return };
        let leg = far.leg;
        match fact {
            LegFact::Answered { sdp } | LegFact::ReinviteAnswered { sdp } | LegFact::Acked { sdp: Some(sdp) } => {
                effects.push(Effect::Media(leg, MediaEffect::SetAnswer(sdp)));
            }
            LegFact::Reinvited { sdp } => effects.push(Effect::Media(leg, MediaEffect::Reoffer(sdp))),
            LegFact::Failed(cause) | LegFact::Ended(cause) => {
                let (joined, by_flow) = (far.joined, far.by_flow);
                self.drop_far(cause, effects);
                if by_flow && !joined {
                    effects.push(Effect::Media(self.customer.leg, MediaEffect::StopPlay));
                    effects.push(Effect::Flow(ToFlow::TransferFailed));
                    return;
                }
                let customer = self.customer.leg;
                effects.push(Effect::Leg(customer, LegEffect::HangUp(cause)));
                let by = match (joined, by_flow) {
                    (false, _) => EndedBy::System,
                    (true, true) => EndedBy::Flow,
                    (true, false) => EndedBy::Agent,
                };
                self.customer_gone(now, by, cause, effects);
            }
            _ => {}
        }
    }

    fn join_far(&mut self, effects: &mut Vec<Effect>) {
        let customer = self.customer.leg;
        let Some(far) = &mut self.far else { return };
        far.joined = true;
        self.phase = Phase::Connected;
        effects.push(Effect::Media(customer, MediaEffect::StopPlay));
        self.settle_rooms(effects);
    }

    /// The number that talks with the customer.
    pub(crate) fn far_leg(&self) -> Option<LegId> {
        // The customer whom an agent is about to dial is no number that the call was given to.
        self.far.as_ref().filter(|far| far.joined && far.leg != self.customer.leg).map(|far| far.leg)
    }

    pub(crate) fn drop_far(&mut self, cause: Cause, effects: &mut Vec<Effect>) {
        // The customer whom an agent is about to dial has no leg yet.
        if let Some(far) = self.far.take().filter(|far| far.leg != self.customer.leg) {
            effects.push(Effect::Leg(far.leg, LegEffect::HangUp(cause)));
            effects.push(Effect::Media(far.leg, MediaEffect::Close));
        }
    }

    pub(crate) fn open_outgoing(&mut self, now: Instant, outgoing: Outgoing, effects: &mut Vec<Effect>) {
        let started = ContactEventKind::Started {
            channel: Channel::Voice,
            ani: Ani::default(),
            caller_name: Redacted::default(),
            dnis: outgoing.dnis,
            entry_point: None,
            trunk: None,
            dialled_by: Some(outgoing.agent),
        };
        self.event(now, started, effects);
        self.far =
            Some(Far { leg: self.customer.leg, phone: outgoing.phone, joined: true, since: now, by_flow: false });
        self.parts.push(Part {
            interaction: outgoing.interaction,
            agent: outgoing.agent,
            queue: None,
            offer: None,
            by_acd: false,
            role: Role::Serves,
            leg: Some(outgoing.agent_leg),
            phone: outgoing.agent_phone,
            browser: outgoing.agent_browser,
            stage: Stage::Ringing,
            ring_at: now,
            offer_sdp: None,
            answered: false,
            muted: false,
            held_by_phone: false,
            entry: domain::SecureEntry::Ready,
            record: Record::default(),
            times: Times { stage_since: now, connected: None, held_ms: 0, wrap_up_deadline: None },
        });
        self.tell(0, effects);
    }

    pub(crate) fn ring_dialling_agent(&mut self, effects: &mut Vec<Effect>) {
        let Some(part) = self.parts.first() else { return };
        let Some(leg) = part.leg else { return };
        effects.push(Effect::Media(leg, MediaEffect::Open { browser: part.browser, offer: None }));
    }

    /// The agent is on the line: now the customer's leg is opened, while the agent hears it ring.
    pub(crate) fn dial_after_agent(&mut self, leg: LegId, effects: &mut Vec<Effect>) {
        self.customer.opened = true;
        effects.push(Effect::Media(self.customer.leg, MediaEffect::Open { browser: false, offer: None }));
        self.play_ringback(leg, effects);
    }

    pub(crate) fn dial_customer(&mut self, sdp: String, effects: &mut Vec<Effect>) {
        let Some(far) = self.far.take() else { return };
        let invite = LegEffect::Invite {
            phone: far.phone,
            sdp,
            from: Ani::default(),
            from_name: Redacted::default(),
            auto_answer: false,
            carried: Vec::new(),
        };
        effects.push(Effect::Leg(self.customer.leg, invite));
    }

    /// The customer whom an agent dialled answered.
    pub(crate) fn on_dialled_answer(&mut self, now: Instant, sdp: String, effects: &mut Vec<Effect>) {
        effects.push(Effect::Media(self.customer.leg, MediaEffect::SetAnswer(sdp)));
        if self.callback_answered(effects) {
            return;
        }
        if let Some(index) = self.parts.iter().position(|part| part.stage == Stage::Ringing && part.answered) {
            if let Some(leg) = self.parts[index].leg {
                effects.push(Effect::Media(leg, MediaEffect::StopPlay));
            }
            self.join(now, index, effects);
        }
    }
}
