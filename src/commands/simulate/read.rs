//! From a scenario's text to the scenario, or to every problem with its place.

use super::table::{Field, Table, Text, hint};
use super::treatment;
use acd::api::{AgentRule, ContactRule};
use config::Problem;
use planning::simulate::{
    Arrivals, Callback, ContactType, Distribution, Group, Need, Rules, Run, Scenario, Shift, Widening,
};
use toml::de::DeTable;

/// The longest time that can be told, in seconds.
const LONGEST_S: f64 = 1e7;

/// Reads a scenario. `replayed`: its arrivals come from elsewhere, so that types need not tell them.
///
/// # Errors
/// Every problem in order of place.
pub(super) fn scenario(name: &str, text: &str, replayed: bool) -> Result<Scenario, Vec<Problem>> {
    let source = Text::new(name, text);
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        source.refuse("syntax", at, "", error.message().to_owned(), None);
    }
    let scenario = if errors.is_empty() { whole(&Table::root(&source, document.get_ref()), replayed) } else { None };
    let problems = source.problems();
    scenario.filter(|_| problems.is_empty()).ok_or(problems)
}

fn whole(root: &Table<'_>, replayed: bool) -> Option<Scenario> {
    let run = root.table("run").map(|table| run(&table)).unwrap_or_default();
    let of_types = root.need("types", "[types.sales]").and_then(|field| field.table("a table, written [types.NAME]"));
    let of_groups =
        root.need("groups", "[groups.floor]").and_then(|field| field.table("a table, written [groups.NAME]"));
    let rules = root.table("rules").map(|table| rules(&table)).unwrap_or_default();
    let callback = root.table("callback").and_then(|table| callback(&table));
    root.done();
    let types = tables(&of_types?);
    let names: Vec<&str> = types.iter().map(|(name, _)| name.as_str()).collect();
    let groups = tables(&of_groups?).iter().map(|(name, table)| group(name, table, &names)).collect();
    let types = types.iter().filter_map(|(name, table)| kind(name, table, &names, replayed)).collect();
    Some(Scenario { run, types, groups, rules, callback })
}

/// The tables under names.
fn tables<'t>(table: &Table<'t>) -> Vec<(String, Table<'t>)> {
    let named = table.named().into_iter();
    named.filter_map(|(name, field)| Some((name.to_owned(), field.table("a table")?))).collect()
}

fn run(table: &Table<'_>) -> Run {
    let defaults = Run::default();
    let whole = |key, most| table.field(key).and_then(|field| field.whole(0..=most));
    let until_s = table.field("until_s").and_then(|field| field.number(1e-3..=LONGEST_S));
    let unlimited = if until_s.is_some() { 1_000_000_000 } else { defaults.calls };
    let calls = whole("calls", 1_000_000_000).unwrap_or(unlimited);
    let warmup = if until_s.is_some() { 0 } else { calls / 10 };
    let thresholds = table.field("thresholds_s").map(|field| {
        let items = field.list("a list of numbers of seconds").into_iter();
        items.filter_map(|item| item.number(0.0..=LONGEST_S)).collect()
    });
    let replications = table.field("replications").and_then(|field| field.whole(1..=1_000_000));
    let run = Run {
        calls,
        warmup_calls: whole("warmup_calls", 1_000_000_000).unwrap_or(warmup),
        replications: replications.map_or(defaults.replications, |number| number as u32),
        seed: whole("seed", i64::MAX as u64).unwrap_or(defaults.seed),
        lines: table.field("lines").and_then(|field| field.whole(1..=4_000_000_000)).map(|lines| lines as u32),
        thresholds_s: thresholds.unwrap_or(defaults.thresholds_s),
        short_s: table.number("short_abandon_s", defaults.short_s, 0.0..=LONGEST_S),
        until_s,
    };
    if let Some(field) = table.field("warmup_calls").filter(|_| run.warmup_calls >= run.calls) {
        let why = format!("a warm-up of {} contacts leaves none of {} to measure", run.warmup_calls, run.calls);
        field.refuse("out_of_range", why, None);
    }
    table.done();
    run
}

fn kind(name: &str, table: &Table<'_>, types: &[&str], replayed: bool) -> Option<ContactType> {
    let rate = if replayed { table.field("rate_per_s") } else { table.need("rate_per_s", "rate_per_s = 0.14") };
    let arrivals = rate.map_or(Some(Vec::new()), |field| profile(&field));
    let patience = table.field("patience").filter(|field| field.word() != Some("infinite"));
    let length = |key| table.field(key).and_then(|field| distribution(&field, "{ exp = 300 }"));
    let rings = table.field("rings").map_or(Vec::new(), |field| field.list("a list of rings"));
    let kind = ContactType {
        name: name.to_owned(),
        arrivals: Arrivals::Poisson(Vec::new()),
        patience: patience.and_then(|field| distribution(&field, "{ exp = 300 } or \"infinite\"")),
        priority: table.number("priority", 0.0, -1e6..=1e6),
        age_per_s: table.number("age_per_s", 1.0, 0.0..=1e6),
        rings: rings.iter().filter_map(ring).collect(),
        service: length("service"),
        wrap_up: length("wrap_up"),
        callback: table.field("callback").and_then(|field| treatment::callback(&field)),
        voicemail: table.field("voicemail").and_then(|field| treatment::voicemail(&field)),
        limits: treatment::limits(table, types),
    };
    table.done();
    Some(ContactType { arrivals: Arrivals::Poisson(arrivals?), ..kind })
}

/// A rate, or a list of moments with the rate from there on.
fn profile(field: &Field<'_>) -> Option<Vec<(f64, f64)>> {
    let Some(parts) = field.items() else { return Some(vec![(0.0, field.number(0.0..=1e6)?)]) };
    let pair = |item: &Field<'_>| item.numbers::<2>("[seconds, rate per second]").map(|[from, rate]| (from, rate));
    let pairs: Option<Vec<(f64, f64)>> = parts.iter().map(pair).collect();
    let pairs = pairs?;
    let fit = pairs.iter().all(|(from, rate)| (0.0..=LONGEST_S).contains(from) && (0.0..=1e6).contains(rate));
    if pairs.is_empty() || !fit || !pairs.is_sorted_by(|a, b| a.0 < b.0) {
        let why = "the parts of `rate_per_s` must begin later and later, with rates of 0 to 1,000,000".to_owned();
        field.refuse("out_of_range", why, Some("such as [[0, 0.1], [1800, 0.2]]".to_owned()));
        return None;
    }
    Some(pairs)
}

pub(super) fn distribution(field: &Field<'_>, such: &str) -> Option<Distribution> {
    let table = field.table(&format!("a distribution such as {such}"))?;
    let number = |key| table.field(key).and_then(|field| field.number(0.0..=LONGEST_S));
    let lognormal = table.field("lognormal").and_then(|field| {
        let pair = field.numbers::<2>("[mean in seconds, coefficient of variation]");
        if pair.is_none() && field.items().is_none() {
            field.refuse("wrong_type", "`lognormal` must be [mean, coefficient of variation]".to_owned(), None);
        }
        pair
    });
    let found = [
        number("exp").map(Distribution::Exp),
        number("det").map(Distribution::Det),
        lognormal.map(|[mean, cv]| Distribution::Lognormal { mean, cv }),
    ];
    let named = table.named().len();
    table.done();
    let mut found = found.into_iter().flatten();
    match (found.next(), found.next()) {
        (Some(one), None) => fitting(field, one),
        (None, _) if named > 0 => None,
        _ => {
            let why = "a distribution is one of `exp`, `det` and `lognormal`".to_owned();
            field.refuse("bad_choice", why, Some(format!("such as {such}")));
            None
        }
    }
}

/// Means are above zero, but for lengths that are always the same.
fn fitting(field: &Field<'_>, distribution: Distribution) -> Option<Distribution> {
    let fits = match distribution {
        Distribution::Exp(mean) => mean > 0.0,
        Distribution::Det(_) => true,
        Distribution::Lognormal { mean, cv } => mean > 0.0 && mean <= LONGEST_S && (0.0..=100.0).contains(&cv),
    };
    if !fits {
        let why = "a mean must be above 0 s and at most 10,000,000 s, a coefficient of variation 0 to 100".to_owned();
        field.refuse("out_of_range", why, None);
    }
    fits.then_some(distribution)
}

fn ring(field: &Field<'_>) -> Option<Widening> {
    let table = field.table("a table such as { after_s = 0, need = { sales = 1 } }")?;
    let after_s = table.number("after_s", 0.0, 0.0..=LONGEST_S);
    let need = table.field("need").map_or(Vec::new(), |field| levels(&field, 0));
    table.done();
    Some(Widening { after_s, need })
}

fn levels(field: &Field<'_>, least: u64) -> Need {
    let Some(table) = field.table("a table such as { sales = 5 }") else { return Vec::new() };
    let level = |(name, field): (&str, Field<'_>)| Some((name.to_owned(), field.whole(least..=10)? as u8));
    table.named().into_iter().filter_map(level).collect()
}

fn group(name: &str, table: &Table<'_>, types: &[&str]) -> Group {
    let shifts = table.field("shifts");
    let agents = if shifts.is_some() { table.field("agents") } else { table.need("agents", "agents = 15") };
    let share = |key| table.number(key, 0.0, 0.0..=1.0);
    let group = Group {
        name: name.to_owned(),
        agents: agents.and_then(|field| field.whole(0..=1_000_000)).unwrap_or_default() as u32,
        shifts: shifts.map_or(Vec::new(), |field| field.list("a list of shifts").iter().filter_map(shift).collect()),
        skills: table.field("skills").map_or(Vec::new(), |field| levels(&field, 1)),
        service: by_type(table, "service", types, |field| distribution(field, "{ exp = 300 }")),
        delay_s: by_type(table, "delay_s", types, |field| field.number(0.0..=LONGEST_S)),
        preference: by_type(table, "preference", types, |field| field.whole(0..=255).map(|level| level as u8)),
        answer_s: table.number("answer_s", 0.0, 0.0..=LONGEST_S),
        rona: share("rona"),
        decline: share("decline"),
    };
    if let Some(field) = table.field("rona").filter(|_| group.rona + group.decline >= 1.0) {
        let why = "`rona` and `decline` together must be below 1, or nobody is ever answered".to_owned();
        field.refuse("out_of_range", why, None);
    }
    table.done();
    group
}

fn shift(field: &Field<'_>) -> Option<Shift> {
    let wanted = "[from in seconds, to in seconds, agents]";
    let numbers = field.numbers::<3>(wanted);
    if numbers.is_none() && field.items().is_none() {
        field.refuse("wrong_type", format!("a shift must be {wanted}"), None);
    }
    let [from_s, to_s, agents] = numbers?;
    let fits = from_s >= 0.0 && from_s < to_s && to_s <= LONGEST_S && (0.0..=1e6).contains(&agents);
    if !fits || agents.fract() != 0.0 {
        let why = "a shift must end after it begins and have a whole number of agents".to_owned();
        field.refuse("out_of_range", why, Some("such as [0, 28800, 5]".to_owned()));
        return None;
    }
    Some(Shift { from_s, to_s, agents: agents as u32 })
}

/// The entries of a table whose keys are types.
fn by_type<T>(
    table: &Table<'_>,
    key: &'static str,
    types: &[&str],
    value: impl Fn(&Field<'_>) -> Option<T>,
) -> Vec<(String, T)> {
    let Some(inner) = table.field(key).and_then(|field| field.table("a table by type")) else { return Vec::new() };
    let mut entries = Vec::new();
    for (name, field) in inner.named() {
        if !types.contains(&name) {
            field.refuse("bad_choice", format!("there is no type `{name}`"), hint(name, types));
        }
        entries.extend(value(&field).map(|value| (name.to_owned(), value)));
    }
    entries
}

fn rules(table: &Table<'_>) -> Rules {
    let mut rules = Rules::default();
    let agent_rules = [
        ("longest_idle", AgentRule::LongestIdle),
        ("best_level", AgentRule::BestLevel),
        ("least_occupied", AgentRule::LeastOccupied),
        ("fewest_contacts", AgentRule::FewestContacts),
        ("weighted_random", AgentRule::WeightedRandom),
    ];
    let contact_rules = [
        ("score", ContactRule::Score),
        ("longest_queue_first", ContactRule::LongestQueueFirst),
        ("agent_level_first", ContactRule::AgentLevelFirst),
    ];
    if let Some(rule) = table.field("agent_rule").and_then(|field| field.choice(&agent_rules)) {
        rules.agent_rule = rule;
    }
    if let Some(rule) = table.field("call_rule").and_then(|field| field.choice(&contact_rules)) {
        rules.contact_rule = rule;
    }
    let ringing = &mut rules.ringing;
    ringing.offer_timeout_s = table.number("offer_timeout_s", ringing.offer_timeout_s, 1e-3..=LONGEST_S);
    ringing.no_answer_s = table.number("no_answer_s", ringing.no_answer_s, 0.0..=LONGEST_S);
    ringing.declined_s = table.number("declined_s", ringing.declined_s, 0.0..=LONGEST_S);
    table.done();
    rules
}

fn callback(table: &Table<'_>) -> Option<Callback> {
    let number = |key, such: &str, range| table.need(key, such).and_then(|field| field.number(range));
    let offer_at_s = number("offer_at_s", "offer_at_s = 60", 0.0..=LONGEST_S);
    let accept = number("accept", "accept = 0.6", 0.0..=1.0);
    let aht_s = number("aht_s", "aht_s = 180", 0.0..=LONGEST_S);
    let dial_s = table.number("dial_s", 0.0, 0.0..=LONGEST_S);
    let answer = table.number("answer", 1.0, 0.0..=1.0);
    let no_answer_s = table.number("no_answer_s", 0.0, 0.0..=LONGEST_S);
    table.done();
    Some(Callback { offer_at_s: offer_at_s?, accept: accept?, aht_s: aht_s?, dial_s, answer, no_answer_s })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CENTRE: &str = r#"
[run]
calls = 500000
warmup_calls = 30000
replications = 10
seed = 1
lines = 120
thresholds_s = [10, 20]

[types.sales]
rate_per_s = 0.14
patience = { exp = 300 }
priority = 0
age_per_s = 1
rings = [{ after_s = 0, need = { sales = 1 } }]

[types.support]
rate_per_s = [[0, 0.1], [1800, 0.2]]
patience = "infinite"
rings = [{ after_s = 0, need = { support = 5 } }, { after_s = 20, need = { support = 0 } }]

[groups.p0]
agents = 15
skills = { sales = 10, support = 9 }
service = { sales = { exp = 600 }, support = { lognormal = [600, 0.5] } }
[groups.p0.delay_s]
support = 20

[rules]
agent_rule = "best_level"
call_rule = "agent_level_first"

[callback]
offer_at_s = 60
accept = 0.6
aht_s = 180
dial_s = 12
answer = 0.85
no_answer_s = 25
"#;

    fn told(text: &str) -> Vec<String> {
        scenario("s.toml", text, false).unwrap_err().iter().map(ToString::to_string).collect()
    }

    /// Problems of the centre with one text in place of another.
    fn changed(from: &str, to: &str) -> Vec<String> {
        assert!(CENTRE.contains(from));
        told(&CENTRE.replace(from, to))
    }

    #[test]
    fn a_scenario_is_read_as_it_is_written() {
        let scenario = scenario("s.toml", CENTRE, false).unwrap();
        assert_eq!((scenario.run.calls, scenario.run.warmup_calls, scenario.run.lines), (500_000, 30_000, Some(120)));
        assert_eq!(scenario.types[0].patience, Some(Distribution::Exp(300.0)));
        assert_eq!(scenario.types[1].patience, None);
        assert_eq!(scenario.types[1].arrivals, Arrivals::Poisson(vec![(0.0, 0.1), (1_800.0, 0.2)]));
        assert_eq!(scenario.types[1].rings[1].need, vec![("support".to_owned(), 0)]);
        assert_eq!(scenario.groups[0].service[1].1, Distribution::Lognormal { mean: 600.0, cv: 0.5 });
        assert_eq!(scenario.groups[0].delay_s, vec![("support".to_owned(), 20.0)]);
        assert_eq!(scenario.rules.contact_rule, ContactRule::AgentLevelFirst);
        assert_eq!(scenario.callback.unwrap().no_answer_s, 25.0);
    }

    #[test]
    fn treatment_is_read_in_the_words_of_the_configuration() {
        let treated = r#"
[types.sales]
rate_per_s = 0.1
service = { exp = 200 }
max_waiting = 40
max_wait_s = 600
needs_agents = true
overflow = { to = "help", after_s = 90 }
callback = { offer_after_s = 45, accept = 0.4, mode = "customer_first", attempts = 2, pause_s = 300, min_wait_s = 60, most_load_percent = 110, reached = 0.8, calls_again = 0.1, calls_again_after = { det = 300 } }
voicemail = { offer_after_s = 120, accept = 0.2, handle = { exp = 60 } }
[types.help]
rate_per_s = 0.01
service = { exp = 100 }
[groups.a]
agents = 20
"#;
        let read = scenario("s.toml", treated, false).unwrap();
        let sales = &read.types[0];
        let callback = sales.callback.unwrap();
        assert_eq!((callback.attempts, callback.customer_first, callback.test.most_load_percent), (2, true, 110));
        assert_eq!((callback.test.min_wait.as_secs(), callback.test.most_open), (60, 100));
        assert_eq!((callback.ring_s, callback.calls_again_after), (30.0, Distribution::Det(300.0)));
        assert_eq!(sales.voicemail.unwrap().speak_s, 30.0);
        assert_eq!(sales.limits.overflow, Some(("help".to_owned(), 90.0)));
        assert_eq!((sales.limits.max_waiting, sales.limits.needs_agents), (Some(40), true));
        assert_eq!(read.types[1].limits, planning::simulate::QueueLimits::default());
        let wrong = told(&treated.replace("accept = 0.4", "acept = 0.4"));
        assert!(wrong.iter().any(|problem| problem.contains("did you mean `accept`?")), "{wrong:?}");
        let to = told(&treated.replace("to = \"help\"", "to = \"hepl\""));
        assert!(to[0].contains("did you mean `help`?"), "{to:?}");
        let flag = told(&treated.replace("needs_agents = true", "needs_agents = 1"));
        assert!(flag[0].contains("must be true or false"), "{flag:?}");
    }

    #[test]
    fn every_problem_has_its_place_and_says_how_to_mend_it() {
        let unknown = changed("agents = 15", "agents = 15\nskils = 1");
        assert_eq!(unknown, ["s.toml:24:1: unknown_key: unknown key `skils` in `groups.p0` (did you mean `skills`?)"]);
        let choice = changed("\"best_level\"", "\"best_levl\"");
        assert!(choice[0].contains("did you mean `best_level`?"), "{choice:?}");
        let missing = changed("rate_per_s = 0.14\n", "");
        assert!(missing[0].contains("`types.sales` needs `rate_per_s` (such as rate_per_s = 0.14)"), "{missing:?}");
        let named = changed("service = { sales =", "service = { sale =");
        assert!(named[0].contains("there is no type `sale` (did you mean `sales`?)"), "{named:?}");
        assert!(changed("{ exp = 300 }", "300")[0].contains("a distribution such as { exp = 300 }"));
        assert!(changed("accept = 0.6", "accept = 6")[0].contains("must be 0 to 1, not 6"));
        assert!(changed("warmup_calls = 30000", "warmup_calls = 500000")[0].contains("leaves none"));
        assert!(changed("[1800, 0.2]", "[0, 0.2]")[0].contains("later and later"));
        assert!(changed("[rules]", "[rules")[0].contains("syntax"));
        assert_eq!(told("[run]\n").len(), 2);
    }

    #[test]
    fn no_text_makes_the_reader_panic() {
        for cut in 0..CENTRE.len() {
            let _ = scenario("s.toml", &CENTRE[..cut], false);
            let _ = scenario("s.toml", &format!("{}= [1, {{}}]{}", &CENTRE[..cut], &CENTRE[cut..]), true);
        }
    }

    #[test]
    fn the_examples_are_scenarios() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/scenarios");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.display().to_string();
            let scenario = scenario(&name, &text, false).unwrap_or_else(|problems| panic!("{problems:?}"));
            let centre = planning::simulate::Centre::new(scenario).unwrap();
            assert_eq!(centre.warnings(), [], "{name}");
            let command = format!("switchroom simulate examples/scenarios/{}", entry_name(&path));
            assert!(text.contains(&command), "{name} does not tell its command");
            seen += 1;
        }
        assert!(seen > 15, "{seen} examples");
    }

    fn entry_name(path: &std::path::Path) -> &str {
        path.file_name().unwrap().to_str().unwrap()
    }
}
