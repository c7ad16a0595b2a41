//! Agents who share skills.

use crate::chain::{State, mean, solve};
use crate::{Proof, group, kind, need, play, scenario};
use acd::api::{AgentRule, ContactRule};
use planning::simulate::{Distribution, Report, Scenario};

/// Waiting contacts of a type beyond which the chains turn arrivals away: it has no weight.
const MOST: u16 = 45;

/// Rates and patience of the small designs, per second.
const ARRIVALS: [f64; 2] = [0.03, 0.02];
const GIVE_UP: [f64; 2] = [1.0 / 120.0, 1.0 / 200.0];

fn two_types(seed: u64, pools: [u32; 2]) -> Scenario {
    let mut design = scenario((1_000_000, 10_000, seed));
    for (name, at) in [("one", 0), ("two", 1)] {
        let mut of = kind(name, ARRIVALS[at], 100.0);
        of.patience = Some(Distribution::Exp(1.0 / GIVE_UP[at]));
        of.rings = vec![need(0.0, name, 1)];
        design.types.push(of);
    }
    design.groups = vec![group("a", pools[0], &[("one", 10)]), group("b", pools[1], &[("one", 5), ("two", 10)])];
    design.rules.agent_rule = AgentRule::BestLevel;
    design
}

fn at_rate(rate: f64) -> Distribution {
    Distribution::Exp(1.0 / rate)
}

/// Waiting contacts of the two types stand at the end of a state.
fn compare(proof: &mut Proof, report: &Report, solution: &[(State, f64)], all_busy: [&dyn Fn(&State) -> bool; 2]) {
    for (at, name) in ["one", "two"].into_iter().enumerate() {
        let waiting = mean(solution, |state| f64::from(state[4 + at]));
        let p_wait = mean(solution, |state| f64::from(u8::from(all_busy[at](state))));
        proof.exact(
            report,
            name,
            &[
                ("p_wait", p_wait),
                ("p_abandon", waiting * GIVE_UP[at] / ARRIVALS[at]),
                ("mean_wait_all", waiting / ARRIVALS[at]),
            ],
        );
    }
}

/// Agents of each group in the small designs.
const POOL: u16 = 3;

/// Rates of service in the N-design: one by a, one by b, two by b.
const SERVED: [f64; 3] = [1.0 / 120.0, 1.0 / 150.0, 1.0 / 90.0];

/// The state with another number at one place.
fn with(mut state: State, at: usize, now: u16) -> State {
    state[at] = now;
    state
}

/// Contacts that give up.
fn abandons(state: State) -> impl Iterator<Item = (State, f64)> {
    [(4, GIVE_UP[0]), (5, GIVE_UP[1])].into_iter().filter_map(move |(at, rate)| {
        let fewer = state[at].checked_sub(1)?;
        Some((with(state, at, fewer), f64::from(state[at]) * rate))
    })
}

/// An arrival goes to the first group with a free agent, else it waits.
fn arrival(state: State, kind: usize, places: &[(usize, bool)]) -> Option<(State, f64)> {
    let free = places.iter().find(|(_, is_free)| *is_free).map(|(at, _)| *at);
    let at = free.or((state[4 + kind] < MOST).then_some(4 + kind))?;
    Some((with(state, at, state[at] + 1), ARRIVALS[kind]))
}

/// A contact at `at` is done; the agent takes the first waiting type of `order`, each to a place of its own.
fn completion(state: State, at: usize, order: &[(usize, usize)]) -> State {
    let mut left = with(state, at, state[at] - 1);
    if let Some((kind, place)) = order.iter().find(|(kind, _)| left[4 + kind] > 0) {
        left[4 + kind] -= 1;
        left[*place] += 1;
    }
    left
}

/// State: one in a, one in b, two in b, nothing, waiting one, waiting two.
fn n_moves(&state: &State) -> Vec<(State, f64)> {
    let [a, b1, b2, ..] = state;
    let free_in_b = b1 + b2 < POOL;
    let mut moves: Vec<(State, f64)> = abandons(state).collect();
    moves.extend(arrival(state, 0, &[(0, a < POOL), (1, free_in_b)]));
    moves.extend(arrival(state, 1, &[(2, free_in_b)]));
    let orders: [&[(usize, usize)]; 3] = [&[(0, 0)], &[(1, 2), (0, 1)], &[(1, 2), (0, 1)]];
    for (at, order) in orders.into_iter().enumerate().filter(|(at, _)| state[*at] > 0) {
        moves.push((completion(state, at, order), f64::from(state[at]) * SERVED[at]));
    }
    moves
}

#[test]
fn an_n_design_is_its_markov_chain() {
    // Group a serves type one, group b both; b's agents take type two first (strict priority).
    let solution = solve([0; 6], n_moves);
    let mut design = two_types(12, [3, 3]);
    design.types.iter_mut().for_each(|of| of.age_per_s = 0.0);
    design.types[1].priority = 1.0;
    design.groups[0].service = vec![("one".to_owned(), at_rate(SERVED[0]))];
    design.groups[1].service = vec![("one".to_owned(), at_rate(SERVED[1])), ("two".to_owned(), at_rate(SERVED[2]))];
    let report = play(design);
    let mut proof = Proof::new("n-design.toml");
    let busy = |state: &State| state[1] + state[2] == POOL;
    compare(&mut proof, &report, &solution, [&|state| busy(state) && state[0] == POOL, &busy]);
    let by = |at: usize| mean(&solution, |state| f64::from(state[at])) * SERVED[at];
    proof.exact(&report, "one", &[("served_by.a", by(0) / (by(0) + by(1)))]);
    proof.done();
}

/// Rates of service in the X-design: of a group's own type, and of the other.
const OWN: f64 = 1.0 / 100.0;
const OTHER: f64 = 1.0 / 160.0;

/// State: in a one, two; in b one, two; waiting one, two.
fn x_moves(&state: &State) -> Vec<(State, f64)> {
    let [a1, a2, b1, b2, ..] = state;
    let (free_in_a, free_in_b) = (a1 + a2 < POOL, b1 + b2 < POOL);
    let mut moves: Vec<(State, f64)> = abandons(state).collect();
    moves.extend(arrival(state, 0, &[(0, free_in_a), (2, free_in_b)]));
    moves.extend(arrival(state, 1, &[(3, free_in_b), (1, free_in_a)]));
    let (by_a, by_b) = ([(0, 0), (1, 1)], [(1, 3), (0, 2)]);
    for (at, rate, order) in [(0, OWN, &by_a), (1, OTHER, &by_a), (2, OTHER, &by_b), (3, OWN, &by_b)] {
        if state[at] > 0 {
            moves.push((completion(state, at, order), f64::from(state[at]) * rate));
        }
    }
    moves
}

#[test]
fn an_x_design_is_its_markov_chain() {
    // Both groups serve both types, their own faster and at a higher level. Contacts go to their own group first; a
    // freed agent takes its best-level type first.
    let solution = solve([0; 6], x_moves);
    let mut design = two_types(13, [3, 3]);
    design.groups = vec![group("a", 3, &[("one", 10), ("two", 5)]), group("b", 3, &[("one", 5), ("two", 10)])];
    design.rules.contact_rule = ContactRule::AgentLevelFirst;
    let service = |one: f64, two: f64| vec![("one".to_owned(), at_rate(one)), ("two".to_owned(), at_rate(two))];
    design.groups[0].service = service(OWN, OTHER);
    design.groups[1].service = service(OTHER, OWN);
    let report = play(design);
    let mut proof = Proof::new("x-design.toml");
    let busy = |state: &State| state[0] + state[1] == POOL && state[2] + state[3] == POOL;
    compare(&mut proof, &report, &solution, [&busy, &busy]);
    let by = |at: usize, rate: f64| mean(&solution, |state| f64::from(state[at])) * rate;
    let (by_a, by_b) = (by(0, OWN), by(2, OTHER));
    proof.exact(&report, "one", &[("served_by.a", by_a / (by_a + by_b))]);
    proof.done();
}

/// Six types, 90 agents in six groups of 15, `skills` of them each; 84 erlangs, 120 lines.
fn six_types(skills: usize) -> Scenario {
    // Few are blocked with six skills: their share is known to 2 % only after many contacts.
    let mut design = scenario((5_000_000, 30_000, 14));
    let name = |number: usize| ["s1", "s2", "s3", "s4", "s5", "s6"][number % 6];
    for number in 0..6 {
        let mut of = kind(name(number), 0.14 / 6.0, 600.0);
        of.rings = vec![need(0.0, name(number), 1)];
        design.types.push(of);
        let held: Vec<(&str, u8)> = (0..skills).map(|more| (name(number + more), 10 - more as u8)).collect();
        design.groups.push(group(["p1", "p2", "p3", "p4", "p5", "p6"][number], 15, &held));
    }
    design.run.lines = Some(120);
    design.rules.agent_rule = AgentRule::BestLevel;
    design.rules.contact_rule = ContactRule::AgentLevelFirst;
    design
}

/// Chances of so many contacts in one M/M/15 queue without limits, not normalised.
fn one_group() -> Vec<f64> {
    let mut weights = vec![1.0];
    for contacts in 1..=120_u32 {
        let load = 14.0 / f64::from(contacts.min(15));
        weights.push(weights[contacts as usize - 1] * load);
    }
    weights
}

/// With one skill each: six queues that share 120 lines, a product form cut off at 120. Blocking, mean wait of admitted.
fn apart() -> (f64, f64) {
    let one = one_group();
    let mut sum = vec![1.0];
    sum.resize(121, 0.0);
    let convolve = |left: &[f64], right: &[f64]| -> Vec<f64> {
        (0..=120).map(|total| (0..=total).map(|part| left[part] * right[total - part]).sum()).collect()
    };
    let mut others = sum.clone();
    for group in 0..6 {
        if group < 5 {
            others = convolve(&others, &one);
        }
        sum = convolve(&sum, &one);
    }
    let all: f64 = sum.iter().sum();
    let blocked = sum[120] / all;
    let queued: Vec<f64> = one.iter().enumerate().map(|(n, weight)| weight * (n.max(15) - 15) as f64).collect();
    let waiting = 6.0 * convolve(&others, &queued).iter().sum::<f64>() / all;
    (blocked, waiting / (0.14 * (1.0 - blocked)))
}

/// With every skill each: M/M/90/120.
fn together() -> (f64, f64) {
    let mut weights = vec![1.0];
    for contacts in 1..=120_u32 {
        weights.push(weights[contacts as usize - 1] * 84.0 / f64::from(contacts.min(90)));
    }
    let all: f64 = weights.iter().sum();
    let blocked = weights[120] / all;
    let waiting = weights.iter().enumerate().map(|(n, weight)| weight * (n.max(90) - 90) as f64).sum::<f64>() / all;
    (blocked, waiting / (0.14 * (1.0 - blocked)))
}

#[test]
fn two_skills_give_most_of_what_six_give() {
    let mut waits = Vec::new();
    for (skills, file) in [
        (1, "wallace-whitt-1.toml"),
        (2, "wallace-whitt-2.toml"),
        (3, "wallace-whitt-3.toml"),
        (6, "wallace-whitt-6.toml"),
    ] {
        let report = play(six_types(skills));
        let mut proof = Proof::new(file);
        let exact = match skills {
            1 => Some(apart()),
            6 => Some(together()),
            _ => None,
        };
        if let Some((blocked, wait)) = exact {
            proof.exact(&report, "all", &[("p_block", blocked), ("mean_wait_all", wait)]);
        }
        proof.done();
        waits.push((report.all.mean("mean_wait_all").unwrap(), report.all.mean("p_block").unwrap()));
    }
    println!("Mean wait and blocking with 1, 2, 3 and 6 skills: {waits:?}");
    let share = |figure: fn(&(f64, f64)) -> f64| {
        (figure(&waits[0]) - figure(&waits[1])) / (figure(&waits[0]) - figure(&waits[3]))
    };
    assert!(share(|(wait, _)| *wait) > 0.8, "two skills give {:.2} of the benefit in waiting", share(|w| w.0));
    assert!(share(|(_, blocked)| *blocked) > 0.8, "two skills give {:.2} of the benefit in blocking", share(|w| w.1));
}
