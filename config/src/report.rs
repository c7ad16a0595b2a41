//! Texts with places, and the problems found in them.

use crate::problem::{Level, Problem, mend};
use core::cell::RefCell;
use std::collections::BTreeSet;

/// A text with the name under which problems show it.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name, usually the path as it was given.
    pub name: String,
    /// The text.
    pub text: String,
}

impl Source {
    /// Line and column, both from 1, the column in characters, of a byte of the text.
    fn position(&self, at: usize) -> (u32, u32) {
        let mut end = at.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = self.text.get(..end).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }
}

/// A byte of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) file: usize,
    pub(crate) at: usize,
}

/// A value with the place where it is written.
#[derive(Clone, Debug)]
pub(crate) struct Placed<T> {
    pub(crate) value: T,
    pub(crate) place: Place,
}

/// The texts, and the problems found so far.
#[derive(Default)]
pub(crate) struct Report {
    sources: RefCell<Vec<Source>>,
    problems: RefCell<Vec<(Place, Problem)>>,
    /// Files whose syntax is broken.
    broken: RefCell<BTreeSet<usize>>,
}

/// Problems that may only show because a part of a text could not be read.
const OF_ABSENCE: &[&str] = &[
    "missing_key",
    "unknown_skill",
    "unknown_queue",
    "unknown_agent",
    "unknown_disposition",
    "unknown_flow",
    "unknown_node",
    "unreachable_node",
    "no_exit",
    "no_end",
    "no_question",
    "no_fallback",
    "no_timeout",
    "unknown_secret",
    "dead_queue",
    "unknown_variable",
    "agent_without_queue",
    "queue_without_agents",
    "unused_flow",
    "no_entry",
];

impl Report {
    pub(crate) fn add_source(&self, source: Source) -> usize {
        let mut sources = self.sources.borrow_mut();
        sources.push(source);
        sources.len() - 1
    }

    pub(crate) fn name(&self, file: usize) -> String {
        self.sources.borrow().get(file).map(|source| source.name.clone()).unwrap_or_default()
    }

    pub(crate) fn text(&self, file: usize) -> String {
        self.sources.borrow().get(file).map(|source| source.text.clone()).unwrap_or_default()
    }

    pub(crate) fn error(&self, code: &'static str, place: Place, path: &str, why: String, hint: Option<String>) {
        self.add(Level::Error, code, place, (path, why, hint));
    }

    pub(crate) fn warning(&self, code: &'static str, place: Place, path: &str, why: String, hint: Option<String>) {
        self.add(Level::Warning, code, place, (path, why, hint));
    }

    fn add(&self, level: Level, code: &'static str, place: Place, told: (&str, String, Option<String>)) {
        let sources = self.sources.borrow();
        let Some(source) = sources.get(place.file) else { return };
        let ((line, column), (path, why, hint)) = (source.position(place.at), told);
        let hint = hint.or_else(|| mend(code, path));
        let file = source.name.clone();
        let problem = Problem { level, code, file, line, column, path: path.to_owned(), why, hint };
        self.problems.borrow_mut().push((place, problem));
    }

    /// Text of which a part was not understood: what seems to be missing may be there.
    pub(crate) fn is_broken(&self, file: usize) {
        self.broken.borrow_mut().insert(file);
    }

    /// Every problem in order of place.
    pub(crate) fn problems(self) -> Vec<Problem> {
        let incomplete = !self.broken.into_inner().is_empty();
        let mut problems = self.problems.into_inner();
        problems.retain(|(_, problem)| !(incomplete && OF_ABSENCE.contains(&problem.code)));
        problems.sort_by_key(|(place, _)| *place);
        problems.dedup();
        problems.into_iter().map(|(_, problem)| problem).collect()
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.problems.borrow().iter().any(|(_, problem)| problem.level == Level::Error)
    }
}

/// The known name that was most likely meant.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = (name.chars().count() / 3).max(1);
    let distance = |other: &&str| strsim::damerau_levenshtein(&name.to_lowercase(), &other.to_lowercase());
    let near = known.into_iter().map(|other| (distance(&other), other)).filter(|(distance, _)| *distance <= most);
    near.min_by_key(|(distance, _)| *distance).map(|(_, other)| other)
}

/// The hint for a name that is not known.
pub(crate) fn hint(name: &str, known: &[&str]) -> Option<String> {
    match nearest(name, known.iter().copied()) {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None if known.is_empty() => None,
        None if known.len() <= 12 => Some(format!("known: {}", known.join(", "))),
        None => None,
    }
}
