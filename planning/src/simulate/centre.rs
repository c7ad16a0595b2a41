//! A scenario that has been checked, and what the routing engine is built from to play it.

use super::distribution::{Distribution, Sampler, micros};
use super::scenario::{Arrivals, ContactType, Group, Logged, Need, Scenario, Widening};
use super::treatment::{self, Back, Mailbox, is_treated};
use acd::api::{AgentSetup, CoolDowns, Membership, QueueSetup, Setup};
use core::time::Duration;
use domain::{AgentId, Priority, Proficiency, QueueId, Requirement, Ring, SkillId};

/// Why a scenario cannot be played.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ScenarioError {
    /// Nobody would ask for anything.
    #[error("there is no contact type")]
    NoTypes,
    /// Nobody would answer.
    #[error("there are no agents")]
    NoAgents,
    /// More types, groups or agents than the simulator numbers.
    #[error("there are more than 60,000 types or groups, or more than 1,000,000 agents")]
    TooMany,
    /// Nothing would be measured.
    #[error("the warm-up of {warmup} contacts leaves none of {calls} to measure")]
    NothingMeasured {
        /// Warm-up contacts.
        warmup: u64,
        /// All.
        calls: u64,
    },
    /// A name that is no type's.
    #[error("group `{group}` names the type `{named}`, which is not there")]
    UnknownType {
        /// The group.
        group: String,
        /// What it names.
        named: String,
    },
    /// Two types or two groups have one name.
    #[error("two of the types or groups are called `{0}`")]
    SameName(String),
    /// A number that makes no sense.
    #[error("`{of}` has a number out of range: {what}")]
    OutOfRange {
        /// The type or group; `run`, `callback` or `rules`.
        of: String,
        /// Which number, and what it may be.
        what: &'static str,
    },
    /// The run would last more than 10⁹ simulated seconds.
    #[error("the run would last longer than 30 years: too many contacts for their rate")]
    TooLong,
}

/// Something in a scenario that is likely not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The group holds the skills for the type but has no service time for it: it does not serve it.
    NoService {
        /// The group.
        group: String,
        /// The type.
        kind: String,
    },
    /// No group ever serves the type.
    Unserved(String),
    /// Nobody abandons and nobody is blocked although there is more work than agents: the waits grow as long as the
    /// run lasts.
    Unstable,
}

/// A type, made ready.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) queue: QueueId,
    pub(super) arrivals: Arrivals,
    pub(super) patience: Option<Sampler>,
    pub(super) wrap_up: Option<Sampler>,
    /// Service and after-contact work of those whom a log tells to have been answered, in microseconds.
    pub(super) served: Vec<(u64, u64)>,
    /// By group.
    pub(super) service: Vec<Option<Sampler>>,
    pub(super) back: Option<Back>,
    pub(super) mailbox: Option<Mailbox>,
}

impl Kind {
    /// Service and after-contact work of a contact of the log, in microseconds. Who was not answered then is served
    /// like one of those who were, chosen by a number between 0 and 1.
    pub(super) fn logged(&self, at: u32, uniform: f64) -> (u64, u64) {
        let Arrivals::Logged(log) = &self.arrivals else { return (0, 0) };
        match log.get(at as usize) {
            Some(Logged { service_us: Some(service), wrap_up_us, .. }) => (*service, *wrap_up_us),
            _ => self.served.get((uniform * self.served.len() as f64) as usize).copied().unwrap_or_default(),
        }
    }
}

/// An agent of the simulation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seat {
    pub(super) id: AgentId,
    pub(super) group: u16,
    /// From and to, in microseconds; `None`: all the time.
    pub(super) shift: Option<(u64, u64)>,
}

/// A scenario that can be played.
#[derive(Debug)]
pub struct Centre {
    scenario: Scenario,
    pub(super) kinds: Vec<Kind>,
    pub(super) seats: Vec<Seat>,
    pub(super) setup: Setup,
    /// Whether offers ring. Else each is answered as it is made.
    pub(super) rings: bool,
    /// Whether somebody is called back by a contact of its own: the expected wait is watched then.
    pub(super) calls_back: bool,
    pub(super) thresholds_us: Vec<u64>,
    warnings: Vec<Warning>,
}

impl Centre {
    /// Checks a scenario.
    ///
    /// # Errors
    /// The first thing found that cannot be played.
    pub fn new(scenario: Scenario) -> Result<Self, ScenarioError> {
        check(&scenario)?;
        let mut warnings = Vec::new();
        let kinds: Vec<Kind> = (0..scenario.types.len()).map(|at| kind(&scenario, at, &mut warnings)).collect();
        let seats = seats(&scenario.groups)?;
        if is_unstable(&scenario) {
            warnings.push(Warning::Unstable);
        }
        let calls_back = kinds.iter().any(|kind| kind.back.is_some());
        let rings = scenario.groups.iter().any(|group| group.answer_s + group.rona + group.decline > 0.0);
        let thresholds_us = scenario.run.thresholds_s.iter().map(|threshold| micros(*threshold)).collect();
        let setup = setup(&scenario, &kinds, &seats);
        Ok(Self { scenario, kinds, seats, setup, rings: rings || calls_back, calls_back, thresholds_us, warnings })
    }

    /// What was checked.
    #[must_use]
    pub const fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// What is likely not meant.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Agents in all, of every shift.
    #[must_use]
    pub const fn agents(&self) -> usize {
        self.seats.len()
    }
}

fn check(scenario: &Scenario) -> Result<(), ScenarioError> {
    let Scenario { run, types, groups, .. } = scenario;
    if types.is_empty() {
        return Err(ScenarioError::NoTypes);
    }
    if types.len() > 60_000 || groups.len() > 60_000 {
        return Err(ScenarioError::TooMany);
    }
    if run.warmup_calls >= run.calls {
        return Err(ScenarioError::NothingMeasured { warmup: run.warmup_calls, calls: run.calls });
    }
    no_name_twice(types.iter().map(|kind| &kind.name))?;
    no_name_twice(groups.iter().map(|group| &group.name))?;
    check_run(scenario)?;
    types.iter().try_for_each(check_type)?;
    treatment::check(scenario)?;
    groups.iter().try_for_each(|group| check_group(group, types))
}

fn no_name_twice<'a>(names: impl Iterator<Item = &'a String>) -> Result<(), ScenarioError> {
    let mut names: Vec<&String> = names.collect();
    names.sort_unstable();
    let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
    twice.map_or(Ok(()), |pair| Err(ScenarioError::SameName(pair[0].clone())))
}

/// Refuses what does not hold.
pub(super) fn hold(holds: bool, of: &str, what: &'static str) -> Result<(), ScenarioError> {
    if holds { Ok(()) } else { Err(ScenarioError::OutOfRange { of: of.to_owned(), what }) }
}

pub(super) fn is_time(seconds: f64) -> bool {
    (0.0..=1e7).contains(&seconds)
}

pub(super) fn is_share(share: f64) -> bool {
    (0.0..=1.0).contains(&share)
}

fn check_run(scenario: &Scenario) -> Result<(), ScenarioError> {
    let Scenario { run, types, rules, callback, .. } = scenario;
    hold(run.calls <= 1_000_000_000, "run", "calls is at most 1,000,000,000")?;
    hold(run.replications >= 1, "run", "replications is at least 1")?;
    hold(run.lines != Some(0), "run", "lines is at least 1")?;
    let times = run.thresholds_s.iter().chain([&run.short_s]);
    hold(times.copied().all(is_time), "run", "thresholds_s and short_s are 0 to 10,000,000")?;
    hold(run.until_s.is_none_or(|until| is_time(until) && until > 0.0), "run", "until_s is 0 to 10,000,000")?;
    let ringing = rules.ringing;
    let waits = [ringing.no_answer_s, ringing.declined_s];
    hold(waits.into_iter().all(is_time), "rules", "times are 0 to 10,000,000 s")?;
    hold((1e-6..=1e7).contains(&ringing.offer_timeout_s), "rules", "offer_timeout_s is above 0")?;
    if let Some(callback) = callback {
        let times = [callback.offer_at_s, callback.aht_s, callback.dial_s, callback.no_answer_s];
        hold(times.into_iter().all(is_time), "callback", "times are 0 to 10,000,000 s")?;
        hold(is_share(callback.accept) && is_share(callback.answer), "callback", "accept and answer are 0 to 1")?;
    }
    let rate: f64 = types.iter().map(peak_rate).sum();
    let logged = types.iter().any(|kind| matches!(kind.arrivals, Arrivals::Logged(_)));
    let is_short = logged || run.until_s.is_some() || run.calls as f64 <= rate * 1e9;
    if is_short { Ok(()) } else { Err(ScenarioError::TooLong) }
}

fn check_type(kind: &ContactType) -> Result<(), ScenarioError> {
    let name = &kind.name;
    let lengths = [kind.patience, kind.service, kind.wrap_up];
    let usable = lengths.iter().flatten().all(Distribution::is_usable);
    hold(usable, name, "means are above 0 and at most 10,000,000 s, coefficients of variation 0 to 100")?;
    hold(kind.priority.abs() <= 1e6, name, "priority is -1,000,000 to 1,000,000")?;
    hold((0.0..=1e6).contains(&kind.age_per_s), name, "age_per_s is 0 to 1,000,000")?;
    hold(kind.rings.iter().all(|ring| is_time(ring.after_s)), name, "after_s is 0 to 10,000,000")?;
    let level = |need: &Need| need.iter().all(|(_, level)| *level <= 10);
    hold(kind.rings.iter().all(|ring| level(&ring.need)), name, "levels are 0 to 10")?;
    if let Arrivals::Poisson(profile) = &kind.arrivals {
        let rates = profile.iter().all(|(from, rate)| is_time(*from) && (0.0..=1e6).contains(rate));
        hold(rates, name, "rate_per_s is 0 to 1,000,000")?;
        hold(profile.is_sorted_by(|a, b| a.0 < b.0), name, "the parts of rate_per_s are in order of time")?;
    }
    Ok(())
}

fn check_group(group: &Group, types: &[ContactType]) -> Result<(), ScenarioError> {
    let name = &group.name;
    let named = group.service.iter().map(|(kind, _)| kind).chain(group.delay_s.iter().map(|(kind, _)| kind));
    for named in named.chain(group.preference.iter().map(|(kind, _)| kind)) {
        if !types.iter().any(|kind| kind.name == *named) {
            return Err(ScenarioError::UnknownType { group: name.clone(), named: named.clone() });
        }
    }
    let usable = group.service.iter().all(|(_, service)| service.is_usable());
    hold(usable, name, "means are above 0 and at most 10,000,000 s, coefficients of variation 0 to 100")?;
    let levels = group.skills.iter().all(|(_, level)| (1..=10).contains(level));
    hold(levels, name, "levels are 1 to 10")?;
    hold(group.delay_s.iter().all(|(_, delay)| is_time(*delay)), name, "delay_s is 0 to 10,000,000")?;
    hold(is_time(group.answer_s), name, "answer_s is 0 to 10,000,000")?;
    let answers = is_share(group.rona) && is_share(group.decline) && group.rona + group.decline < 1.0;
    hold(answers, name, "rona and decline are shares whose sum is below 1")?;
    let shift = |from: f64, to: f64| is_time(from) && is_time(to) && from < to;
    hold(group.shifts.iter().all(|part| shift(part.from_s, part.to_s)), name, "a shift ends after it begins")
}

/// The highest rate of a Poisson stream, per second.
fn peak_rate(kind: &ContactType) -> f64 {
    match &kind.arrivals {
        Arrivals::Poisson(profile) => profile.iter().map(|(_, rate)| *rate).fold(0.0, f64::max),
        Arrivals::Logged(_) => 0.0,
    }
}

/// The service that a group gives a type, if it says or a log tells.
fn service_by(group: &Group, kind: &ContactType) -> Option<Distribution> {
    let own = group.service.iter().find(|(name, _)| *name == kind.name).map(|(_, service)| *service);
    own.or(kind.service)
}

/// Whether a group ever holds what a type needs.
fn may_serve(group: &Group, kind: &ContactType) -> bool {
    let level = |skill: &str| group.skills.iter().find(|(name, _)| name == skill).map_or(0, |(_, level)| *level);
    let holds = |need: &Need| need.iter().all(|(skill, least)| level(skill) >= *least);
    kind.rings.is_empty() || kind.rings.iter().any(|ring| holds(&ring.need))
}

fn kind(scenario: &Scenario, at: usize, warnings: &mut Vec<Warning>) -> Kind {
    let kind = &scenario.types[at];
    let is_logged = matches!(kind.arrivals, Arrivals::Logged(_));
    let mut service = Vec::with_capacity(scenario.groups.len());
    for group in &scenario.groups {
        let given = service_by(group, kind).or(is_logged.then_some(Distribution::Det(0.0)));
        if given.is_none() && may_serve(group, kind) {
            warnings.push(Warning::NoService { group: group.name.clone(), kind: kind.name.clone() });
        }
        service.push(given.filter(|_| may_serve(group, kind)).map(Sampler::from));
    }
    if service.iter().all(Option::is_none) {
        warnings.push(Warning::Unserved(kind.name.clone()));
    }
    let patience = kind.patience.map(Sampler::from);
    let mut served = Vec::new();
    if let Arrivals::Logged(log) = &kind.arrivals {
        served.extend(log.iter().filter_map(|logged| Some((logged.service_us?, logged.wrap_up_us))));
        served.sort_unstable();
    }
    let wrap_up = kind.wrap_up.map(Sampler::from).or(is_logged.then_some(Sampler::Det { us: 0 }));
    let (back, mailbox) = (kind.callback.map(Back::from), kind.voicemail.map(Mailbox::from));
    Kind { queue: id(at), arrivals: kind.arrivals.clone(), patience, wrap_up, served, service, back, mailbox }
}

fn seats(groups: &[Group]) -> Result<Vec<Seat>, ScenarioError> {
    let count =
        |group: &Group| u64::from(group.agents) + group.shifts.iter().map(|shift| u64::from(shift.agents)).sum::<u64>();
    match groups.iter().map(count).sum::<u64>() {
        0 => return Err(ScenarioError::NoAgents),
        1..=1_000_000 => {}
        _ => return Err(ScenarioError::TooMany),
    }
    let mut seats = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        let group_number = at as u16;
        let shifts = group.shifts.iter().map(|shift| (Some((micros(shift.from_s), micros(shift.to_s))), shift.agents));
        for (shift, agents) in core::iter::once((None, group.agents)).chain(shifts) {
            for _ in 0..agents {
                seats.push(Seat { id: id(seats.len()), group: group_number, shift });
            }
        }
    }
    Ok(seats)
}

fn is_unstable(scenario: &Scenario) -> bool {
    let Scenario { run, types, groups, .. } = scenario;
    let shortest = |kind: &ContactType| {
        let means = groups.iter().filter(|group| may_serve(group, kind)).filter_map(|group| service_by(group, kind));
        means.map(|service| service.mean()).fold(f64::INFINITY, f64::min)
    };
    let staff = |group: &Group| group.agents + group.shifts.iter().map(|shift| shift.agents).sum::<u32>();
    let load: f64 = types.iter().map(|kind| peak_rate(kind) * shortest(kind)).filter(|load| load.is_finite()).sum();
    let lasts = run.lines.is_none()
        && run.until_s.is_none()
        && types.iter().all(|kind| kind.patience.is_none() && !is_treated(kind));
    lasts && load >= groups.iter().map(|group| f64::from(staff(group))).sum()
}

/// An id whose text is a number. The engine orders such ids by the number.
fn id<T: core::str::FromStr>(number: usize) -> T {
    let text = number.to_string();
    text.parse().unwrap_or_else(|_| unreachable!("digits are an id"))
}

/// How many of the engine's points make one of the scenario's: the smallest power of ten that makes every priority and
/// rate whole, and at most what keeps scores within 64 bits over the longest run.
fn points_scale(types: &[ContactType]) -> f64 {
    let values = || types.iter().flat_map(|kind| [kind.priority, kind.age_per_s]);
    let is_whole = |value: f64| (value - value.round()).abs() <= 1e-9 * value.abs().max(1.0);
    let largest = values().fold(1.0, |most: f64, value| most.max(value.abs()));
    let mut scale = 1.0;
    while !values().all(|value| is_whole(value * scale)) && scale * largest * 10.0 <= 1e6 {
        scale *= 10.0;
    }
    scale
}

fn setup(scenario: &Scenario, kinds: &[Kind], seats: &[Seat]) -> Setup {
    let mut skills: Vec<&str> = Vec::new();
    let needs = scenario.types.iter().flat_map(|kind| kind.rings.iter().flat_map(|ring| &ring.need));
    for (name, _) in needs.chain(scenario.groups.iter().flat_map(|group| &group.skills)) {
        if !skills.contains(&name.as_str()) {
            skills.push(name);
        }
    }
    let scale = points_scale(&scenario.types);
    let queues = scenario.types.iter().zip(kinds).map(|(kind, made)| queue(scenario, kind, made, (scale, &skills)));
    let members: Vec<Vec<Membership>> =
        (0..scenario.groups.len()).map(|group| memberships(scenario, kinds, group)).collect();
    let group_skills: Vec<Vec<(SkillId, Proficiency)>> =
        scenario.groups.iter().map(|group| levels(&group.skills, &skills)).collect();
    let agent = |seat: &Seat| AgentSetup {
        id: seat.id,
        name: String::new(),
        skills: group_skills[usize::from(seat.group)].clone(),
        queues: members[usize::from(seat.group)].clone(),
        capacity: Vec::new(),
    };
    Setup {
        queues: queues.collect(),
        agents: seats.iter().map(agent).collect(),
        contact_rule: scenario.rules.contact_rule,
        seed: scenario.run.seed,
        ..Setup::default()
    }
}

fn queue(scenario: &Scenario, kind: &ContactType, made: &Kind, (scale, skills): (f64, &[&str])) -> QueueSetup {
    let ringing = scenario.rules.ringing;
    let ring = |ring: &Widening| Ring { after: duration(ring.after_s), need: levels(&ring.need, skills) };
    QueueSetup {
        base_priority: Priority((kind.priority * scale).round() as i32),
        age_per_s: (kind.age_per_s * scale).round() as u32,
        agent_rule: scenario.rules.agent_rule,
        requirement: Requirement::new(kind.rings.iter().map(ring).collect()),
        offer_timeout: duration(ringing.offer_timeout_s),
        // After-contact work ends when the simulation says so.
        wrap_up: if made.wrap_up.is_some() { Duration::from_secs(1_000_000_000) } else { Duration::ZERO },
        cool_downs: CoolDowns {
            declined: duration(ringing.declined_s),
            busy: Duration::ZERO,
            unreachable: Duration::ZERO,
            no_answer: duration(ringing.no_answer_s),
            no_answer_limit: 0,
        },
        limits: treatment::limits(&kind.limits, |name| {
            scenario.types.iter().position(|other| other.name == name).map(id)
        }),
        ..QueueSetup::new(made.queue)
    }
}

fn memberships(scenario: &Scenario, kinds: &[Kind], group: usize) -> Vec<Membership> {
    let says = &scenario.groups[group];
    let served = kinds.iter().zip(&scenario.types).filter(|(kind, _)| kind.service[group].is_some());
    let membership = |(kind, named): (&Kind, &ContactType)| {
        let delay = says.delay_s.iter().find(|(name, _)| *name == named.name).map_or(0.0, |(_, delay)| *delay);
        let preference = says.preference.iter().find(|(name, _)| *name == named.name).map_or(1, |(_, level)| *level);
        Membership { delay: duration(delay), preference, ..kind.queue.into() }
    };
    served.map(membership).collect()
}

/// Skills by number; a level of 0 is no need.
fn levels(named: &Need, skills: &[&str]) -> Vec<(SkillId, Proficiency)> {
    let level = |(name, level): &(String, u8)| {
        let number = skills.iter().position(|skill| skill == name)?;
        Some((id(number), Proficiency::new(*level)?))
    };
    named.iter().filter_map(level).collect()
}

fn duration(seconds: f64) -> Duration {
    Duration::from_micros(micros(seconds))
}
