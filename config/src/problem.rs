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
        write!(f, "{}:{}:{}: {}: {}", self.file, self.line, self.column, self.code, self.why)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

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
    ("unknown_variable", "A flow says a variable that none of its nodes sets."),
    ("unknown_node", "A node is named that its flow does not have."),
    ("unreachable_node", "No way leads to a node of a flow."),
    ("no_exit", "A node does not say what follows it."),
    ("no_end", "From some nodes of a flow the call can never end."),
    ("silent_loop", "A caller who keys nothing would go round some nodes of a flow for ever."),
    ("no_question", "A node waits for digits without saying anything first."),
    ("missing_prompt", "A prompt has no WAV file in a language in which a flow may play it."),
    ("missing_secret", "A secret's file or environment variable is not there or is empty."),
    ("agent_without_queue", "An agent serves no queue and is never offered a contact (warning)."),
    ("queue_without_agents", "No agent serves a queue: its contacts wait for ever (warning)."),
    ("overflow_to_itself", "A queue overflows to itself."),
    ("no_way_back", "A queue may send callers back, and the flow does not say what follows: the call ends (warning)."),
    ("unused_flow", "No entry point starts a flow (warning)."),
    ("no_entry", "There is no entry point: every call is refused (warning)."),
];
