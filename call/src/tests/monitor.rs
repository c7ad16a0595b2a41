//! Supervisors on a call, and the recording's pause.

use super::{AGENT, CUSTOMER, World, agent, events, has, hung_up};
use crate::Effect as CallEffect;
use crate::api::{Effect, Fact, LegFact, LineEffect, MediaEffect, MediaFact, Phone, Watcher, Wish};
use domain::{AgentId, Cause, CommandError, ContactEventKind as Kind, LegId, Monitor, RecordingId};

const BOSS: LegId = LegId::new(30);

fn boss() -> AgentId {
    "mei.lin".parse().unwrap()
}

fn comes(world: &mut World, mode: Monitor) -> Result<Vec<CallEffect>, CommandError> {
    let phone = Phone::Registered("mei.lin".to_owned());
    let watcher = Watcher { agent: boss(), leg: BOSS, phone, browser: false, mode };
    let mut effects = Vec::new();
    world.call.monitor(world.now, watcher, &mut effects)?;
    Ok(effects)
}

/// A supervisor is on the line.
fn monitored(mode: Monitor) -> (World, Vec<CallEffect>) {
    let mut world = World::talking();
    comes(&mut world, mode).unwrap();
    world.media(BOSS, MediaFact::Opened { sdp: "our offer".to_owned() });
    let joined = world.leg(BOSS, LegFact::Answered { sdp: "answer".to_owned() });
    (world, joined)
}

fn mix(gains: &[(LegId, LegId, u16)]) -> CallEffect {
    Effect::Media(CUSTOMER, MediaEffect::Mix { legs: vec![CUSTOMER, AGENT, BOSS], gains: gains.to_vec() })
}

fn gain(from: LegId, to: LegId, permille: u16) -> CallEffect {
    Effect::Media(from, MediaEffect::Gain { to, permille })
}

#[test]
fn a_supervisor_is_heard_by_nobody_by_the_agent_or_by_all() {
    let (_, listen) = monitored(Monitor::Listen);
    assert!(has(&listen, &mix(&[(BOSS, CUSTOMER, 0), (BOSS, AGENT, 0)])), "{listen:?}");
    let (_, whisper) = monitored(Monitor::Whisper);
    assert!(has(&whisper, &mix(&[(BOSS, CUSTOMER, 0)])));
    let (_, barge) = monitored(Monitor::Barge);
    assert!(has(&barge, &mix(&[])));
    assert!(events(&barge).contains(&Kind::Monitored { agent: boss(), mode: Monitor::Barge }));
}

#[test]
fn changing_the_way_changes_cells_only() {
    let (mut world, _) = monitored(Monitor::Listen);
    let mut effects = Vec::new();
    world.call.monitor_otherwise(world.now, boss(), Monitor::Whisper, &mut effects).unwrap();
    assert!(has(&effects, &gain(BOSS, AGENT, 1_000)) && effects.len() == 2, "{effects:?}");
    effects.clear();
    world.call.monitor_otherwise(world.now, boss(), Monitor::Barge, &mut effects).unwrap();
    assert!(has(&effects, &gain(BOSS, CUSTOMER, 1_000)));
    effects.clear();
    world.call.monitor_otherwise(world.now, boss(), Monitor::Barge, &mut effects).unwrap();
    assert!(effects.is_empty(), "nothing changed");
}

#[test]
fn one_who_watches_goes_where_the_agent_goes() {
    let (mut world, _) = monitored(Monitor::Whisper);
    let held = world.wish(Wish::Hold).unwrap();
    assert!(has(&held, &Effect::Media(AGENT, MediaEffect::Bridge(BOSS))), "{held:?}");
    assert!(has(&held, &Effect::Media(CUSTOMER, MediaEffect::Unbridge)));
    let resumed = world.wish(Wish::Resume).unwrap();
    assert!(has(&resumed, &mix(&[(BOSS, CUSTOMER, 0)])));
}

#[test]
fn the_call_does_not_notice_that_a_supervisor_leaves() {
    let (mut world, _) = monitored(Monitor::Barge);
    let effects = world.leg(BOSS, LegFact::Ended(Cause::Normal));
    assert!(!hung_up(&effects, CUSTOMER) && !hung_up(&effects, AGENT));
    assert!(has(&effects, &Effect::Media(CUSTOMER, MediaEffect::Bridge(AGENT))), "they are relayed again");
    assert!(has(&effects, &Effect::Line(LineEffect::Finished(boss()))));
    assert!(events(&effects).contains(&Kind::MonitorEnded { agent: boss() }));
}

#[test]
fn a_supervisor_leaves_when_nobody_serves_the_customer_any_more() {
    let (mut world, _) = monitored(Monitor::Listen);
    let effects = world.leg(CUSTOMER, LegFact::Ended(Cause::Normal));
    assert!(hung_up(&effects, BOSS) && world.call.legs().is_empty());
    let (mut lost, _) = monitored(Monitor::Listen);
    assert!(hung_up(&lost.media(AGENT, MediaFact::Silent), BOSS));
    assert!(lost.call.monitors().is_empty());
}

#[test]
fn a_supervisors_phone_that_does_not_answer_is_let_be() {
    let mut world = World::talking();
    comes(&mut world, Monitor::Listen).unwrap();
    let (at, _) = world.call.deadline().unwrap();
    let mut effects = Vec::new();
    world.call.handle(at, Fact::Tick, &mut effects);
    assert!(hung_up(&effects, BOSS) && !hung_up(&effects, AGENT));
    assert!(events(&effects).is_empty(), "who was never there did not leave");
    assert_eq!(world.call.deadline(), None);
}

#[test]
fn only_a_talk_is_monitored_and_by_each_once_and_not_by_its_own_agent() {
    assert_eq!(comes(&mut World::ringing(), Monitor::Listen), Err(CommandError::WrongState));
    let (mut world, _) = monitored(Monitor::Listen);
    assert_eq!(comes(&mut world, Monitor::Listen), Err(CommandError::WrongState));
    assert_eq!(World::talking().call.may_monitor(agent()), Err(CommandError::WrongState));
}

#[test]
fn a_pause_says_who_paused_and_is_taken_back_by_hand_only() {
    let mut world = World::talking();
    let paused = world.wish(Wish::PauseRecording(true)).unwrap();
    let recording = RecordingId::new(5);
    assert!(has(&paused, &Effect::Media(CUSTOMER, MediaEffect::PauseRecording(recording, true))));
    assert!(events(&paused).contains(&Kind::RecordingPaused { recording, agent: agent() }));
    assert_eq!(world.call.view_for(agent()).unwrap().paused_by, Some(agent()));
    assert_eq!(world.wish(Wish::PauseRecording(true)), Err(CommandError::WrongState));
    world.wish(Wish::Hold).unwrap();
    assert_eq!(world.call.view_for(agent()).unwrap().paused_by, Some(agent()), "a hold changes nothing");
    let resumed = world.wish(Wish::PauseRecording(false)).unwrap();
    assert!(events(&resumed).contains(&Kind::RecordingResumed { recording, agent: agent() }));
    assert_eq!(World::queued().wish(Wish::PauseRecording(true)), Err(CommandError::NotYourContact));
}
