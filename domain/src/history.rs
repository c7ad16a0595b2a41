//! The contact history and the customer base, as they are read and asked for. `crm` answers, others ask.

use crate::{
    AgentId, AsideStep, CallbackStep, Channel, ContactId, Customer, CustomerId, DispositionCode, InteractionId,
    Language, LegQuality, QuestionId, QueueId, QueueVisit, RecordingId, Redacted, Role, SipTrace, WallTime, WhyStory,
};

/// A question to the store; [`Query::Why`] also to the running engine, and [`Query::Trace`] to it alone.
#[derive(Clone, Debug)]
pub enum Query {
    /// Is this login and password right? → `User`.
    Authenticate {
        /// The login name.
        login: String,
        /// The password.
        password: Redacted,
    },
    /// Keep a session under the SHA-256 of its token → `Done`.
    CreateSession {
        /// The hash of the token, in hex.
        token_sha256: String,
        /// The login name.
        login: String,
        /// When it ends.
        expires: WallTime,
    },
    /// Whose session is this? → `Session`.
    FindSession {
        /// The hash of the token, in hex.
        token_sha256: String,
        /// Now.
        now: WallTime,
    },
    /// End a session → `Done`.
    EndSession {
        /// The hash of the token, in hex.
        token_sha256: String,
    },
    /// Contacts, newest first → `Contacts`.
    Contacts {
        /// Which.
        filter: ContactFilter,
        /// Where to go on: the cursor of the page before.
        cursor: Option<String>,
        /// At most so many, 1 to 200.
        limit: u32,
    },
    /// One contact with its story → `Contact`.
    Contact(ContactId),
    /// Why does the contact wait, why did it go where it went? → `Why`.
    Why(ContactId),
    /// The SIP messages of a contact → `Trace`.
    Trace(ContactId),
    /// Customers whose name, company, account or number holds the text → `Customers`.
    Customers {
        /// The text; empty: all.
        search: String,
        /// Where to go on.
        cursor: Option<String>,
        /// At most so many, 1 to 200.
        limit: u32,
    },
    /// One customer → `Customer`.
    Customer(CustomerId),
    /// The customer with this number → `Customer`.
    CustomerByNumber {
        /// The number as it was signalled or keyed.
        number: Redacted,
    },
    /// The customer with this account number → `Customer`.
    CustomerByAccount {
        /// The account number.
        account: Redacted,
    },
    /// Add or change a customer → `Customer`.
    SaveCustomer {
        /// Change this one; `None`: a new one.
        id: Option<CustomerId>,
        /// The fields.
        fields: NewCustomer,
    },
    /// Add customers from CSV → `Imported`.
    ImportCustomers {
        /// The file's text.
        csv: String,
        /// Check only, write nothing.
        dry_run: bool,
    },
    /// Visits to queues that ended in a stretch of time, by the start of their contacts → `Visits`.
    Visits {
        /// Ended at or after.
        from: WallTime,
        /// Ended before.
        to: WallTime,
        /// To this queue only.
        queue: Option<QueueId>,
        /// Where to go on: the cursor of the page before.
        cursor: Option<String>,
    },
    /// Steps of the calls back that were not over before a time, those of a contact in order → `Callbacks`.
    Callbacks {
        /// Not closed before.
        from: WallTime,
        /// Begun before.
        to: WallTime,
        /// Where to go on: the cursor of the page before.
        cursor: Option<String>,
    },
    /// Steps of the messages and surveys of contacts that were not over before a time, those of a contact in order →
    /// `Asides`.
    Asides {
        /// Not closed before.
        from: WallTime,
        /// Begun before.
        to: WallTime,
        /// Where to go on: the cursor of the page before.
        cursor: Option<String>,
    },
    /// Answers to surveys of a stretch of time, in its order → `Surveys`.
    Surveys {
        /// Answered at or after.
        from: WallTime,
        /// Answered before.
        to: WallTime,
        /// About agents of this queue only.
        queue: Option<QueueId>,
        /// Where to go on: the cursor of the page before.
        cursor: Option<String>,
    },
    /// A recording's manifest row → `Recording`.
    Recording(RecordingId),
    /// The dispositions → `Dispositions`.
    Dispositions,
    /// The agents → `Agents`.
    Agents,
}

/// The store's answer.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It was done.
    Done,
    /// A user; `None`: wrong login or password.
    User(Option<User>),
    /// A session; `None`: none, or over.
    Session(Option<Session>),
    /// Contacts.
    Contacts(Page<ContactRow>),
    /// A contact.
    Contact(Option<Box<ContactDetail>>),
    /// The reasons; `None`: neither waiting nor in the history.
    Why(Option<Box<WhyStory>>),
    /// The SIP messages; `None`: none are kept.
    Trace(Option<Box<SipTrace>>),
    /// Visits to queues; a page may be empty and still not the last.
    Visits(Page<QueueVisit>),
    /// Steps of calls back; a page may be empty and still not the last.
    Callbacks(Page<CallbackStep>),
    /// Steps of messages and surveys; a page may be empty and still not the last.
    Asides(Page<AsideStep>),
    /// Answers to surveys, each with its contact.
    Surveys(Page<(ContactId, SurveyAnswer)>),
    /// Customers.
    Customers(Page<Customer>),
    /// A customer.
    Customer(Option<Box<Customer>>),
    /// An import.
    Imported(ImportReport),
    /// A recording.
    Recording(Option<RecordingRow>),
    /// The dispositions.
    Dispositions(Vec<DispositionRow>),
    /// The agents.
    Agents(Vec<AgentRow>),
}

/// Why the store did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The cursor was not made by this store.
    #[error("the cursor is not valid; start again without one")]
    BadCursor,
    /// A field has a value that cannot be stored.
    #[error("{field}: {why}")]
    BadField {
        /// The field.
        field: String,
        /// What is wrong and how to mend it.
        why: String,
    },
    /// There is no such thing.
    #[error("there is no such record")]
    NotFound,
    /// The database does not answer.
    #[error("the database does not answer")]
    Unavailable,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// Which contacts. Every given field must match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactFilter {
    /// Answered by this agent.
    pub agent: Option<AgentId>,
    /// Beside that agent's also the messages that nobody has taken and that wait in one of these queues.
    pub waiting_in: Vec<QueueId>,
    /// Of this channel.
    pub channel: Option<Channel>,
    /// Went through this queue.
    pub queue: Option<QueueId>,
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// Started at or after.
    pub from: Option<WallTime>,
    /// Started before.
    pub to: Option<WallTime>,
    /// The outcome's word.
    pub outcome: Option<String>,
    /// The number's last digits.
    pub number: Option<String>,
}

/// A user of the console or the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The login name.
    pub login: String,
    /// The name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// The agent that this user is, if any.
    pub agent: Option<AgentId>,
}

/// A signed-in user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub user: User,
    /// Until when.
    pub expires: WallTime,
}

/// One row of the contact history: a fold of the contact's events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRow {
    /// The contact.
    pub id: ContactId,
    /// The channel's word.
    pub channel: String,
    /// When it arrived.
    pub started: WallTime,
    /// When it ended for the customer.
    pub ended: Option<WallTime>,
    /// When the row became final.
    pub closed: Option<WallTime>,
    /// The calling number.
    pub ani: Redacted,
    /// The called number.
    pub dnis: String,
    /// The customer.
    pub customer: Option<CustomerId>,
    /// The customer's name.
    pub customer_name: Option<Redacted>,
    /// The last queue.
    pub queue: Option<QueueId>,
    /// The last agent who answered.
    pub agent: Option<AgentId>,
    /// The outcome's word; `None` while it lives.
    pub outcome: Option<String>,
    /// Who ended it: `customer`, `agent`, `flow`, `system`.
    pub ended_by: Option<String>,
    /// Nodes of the flow, in order.
    pub path: Vec<String>,
    /// Time in line, in milliseconds.
    pub wait_ms: u64,
    /// Time from the last offer to the answer, in milliseconds.
    pub ring_ms: u64,
    /// Talk time without hold, in milliseconds.
    pub talk_ms: u64,
    /// Hold time, in milliseconds.
    pub hold_ms: u64,
    /// After-contact work, in milliseconds.
    pub wrap_up_ms: u64,
    /// The disposition.
    pub disposition: Option<DispositionCode>,
    /// The notes.
    pub notes: Redacted,
    /// The recording.
    pub recording: Option<RecordingId>,
    /// Number of events folded into the row.
    pub events: u32,
}

/// One stored event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Position in the contact's story, from 1.
    pub seq: u32,
    /// When.
    pub at: WallTime,
    /// The event's word.
    pub kind: String,
    /// Its fields as a JSON object.
    pub fields_json: String,
}

/// One agent's part in a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InteractionRow {
    /// The id.
    pub id: InteractionId,
    /// The contact.
    pub contact: ContactId,
    /// The agent.
    pub agent: AgentId,
    /// The queue.
    pub queue: Option<QueueId>,
    /// When it was offered.
    pub offered: WallTime,
    /// When it was answered.
    pub answered: Option<WallTime>,
    /// When the talk ended.
    pub ended: Option<WallTime>,
    /// When wrap-up ended.
    pub wrapped_up: Option<WallTime>,
    /// How the offer ended.
    pub result: Option<String>,
    /// The disposition.
    pub disposition: Option<DispositionCode>,
}

/// A recording's manifest row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingRow {
    /// The id.
    pub id: RecordingId,
    /// The contact.
    pub contact: ContactId,
    /// Path below the recordings directory.
    pub path: String,
    /// Length in milliseconds.
    pub duration_ms: u64,
    /// Channels.
    pub channels: u16,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// Milliseconds missing.
    pub gap_ms: u64,
    /// `complete`, or `recovered` after a crash.
    pub state: String,
}

/// An answer that a customer gave to a question of a survey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyAnswer {
    /// The question.
    pub question: QuestionId,
    /// The digit, 0 to 9.
    pub answer: u8,
    /// The agent whom it is about.
    pub agent: Option<AgentId>,
    /// The queue by which that agent got the contact.
    pub queue: Option<QueueId>,
    /// When.
    pub at: WallTime,
}

/// A contact with its whole story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactDetail {
    /// The row.
    pub row: ContactRow,
    /// The events in order.
    pub events: Vec<EventRow>,
    /// The agents' parts in order.
    pub interactions: Vec<InteractionRow>,
    /// The recordings.
    pub recordings: Vec<RecordingRow>,
    /// How its legs sounded, in the order in which they ended.
    pub legs: Vec<LegQuality>,
    /// What the customer answered in a survey, in order.
    pub survey: Vec<SurveyAnswer>,
}

/// A disposition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DispositionRow {
    /// The code.
    pub code: DispositionCode,
    /// The label by language: `("en", "Resolved")`.
    pub labels: Vec<(Language, String)>,
    /// Queues that offer it; empty: all.
    pub queues: Vec<QueueId>,
}

/// An agent as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRow {
    /// The id.
    pub id: AgentId,
    /// The name.
    pub name: String,
}

/// The fields of a customer to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewCustomer {
    /// The name; must not be empty.
    pub name: Redacted,
    /// The company.
    pub company: String,
    /// The tier.
    pub tier: String,
    /// The account number.
    pub account: String,
    /// The language.
    pub language: Option<Language>,
    /// Notes.
    pub notes: String,
    /// Phone numbers as typed.
    pub phones: Vec<Redacted>,
    /// E-mail addresses.
    pub emails: Vec<Redacted>,
}

/// A row that could not be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// Line in the file, from 1.
    pub line: u64,
    /// The column.
    pub column: String,
    /// What is wrong and how to mend it.
    pub why: String,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Rows that were or would be added.
    pub added: u64,
    /// Rows that changed a customer with the same account.
    pub changed: u64,
    /// Rows left out, with the reason.
    pub errors: Vec<RowError>,
}
