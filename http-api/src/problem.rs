//! Problem details (RFC 9457): where every error of the API becomes an answer. The matches over the domain's errors
//! are total: a new cause does not compile until it has a code here.

use crate::dto::ConfigFlaw;
use crate::state::{PromptRefusal, ReloadError};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{CommandError, QueryError};
use serde::Serialize;
use utoipa::ToSchema;

/// Every code with its HTTP status and its title.
pub const CODES: &[(&str, u16, &str)] = &[
    ("unknown_agent", 404, "There is no such agent"),
    ("not_signed_in", 409, "The agent is not signed in"),
    ("wrong_state", 409, "The agent's state does not allow this now"),
    ("stale_offer", 409, "This offer is over"),
    ("unknown_contact", 404, "There is no such live contact"),
    ("not_your_contact", 403, "This contact is with another agent"),
    ("unknown_queue", 404, "There is no such queue"),
    ("unknown_schedule", 404, "There is no such schedule"),
    ("unknown_reason", 422, "There is no such reason code"),
    ("unknown_disposition", 422, "There is no such disposition for this queue"),
    ("disposition_missing", 409, "A disposition is needed first"),
    ("no_phone", 409, "The agent's phone is not registered or has no address"),
    ("answer_on_phone", 409, "The phone must be answered by hand"),
    ("agent_unavailable", 409, "This agent takes no call now"),
    ("bad_number", 422, "This number cannot be dialled"),
    ("number_in_use", 409, "This number is being called at this moment"),
    ("no_trunk", 409, "No trunk is set up for outgoing calls"),
    ("draining", 503, "The engine is shutting down"),
    ("bad_cursor", 400, "The cursor is not valid"),
    ("bad_field", 422, "A field has a value that cannot be"),
    ("bad_json", 400, "The body is not the JSON that this route takes"),
    ("broken_body", 400, "The body broke off"),
    ("bad_query", 400, "A query parameter has a value that cannot be"),
    ("wrong_media_type", 415, "The body has another media type than this route takes"),
    ("too_large", 413, "The body is too large"),
    ("not_found", 404, "There is no such record"),
    ("no_route", 404, "There is no such address"),
    ("wrong_method", 405, "This address does not know this method"),
    ("wrong_credentials", 401, "The login or the password is wrong"),
    ("unauthenticated", 401, "A valid session token is needed"),
    ("forbidden", 403, "Your role does not allow this"),
    ("too_slow", 408, "The request came too slowly"),
    ("too_many_requests", 429, "Too many requests"),
    ("web_calls_off", 404, "Web calls are switched off"),
    ("start_over", 410, "The start link was used or has run out"),
    ("recording_missing", 404, "The recording's file is not there"),
    ("bad_audio", 422, "This is no recording that can be played"),
    ("prompt_in_use", 409, "The prompt is played where nothing else would be heard"),
    ("prompts_read_only", 409, "The folder of prompts cannot be written"),
    ("speech_failed", 503, "The text could not be spoken"),
    ("trace_gone", 404, "No SIP messages of this contact are kept"),
    ("bad_config", 422, "The configuration has problems"),
    ("bad_flow", 422, "The flows have problems"),
    ("flow_tests_failed", 422, "Tests of the flow fail"),
    ("flow_changed", 409, "The file has changed since you began"),
    ("flow_read_only", 409, "These flows cannot be changed from here"),
    ("flow_not_written", 500, "The file could not be written"),
    ("unknown_flow_file", 404, "The configuration lists no such file of flows"),
    ("unknown_flow_version", 404, "There is no such version of this file"),
    ("unavailable", 503, "The engine does not answer at the moment"),
    ("database_unavailable", 503, "The database does not answer"),
    ("unexpected_answer", 500, "The store gave an answer that does not fit the question"),
];

/// What a person can do about it.
fn fix(code: &str) -> &'static str {
    match code {
        "unknown_agent" => "Take an id from GET /api/v1/agents.",
        "unknown_queue" => "Take an id from GET /api/v1/queues.",
        "unknown_schedule" => "Take an id from GET /api/v1/schedules.",
        "unknown_reason" => "Take a code from GET /api/v1/reasons.",
        "unknown_disposition" => "Take a code from GET /api/v1/dispositions.",
        "not_signed_in" => "Put the agent in the state signed_in first.",
        "disposition_missing" => "Choose a disposition, then try again.",
        "no_phone" => "Register the agent's phone, or open the console with a headset.",
        "answer_on_phone" => "Lift the receiver, or press the phone's answer key.",
        "agent_unavailable" => "Ask another agent, or a queue.",
        "number_in_use" => "Wait until the call back is over, or take it.",
        "no_trunk" => "Add a trunk for outgoing calls to the configuration.",
        "bad_field" => "Correct the field; `pointer` names it where there is one.",
        "not_found" | "unknown_contact" => "Look it up again; it may be gone.",
        "bad_cursor" => "Ask for the first page again, without a cursor.",
        "bad_json" | "bad_query" | "wrong_media_type" | "no_route" | "wrong_method" => "See /docs for what is taken.",
        "wrong_credentials" => "Check the login and the password; capitals count.",
        "unauthenticated" => "Sign in with POST /api/v1/sessions and send `Authorization: Bearer TOKEN`.",
        "forbidden" | "not_your_contact" => "Ask a supervisor.",
        "too_many_requests" | "unavailable" | "database_unavailable" | "draining" => "Wait a little and try again.",
        "bad_audio" => "Send a WAV file of 4 to 192 kHz, one or two channels, at most 10 minutes.",
        "prompt_in_use" => "Let the flows name another prompt first, or put another recording in its place.",
        "prompts_read_only" => "Give `server.prompts_dir` to the user that runs switchroom.",
        "speech_failed" => "Install espeak-ng, or see `switchroom doctor`; or upload a recording.",
        "trace_gone" => "Ask soon after the call, or give [trace] more memory in the configuration.",
        "bad_config" => "Mend what `problems` tells, then reload again; the old configuration stays in force.",
        "flow_tests_failed" => "Mend the flow, or its tests; `force` publishes it all the same.",
        "bad_flow" => "Mend what `problems` tells, then try again; what is in force stays in force.",
        "flow_changed" => "Compare with the newest version, take over what you want to keep, and publish from there.",
        "flow_read_only" => "Change the file on the server, then reload the configuration.",
        "flow_not_written" => "Look at the room on the disk and the rights of the file and its folder, then try again.",
        "unknown_flow_file" | "unknown_flow_version" => "Take one from GET /api/v1/flows or /api/v1/flows/file.",
        "start_over" => "Start the demo again to get a new link.",
        "recording_missing" => "Run `switchroom doctor`; it compares the recordings with their files.",
        "unexpected_answer" => "This is a defect in Switchroom; please report it.",
        _ => "Look at the present state and try again.",
    }
}

/// The body of an error, `application/problem+json`.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// `/problems/CODE`: a page that explains it.
    #[serde(rename = "type")]
    pub kind: String,
    /// The stable code.
    pub code: String,
    /// The kind of problem in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time.
    pub detail: String,
    /// What to do about it.
    pub fix: String,
    /// JSON pointer to the field in the body, when one field is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// What is wrong with a configuration, for `bad_config`, `bad_flow` and `flow_tests_failed`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<ConfigFlaw>,
}

/// An error on its way to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    code: &'static str,
    detail: Option<String>,
    pointer: Option<String>,
    problems: Vec<ConfigFlaw>,
    retry_after_s: Option<u64>,
}

impl Problem {
    /// The problem with this code of [`CODES`].
    #[must_use]
    pub const fn new(code: &'static str) -> Self {
        Self { code, detail: None, pointer: None, problems: Vec::new(), retry_after_s: None }
    }

    /// Says what happened this time.
    #[must_use]
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Names the field to blame.
    #[must_use]
    pub fn at(mut self, field: &str) -> Self {
        self.pointer = Some(format!("#/{field}"));
        self
    }

    /// Says when to try again, in seconds.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// Says what is wrong with a configuration.
    pub(crate) fn with(self, problems: Vec<ConfigFlaw>) -> Self {
        Self { problems, ..self }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The body that the client gets.
    #[must_use]
    pub fn body(&self) -> ProblemBody {
        let (status, title) = lookup(self.code);
        ProblemBody {
            kind: format!("/problems/{}", self.code),
            code: self.code.into(),
            title: title.into(),
            status,
            detail: self.detail.clone().unwrap_or_else(|| format!("{title}.")),
            fix: fix(self.code).into(),
            pointer: self.pointer.clone(),
            problems: self.problems.clone(),
        }
    }
}

/// Status and title of a code. A code that is not listed is our defect, so it reads as one.
fn lookup(code: &str) -> (u16, &'static str) {
    CODES.iter().find(|(c, ..)| *c == code).map_or((500, "Unlisted problem"), |(_, status, title)| (*status, title))
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = self.body();
        let status = StatusCode::from_u16(body.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status.is_server_error() {
            tracing::warn!(code = self.code, detail = body.detail, "request failed");
        }
        let text = serde_json::to_string(&body).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], text).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        let code = match error {
            CommandError::UnknownAgent => "unknown_agent",
            CommandError::NotSignedIn => "not_signed_in",
            CommandError::WrongState => "wrong_state",
            CommandError::StaleOffer => "stale_offer",
            CommandError::UnknownContact => "unknown_contact",
            CommandError::NotYourContact => "not_your_contact",
            CommandError::UnknownQueue => "unknown_queue",
            CommandError::UnknownSchedule => "unknown_schedule",
            CommandError::UnknownReason => "unknown_reason",
            CommandError::UnknownDisposition => "unknown_disposition",
            CommandError::DispositionMissing => "disposition_missing",
            CommandError::NoPhone => "no_phone",
            CommandError::AnswerOnPhone => "answer_on_phone",
            CommandError::AgentUnavailable => "agent_unavailable",
            CommandError::BadNumber => "bad_number",
            CommandError::NumberInUse => "number_in_use",
            CommandError::NoTrunk => "no_trunk",
            CommandError::Draining => "draining",
        };
        Self::new(code)
    }
}

impl From<ReloadError> for Problem {
    fn from(error: ReloadError) -> Self {
        match error {
            ReloadError::NotStored => Self::new("database_unavailable").retry_after(2),
            ReloadError::Faulty(problems) => Self::new("bad_config").with(problems),
        }
    }
}

impl From<PromptRefusal> for Problem {
    fn from(refusal: PromptRefusal) -> Self {
        match refusal {
            PromptRefusal::NotFound => Self::new("not_found"),
            PromptRefusal::BadAudio(why) => Self::new("bad_audio").because(why),
            PromptRefusal::InUse(why) => Self::new("prompt_in_use").because(why),
            PromptRefusal::ReadOnly(why) => Self::new("prompts_read_only").because(why),
            PromptRefusal::NoSpeech(why) => Self::new("speech_failed").because(why),
            PromptRefusal::Unavailable => Self::new("unavailable").retry_after(2),
        }
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::BadCursor => Self::new("bad_cursor"),
            QueryError::BadField { field, why } => Self::new("bad_field").because(format!("{field}: {why}")).at(&field),
            QueryError::NotFound => Self::new("not_found"),
            QueryError::Unavailable => Self::new("database_unavailable").retry_after(2),
        }
    }
}
