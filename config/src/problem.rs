//! What can be wrong with a configuration.

use core::fmt;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// The configuration cannot be used.
    Error,
    /// The configuration can be used, but something in it has no effect or is likely not meant.
    Warning,
}

/// One problem of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad.
    pub level: Level,
    /// The stable code, one of [`CODES`].
    pub code: &'static str,
    /// The file as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The key, such as `queue[0].goal.within_s`.
    pub path: String,
    /// What is wrong.
    pub why: String,
    /// What to do.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if let Some(rule) = self.rule() {
            write!(f, "{rule} ")?;
        }
        write!(f, "{}: {}", self.code, self.why)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl Problem {
    /// The rule for flows that is broken, one of [`RULES`]; `None` for problems of anything else.
    #[must_use]
    pub fn rule(&self) -> Option<&'static str> {
        let of_flow = self.path.starts_with("flow.");
        let rule = RULES.iter().find(|rule| rule.codes.iter().any(|(code, _)| *code == self.code));
        rule.filter(|_| of_flow).map(|rule| rule.name)
    }
}

/// A rule for flows.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its stable name.
    pub name: &'static str,
    /// What is wrong with a flow that breaks it, in a line.
    pub what: &'static str,
    /// The codes of its problems, with how to mend them where nothing better is known.
    pub codes: &'static [(&'static str, &'static str)],
}

/// How to mend a problem of a flow, for people.
pub(crate) fn mend(code: &str, path: &str) -> Option<String> {
    let codes = || RULES.iter().flat_map(|rule| rule.codes);
    let mend = codes().find(|(known, _)| *known == code).map(|(_, mend)| (*mend).to_owned());
    mend.filter(|mend| path.starts_with("flow.") && !mend.is_empty())
}

/// Every rule for flows.
pub const RULES: &[Rule] = &[
    Rule {
        name: "FL00",
        what: "it is not the language of flows: an unknown or missing field, a value of the wrong kind or out of range",
        codes: &[
            ("unknown_key", "remove it"),
            ("missing_key", "add it"),
            ("wrong_type", ""),
            ("out_of_range", ""),
            ("bad_choice", ""),
            ("bad_id", "use letters, digits, '.', '-' and '_'"),
            ("unknown_skill", "define it in [[skill]]"),
        ],
    },
    Rule {
        name: "FL01",
        what: "a node that no way leads to, one that does not say what follows, or nodes from which the call never ends",
        codes: &[
            ("unreachable_node", "lead an edge to it, or remove it"),
            ("no_exit", "add the field that is named, with a node's name"),
            ("no_end", "lead an edge to an enqueue, transfer or hangup node"),
        ],
    },
    Rule {
        name: "FL02",
        what: "a question without words, a node that says nothing, or a way to a node, queue or flow that is not there",
        codes: &[
            ("no_question", "add prompts = [\"…\"]"),
            ("wordless_end", "add prompts = [\"…\"]"),
            ("empty_play", "add prompts = [\"…\"], or lead the edges of others past it"),
            ("unknown_node", "define it, or name another one"),
            ("unknown_queue", "define it in [[queue]]"),
            ("unknown_flow", "define it, or list its file in `flows`"),
            ("unknown_schedule", "define it in [[schedule]]"),
        ],
    },
    Rule {
        name: "FL03",
        what: "a prompt, or a piece of a value, that is not recorded in a language in which the flow may say it, or a text without \
               words in it or a voice to speak it",
        codes: &[
            ("missing_prompt", "record it, or name another prompt"),
            ("missing_text", "write text = { en = \"…\", zh = \"…\" } with every language of the flow"),
            ("no_speech", "add else = \"PROMPT\", or let [speech] be enabled"),
        ],
    },
    Rule {
        name: "FL04",
        what: "nodes round which a caller who keys nothing goes for ever, or flows that call themselves",
        codes: &[
            ("silent_loop", "count the rounds by `attempts`, and lead `no_input` or `exhausted` out of the circle"),
            ("recursive_flow", "lead an edge back within one flow instead"),
            ("too_deep", "put some of these flows together"),
        ],
    },
    Rule {
        name: "FL05",
        what: "a queue that no agent serves and that never sends a caller back",
        codes: &[("dead_queue", "let an agent serve it, or give it needs_agents = true, max_wait_s or overflow")],
    },
    Rule {
        name: "FL06",
        what: "keys of a menu of which one is the beginning of another",
        codes: &[("overlapping_keys", "ask with a collect node and tell the numbers apart in a branch")],
    },
    Rule {
        name: "FL07",
        what: "a question to the outside without a way on for when it fails or a limit of time, with a secret written into \
               it, or to an address that is none; warned of, where it goes unprotected",
        codes: &[
            ("no_fallback", "add the edge that is named, with a node's name"),
            ("no_timeout", "add timeout_ms = 3000, or another number of milliseconds"),
            ("bare_secret", "define it in [[secret]] and send it in a header field, { secret = \"ID\" }"),
            ("unknown_secret", "define it in [[secret]]"),
            ("bad_url", "write https://host/path; variables as $name, in the path and the query"),
            ("plain_http", "write https://, or name the host in http_step.allow_private"),
        ],
    },
    Rule {
        name: "FL08",
        what: "a number or address that cannot be dialled; digits of a card that others could hear or see",
        codes: &[
            ("bad_number", "write digits, a + before the country's code, or a SIP URI under `uri`"),
            ("unmasked_card", "add masked = true"),
            ("masked_variable", "masked digits go into the body of a question to another system, and nowhere else"),
        ],
    },
    Rule {
        name: "FL09",
        what: "an expression that cannot be understood, or a variable, field or function that is not there",
        codes: &[
            ("bad_expression", "docs/flows.md lists what conditions may name"),
            ("unknown_variable", "set it in a set or collect node"),
        ],
    },
    Rule {
        name: "FL10",
        what: "a queue with limits that sends callers back to a flow that does not say what follows; warned of, where only a \
               supervisor who closes the queue does so",
        codes: &[("no_way_back", "add overflow = \"NODE\"")],
    },
];

/// Every code with one line on what it means, in the order of `docs/problems.md`.
pub const CODES: &[(&str, &str)] = &[
    ("syntax", "The text is not TOML."),
    ("unreadable_file", "A file or folder that the configuration names cannot be read."),
    ("unknown_key", "A key is not known here, often because of a typing mistake."),
    ("missing_key", "A key that is needed is not there."),
    ("wrong_type", "A value has another type than its key needs."),
    ("out_of_range", "A number or a text is too small, too large or too long."),
    ("bad_choice", "A value is not one of those that the key allows."),
    ("bad_id", "An id or name has characters that ids do not have, or is too long."),
    ("bad_address", "A text is no address with a port, such as 127.0.0.1:5060, or no address of a peer."),
    ("bad_network", "A text is no network in CIDR notation, such as 10.0.0.0/8."),
    ("bad_certificate", "A certificate cannot be read, or its key is another one's."),
    ("bad_number", "A text is no telephone number or SIP URI that can be dialled."),
    ("bad_expression", "A CEL expression cannot be compiled, or names something that does not exist."),
    ("duplicate_id", "Two things of one kind have the same id, number, login or user name."),
    ("unknown_skill", "A skill is named that no [[skill]] defines."),
    ("unknown_queue", "A queue is named that no [[queue]] defines."),
    ("unknown_agent", "An agent is named that no [[agent]] defines."),
    ("unknown_disposition", "A disposition is named that no [[disposition]] defines."),
    ("unknown_flow", "A flow is named that no [flow.NAME] defines."),
    ("unknown_schedule", "A schedule is named that no [[schedule]] defines."),
    ("bad_schedule", "Opening hours or holidays of a schedule are not understood."),
    ("unmasked_card", "A flow takes digits of a card, and does not mask them."),
    ("masked_variable", "Masked digits are said or read where they may not be, or share a variable with others."),
    ("leads_away", "A flow to which agents lend their customers has a node by which they do not come back."),
    ("never_returns", "A flow to which agents lend their customers never comes to a return node (warning)."),
    ("unknown_variable", "A flow says a variable that none of its nodes sets."),
    ("unknown_node", "A node is named that its flow does not have."),
    ("unreachable_node", "No way leads to a node of a flow."),
    ("no_exit", "A node does not say what follows it."),
    ("no_end", "From some nodes of a flow the call can never end."),
    ("silent_loop", "A caller who keys nothing would go round some nodes of a flow for ever."),
    ("recursive_flow", "A flow comes to itself by calling others."),
    ("too_deep", "A flow calls another, which calls another, and so on, too many times."),
    ("no_question", "A node waits for digits without saying anything first."),
    ("wordless_end", "A caller who has heard nothing may be hung up on without a word (warning)."),
    ("empty_play", "A node that plays prompts has none."),
    ("dead_queue", "A flow sends callers to a queue that no agent serves and that never sends them back."),
    ("overlapping_keys", "A key of a menu is the beginning of another one."),
    ("no_fallback", "A flow asks the outside without saying what follows when nothing useful comes back."),
    ("no_timeout", "A flow asks another system without saying how long the answer may take."),
    ("bare_secret", "A flow holds a secret itself, in an address or a header field."),
    ("unknown_secret", "A secret is named that no [[secret]] defines."),
    ("bad_url", "A text is no address that can be asked over HTTP."),
    ("plain_http", "A flow asks over HTTP without TLS outside of the private networks that are allowed (warning)."),
    ("missing_prompt", "A prompt has no WAV file that can be played in a language in which a flow may play it."),
    ("missing_text", "A text for a voice has no words of its own in a language in which a flow may say it."),
    ("no_speech", "A text is to be spoken while text-to-speech is switched off."),
    ("missing_secret", "A secret's file or environment variable is not there or is empty."),
    ("agent_without_queue", "An agent serves no queue and is never offered a contact (warning)."),
    ("queue_without_agents", "No agent serves a queue: its contacts wait for ever (warning)."),
    ("overflow_to_itself", "A queue overflows to itself."),
    ("no_callback", "A flow books a call back from a queue that offers none (warning)."),
    (
        "no_way_back",
        "A queue may send callers back, and the flow does not say what follows: the call ends (a warning where only a supervisor may do so).",
    ),
    ("unused_flow", "No entry point and no survey starts a flow (warning)."),
    ("no_entry", "There is no entry point: every call is refused (warning)."),
];
