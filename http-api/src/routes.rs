//! The routes, one file per noun, and the OpenAPI document that is generated from them.

// The path macro names parameter types by a path of its own.
#![allow(unused_qualifications)]

mod agents;
mod callbacks;
mod contacts;
mod customers;
mod flows;
mod log;
mod prompts;
mod public;
mod recordings;
mod schedules;
mod sessions;
mod steer;
mod surveys;

use crate::openapi;
use crate::state::State;
use axum::extract::DefaultBodyLimit;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Largest CSV file, in bytes.
const IMPORT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Largest body with the text of a file of flows, in bytes: JSON needs more room than the text.
const FLOW_BYTES_MAX: usize = 1024 * 1024;
/// Largest JSON body, in bytes.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// Largest recording of a prompt, in bytes.
const PROMPT_BYTES_MAX: usize = 10 * 1024 * 1024;

/// The routes below `/api/v1` and their document.
pub(crate) fn api() -> (axum::Router<State>, OpenApi) {
    let import = OpenApiRouter::new()
        .routes(routes!(customers::import_customers))
        .layer(DefaultBodyLimit::max(IMPORT_BYTES_MAX));
    let prompts = OpenApiRouter::new()
        .routes(routes!(prompts::play_prompt, prompts::put_prompt, prompts::delete_prompt))
        .layer(DefaultBodyLimit::max(PROMPT_BYTES_MAX));
    let flows = OpenApiRouter::new()
        .routes(routes!(flows::list_flows))
        .routes(routes!(flows::read_flow_file))
        .routes(routes!(flows::read_flow_version))
        .routes(routes!(flows::keep_flow_draft, flows::drop_flow_draft))
        .routes(routes!(flows::check_flow_file))
        .routes(routes!(flows::publish_flow_file))
        .routes(routes!(flows::roll_back_flow_file))
        .routes(routes!(flows::simulate_flow))
        .layer(DefaultBodyLimit::max(FLOW_BYTES_MAX));
    let routes = OpenApiRouter::new()
        .routes(routes!(sessions::sign_in))
        .routes(routes!(sessions::current_session, sessions::sign_out))
        .routes(routes!(sessions::me))
        .routes(routes!(contacts::list_contacts))
        .routes(routes!(contacts::read_contact))
        .routes(routes!(contacts::list_contact_events))
        .routes(routes!(contacts::why_contact))
        .routes(routes!(contacts::trace_contact))
        .routes(routes!(steer::set_priority))
        .routes(routes!(steer::monitor_contact, steer::stop_monitoring))
        .routes(routes!(steer::open_queue))
        .routes(routes!(schedules::list_schedules))
        .routes(routes!(schedules::set_emergency))
        .routes(routes!(steer::reload_config))
        .routes(routes!(callbacks::list_callbacks, callbacks::request_callback))
        .routes(routes!(callbacks::cancel_callback))
        .routes(routes!(log::contact_log))
        .routes(routes!(surveys::surveys))
        .routes(routes!(recordings::play_recording))
        .routes(routes!(prompts::list_prompts))
        .routes(routes!(prompts::speak_prompt))
        .routes(routes!(prompts::speak))
        .routes(routes!(customers::list_customers, customers::create_customer))
        .routes(routes!(customers::read_customer, customers::replace_customer))
        .routes(routes!(agents::list_agents))
        .routes(routes!(agents::read_agent))
        .routes(routes!(agents::set_agent_state))
        .routes(routes!(agents::list_queues))
        .routes(routes!(agents::read_floor))
        .routes(routes!(agents::own_phone))
        .routes(routes!(public::list_dispositions))
        .routes(routes!(public::list_reasons))
        .routes(routes!(public::public_config))
        .routes(routes!(public::create_web_call))
        .routes(routes!(public::read_web_call))
        .routes(routes!(public::redeem_start_link))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX));
    let routes = routes.merge(import).merge(prompts).merge(flows);
    OpenApiRouter::with_openapi(openapi::frame()).nest("/api/v1", routes).split_for_parts()
}
