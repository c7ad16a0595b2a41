//! What a node says: prompts and values.

use crate::flow::{Need, PromptUse};
use crate::node::NodeReader;
use crate::report::{Place, Placed, hint};
use crate::tree::{Item, Value};
use domain::{Language, PromptId};
use ivr::speech::{self, Currency, Kind};
use ivr::{Of, Say};

/// Kinds of values by their keys. The currency of money has a key of its own.
const KINDS: &[(&str, Kind)] = &[
    ("number", Kind::Number),
    ("digits", Kind::Digits),
    ("money", Kind::Money(Currency::Eur)),
    ("date", Kind::Date),
    ("time", Kind::Time),
    ("about_minutes", Kind::AboutMinutes),
];

impl NodeReader<'_> {
    /// A list of prompts and values; one alone counts as a list of one.
    pub(crate) fn say(&self, key: &'static str) -> Vec<Say> {
        let Some(item) = self.table.item(key) else { return Vec::new() };
        let items = match &item.value {
            Value::List(items) => items,
            _ => core::slice::from_ref(item),
        };
        items.iter().filter_map(|item| self.say_item(key, item)).collect()
    }

    /// True if there is nothing to say, not even something wrong.
    pub(crate) fn says_nothing(&self, key: &str) -> bool {
        match self.table.peek(key) {
            None => true,
            Some(Value::List(items)) => items.is_empty(),
            Some(_) => false,
        }
    }

    fn say_item(&self, key: &'static str, item: &Item) -> Option<Say> {
        let place = Place { at: item.at, ..self.table.place };
        match &item.value {
            Value::Text(text) => self.prompt(key, &Placed { value: text.clone(), place }),
            Value::Table(_) => self.value_said(key, item, place),
            other => {
                let why = format!("`{key}` must be a list of prompts and values, not {}", other.kind());
                self.table.refuse("wrong_type", place, key, why);
                None
            }
        }
    }

    fn prompt(&self, key: &'static str, text: &Placed<String>) -> Option<Say> {
        if let Some(digits) = text.value.strip_prefix("digits:") {
            self.refuses_masked(digits.trim_start_matches('$'), text.place, &self.table.path(key));
            self.use_prompt(key, Need::Value(Kind::Digits), text.place);
            return Some(Say::Digits(digits.to_owned()));
        }
        match text.value.parse::<PromptId>() {
            Ok(prompt) => {
                self.use_prompt(key, Need::Prompt(prompt), text.place);
                Some(Say::Prompt(prompt))
            }
            Err(error) => {
                self.table.refuse("bad_id", text.place, key, format!("`{}`: {error}", text.value));
                None
            }
        }
    }

    /// `{ money = "$balance", currency = "EUR" }`.
    fn value_said(&self, key: &'static str, item: &Item, place: Place) -> Option<Say> {
        let table = self.table.as_table(key, self.table.path(key), item)?;
        let there: Vec<(&'static str, Kind)> = KINDS.iter().copied().filter(|(word, _)| table.has(word)).collect();
        let [(word, mut kind)] = there[..] else {
            let words: Vec<&str> = KINDS.iter().map(|(word, _)| *word).collect();
            let why = "a value to say has exactly one kind".to_owned();
            let mend = Some(format!("write one of {}", words.join(", ")));
            table.report.error("bad_choice", place, &table.path(""), why, mend);
            return None;
        };
        if let Kind::Money(_) = kind {
            if !table.has("currency") {
                table.miss("currency");
            }
            kind = Kind::Money(table.choice("currency", Currency::CODES)?);
        }
        table.done();
        self.use_prompt(key, Need::Value(kind), place);
        let at = table.place_of(word);
        match table.peek(word)? {
            Value::Int(number) => Some(Say::Value(kind, Of::Text(number.to_string()))),
            Value::Text(text) => self.of(kind, &Placed { value: text.clone(), place: at }, &table, word),
            other => {
                let why = format!("`{word}` must be a text or a whole number, not {}", other.kind());
                table.refuse("wrong_type", at, word, why);
                None
            }
        }
    }

    /// `$name`, a value as it is written, or else an expression.
    fn of(&self, kind: Kind, text: &Placed<String>, table: &crate::reader::Table<'_>, word: &str) -> Option<Say> {
        if let Some(name) = text.value.strip_prefix('$') {
            let known = self.scope.names();
            if self.refuses_masked(name, text.place, &table.path(word)) {
                return None;
            }
            if known.contains(&name) {
                return Some(Say::Value(kind, Of::Variable(name.to_owned())));
            }
            let why = format!("no node sets `{name}`, and none of this name takes digits");
            table.report.error("unknown_variable", text.place, &table.path(word), why, hint(name, &known));
            return None;
        }
        if is_literal(kind, &text.value) {
            return Some(Say::Value(kind, Of::Text(text.value.clone())));
        }
        let expression = self.expression(table, word, text)?;
        Some(Say::Value(kind, Of::Expression(expression)))
    }

    pub(crate) fn use_prompt(&self, key: &str, need: Need, place: Place) {
        self.scope.uses.borrow_mut().push(PromptUse { need, place, path: self.table.path(key) });
    }
}

/// True if the text is a value itself and no expression for one.
fn is_literal(kind: Kind, text: &str) -> bool {
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit() || "+- *#".contains(c));
    let good = kind != Kind::Digits || digits(text);
    good && speech::of_text(Language::EN, kind, text).is_some()
}
