//! Every translation between the composed machines. Nothing is decided here.

use crate::api::{Asker, CONTACT_FIELD, Effect, Entry, LookupBy, Rules, TrunkState};
use crate::engine::{Job, Switchboard};
use acd::forecast::{Expected, Forecast};
use call::api::{FlowFact, LegEffect, LegFact, LineEffect, MediaEffect, MediaFact, Phone, Say};
use core::time::Duration;
use domain::{
    AgentState, Ani, Cause, ContactId, Decision, DeskBody, Exclusion, ExitReason, ExpectedWait, Explanation, Honesty,
    Instant, Language, LegId, PromptId, ReasonCode, Redacted, RoutingRule, Signalled, TrunkId, Verdict,
};
use media::api::{Command as MediaCommand, Direction, Event as MediaEvent, LegKind, PlayItem};
use sip::api::{Transport, Verstat};

/// When callers for whom there is no time may call again.
const RETRY_AFTER_S: u32 = 5;

impl Switchboard {
    /// Tells the SIP endpoint a fact; what it wants follows.
    pub(crate) fn tell_sip(&mut self, now: Instant, fact: sip::api::Fact, out: &mut Vec<Effect>) {
        let mut effects = Vec::new();
        self.sip.handle(now, fact, &mut effects);
        self.take_sip_effects(effects, out);
    }

    /// Commands the SIP endpoint; what it wants follows.
    pub(crate) fn command_sip(&mut self, now: Instant, command: sip::api::Command, out: &mut Vec<Effect>) {
        let mut effects = Vec::new();
        self.sip.command(now, command, &mut effects);
        self.take_sip_effects(effects, out);
    }

    fn take_sip_effects(&mut self, effects: Vec<sip::api::Effect>, out: &mut Vec<Effect>) {
        for effect in effects {
            match effect {
                sip::api::Effect::Send { to, bytes } => out.push(Effect::Send { to, bytes }),
                sip::api::Effect::Close(flow) => out.push(Effect::Close(flow)),
                sip::api::Effect::Resolve(question) => out.push(Effect::Resolve(question)),
                sip::api::Effect::Unlocated { host } => out.push(Effect::Unlocated { host }),
                sip::api::Effect::Count(counter) => out.push(Effect::Count(counter)),
                sip::api::Effect::Door(note) => out.push(Effect::Door(note)),
                other => self.jobs.push_back(Job::Sip(other)),
            }
        }
    }

    /// What the SIP endpoint tells of legs and phones.
    pub(crate) fn on_sip(&mut self, now: Instant, effect: sip::api::Effect, out: &mut Vec<Effect>) {
        use sip::api::Effect as Sip;
        match effect {
            Sip::Referred { leg, to, replaces, .. } => self.on_referred(now, leg, &to, replaces.as_ref(), out),
            Sip::Incoming(invite) => self.on_invited(now, *invite, out),
            Sip::Progress { leg, .. } => self.leg(leg, LegFact::Ringing),
            Sip::Answered { leg, sdp, .. } => self.leg(leg, LegFact::Answered { sdp }),
            Sip::Failed { leg, cause, .. } => self.leg(leg, LegFact::Failed(cause)),
            Sip::Acked { leg, sdp } => self.leg(leg, LegFact::Acked { sdp }),
            Sip::Reinvited { leg, sdp } => self.leg(leg, LegFact::Reinvited { sdp }),
            Sip::ReinviteAnswered { leg, sdp } => self.leg(leg, LegFact::ReinviteAnswered { sdp }),
            Sip::Ended { leg, cause } => self.leg(leg, LegFact::Ended(cause)),
            Sip::InfoDigit { leg, digit } => self.leg(leg, LegFact::Digit(digit)),
            Sip::Registered { user, transport } | Sip::Reachable { user, transport } => {
                self.on_registered(now, user, Some(transport), out);
            }
            Sip::Unregistered { user } | Sip::Unreachable { user } => self.on_registered(now, user, None, out),
            Sip::TrunkUp { trunk } => self.on_trunk(trunk, TrunkState::Up, out),
            Sip::TrunkDown { trunk } => self.on_trunk(trunk, TrunkState::Down, out),
            Sip::TrunkRegistered { trunk } => self.on_trunk(trunk, TrunkState::Registered, out),
            Sip::TrunkUnregistered { trunk, status } => self.on_trunk(trunk, TrunkState::Unregistered(status), out),
            // Calls send no offer before they answer.
            Sip::EarlyAnswered { .. } => {}
            // Nor REFER.
            Sip::ReferStatus { .. } => {}
            Sip::ReinviteRefused { .. }
            | Sip::Send { .. }
            | Sip::Resolve(_)
            | Sip::Unlocated { .. }
            | Sip::Close(_)
            | Sip::Count(_)
            | Sip::Door(_) => {}
        }
    }

    fn on_trunk(&mut self, trunk: TrunkId, state: TrunkState, out: &mut Vec<Effect>) {
        match state {
            TrunkState::Up => _ = self.directory.silent_trunks.remove(&trunk),
            TrunkState::Down => _ = self.directory.silent_trunks.insert(trunk),
            TrunkState::Registered | TrunkState::Unregistered(_) => {}
        }
        out.push(Effect::Trunk { trunk, state });
    }

    fn leg(&mut self, leg: LegId, fact: LegFact) {
        if let Some(contact) = self.directory.legs.get(&leg) {
            self.jobs.push_back(Job::Call(*contact, call::Fact::Leg(leg, fact)));
        }
    }

    /// What the media workers tell.
    pub(crate) fn on_media(&mut self, event: MediaEvent) {
        if let MediaEvent::OpenFailed { leg, .. } = &event {
            self.quality.unopened(*leg);
        }
        let Some((leg, fact)) = media_fact(event) else { return };
        if let Some(contact) = self.directory.legs.get(&leg) {
            self.jobs.push_back(Job::Call(*contact, call::Fact::Media(leg, fact)));
        }
    }

    fn on_registered(&mut self, now: Instant, user: String, way: Option<Transport>, out: &mut Vec<Effect>) {
        let agent = self.directory.users.get(&user).copied();
        match way {
            Some(way) => self.directory.registered.insert(user, way),
            None => self.directory.registered.remove(&user),
        };
        if let Some(agent) = agent {
            let routable = way.is_some();
            self.jobs.push_back(Job::Acd(acd::api::Fact::Routable { agent, routable }));
            self.tell_desk(now, agent, DeskBody::Phone { reachable: routable }, out);
        }
    }
}

fn media_fact(event: MediaEvent) -> Option<(LegId, MediaFact)> {
    Some(match event {
        MediaEvent::Opened { leg, sdp } => (leg, MediaFact::Opened { sdp }),
        MediaEvent::OpenFailed { leg, .. } | MediaEvent::RemoteRefused { leg, .. } => (leg, MediaFact::Refused),
        MediaEvent::RemoteSet { leg } => (leg, MediaFact::RemoteSet),
        MediaEvent::Reanswered { leg, sdp, direction } => {
            let held = matches!(direction, Direction::RecvOnly | Direction::Inactive);
            (leg, MediaFact::Reanswered { sdp, held })
        }
        MediaEvent::Offer { leg, sdp } => (leg, MediaFact::Offer { sdp }),
        MediaEvent::Digit { leg, digit } => (leg, MediaFact::Digit(digit)),
        MediaEvent::PlayDone { leg, play } => (leg, MediaFact::PlayDone(play)),
        MediaEvent::Silent { leg } => (leg, MediaFact::Silent),
        MediaEvent::Flowing { .. }
        | MediaEvent::FellSilent { .. }
        | MediaEvent::LiveStats(_)
        | MediaEvent::Stats { .. } => return None,
    })
}

fn target(phone: Phone) -> sip::api::Target {
    match phone {
        Phone::Registered(user) => sip::api::Target::Registered(user),
        Phone::Uri(uri) => sip::api::Target::Uri(uri),
        Phone::Trunk(trunk, number) => sip::api::Target::Trunk(trunk, number),
    }
}

/// A caller is not let in; one for whom there is no time may call again soon.
pub(crate) fn rejection(leg: LegId, cause: Cause) -> sip::api::Command {
    let retry_after_s = (cause == Cause::Overload).then_some(RETRY_AFTER_S);
    sip::api::Command::Reject { leg, cause, retry_after_s }
}

/// A call's wish about a leg, as the SIP endpoint takes it.
pub(crate) fn sip_command(contact: ContactId, leg: LegId, effect: LegEffect) -> sip::api::Command {
    use sip::api::Command;
    match effect {
        LegEffect::Ring => Command::Ring { leg, sdp: None },
        LegEffect::Answer(sdp) => Command::Answer { leg, sdp },
        LegEffect::Reject(cause) => rejection(leg, cause),
        LegEffect::Invite { phone, sdp, from, from_name, auto_answer, carried } => {
            let mut headers = carried;
            headers.push((CONTACT_FIELD.to_owned(), contact.to_string()));
            if auto_answer {
                headers.push(("Alert-Info".to_owned(), "<http://127.0.0.1>;info=alert-autoanswer;delay=0".to_owned()));
                headers.push(("X-Switchroom-Auto-Answer".to_owned(), "1".to_owned()));
            }
            Command::Invite(Box::new(sip::api::OutgoingInvite {
                leg,
                to: target(phone),
                from_user: from.as_str().to_owned(),
                from_name: from_name.0,
                sdp,
                headers,
            }))
        }
        LegEffect::HangUp(cause) => Command::HangUp { leg, cause },
        LegEffect::Reinvite(sdp) => Command::Reinvite { leg, sdp },
        LegEffect::AnswerReinvite(sdp) => Command::AnswerReinvite { leg, sdp },
        LegEffect::RefuseReinvite => Command::RefuseReinvite { leg },
    }
}

fn prompts(pieces: Vec<PromptId>, language: Language) -> Vec<PlayItem> {
    pieces.into_iter().map(|prompt| PlayItem::Prompt(prompt, language)).collect()
}

fn play_item(say: Say, language: Language) -> Vec<PlayItem> {
    match say {
        Say::Prompt(prompt) => vec![PlayItem::Prompt(prompt, language)],
        Say::Digits(digits) => vec![PlayItem::Digits(digits, language)],
        Say::Number(number) => prompts(ivr::speech::number(language, i64::from(number)), language),
        Say::Wait(wait) => prompts(ivr::speech::about_minutes(language, wait), language),
        Say::Spoken(spoken) => vec![PlayItem::Spoken(spoken, language)],
        Say::Tone(0, ms) => vec![PlayItem::Silence { ms }],
        Say::Tone(hz, ms) => vec![PlayItem::Tone { hz, ms }, PlayItem::Silence { ms }],
    }
}

/// A call's wish about a leg's media, as the media workers take it. `secured`: what we offer is SRTP alone.
pub(crate) fn media_command(contact: ContactId, leg: LegId, effect: MediaEffect, secured: bool) -> MediaCommand {
    match effect {
        MediaEffect::Open { browser, offer } => {
            let kind = match (browser, secured) {
                (true, _) => LegKind::Browser,
                (false, true) => LegKind::Secured,
                (false, false) => LegKind::Plain,
            };
            MediaCommand::Open { leg, contact, kind, offer }
        }
        MediaEffect::SetAnswer(sdp) => MediaCommand::SetAnswer { leg, sdp },
        MediaEffect::Reoffer(sdp) => MediaCommand::Reoffer { leg, sdp },
        MediaEffect::MakeOffer { hold } => {
            let direction = if hold { Direction::SendOnly } else { Direction::SendRecv };
            MediaCommand::MakeOffer { leg, direction }
        }
        MediaEffect::Play { play, items, language, repeat } => {
            let items = items.into_iter().flat_map(|say| play_item(say, language)).collect();
            MediaCommand::Play { leg, play, items, repeat }
        }
        MediaEffect::StopPlay => MediaCommand::StopPlay { leg },
        MediaEffect::Bridge(other) => MediaCommand::Bridge { a: leg, b: other },
        MediaEffect::Unbridge => MediaCommand::Unbridge { leg },
        MediaEffect::Mix { legs, gains } => MediaCommand::Mix { legs, gains },
        MediaEffect::Gain { to, permille } => MediaCommand::Gain { from: leg, to, permille },
        MediaEffect::Mute(muted) => MediaCommand::Mute { leg, muted },
        MediaEffect::SendDigits(digits) => MediaCommand::SendDigits { leg, digits },
        MediaEffect::Record { recording, agent, silence } => {
            MediaCommand::StartRecording { recording, contact, customer: leg, agent, silence }
        }
        MediaEffect::RecordAgent { recording, agent } => MediaCommand::RecordAgent { recording, agent },
        MediaEffect::PauseRecording(recording, paused) => MediaCommand::PauseRecording { recording, paused },
        MediaEffect::StopRecording(recording) => MediaCommand::StopRecording { recording },
        MediaEffect::Close => MediaCommand::Close { leg },
    }
}

/// A call's word to the line, as the ACD takes it.
pub(crate) fn acd_fact(contact: ContactId, effect: LineEffect) -> Option<acd::api::Fact> {
    use acd::api::{Arrival, Fact};
    Some(match effect {
        LineEffect::Ask { queue, channel, priority, requirement, since, sticky } => Fact::Arrived(Arrival {
            contact,
            queue,
            channel,
            priority,
            age_per_s: None,
            requirement,
            since: Some(since),
            sticky,
        }),
        LineEffect::Left(result) => Fact::Left { contact, result },
        LineEffect::OfferEnded(offer, result) => Fact::OfferEnded { offer, result },
        LineEffect::Occupied(agent, queue) => Fact::Occupied { agent, contact, queue },
        LineEffect::Finished(agent) => Fact::Finished { contact, agent },
        LineEffect::AgentLost(_) | LineEffect::AskPlace => return None,
    })
}

/// What a run wants to be played. Values stand in flows only: the run has turned them into prompts.
fn say(item: ivr::api::Say) -> Option<Say> {
    match item {
        ivr::api::Say::Prompt(prompt) => Some(Say::Prompt(prompt)),
        ivr::api::Say::Digits(digits) => Some(Say::Digits(digits)),
        ivr::api::Say::Spoken(spoken) => Some(Say::Spoken(spoken)),
        ivr::api::Say::Value(..) | ivr::api::Say::Text(_) => None,
    }
}

/// A run's wish, as the call takes it; `None` if the queue or the trunk is not there.
pub(crate) fn flow_fact(rules: &Rules, leg: LegId, effect: ivr::api::Effect) -> Option<FlowFact> {
    use ivr::api::{Effect as Flow, TransferTo};
    Some(match effect {
        Flow::Entered(node) => FlowFact::Entered(node),
        Flow::Collected { node, digits } => FlowFact::Collected(node, Redacted(digits)),
        Flow::Play { play, items, language } => {
            FlowFact::Play { play, items: items.into_iter().filter_map(say).collect(), language }
        }
        Flow::Mask(masked) => FlowFact::Mask(masked),
        Flow::Answered { question, answer } => FlowFact::Answered(question, answer),
        Flow::StopPlay => FlowFact::StopPlay,
        Flow::Enqueue { queue, priority, requirement, announce, music, language, .. } => {
            let mut queue = rules.queues.get(&queue)?.rules.clone();
            queue.music = music;
            let announce = announce.into_iter().filter_map(say).collect();
            FlowFact::Enqueue { queue, priority, requirement, announce, language }
        }
        Flow::Key { digit, node } => FlowFact::Key(digit, node),
        Flow::Resume => FlowFact::Resume,
        Flow::Transfer(TransferTo::Number(number)) => {
            let phone = Phone::Trunk(rules.dial_trunk?, number.as_str().to_owned());
            FlowFact::Transfer { leg, phone, to: "number".to_owned() }
        }
        Flow::Transfer(TransferTo::Uri(uri)) => {
            FlowFact::Transfer { leg, phone: Phone::Uri(uri), to: "uri".to_owned() }
        }
        Flow::Returned => FlowFact::Returned,
        Flow::HangUp => FlowFact::HangUp,
        Flow::CommentEnd => FlowFact::CommentEnd,
        Flow::Lookup { .. }
        | Flow::Request(_)
        | Flow::Callback { .. }
        | Flow::Record { .. }
        | Flow::RecordEnd
        | Flow::Comment { .. } => {
            return None;
        }
    })
}

/// A run's look-up, as the shell takes it.
pub(crate) fn lookup(contact: ContactId, by: ivr::api::LookupKey, value: String, ani: &Ani) -> Effect {
    use ivr::api::LookupKey;
    let (by, value) = match by {
        LookupKey::Ani => (LookupBy::Number, ani.as_str().to_owned()),
        LookupKey::Number => (LookupBy::Number, value),
        LookupKey::Account => (LookupBy::Account, value),
    };
    Effect::Lookup { contact, asker: Asker::Flow, by, value: Redacted(value) }
}

/// What a caller's network says, for the screen pop.
pub(crate) fn signalled(invite: &sip::api::IncomingInvite) -> Signalled {
    let private = |(name, value): &(String, String)| (name.clone(), Redacted(value.clone()));
    Signalled {
        diverted_from: invite.diversion.as_ref().map(|diversion| Redacted(diversion.number.clone())),
        diversion_reason: invite.diversion.as_ref().map(|diversion| diversion.reason.clone()).unwrap_or_default(),
        verified: match invite.verstat {
            Some(Verstat::Passed) => Some(true),
            Some(Verstat::Failed) => Some(false),
            Some(Verstat::NotVerified) | None => None,
        },
        user_to_user: invite.user_to_user.iter().cloned().map(Redacted).collect(),
        headers: invite.headers.iter().map(private).collect(),
    }
}

/// What of a caller's INVITE goes on to those who are called for it.
pub(crate) fn carried(invite: &sip::api::IncomingInvite) -> Vec<(String, String)> {
    let one = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut carried = vec![one("Max-Forwards", &invite.max_forwards.to_string())];
    carried.extend(invite.user_to_user.iter().map(|value| one("User-to-User", value)));
    if !invite.privacy.is_empty() {
        carried.push(one("Privacy", &invite.privacy.join(";")));
    }
    carried.extend(invite.headers.iter().cloned());
    carried
}

/// The entry point of a called number: the exact one, else the one for every number.
pub(crate) fn entry_for<'a>(entries: &'a [Entry], dnis: &str) -> Option<&'a Entry> {
    let exact = entries.iter().find(|entry| entry.dnis.as_deref() == Some(dnis));
    exact.or_else(|| entries.iter().find(|entry| entry.dnis.is_none()))
}

/// The ACD's figures of a queue, as a flow's condition reads them.
pub(crate) fn figures(state: acd::api::QueueFigures) -> ivr::api::QueueFigures {
    ivr::api::QueueFigures {
        waiting: state.waiting,
        ready: state.ready,
        longest_wait_s: state.longest_wait_ms / 1_000,
        callback: false,
        expected_wait_s: None,
    }
}

/// The edge of a flow for a reason.
pub(crate) fn exit_edge(reason: acd::api::ExitReason) -> &'static str {
    match reason {
        acd::api::ExitReason::Full => ivr::api::FULL,
        acd::api::ExitReason::LongestWait => ivr::api::TIMEOUT,
        acd::api::ExitReason::NoAgents => ivr::api::NO_AGENTS,
        acd::api::ExitReason::Closed => ivr::api::CLOSED,
        acd::api::ExitReason::Overflow => ivr::api::OVERFLOW,
    }
}

/// The ACD's reason, as events tell it.
pub(crate) fn exit_reason(reason: acd::api::ExitReason) -> ExitReason {
    match reason {
        acd::api::ExitReason::Full => ExitReason::Full,
        acd::api::ExitReason::LongestWait => ExitReason::LongestWait,
        acd::api::ExitReason::NoAgents => ExitReason::NoAgents,
        acd::api::ExitReason::Closed => ExitReason::Closed,
        acd::api::ExitReason::Overflow => ExitReason::Overflow,
    }
}

fn rule(rule: acd::api::AgentRule) -> RoutingRule {
    match rule {
        acd::api::AgentRule::LongestIdle => RoutingRule::LongestIdle,
        acd::api::AgentRule::LeastOccupied => RoutingRule::LeastOccupied,
        acd::api::AgentRule::BestLevel => RoutingRule::BestLevel,
        acd::api::AgentRule::FewestContacts => RoutingRule::FewestContacts,
        acd::api::AgentRule::RingOrder => RoutingRule::RingOrder,
        acd::api::AgentRule::WeightedRandom => RoutingRule::WeightedRandom,
        acd::api::AgentRule::RingAll(_) => RoutingRule::RingAll,
    }
}

fn exclusion(now: Instant, exclusion: acd::api::Exclusion) -> Exclusion {
    use acd::api::Exclusion as Acd;
    let left = |until: Instant| u64::try_from(until.since(now).as_millis()).unwrap_or(u64::MAX);
    match exclusion {
        Acd::NotAMember => Exclusion::NotAMember,
        Acd::LoggedOut => Exclusion::LoggedOut,
        Acd::NotReady(reason) => Exclusion::NotReady(reason),
        Acd::Unroutable => Exclusion::Unroutable,
        Acd::Reserved(offer) => Exclusion::Reserved(offer),
        Acd::WrapUp => Exclusion::WrapUp,
        Acd::NoCapacity => Exclusion::NoCapacity,
        Acd::CoolingDown(until) => Exclusion::CoolingDown { left_ms: left(until) },
        Acd::Skill(skill, held, needed) => Exclusion::Skill { skill, held, needed },
        Acd::MemberDelay(until) => Exclusion::MemberDelay { left_ms: left(until) },
        Acd::StickyWindow(until) => Exclusion::StickyWindow { left_ms: left(until) },
        Acd::QueueCap => Exclusion::QueueCap,
    }
}

/// Why this agent, as events and people read it.
pub(crate) fn decision(now: Instant, why: &acd::api::Why) -> Decision {
    Decision {
        score: why.score,
        ring: why.ring,
        rule: rule(why.rule),
        candidates: why.candidates.iter().flatten().copied().collect(),
        passed_over: why.passed_over.iter().map(|(agent, why)| (*agent, exclusion(now, *why))).collect(),
    }
}

fn shown_ms(seconds: f64) -> u64 {
    (seconds * 1_000.0).round() as u64
}

/// The mean of a forecast, as a caller is told it.
pub(crate) fn wait(forecast: Forecast) -> Duration {
    Duration::from_millis(shown_ms(forecast.mean_s))
}

/// A forecast, as people read it.
pub(crate) fn expected_wait(forecast: Forecast) -> ExpectedWait {
    ExpectedWait { mean_ms: shown_ms(forecast.mean_s), p90_ms: shown_ms(forecast.p90_s) }
}

/// How honest forecasts have been, as people read it.
pub(crate) fn honesty(of: &acd::forecast::Honesty) -> Honesty {
    let mean_square = of.squared_error / (of.contacts.max(1) as f64);
    Honesty {
        contacts: of.contacts,
        told_ms: shown_ms(of.wait_s + of.error_s),
        waited_ms: shown_ms(of.wait_s),
        rms_error_ms: shown_ms(mean_square.sqrt()),
        covered: of.covered,
    }
}

/// Who would get a contact, as people read it.
pub(crate) fn explanation(now: Instant, told: acd::api::Explanation, expected: Option<Expected>) -> Explanation {
    let verdict =
        |of: &acd::api::Verdict| Verdict { agent: of.agent, verdict: of.verdict.map_err(|why| exclusion(now, why)) };
    Explanation {
        at: now,
        contact: told.contact,
        queue: told.queue,
        score: told.score,
        position: told.position,
        ring: told.ring,
        need: told.need,
        next_change: told.next_change,
        expected: expected.and_then(|expected| expected.now).map(expected_wait),
        told: expected.and_then(|expected| expected.told).map(|(at, told)| (at, expected_wait(told))),
        rule: rule(told.rule),
        agents: told.agents.iter().map(verdict).collect(),
    }
}

/// Reasons that are the system's own are told as such.
pub(crate) fn system_note(state: AgentState) -> Option<ReasonCode> {
    match state {
        AgentState::NotReady(reason) if matches!(reason.as_str(), "rona" | "connection" | "device") => Some(reason),
        _ => None,
    }
}
