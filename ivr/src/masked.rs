//! Digits that nobody is to see, such as those of a payment card: what a masked `collect` node takes.

use crate::api::Effect;
use crate::engine::Step;
use crate::node::{Collect, Node};
use crate::run::Run;
use core::time::Duration;
use domain::Instant;

/// Digits of a masked entry. They stand in no history, no expression reads them, and their `Debug` tells nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Masked(String);

impl Masked {
    /// The digits, for those who must have them and nobody else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for Masked {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Masked")
    }
}

/// What digits must satisfy beside their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The last digit is the check digit of the others (ISO/IEC 7812-1 annex B), as on payment cards.
    Luhn,
}

impl Check {
    /// Whether these digits satisfy it. Keys that are no digits never do.
    #[must_use]
    pub fn holds(self, digits: &str) -> bool {
        match self {
            Self::Luhn => luhn(digits),
        }
    }
}

fn luhn(digits: &str) -> bool {
    let weigh = |(place, digit): (usize, u32)| match (place % 2, digit * 2) {
        (0, _) => digit,
        (_, double @ 0..=9) => double,
        (_, double) => double - 9,
    };
    let values: Option<Vec<u32>> = digits.chars().rev().map(|key| key.to_digit(10)).collect();
    values.is_some_and(|values| {
        values.len() > 1 && values.into_iter().enumerate().map(weigh).sum::<u32>().is_multiple_of(10)
    })
}

/// Digits that a caller keys on with after a masked entry that was complete without them: they may belong to the secret.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hush {
    until: Instant,
    gap: Duration,
}

impl Run {
    /// The digits that a masked node took into this variable, for the body of a question to another system.
    #[must_use]
    pub fn secret_of(&self, name: &str) -> Option<&Masked> {
        self.secrets.get(name)
    }

    /// The caller is at this node now: says when masking begins or ends.
    pub(crate) fn mask_at(&mut self, node: &Node, step: &mut Step<'_>) {
        self.mask(matches!(node, Node::Collect(collect) if collect.masked), step);
    }

    pub(crate) fn mask(&mut self, masked: bool, step: &mut Step<'_>) {
        if core::mem::replace(&mut self.masked, masked) != masked {
            step.effects.push(Effect::Mask(masked));
        }
    }

    /// A masked entry is complete by its length.
    pub(crate) fn hush(&mut self, collect: &Collect, now: Instant) {
        if collect.masked {
            self.hush = Some(Hush { until: now + collect.inter_digit, gap: collect.inter_digit });
        }
    }

    /// True for a digit that goes on where a masked entry ended, without a pause.
    pub(crate) fn hushes(&mut self, now: Instant) -> bool {
        self.hush = self.hush.filter(|hush| now < hush.until);
        if let Some(hush) = &mut self.hush {
            hush.until = now + hush.gap;
        }
        self.hush.is_some()
    }

    /// A masked entry is taken.
    pub(crate) fn keep_secret(&mut self, name: &str, digits: String) {
        self.secrets.insert(name.to_owned(), Masked(digits));
    }
}
