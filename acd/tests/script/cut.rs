//! Scripts that can be cut down: halves of a failing script are left out, then quarters, down to single steps.

use super::{Step, step};
use core::fmt;
use proptest::prelude::*;
use proptest::strategy::{NewTree, ValueTree};
use proptest::test_runner::TestRunner;

/// Scripts of `least` to `most` steps.
pub fn script(least: usize, most: usize) -> Script {
    Script { least, most }
}

/// A script; it is printed with one step a line.
#[derive(Clone)]
pub struct Steps(pub Vec<Step>);

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| write!(f, "\n    {step:?}"))
    }
}

/// Makes scripts.
#[derive(Debug)]
pub struct Script {
    least: usize,
    most: usize,
}

impl Strategy for Script {
    type Tree = Cut;
    type Value = Steps;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let length = (self.least..=self.most).new_tree(runner)?.current();
        let step = step();
        let mut steps = Vec::with_capacity(length);
        for _ in 0..length {
            steps.push(step.new_tree(runner)?.current());
        }
        Ok(Cut { piece: steps.len(), steps, at: 0, left_out: Vec::new() })
    }
}

/// A script of which a piece is left out on trial.
#[derive(Debug)]
pub struct Cut {
    steps: Vec<Step>,
    /// Length of the pieces left out in this round.
    piece: usize,
    /// Where the next piece is left out.
    at: usize,
    left_out: Vec<Step>,
}

impl ValueTree for Cut {
    type Value = Steps;

    fn current(&self) -> Steps {
        Steps(self.steps.clone())
    }

    /// What is left out stays out; tries the next piece.
    fn simplify(&mut self) -> bool {
        if self.at >= self.steps.len() {
            self.at = 0;
            self.piece /= 2;
        }
        if self.piece == 0 || self.steps.is_empty() {
            return false;
        }
        let end = self.steps.len().min(self.at + self.piece);
        self.left_out = self.steps.drain(self.at..end).collect();
        true
    }

    /// Puts back what was left out, as the script failed only with it, and tries the next piece.
    fn complicate(&mut self) -> bool {
        if self.left_out.is_empty() {
            return false;
        }
        let back = core::mem::take(&mut self.left_out);
        let next = self.at + back.len();
        self.steps.splice(self.at..self.at, back);
        self.at = next;
        self.simplify();
        true
    }
}
