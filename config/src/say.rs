//! What a node says: prompts and values.

use crate::flow::{Need, PromptUse, TextUse};
use crate::node::NodeReader;
use crate::reader::Table;
use crate::report::{Place, Placed, hint};
use crate::tree::{Item, Value};
use domain::{Language, PromptId, Spoken};
use ivr::speech::{self, Currency, Kind};
use ivr::{Of, Say, Template, Text, Words};
use std::collections::BTreeMap;

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
        if table.has("text") {
            return self.text(key, &table, place);
        }
        let there: Vec<(&'static str, Kind)> = KINDS.iter().copied().filter(|(word, _)| table.has(word)).collect();
        let [(word, mut kind)] = there[..] else {
            let words: Vec<&str> = KINDS.iter().map(|(word, _)| *word).chain(["text"]).collect();
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
    fn of(&self, kind: Kind, text: &Placed<String>, table: &Table<'_>, word: &str) -> Option<Say> {
        if let Some(name) = text.value.strip_prefix('$') {
            if self.refuses_masked(name, text.place, &table.path(word)) {
                return None;
            }
            let there = self.is_set(name, text.place, table, word);
            return there.then(|| Say::Value(kind, Of::Variable(name.to_owned())));
        }
        if is_literal(kind, &text.value) {
            return Some(Say::Value(kind, Of::Text(text.value.clone())));
        }
        let expression = self.expression(table, word, text)?;
        Some(Say::Value(kind, Of::Expression(expression)))
    }

    /// Whether a node sets a variable of this name, or takes digits under it. Tells if not.
    pub(crate) fn is_set(&self, name: &str, place: Place, table: &Table<'_>, word: &str) -> bool {
        let known = self.scope.names();
        let there = known.contains(&name);
        if !there {
            let why = format!("no node sets `{name}`, and none of this name takes digits");
            table.report.error("unknown_variable", place, &table.path(word), why, hint(name, &known));
        }
        there
    }

    /// `{ text = "Your order is $status.", else = "order-status-unknown" }`; of each language its own words:
    /// `{ text = { en = "…", zh = "…" } }`.
    fn text(&self, key: &'static str, table: &Table<'_>, place: Place) -> Option<Say> {
        let otherwise = table.id::<PromptId>("else");
        if let Some(prompt) = &otherwise {
            self.use_prompt(key, Need::Prompt(prompt.value), prompt.place);
        }
        let words = self.words(table);
        table.done();
        if table.has("else") && otherwise.is_none() {
            return None;
        }
        let text = Text { words: words?, otherwise: otherwise.map(|prompt| prompt.value) };
        self.scope.texts.borrow_mut().push(TextUse { text: text.clone(), place, path: self.table.path(key) });
        Some(Say::Text(text))
    }

    fn words(&self, table: &Table<'_>) -> Option<Words> {
        if let Value::Text(text) = table.peek("text")? {
            let text = Placed { value: text.clone(), place: table.place_of("text") };
            table.item("text");
            return self.template(&text, table).map(Words::Any);
        }
        let by_language = table.table("text")?;
        let template = |(name, item): (Placed<String>, &Item)| {
            let (Ok(language), Value::Text(text)) = (name.value.parse::<Language>(), &item.value) else {
                let why = format!("`{}` must be a language with a text, such as en = \"Hello\"", name.value);
                by_language.refuse("wrong_type", name.place, &name.value, why);
                return None;
            };
            let place = Place { at: item.at, ..name.place };
            Some((language, self.template(&Placed { value: text.clone(), place }, &by_language)?))
        };
        let read: Vec<Option<(Language, Template)>> = by_language.named().map(template).collect();
        if read.is_empty() {
            by_language.refuse("out_of_range", by_language.place, "", "`text` has no words in any language".to_owned());
            return None;
        }
        read.into_iter().collect::<Option<BTreeMap<_, _>>>().map(Words::Of)
    }

    fn template(&self, text: &Placed<String>, table: &Table<'_>) -> Option<Template> {
        let length = text.value.chars().count();
        if Spoken::cleaned(&text.value).is_empty() || length > Spoken::MAX {
            let why = format!("a text has 1 to {} characters, not {length}", Spoken::MAX);
            table.refuse("out_of_range", text.place, "text", why);
            return None;
        }
        let template = Template::new(&text.value);
        let is_said = |name: &str| {
            !self.refuses_masked(name, text.place, &table.path("text")) && self.is_set(name, text.place, table, "text")
        };
        let unknown = template.variables().filter(|name| !is_said(name)).count();
        (unknown == 0).then_some(template)
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
