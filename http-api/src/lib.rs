//! The REST API under `/api/v1`, its OpenAPI document and docs pages, health, metrics, and the console's files.
//!
//! It decides nothing: wishes go to the control loop, questions to the store, both by channels that the daemon made.
//! It never depends on the store's crate or on the CTI bridge.
//!
//! | Route (below `/api/v1`) | Who | Body → answer |
//! |---|---|---|
//! | `POST /sessions` | anybody | [`dto::SignIn`] → 201 [`dto::SessionToken`] |
//! | `GET /sessions/current` | signed in | → [`dto::SessionView`] |
//! | `DELETE /sessions/current` | signed in | → 204 |
//! | `GET /me` | signed in | → [`dto::User`] |
//! | `GET /contacts?agent&queue&customer&from_at&to_at&outcome&number&cursor&limit` | own; supervisors all | → [`dto::ContactPage`] |
//! | `GET /contacts/{id}` | own; supervisors all | → [`dto::ContactDetail`] |
//! | `GET /contacts/{id}/events` | own; supervisors all | → [`dto::ContactEvents`] |
//! | `GET /contacts/{id}/why` | supervisors | → [`dto::WhyStory`] |
//! | `POST /contacts/{id}/priority` | supervisors | [`dto::PriorityWish`] → 204 |
//! | `GET /recordings/{id}` | own; supervisors all | → `audio/wav`, with ranges |
//! | `GET /customers?search&cursor&limit` | signed in | → [`dto::CustomerPage`] |
//! | `POST /customers` | signed in | [`dto::CustomerWrite`] → 201 [`dto::Customer`] |
//! | `GET /customers/{id}` | signed in | → [`dto::Customer`] |
//! | `PUT /customers/{id}` | signed in | [`dto::CustomerWrite`] → [`dto::Customer`] |
//! | `POST /customers/import?dry_run` | supervisors | `text/csv` → [`dto::Import`] |
//! | `GET /agents` | signed in | → [`dto::Agents`] |
//! | `GET /agents/{id}` | signed in | → [`dto::Agent`] |
//! | `POST /agents/{id}/state` | the agent; supervisors | [`dto::StateWish`] → 204 |
//! | `GET /queues` | signed in | → [`dto::Queues`] |
//! | `POST /queues/{id}/open` | supervisors | [`dto::OpenWish`] → 204 |
//! | `GET /prompts` | admins | → [`dto::Prompts`] |
//! | `GET /prompts/{language}/{id}.wav` | admins | → a WAV file; `music` for all languages |
//! | `PUT /prompts/{language}/{id}` | admins | a WAV file → [`dto::StoredPrompt`] |
//! | `POST /prompts/{language}/{id}/speak` | admins | [`dto::PromptText`] → [`dto::StoredPrompt`] |
//! | `DELETE /prompts/{language}/{id}` | admins | → 204 |
//! | `POST /speech` | admins | [`dto::SpeechWish`] → a WAV file |
//! | `POST /config/reload` | admins | → [`dto::Reloaded`] |
//! | `GET /flows` | admins | → [`dto::FlowFiles`] |
//! | `GET /flows/file?name` | admins | → [`dto::FlowFile`] |
//! | `GET /flows/file/versions/{number}?name` | admins | → [`dto::FlowVersionText`] |
//! | `PUT`, `DELETE /flows/file/draft?name` | admins | [`dto::FlowDraftWrite`] → 204 |
//! | `POST /flows/file/check?name` | admins | [`dto::FlowCheck`] → [`dto::FlowChecked`] |
//! | `POST /flows/file/publish?name` | admins | [`dto::FlowPublish`] → [`dto::FlowPublished`] |
//! | `POST /flows/file/roll-back?name` | admins | [`dto::FlowRollBack`] → [`dto::FlowPublished`] |
//! | `POST /flows/file/simulate?name` | admins | [`dto::FlowTrial`] → [`dto::FlowStory`] |
//! | `GET /floor` | supervisors | → [`dto::Floor`] |
//! | `GET /dispositions` | signed in | → [`dto::Dispositions`] |
//! | `GET /reasons` | signed in | → [`dto::Reasons`] |
//! | `GET /phone` | agents | → [`dto::Phone`] |
//! | `GET /config/public` | anybody | → [`dto::PublicConfig`] |
//! | `POST /web-calls` | anybody, rate-limited | → 201 [`dto::WebCall`] |
//! | `POST /start` | anybody, once | [`dto::StartToken`] → [`dto::StartCredentials`] |
//!
//! Outside of `/api/v1`: `/health`, `/health/live`, `/health/ready` ([`dto::Health`]), `/metrics`, `/openapi.json`,
//! `/asyncapi.json`, `/docs`, `/asyncapi`, `/problems/{code}`, and the console.

mod auth;
mod console;
mod convert;
mod docs;
pub mod dto;
mod extract;
mod flows;
mod limit;
mod openapi;
pub mod problem;
mod routes;
mod serve;
mod state;
mod system;

pub use auth::{new_token, token_sha256};
pub use flows::{FlowError, FlowReply, FlowRequest};
pub use openapi::openapi_json;
pub use serve::{ConnectionLimits, Gate, serve};
pub use state::{
    Ask, Clock, Links, Metric, MetricKind, PhoneRequest, PhoneTicket, PromptPlace, PromptRefusal, PromptReply,
    PromptRequest, PromptWish, Readiness, ReloadError, ReloadRequest, Settings, StartTicket, State, WebCallRequest,
    WebCallTicket, WishRequest,
};

use axum::middleware::from_fn;
use problem::Problem;

/// Everything that the daemon serves by HTTP but the WebSockets, which it merges into this. [`serve`] carries it.
pub fn router(state: State) -> axum::Router {
    let (api, _) = routes::api();
    api.merge(system::router())
        .method_not_allowed_fallback(|| async { Problem::new("wrong_method") })
        .fallback(console::serve)
        .layer(from_fn(console::secure))
        .with_state(state)
}
