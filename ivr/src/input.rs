//! Nodes that take digits.

use crate::api::{Effect, Say};
use crate::engine::Step;
use crate::node::{Collect, Menu, Node, Retry};
use crate::run::{PLAY_MAX, Run, State};
use crate::scope::Value;
use domain::{Instant, NodeId};
use std::sync::Arc;

/// Why an attempt brought nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Miss {
    NoInput,
    NoMatch,
}

impl Run {
    pub(crate) fn enter_menu(&mut self, menu: &Menu, step: &mut Step<'_>) -> Option<NodeId> {
        if !menu.barge_in {
            self.ahead.clear();
        }
        match self.next_ahead(step.now) {
            Some(digit) => {
                self.state = State::Asking { play: None, until: step.now + menu.retry.timeout, tries: 1 };
                self.on_menu_answer(menu, digit, step)
            }
            None => {
                self.ask(&[], &menu.say, 1, step);
                None
            }
        }
    }

    pub(crate) fn enter_collect(&mut self, collect: &Collect, step: &mut Step<'_>) -> Option<NodeId> {
        // What was keyed before a masked node was heard by whoever listened: it is no secret any more, and not taken.
        if !collect.barge_in || collect.masked {
            self.ahead.clear();
        }
        let Some(first) = self.next_ahead(step.now) else {
            self.ask(&[], &collect.say, 1, step);
            return None;
        };
        self.ahead.push_front(first);
        self.state = State::Asking { play: None, until: step.now + collect.inter_digit, tries: 1 };
        // A wrong entry empties what was keyed ahead, so this ends.
        while let Some(digit) = self.next_ahead(step.now) {
            if let Some(next) = self.on_collect_answer(collect, digit, step) {
                return Some(next);
            }
        }
        None
    }

    /// Asks: first what went wrong, then the question.
    pub(crate) fn ask(&mut self, first: &[Say], question: &[Say], tries: u8, step: &mut Step<'_>) {
        self.keyed.clear();
        let say: Vec<Say> = first.iter().chain(question).cloned().collect();
        match self.play(&say, step) {
            Some(play) => self.state = State::Asking { play: Some(play), until: step.now + PLAY_MAX, tries },
            None => {
                self.state = State::Asking { play: None, until: step.now, tries };
                self.await_answer(step.now);
            }
        }
    }

    /// The question is asked: the caller's time runs.
    pub(crate) fn await_answer(&mut self, now: Instant) {
        let State::Asking { tries, .. } = self.state else { return };
        if let Some(retry) = retry_of(self.flow.node(self.at)) {
            self.state = State::Asking { play: None, until: now + retry.timeout, tries };
        }
    }

    /// A digit for the node that asks.
    pub(crate) fn on_answer(&mut self, digit: char, step: &mut Step<'_>) -> Option<NodeId> {
        let flow = Arc::clone(&self.flow);
        let node = flow.node(self.at)?;
        let barge_in = match node {
            Node::Menu(menu) => menu.barge_in,
            Node::Collect(collect) => collect.barge_in,
            Node::Survey(survey) => survey.barge_in,
            _ => return None,
        };
        if let State::Asking { play: Some(_), until, tries } = self.state {
            if !barge_in {
                return None;
            }
            step.effects.push(Effect::StopPlay);
            self.state = State::Asking { play: None, until, tries };
        }
        match node {
            Node::Menu(menu) => self.on_menu_answer(menu, digit, step),
            Node::Collect(collect) => self.on_collect_answer(collect, digit, step),
            Node::Survey(survey) => self.on_survey_answer(survey, digit, step),
            _ => None,
        }
    }

    fn on_menu_answer(&mut self, menu: &Menu, digit: char, step: &mut Step<'_>) -> Option<NodeId> {
        match menu.choices.get(&digit) {
            Some(next) => {
                self.take(&digit.to_string(), step);
                Some(*next)
            }
            None => self.miss(&menu.retry, &menu.say, Miss::NoMatch, step),
        }
    }

    fn on_collect_answer(&mut self, collect: &Collect, digit: char, step: &mut Step<'_>) -> Option<NodeId> {
        if collect.terminator == Some(digit) {
            return self.finish_collect(collect, step);
        }
        self.keyed.push(digit);
        if self.keyed.len() >= usize::from(collect.max) {
            self.swallow = collect.terminator.map(|terminator| (terminator, step.now + collect.inter_digit));
            self.hush(collect, step.now);
            return self.finish_collect(collect, step);
        }
        if let State::Asking { tries, .. } = self.state {
            self.state = State::Asking { play: None, until: step.now + collect.inter_digit, tries };
        }
        None
    }

    fn finish_collect(&mut self, collect: &Collect, step: &mut Step<'_>) -> Option<NodeId> {
        let is_right = collect.check.is_none_or(|check| check.holds(&self.keyed));
        if self.keyed.len() < usize::from(collect.min) || !is_right {
            return self.miss(&collect.retry, &collect.say, Miss::NoMatch, step);
        }
        let digits = core::mem::take(&mut self.keyed);
        if collect.masked {
            self.keep_secret(&collect.variable, digits);
            return Some(collect.next);
        }
        self.take(&digits, step);
        self.assign(&collect.variable, Value::Text(digits));
        Some(collect.next)
    }

    fn take(&mut self, digits: &str, step: &mut Step<'_>) {
        self.record_digits(digits);
        step.effects.push(Effect::Collected { node: self.at, digits: digits.to_owned() });
    }

    /// The caller's time is over.
    pub(crate) fn on_silence(&mut self, step: &mut Step<'_>) -> Option<NodeId> {
        let flow = Arc::clone(&self.flow);
        match flow.node(self.at)? {
            Node::Menu(menu) => self.miss(&menu.retry, &menu.say, Miss::NoInput, step),
            Node::Collect(collect) if self.keyed.is_empty() => {
                self.miss(&collect.retry, &collect.say, Miss::NoInput, step)
            }
            Node::Collect(collect) => self.finish_collect(collect, step),
            Node::Survey(survey) => self.miss(&survey.retry, &survey.say, Miss::NoInput, step),
            _ => None,
        }
    }

    /// An attempt brought nothing: asks again or gives up.
    pub(crate) fn miss(&mut self, retry: &Retry, question: &[Say], miss: Miss, step: &mut Step<'_>) -> Option<NodeId> {
        self.ahead.clear();
        let State::Asking { tries, .. } = self.state else { return None };
        let (say, give_up) = match miss {
            Miss::NoInput => (&retry.no_input_say, retry.no_input),
            Miss::NoMatch => (&retry.no_match_say, retry.no_match),
        };
        if tries >= retry.attempts {
            return Some(give_up);
        }
        self.ask(say, question, tries.saturating_add(1), step);
        None
    }

    /// The next digit keyed before anybody asked.
    pub(crate) fn next_ahead(&mut self, now: Instant) -> Option<char> {
        let digit = self.ahead.pop_front()?;
        if self.swallows(digit, now) { self.ahead.pop_front() } else { Some(digit) }
    }

    /// True for the terminator of an entry that was complete without it.
    pub(crate) fn swallows(&mut self, digit: char, now: Instant) -> bool {
        self.swallow.take().is_some_and(|(terminator, until)| terminator == digit && now < until)
    }
}

fn retry_of(node: Option<&Node>) -> Option<&Retry> {
    match node? {
        Node::Menu(menu) => Some(&menu.retry),
        Node::Collect(collect) => Some(&collect.retry),
        Node::Survey(survey) => Some(&survey.retry),
        _ => None,
    }
}
