//! Skills, queues, requirements, reasons, dispositions, entry points.

use crate::check::Known;
use crate::model::{Entry, Queue, Reason, Skill};
use crate::network::is_dialable;
use crate::reader::Table;
use crate::report::Placed;
use crate::treatment::treatment;
use crate::tree::{Item, Value};
use acd::api::{AgentRule, CoolDowns, Limits, Membership, Overflow, QueueSetup};
use core::str::FromStr;
use core::time::Duration;
use domain::{
    DispositionCode, DispositionRow, Dnis, EntryPointId, FlowId, Language, Priority, Proficiency, PromptId, QueueId,
    ReasonCode, Requirement, Ring, ScheduleId, ServiceLevelGoal, SkillId,
};

/// Music for queues that name none.
const MUSIC: &str = "hold-music";

/// Reasons that the engine sets, with their labels.
const SYSTEM_REASONS: &[(&str, &str, &str)] = &[
    ("rona", "No answer", "无应答"),
    ("connection", "Connection lost", "连接中断"),
    ("device", "Phone unavailable", "话机不可用"),
];

const AGENT_RULES: &[(&str, AgentRule)] = &[
    ("longest_idle", AgentRule::LongestIdle),
    ("least_occupied", AgentRule::LeastOccupied),
    ("best_level", AgentRule::BestLevel),
    ("fewest_contacts", AgentRule::FewestContacts),
    ("ring_order", AgentRule::RingOrder),
    ("weighted_random", AgentRule::WeightedRandom),
    ("ring_all", AgentRule::RingAll(RING_ALL_AT_ONCE)),
];

/// Agents rung at once by `ring_all` where the queue does not say how many.
const RING_ALL_AT_ONCE: u8 = 5;

pub(crate) fn skill(table: &Table<'_>) -> Option<Skill> {
    let id: Option<Placed<SkillId>> = table.need_id("id");
    let name = table.need_text_if_any("name");
    table.done();
    let id = id?.value;
    Some(Skill { id, name: name.map_or_else(|| id.to_string(), |name| name.value) })
}

pub(crate) fn queue(table: &Table<'_>, known: &Known) -> Option<Queue> {
    let id: Option<Placed<QueueId>> = table.need_id("id");
    let name = table.need_text_if_any("name");
    let number = |key, range| table.int(key, range).and_then(|n| i32::try_from(n).ok());
    let (base_priority, age) = (number("base_priority", -1_000_000..=1_000_000), number("age_per_s", 0..=1_000));
    let setup = |id: QueueId| QueueSetup {
        id,
        name: name.map_or_else(|| id.to_string(), |name| name.value),
        goal: goal(table),
        base_priority: Priority(base_priority.unwrap_or(0)),
        age_per_s: age.and_then(|age| u32::try_from(age).ok()).unwrap_or(1),
        agent_rule: agent_rule(table),
        offer_timeout: table.seconds("offer_timeout_s", 20, 1..=600),
        wrap_up: table.seconds("wrap_up_s", 30, 0..=3_600),
        wrap_up_extension: table.seconds("wrap_up_extension_s", 60, 0..=3_600),
        cool_downs: cool_downs(table),
        requirement: requirement(table, known).unwrap_or_default(),
        limits: limits(table, id, known),
    };
    // Everything is read even without an id, so that every problem shows.
    let broken = id.is_none();
    let setup = setup(id.map_or_else(placeholder, |id| id.value));
    let music = table.id("music").map(|music| music.value);
    let treatment = treatment(table);
    let hours = table.id::<ScheduleId>("hours").filter(|schedule| {
        let name = (schedule.value.as_str(), schedule.place);
        table.known("hours", "unknown_schedule", "schedule", name, &known.schedules())
    });
    let record = table.flag("record", true);
    let callback = crate::callback::callback(table);
    let default = table.id::<DispositionCode>("default_disposition").filter(|code| {
        let name = (code.value.as_str(), code.place);
        table.known("default_disposition", "unknown_disposition", "disposition", name, &known.dispositions())
    });
    let (survey, secure_entry) = (flow(table, "survey", known), flow(table, "secure_entry", known));
    table.done();
    if broken {
        return None;
    }
    let music = music.or_else(|| MUSIC.parse().ok())?;
    let default_disposition = default.map(|code| code.value);
    let (hours, dispositions) = (hours.map(|schedule| schedule.value), Vec::new());
    let queue = Queue {
        setup,
        music,
        treatment,
        hours,
        record,
        dispositions,
        default_disposition,
        callback,
        survey,
        secure_entry,
    };
    Some(queue)
}

/// A flow that a queue names.
fn flow(table: &Table<'_>, key: &'static str, known: &Known) -> Option<FlowId> {
    let named = table.id::<FlowId>(key)?;
    let name = (named.value.as_str(), named.place);
    table.known(key, "unknown_flow", "flow", name, &known.flows()).then_some(named.value)
}

/// An id for a thing whose own id is missing; the configuration is refused anyway.
fn placeholder<T: FromStr<Err: core::fmt::Debug>>() -> T {
    "unnamed".parse().expect("this is an id")
}

fn agent_rule(queue: &Table<'_>) -> AgentRule {
    let rule = queue.choice("agent_rule", AGENT_RULES);
    let at_once = queue.int("ring_all_at_once", 1..=50).and_then(|agents| u8::try_from(agents).ok());
    match rule {
        Some(AgentRule::RingAll(by_default)) => AgentRule::RingAll(at_once.unwrap_or(by_default)),
        // A rule that is there and wrong was told already.
        rule if at_once.is_some() && (rule.is_some() || !queue.has("agent_rule")) => {
            let why = "`ring_all_at_once` has no effect under this agent rule".to_owned();
            let mend = Some("write agent_rule = \"ring_all\", or leave `ring_all_at_once` out".to_owned());
            let place = queue.place_of("ring_all_at_once");
            queue.report.error("bad_choice", place, &queue.path("ring_all_at_once"), why, mend);
            rule.unwrap_or_default()
        }
        rule => rule.unwrap_or_default(),
    }
}

fn limits(queue: &Table<'_>, id: QueueId, known: &Known) -> Limits {
    let number = |key| queue.int(key, 1..=1_000_000).and_then(|n| u32::try_from(n).ok());
    Limits {
        most_waiting: number("max_waiting"),
        longest_wait: queue.has("max_wait_s").then(|| queue.seconds("max_wait_s", 0, 1..=86_400)),
        most_in_service: number("max_in_service"),
        needs_agents: queue.flag("needs_agents", false),
        overflow: overflow(queue, id, known),
    }
}

fn overflow(queue: &Table<'_>, id: QueueId, known: &Known) -> Option<Overflow> {
    let table = queue.table("overflow")?;
    let to: Option<Placed<QueueId>> = table.need_id("to");
    let after = table.seconds("after_s", 0, 0..=86_400);
    table.done();
    let to = to?;
    if to.value == id {
        let why = format!("queue `{id}` overflows to itself");
        let mend = Some("name another queue, or leave `overflow` out".to_owned());
        table.report.error("overflow_to_itself", to.place, &table.path("to"), why, mend);
        return None;
    }
    let name = (to.value.as_str(), to.place);
    table.known("to", "unknown_queue", "queue", name, &known.queues()).then_some(Overflow { to: to.value, after })
}

fn goal(queue: &Table<'_>) -> ServiceLevelGoal {
    let mut goal = ServiceLevelGoal { share_percent: 80, within_ms: 20_000, short_abandon_ms: 5_000 };
    let Some(table) = queue.table("goal") else { return goal };
    if let Some(share) = table.int("share", 0..=100).and_then(|share| u8::try_from(share).ok()) {
        goal.share_percent = share;
    }
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    goal.within_ms = ms(table.seconds("within_s", 20, 0..=86_400));
    goal.short_abandon_ms = ms(table.seconds("short_abandon_s", 5, 0..=86_400));
    table.done();
    goal
}

fn cool_downs(queue: &Table<'_>) -> CoolDowns {
    let table = queue.table("cool_downs");
    let seconds = |key, default| {
        table.as_ref().map_or(Duration::from_secs(default), |table| table.seconds(key, default, 0..=3_600))
    };
    let cool_downs = CoolDowns {
        declined: seconds("declined_s", 10),
        busy: seconds("busy_s", 15),
        unreachable: seconds("unreachable_s", 30),
        no_answer: seconds("no_answer_s", 10),
        no_answer_limit: table
            .as_ref()
            .and_then(|table| table.int("no_answer_limit", 0..=100))
            .and_then(|limit| u8::try_from(limit).ok())
            .unwrap_or(1),
    };
    if let Some(table) = table {
        table.done();
    }
    cool_downs
}

/// `skills` and `relax` of a queue or an enqueue node; `None` when neither is there.
pub(crate) fn requirement(table: &Table<'_>, known: &Known) -> Option<Requirement> {
    let first = table.has("skills").then(|| levels(table, known));
    let mut rings: Vec<Ring> = first.into_iter().map(|need| Ring { after: Duration::ZERO, need }).collect();
    for ring in table.tables("relax") {
        if !ring.has("after_s") {
            ring.miss("after_s");
        }
        let after = ring.seconds("after_s", 0, 1..=86_400);
        rings.push(Ring { after, need: levels(&ring, known) });
        ring.done();
    }
    (!rings.is_empty()).then(|| Requirement::new(rings))
}

/// `skills = { billing = 5 }`.
pub(crate) fn levels(table: &Table<'_>, known: &Known) -> Vec<(SkillId, Proficiency)> {
    let Some(skills) = table.table("skills") else { return Vec::new() };
    let names = known.skills();
    let level = |(name, item): (Placed<String>, &Item)| {
        if !skills.known("", "unknown_skill", "skill", (&name.value, name.place), &names) {
            return None;
        }
        let level = match item.value {
            Value::Int(level) => u8::try_from(level).ok().and_then(Proficiency::new),
            _ => None,
        };
        if level.is_none() {
            let why = format!("the level of `{}` must be a whole number from 1 to 10", name.value);
            skills.refuse("out_of_range", crate::report::Place { at: item.at, ..name.place }, &name.value, why);
        }
        Some((name.value.parse().ok()?, level?))
    };
    skills.named().filter_map(level).collect()
}

fn labels(table: &Table<'_>, code: &str) -> Vec<(Language, String)> {
    let Some(labels) = table.table("labels") else { return vec![(Language::EN, code.to_owned())] };
    let label = |(language, item): (Placed<String>, &Item)| match (&item.value, language.value.parse()) {
        (Value::Text(text), Ok(language)) => Some((language, text.clone())),
        (Value::Text(_), Err(error)) => {
            labels.refuse("bad_id", language.place, &language.value, format!("`{}`: {error}", language.value));
            None
        }
        (other, _) => {
            let why = format!("a label must be a text, not {}", other.kind());
            labels.refuse("wrong_type", language.place, &language.value, why);
            None
        }
    };
    labels.named().filter_map(label).collect()
}

pub(crate) fn reason(table: &Table<'_>) -> Option<Reason> {
    let code: Option<Placed<ReasonCode>> = table.need_id("code");
    let labels = labels(table, code.as_ref().map_or("", |code| code.value.as_str()));
    table.done();
    let code = code?.value;
    Some(Reason { code, labels, system: SYSTEM_REASONS.iter().any(|(system, ..)| *system == code.as_str()) })
}

/// The engine's own reasons that the configuration does not label.
pub(crate) fn system_reasons(configured: &[Reason]) -> Vec<Reason> {
    let missing =
        SYSTEM_REASONS.iter().filter(|(code, ..)| !configured.iter().any(|reason| reason.code.as_str() == *code));
    let reason = |(code, en, zh): &(&str, &str, &str)| {
        let labels = vec![(Language::EN, (*en).to_owned()), (Language::ZH, (*zh).to_owned())];
        Some(Reason { code: code.parse().ok()?, labels, system: true })
    };
    missing.filter_map(reason).collect()
}

pub(crate) fn disposition(table: &Table<'_>, known: &Known) -> Option<DispositionRow> {
    let code: Option<Placed<DispositionCode>> = table.need_id("code");
    let labels = labels(table, code.as_ref().map_or("", |code| code.value.as_str()));
    let queues = queues(table, known);
    table.done();
    Some(DispositionRow { code: code?.value, labels, queues })
}

/// The queues of an agent: names, or tables where the agent's part is special.
pub(crate) fn memberships(agent: &Table<'_>, known: &Known) -> Vec<Membership> {
    let Some(item) = agent.item("queues") else { return Vec::new() };
    let items = match &item.value {
        Value::List(items) => items,
        _ => core::slice::from_ref(item),
    };
    let mut all: Vec<Membership> = Vec::new();
    for (n, item) in items.iter().enumerate() {
        let place = crate::report::Place { at: item.at, ..agent.place };
        let Some(part) = membership(agent, n, item, known) else { continue };
        if all.iter().any(|other| other.queue == part.queue) {
            let why = format!("queue `{}` is named twice", part.queue);
            agent.refuse("duplicate_id", place, "queues", why);
        } else {
            all.push(part);
        }
    }
    all
}

fn membership(agent: &Table<'_>, n: usize, item: &Item, known: &Known) -> Option<Membership> {
    let place = crate::report::Place { at: item.at, ..agent.place };
    let there = |queue: &Placed<QueueId>| {
        agent.known("queues", "unknown_queue", "queue", (queue.value.as_str(), queue.place), &known.queues())
    };
    if let Value::Text(text) = &item.value {
        let queue = agent.read_id("queues", &Placed { value: text.clone(), place }).filter(there)?;
        return Some(queue.value.into());
    }
    if !matches!(item.value, Value::Table(_)) {
        let why = format!("`queues` must be a list of queues' ids or tables, not {}", item.value.kind());
        agent.refuse("wrong_type", place, "queues", why);
        return None;
    }
    let table = agent.as_table("queues", format!("{}[{n}]", agent.path("queues")), item)?;
    let queue: Option<Placed<QueueId>> = table.need_id("queue");
    let small = |key, least, most| table.int(key, least..=most).and_then(|n| u16::try_from(n).ok());
    let preference = table.int("preference", 1..=100).and_then(|n| u8::try_from(n).ok());
    let (order, weight) = (small("order", 0, 65_535), small("weight", 1, 65_535));
    let delay = table.seconds("delay_s", 0, 0..=86_400);
    table.done();
    let plain = Membership::from(queue.filter(there)?.value);
    Some(Membership {
        delay,
        preference: preference.unwrap_or(plain.preference),
        order: order.unwrap_or(plain.order),
        weight: weight.unwrap_or(plain.weight),
        ..plain
    })
}

/// `queues = ["billing"]`.
pub(crate) fn queues(table: &Table<'_>, known: &Known) -> Vec<QueueId> {
    let names = known.queues();
    let there = |queue: &Placed<QueueId>| {
        table.known("queues", "unknown_queue", "queue", (queue.value.as_str(), queue.place), &names)
    };
    table.ids("queues").into_iter().filter(there).map(|queue| queue.value).collect()
}

pub(crate) fn entry(table: &Table<'_>, known: &Known, default_language: Language) -> Option<Entry> {
    let id: Option<Placed<EntryPointId>> = table.id("id");
    let dnis = table.need_text("dnis");
    let flow: Option<Placed<FlowId>> = table.need_id("flow");
    let language = table.id("language").map_or(default_language, |language| language.value);
    table.done();
    let flow = flow?;
    let dnis = dnis?;
    table.known("flow", "unknown_flow", "flow", (flow.value.as_str(), flow.place), &known.flows());
    let any = dnis.value == "*";
    // A SIP user part may be a name as well as a number.
    let named = dnis.value.chars().all(|c| c.is_ascii_alphanumeric() || "+*#.-_".contains(c));
    if !any && !is_dialable(&dnis.value) && !named {
        table.refuse("bad_number", dnis.place, "dnis", format!("`{}` cannot be called", dnis.value));
    }
    let by_number = || if any { "any" } else { dnis.value.trim_start_matches('+') }.parse().ok();
    let id = id.map(|id| id.value).or_else(by_number)?;
    Some(Entry { id, dnis: (!any).then(|| Dnis::new(dnis.value)), flow: flow.value, language })
}

/// The music prompt of a queue, for flows that queue into it.
pub(crate) fn music_of(queues: &[Queue], queue: QueueId) -> Option<PromptId> {
    let music = queues.iter().find(|known| known.setup.id == queue).map(|queue| queue.music);
    music.or_else(|| MUSIC.parse().ok())
}
