//! What a queue tells those who wait: `treatment = { … }`.

use crate::reader::Table;
use crate::report::{Place, Placed};
use crate::tree::{Item, Value};
use core::time::Duration;
use domain::{NodeId, PromptId};
use std::collections::BTreeMap;

/// What a queue tells those who wait, besides its music.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Treatment {
    /// The place in line is told: on entry, then when it got better.
    pub position: bool,
    /// The expected wait is told, likewise, as far as it is known.
    pub wait: bool,
    /// Place and wait are told at most so often.
    pub repeat: Duration,
    /// What is said on a schedule.
    pub messages: Vec<Message>,
    /// Digits that lead to a node of the caller's flow; the place in line is kept.
    pub keys: BTreeMap<char, NodeId>,
}

/// One message on a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// First said after so long in the queue.
    pub after: Duration,
    /// Said again after so long; `None`: once.
    pub every: Option<Duration>,
    /// Its prompts.
    pub prompts: Vec<PromptId>,
}

/// Place and wait are told at most so often where the queue does not say it, in seconds.
const REPEAT_S: u64 = 60;

/// The `treatment` of a queue.
pub(crate) fn treatment(queue: &Table<'_>) -> Treatment {
    let Some(table) = queue.table("treatment") else { return Treatment::default() };
    let treatment = Treatment {
        position: table.flag("position", false),
        wait: table.flag("wait", false),
        repeat: table.seconds("repeat_s", REPEAT_S, 10..=3_600),
        messages: table.tables("messages").iter().map(message).collect(),
        keys: table
            .table("keys")
            .map(|keys| by_digit(&keys))
            .unwrap_or_default()
            .into_iter()
            .flatten()
            .map(bare)
            .collect(),
    };
    table.done();
    treatment
}

fn bare((digit, node): (char, Placed<NodeId>)) -> (char, NodeId) {
    (digit, node.value)
}

fn message(table: &Table<'_>) -> Message {
    if !table.has("prompts") {
        table.miss("prompts");
    }
    let message = Message {
        after: table.seconds("after_s", 30, 0..=86_400),
        every: table.has("every_s").then(|| table.seconds("every_s", 60, 10..=86_400)),
        prompts: table.ids::<PromptId>("prompts").into_iter().map(|prompt| prompt.value).collect(),
    };
    table.done();
    message
}

/// A table of digits with the nodes to which they lead; `None` for each entry that is wrong.
pub(crate) fn by_digit(digits: &Table<'_>) -> Vec<Option<(char, Placed<NodeId>)>> {
    let choice = |(key, item): (Placed<String>, &Item)| {
        let mut chars = key.value.chars();
        let digit = chars.next().filter(|c| chars.next().is_none() && (c.is_ascii_digit() || "*#".contains(*c)));
        let short = digits.named().find(|(other, _)| {
            key.value.len() > other.value.len() && !other.value.is_empty() && key.value.starts_with(&other.value)
        });
        if let Some((short, _)) = short {
            let why = format!("`{}` is the beginning of `{}`: a menu takes one key", short.value, key.value);
            digits.refuse("overlapping_keys", key.place, &key.value, why);
        } else if digit.is_none() {
            let why = format!("`{}` is no key of a telephone: 0 to 9, \"*\" or \"#\"", key.value);
            digits.refuse("bad_choice", key.place, &key.value, why);
        }
        let Value::Text(text) = &item.value else {
            let why = format!("a node's name is needed, not {}", item.value.kind());
            digits.refuse("wrong_type", key.place, &key.value, why);
            return None;
        };
        let place = Place { at: item.at, ..key.place };
        let Ok(value) = text.parse() else {
            digits.refuse("bad_id", place, &key.value, format!("`{text}` is no name of a node"));
            return None;
        };
        Some((digit?, Placed { value, place }))
    };
    digits.named().map(choice).collect()
}
