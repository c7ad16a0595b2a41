//! Small Markov chains, solved numerically.

use std::collections::HashMap;

/// A state of a chain.
pub type State = [u16; 6];

/// Stationary probabilities of the states that can be reached from `start`.
pub fn solve(start: State, moves: impl Fn(&State) -> Vec<(State, f64)>) -> Vec<(State, f64)> {
    let (states, into, out) = explore(start, moves);
    let mut share = vec![1.0 / states.len() as f64; states.len()];
    for round in 0..20_000 {
        let mut change: f64 = 0.0;
        for state in 0..states.len() {
            let flow: f64 = into[state].iter().map(|(from, rate)| share[*from] * rate).sum();
            let new = flow / out[state];
            change = change.max((new - share[state]).abs());
            share[state] = new;
        }
        let sum: f64 = share.iter().sum();
        share.iter_mut().for_each(|share| *share /= sum);
        if change < 1e-14 && round > 10 {
            break;
        }
    }
    states.into_iter().zip(share).collect()
}

type Flows = Vec<Vec<(usize, f64)>>;

/// States, flows into each, rate out of each.
fn explore(start: State, moves: impl Fn(&State) -> Vec<(State, f64)>) -> (Vec<State>, Flows, Vec<f64>) {
    let mut number = HashMap::from([(start, 0)]);
    let mut states = vec![start];
    let mut into: Flows = vec![vec![]];
    let mut out = vec![];
    let mut at = 0;
    while at < states.len() {
        let mut leaving = 0.0;
        for (to, rate) in moves(&states[at]) {
            let next = states.len();
            let to = *number.entry(to).or_insert_with_key(|state| {
                states.push(*state);
                into.push(vec![]);
                next
            });
            into[to].push((at, rate));
            leaving += rate;
        }
        out.push(leaving);
        at += 1;
    }
    (states, into, out)
}

/// The mean of something over the states.
pub fn mean(solution: &[(State, f64)], of: impl Fn(&State) -> f64) -> f64 {
    solution.iter().map(|(state, share)| share * of(state)).sum()
}
