//! The OpenAPI 3.1 document: its frame, and what every operation has in common.

use crate::problem::ProblemBody;
use crate::routes;
use utoipa::Modify;
use utoipa::OpenApi as _;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, PathItem, Ref, RefOr, ResponseBuilder};

const BEARER: &str = "session";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Switchroom",
        description = "Contact history, customers, agents, queues and the floor. Ids are strings. Fields that end in \
                       `_at` are milliseconds since 1970-01-01T00:00:00Z, fields that end in `_ms` are durations. \
                       Errors are RFC 9457 problem details with a stable `code`. Live events come by the CTI \
                       WebSocket: see /asyncapi.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
        contact()
    ),
    servers((url = "/", description = "This server")),
    components(schemas(ProblemBody)),
    tags(
        (name = "sessions", description = "Signing in and out"),
        (name = "contacts", description = "The contact history and its recordings"),
        (name = "customers", description = "The customer base"),
        (name = "agents", description = "Agents, their state and their phone"),
        (name = "floor", description = "Queues and the floor"),
        (name = "flows", description = "Files of flows: draft, check, try, publish, roll back"),
        (name = "prompts", description = "Prompts and text-to-speech"),
        (name = "words", description = "Codes with their labels"),
        (name = "public", description = "What strangers may ask for")
    )
)]
struct Frame;

/// The document without its paths.
pub(crate) fn frame() -> OpenApi {
    Frame::openapi()
}

/// The whole document.
pub(crate) fn document() -> OpenApi {
    let (_, mut document) = routes::api();
    Common.modify(&mut document);
    document
}

/// The OpenAPI 3.1 document as JSON.
#[must_use]
pub fn openapi_json() -> String {
    let mut text = document().to_pretty_json().unwrap_or_else(|e| unreachable!("a document of strings and maps: {e}"));
    text.push('\n');
    text
}

/// Every operation may answer with a problem, and needs a session unless it says otherwise.
struct Common;

impl Modify for Common {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("The token of POST /sessions"));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(BEARER, SecurityScheme::Http(scheme.build()));
        document.paths.paths.values_mut().flat_map(operations).for_each(complete);
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete].into_iter().filter_map(Option::as_mut)
}

fn complete(operation: &mut Operation) {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = ResponseBuilder::new()
        .description("What went wrong, and what to do about it")
        .content("application/problem+json", problem)
        .build();
    operation.responses.responses.insert("default".into(), RefOr::T(response));
    let session = || vec![SecurityRequirement::new(BEARER, Vec::<String>::new())];
    operation.security.get_or_insert_with(session);
}
