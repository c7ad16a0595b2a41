//! One node of a flow.

use crate::business::music_of;
use crate::flow::{FlowScope, Need};
use crate::network::{is_dialable, is_sip_uri};
use crate::reader::Table;
use crate::report::{Place, Placed, nearest};
use crate::treatment::by_digit;
use crate::tree::{Item, Value};
use core::cell::RefCell;
use domain::{Dnis, FlowId, Language, NodeId, Priority, PromptId, QueueId};
use ivr::api::{CLOSED, FULL, LookupKey, NO_AGENTS, OVERFLOW, TIMEOUT, TransferTo};
use ivr::{
    Branch, Call, Collect, Edge, Enqueue, Exits, Expression, HangUp, Lookup, Menu, Node, Play, Retry, Say, Set,
    SetValue, Transfer,
};
use std::collections::BTreeMap;
use std::sync::Arc;

mod aside;
mod http;
mod masked;
mod queue_info;
mod survey;
mod take;
mod waiting;

type Read = for<'r> fn(&NodeReader<'r>) -> Option<Node>;

const KINDS: &[(&str, Read)] = &[
    ("play", |node| node.play()),
    ("menu", |node| node.menu()),
    ("collect", |node| node.collect()),
    ("lookup", |node| node.lookup()),
    ("http", |node| node.http()),
    ("branch", |node| node.branch()),
    ("set", |node| node.set()),
    ("enqueue", |node| node.enqueue()),
    ("callback", |node| node.callback()),
    ("voicemail", |node| node.voicemail()),
    ("record", |node| node.record()),
    ("survey", |node| node.survey()),
    ("hours", |node| node.hours()),
    ("queue-info", |node| node.queue_info()),
    ("resume", |_| Some(Node::Resume)),
    ("transfer", |node| node.transfer()),
    ("hangup", |node| node.hangup()),
    ("call", |node| node.call()),
    ("return", |_| Some(Node::Return)),
];

const LOOKUP_KEYS: &[(&str, LookupKey)] =
    &[("ani", LookupKey::Ani), ("account", LookupKey::Account), ("number", LookupKey::Number)];

/// Reads one node.
pub(crate) struct NodeReader<'a> {
    pub(crate) table: &'a Table<'a>,
    pub(crate) scope: &'a FlowScope<'a>,
    targets: RefCell<Vec<NodeId>>,
}

impl<'a> NodeReader<'a> {
    pub(crate) fn new(table: &'a Table<'a>, scope: &'a FlowScope<'a>) -> Self {
        Self { table, scope, targets: RefCell::default() }
    }

    /// The node, if nothing is wrong with it.
    pub(crate) fn read(&self) -> Option<Node> {
        if !self.table.has("type") {
            self.table.miss("type");
        }
        let Some(read) = self.table.choice("type", KINDS) else {
            self.guess_targets();
            return None;
        };
        let node = read(self);
        self.table.done();
        node
    }

    /// Where a broken node seems to lead.
    pub(crate) fn targets(&self) -> Vec<Edge> {
        self.targets.borrow().iter().map(|to| Edge::pausing("", *to)).collect()
    }

    /// Without a known type any text that is a node's name may be an edge.
    fn guess_targets(&self) {
        let mut open: Vec<&Item> = self.table.named().map(|(_, item)| item).collect();
        while let Some(item) = open.pop() {
            match &item.value {
                Value::Text(text) if self.scope.nodes.contains(text) => {
                    self.targets.borrow_mut().extend(text.parse::<NodeId>())
                }
                Value::List(items) => open.extend(items),
                Value::Table(entries) => open.extend(entries.iter().map(|entry| &entry.item)),
                _ => {}
            }
        }
    }

    fn edge(&self, key: &'static str) -> Option<NodeId> {
        let target = self.table.id(key)?;
        self.target(self.table, key, &target)
    }

    fn target(&self, table: &Table<'_>, key: &str, target: &Placed<NodeId>) -> Option<NodeId> {
        let names: Vec<&str> = self.scope.nodes.iter().map(String::as_str).collect();
        let there = table.known(key, "unknown_node", "node", (target.value.as_str(), target.place), &names);
        let meant =
            if there { Some(target.value) } else { nearest(target.value.as_str(), names).and_then(|n| n.parse().ok()) };
        self.targets.borrow_mut().extend(meant);
        there.then_some(target.value)
    }

    fn need_edge(&self, key: &'static str) -> Option<NodeId> {
        if !self.table.has(key) {
            self.no_exit(key);
        }
        self.edge(key)
    }

    fn no_exit(&self, key: &str) {
        let why = format!("`{}` does not say what follows: `{key}` is missing", self.table.path(""));
        self.table.refuse("no_exit", self.table.place, key, why);
    }

    fn question(&self) -> Vec<Say> {
        let say = self.say("prompts");
        if say.is_empty() && self.says_nothing("prompts") {
            let why =
                format!("`{}` waits for digits without saying anything: `prompts` is missing", self.table.path(""));
            self.table.refuse("no_question", self.table.place, "prompts", why);
        }
        say
    }

    fn play(&self) -> Option<Node> {
        let (say, barge_in) = (self.say("prompts"), self.table.flag("barge_in", true));
        if self.says_nothing("prompts") {
            let why = format!("`{}` says nothing: `prompts` is missing", self.table.path(""));
            self.table.refuse("empty_play", self.table.place, "prompts", why);
        }
        Some(Node::Play(Play { say, barge_in, next: self.need_edge("next")? }))
    }

    fn menu(&self) -> Option<Node> {
        let (say, barge_in) = (self.question(), self.table.flag("barge_in", true));
        let choices = self.choices();
        let timeout = self.table.seconds("timeout_s", 5, 1..=120);
        let retry = self.retry(timeout);
        Some(Node::Menu(Menu { say, barge_in, choices: choices?, retry: retry? }))
    }

    fn choices(&self) -> Option<BTreeMap<char, NodeId>> {
        let Some(digits) = self.table.table("digits") else {
            if !self.table.has("digits") {
                self.table.miss("digits");
            }
            return None;
        };
        let target = |(digit, node): (char, _)| Some((digit, self.target(&digits, &digit.to_string(), &node)?));
        let found: Vec<Option<(char, NodeId)>> =
            by_digit(&digits).into_iter().map(|entry| entry.and_then(target)).collect();
        if found.is_empty() {
            self.no_exit("digits");
            return None;
        }
        found.into_iter().collect()
    }

    /// Attempts: `exhausted` stands for `no_input` and `no_match` where they are not there.
    fn retry(&self, timeout: core::time::Duration) -> Option<Retry> {
        let attempts = self.table.int("attempts", 1..=20).and_then(|attempts| u8::try_from(attempts).ok()).unwrap_or(3);
        let (no_input_say, no_match_say) = (self.say("no_input_prompts"), self.say("no_match_prompts"));
        let written = |key| (self.table.has(key), self.edge(key));
        let ((any, exhausted), (silent, no_input), (wrong, no_match)) =
            (written("exhausted"), written("no_input"), written("no_match"));
        let complete = any || (silent && wrong);
        if !complete {
            self.no_exit("exhausted");
            return None;
        }
        let no_input = if silent { no_input } else { exhausted };
        let no_match = if wrong { no_match } else { exhausted };
        Some(Retry { attempts, timeout, no_input_say, no_match_say, no_input: no_input?, no_match: no_match? })
    }

    fn collect(&self) -> Option<Node> {
        let (say, barge_in) = (self.question(), self.table.flag("barge_in", true));
        let variable = self.table.need_text("variable").filter(|name| self.is_variable("variable", name));
        let length = |key, default| self.table.int(key, 1..=64).and_then(|n| u8::try_from(n).ok()).unwrap_or(default);
        let (min, max) = (length("min", 1), length("max", 32));
        if min > max {
            let why = format!("`min` is {min}, more than `max`, {max}");
            self.table.refuse("out_of_range", self.table.place_of("min"), "min", why);
        }
        let (masked, check) = self.masking(variable.as_ref());
        let terminator = self.terminator();
        let inter_digit = self.table.seconds("inter_digit_timeout_s", 3, 1..=60);
        let first = self.table.seconds("first_digit_timeout_s", 6, 1..=120);
        let (retry, next) = (self.retry(first), self.need_edge("next"));
        let collect = Collect {
            say,
            barge_in,
            variable: variable?.value,
            min,
            max,
            terminator,
            inter_digit,
            retry: retry?,
            masked,
            check,
            next: next?,
        };
        (min <= max).then_some(Node::Collect(collect))
    }

    fn terminator(&self) -> Option<char> {
        let Some(text) = self.table.text("terminator") else { return Some('#') };
        match text.value.as_str() {
            "" => None,
            "#" => Some('#'),
            "*" => Some('*'),
            other => {
                let why = format!("`terminator` must be \"#\", \"*\" or \"\", not `{other}`");
                self.table.refuse("bad_choice", text.place, "terminator", why);
                None
            }
        }
    }

    fn is_variable(&self, key: &str, name: &Placed<String>) -> bool {
        let good = name.value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            && name.value.starts_with(|c: char| c.is_ascii_lowercase());
        if !good {
            let why = format!("`{}` is no name of a variable: a–z, 0–9 and _, a letter first", name.value);
            self.table.refuse("bad_id", name.place, key, why);
        }
        good
    }

    fn lookup(&self) -> Option<Node> {
        if !self.table.has("by") {
            self.table.miss("by");
        }
        let by = self.table.choice("by", LOOKUP_KEYS);
        let variable = self.passed_on();
        if variable.is_none() && matches!(by, Some(LookupKey::Account | LookupKey::Number)) {
            self.table.miss("variable");
        }
        let timeout = self.table.millis("timeout_ms", 800, 10..=30_000);
        let found = self.need_edge("found");
        if !self.table.has("not_found") {
            let why = format!("`{}` does not say what follows when nobody is found in time", self.table.path(""));
            self.table.refuse("no_fallback", self.table.place, "not_found", why);
        }
        let not_found = self.edge("not_found");
        Some(Node::Lookup(Lookup { by: by?, variable, timeout, found: found?, not_found: not_found? }))
    }

    fn branch(&self) -> Option<Node> {
        if !self.table.has("cases") {
            self.table.miss("cases");
        }
        let case = |case: &Table<'_>| {
            let when = case.need_text("when").and_then(|when| self.expression(case, "when", &when));
            if !case.has("next") {
                self.no_exit("next");
            }
            let next = case.id("next").and_then(|next| self.target(case, "next", &next));
            case.done();
            Some((when?, next?))
        };
        let cases: Vec<_> = self.table.tables("cases").iter().map(case).collect();
        let otherwise = self.need_edge("else");
        let cases: Option<Vec<_>> = cases.into_iter().collect();
        Some(Node::Branch(Branch { cases: cases?, otherwise: otherwise? }))
    }

    pub(crate) fn expression(&self, table: &Table<'_>, key: &str, text: &Placed<String>) -> Option<Expression> {
        let flaws = match self.scope.compiler.compile(&text.value) {
            Ok(expression) => return Some(expression),
            Err(flaws) => flaws,
        };
        let first = self.scope.report.text(text.place.file).get(text.place.at..).map_or(1, quotes);
        for flaw in flaws {
            let place = Place { at: text.place.at + first + flaw.offset, ..text.place };
            if flaw.is_masked {
                self.scope.report.error("masked_variable", place, &table.path(key), flaw.why, None);
                continue;
            }
            let hint = flaw.known.and_then(|(name, known)| {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                crate::report::hint(&name, &known)
            });
            self.scope.report.error("bad_expression", place, &table.path(key), flaw.why, hint);
        }
        None
    }

    fn set(&self) -> Option<Node> {
        let language = self.table.id::<Language>("language").map(|language| language.value);
        self.scope.languages.borrow_mut().extend(language);
        let values = self.table.table("values");
        let values: Vec<_> =
            values.iter().flat_map(|values| values.named().map(|value| self.value(values, value))).collect();
        if language.is_none() && values.is_empty() && !self.table.has("values") {
            self.table.miss("values");
        }
        let next = self.need_edge("next");
        let values: Option<Vec<_>> = values.into_iter().collect();
        Some(Node::Set(Set { values: values?, language, next: next? }))
    }

    fn value<'t>(&self, values: &Table<'t>, (name, item): (Placed<String>, &'t Item)) -> Option<(String, SetValue)> {
        if !self.is_variable("values", &name) {
            return None;
        }
        let place = Place { at: item.at, ..name.place };
        let literal = |text: String| self.expression(values, &name.value, &Placed { value: text, place });
        let value = match &item.value {
            Value::Text(text) => SetValue::Text(text.clone()),
            Value::Int(number) => SetValue::Expression(literal(number.to_string())?),
            Value::Flag(flag) => SetValue::Expression(literal(flag.to_string())?),
            Value::Table(_) => {
                let table = values.as_table(&name.value, values.path(&name.value), item)?;
                let text = table.need_text("cel");
                table.done();
                SetValue::Expression(self.expression(&table, "cel", &text?)?)
            }
            other => {
                let why = format!(
                    "a value is a text, a whole number, true, false or {{ cel = \"…\" }}, not {}",
                    other.kind()
                );
                values.refuse("wrong_type", place, &name.value, why);
                return None;
            }
        };
        Some((name.value, value))
    }

    fn enqueue(&self) -> Option<Node> {
        let queue: Option<Placed<QueueId>> = self.table.need_id("queue");
        let there = queue.filter(|queue| {
            let name = (queue.value.as_str(), queue.place);
            self.table.known("queue", "unknown_queue", "queue", name, &self.scope.known.queues())
        });
        let priority = self.table.int("priority", -1_000_000..=1_000_000).and_then(|points| i32::try_from(points).ok());
        let requirement = self.scope.requirement(self.table);
        let announce = self.say("announce");
        let music = self.table.id::<PromptId>("music").map(|music| music.value);
        let exits = self.exits();
        let own_keys = self.own_keys();
        let queue = there?.value;
        let music = music.or_else(|| music_of(self.scope.queues, queue))?;
        let place = self.table.place_of(if self.table.has("music") { "music" } else { "queue" });
        self.use_prompt("music", Need::Prompt(music), place);
        self.use_treatment(queue);
        let (keys, exits) = (own_keys.or_else(|| self.keys_of(queue)), exits?);
        self.refuse_no_way_back(queue, &exits);
        self.refuse_dead(queue);
        let priority = Priority(priority.unwrap_or(0));
        Some(Node::Enqueue(Box::new(Enqueue { queue, priority, requirement, announce, music, exits, keys: keys? })))
    }

    /// The ways on from a queue; `None` if one of them leads nowhere.
    fn exits(&self) -> Option<Exits> {
        let way = |key: &'static str| match (self.table.has(key), self.edge(key)) {
            (true, None) => Err(()),
            (_, way) => Ok(way),
        };
        let [full, timeout, no_agents, closed, overflow] = [FULL, TIMEOUT, NO_AGENTS, CLOSED, OVERFLOW].map(way);
        let (full, timeout, no_agents) = (full.ok()?, timeout.ok()?, no_agents.ok()?);
        Some(Exits { full, timeout, no_agents, closed: closed.ok()?, overflow: overflow.ok()? })
    }

    fn refuse_no_way_back(&self, queue: QueueId, exits: &Exits) {
        let Some(limits) = self.scope.queues.iter().find(|known| known.setup.id == queue).map(|q| q.setup.limits)
        else {
            return;
        };
        let sends_back = [
            (FULL, limits.most_waiting.is_some()),
            (TIMEOUT, limits.longest_wait.is_some()),
            (NO_AGENTS, limits.needs_agents),
        ];
        if limits.overflow.is_some() {
            return;
        }
        let missing = |(edge, may): &(&str, bool)| *may && exits.way(edge).is_none();
        if !sends_back.iter().any(missing) && exits.way(CLOSED).is_none() {
            let why = format!("a supervisor may close queue `{queue}`, and the call then ends: `{CLOSED}` is missing");
            let mend = Some(format!("add {CLOSED} = \"NODE\", or overflow = \"NODE\" for every reason"));
            self.scope.report.warning("no_way_back", self.table.place, &self.table.path(CLOSED), why, mend);
        }
        for (edge, may) in sends_back {
            if missing(&(edge, may)) {
                let why = format!("queue `{queue}` may send callers back, and the call then ends: `{edge}` is missing");
                let mend = Some(format!("add {edge} = \"NODE\", or overflow = \"NODE\" for every reason"));
                self.scope.report.error("no_way_back", self.table.place, &self.table.path(edge), why, mend);
            }
        }
    }

    /// A queue in which callers wait for ever.
    fn refuse_dead(&self, queue: QueueId) {
        let limits = self.scope.queues.iter().find(|known| known.setup.id == queue).map(|q| q.setup.limits);
        // Where nobody serves any queue yet, the warning of each queue says so.
        let forgotten = !self.scope.served.is_empty() && !self.scope.served.contains(&queue);
        let Some(limits) = limits.filter(|_| forgotten) else { return };
        if !limits.needs_agents && limits.longest_wait.is_none() && limits.overflow.is_none() {
            let why = format!("no agent serves queue `{queue}`, and nothing ends the wait there");
            self.table.refuse("dead_queue", self.table.place_of("queue"), "queue", why);
        }
    }

    fn transfer(&self) -> Option<Node> {
        let say = self.say("prompts");
        let (number, uri) = (self.table.need_text_if_any("number"), self.table.need_text_if_any("uri"));
        let failed = (self.table.has("failed"), self.edge("failed"));
        let (text, key, good) = match (number, uri) {
            (Some(number), _) => (number.clone(), "number", is_dialable(&number.value)),
            (None, Some(uri)) => (uri.clone(), "uri", is_sip_uri(&uri.value)),
            (None, None) => {
                if !self.table.has("uri") {
                    self.no_exit("number");
                }
                return None;
            }
        };
        if !good {
            self.table.refuse("bad_number", text.place, key, format!("`{}` cannot be called", text.value));
        }
        if !good || (failed.0 && failed.1.is_none()) {
            return None;
        }
        let to = if key == "number" { TransferTo::Number(Dnis::new(text.value)) } else { TransferTo::Uri(text.value) };
        Some(Node::Transfer(Transfer { say, to, failed: failed.1 }))
    }

    fn call(&self) -> Option<Node> {
        let flow: Option<Placed<FlowId>> = self.table.need_id("flow");
        let next = self.need_edge("next");
        let flow = flow?;
        let name = (flow.value.as_str(), flow.place);
        if !self.table.known("flow", "unknown_flow", "flow", name, &self.scope.known.flows()) {
            return None;
        }
        // One that is broken is told of where it stands.
        let called = self.scope.called.get(&flow.value)?.as_ref()?;
        Some(Node::Call(Call { flow: Arc::clone(called), next: next? }))
    }

    fn hangup(&self) -> Option<Node> {
        Some(Node::HangUp(HangUp { say: self.say("prompts") }))
    }
}

/// Bytes between the place of a TOML string and its first character.
fn quotes(text: &str) -> usize {
    for quotes in ["\"\"\"", "'''"] {
        if let Some(rest) = text.strip_prefix(quotes) {
            let newline = if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
            return quotes.len() + newline;
        }
    }
    1
}
