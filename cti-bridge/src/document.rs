//! The JSON Schema and the AsyncAPI document, both made from the message types.

use crate::schema::{ClientMessage, PROTOCOL_VERSION, ServerMessage};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// The WebSocket subprotocol.
pub const SUBPROTOCOL: &str = "switchroom.cti.v1";
/// The path of the WebSocket.
pub const PATH: &str = "/cti";

/// The JSON Schema of every message: `ClientMessage`, `ServerMessage` and what they are made of below `$defs`.
#[must_use]
pub fn schema_json() -> String {
    let document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "CtiMessage",
        "description": "A message of the CTI WebSocket, subprotocol switchroom.cti.v1.",
        "oneOf": [{"$ref": "#/$defs/ClientMessage"}, {"$ref": "#/$defs/ServerMessage"}],
        "$defs": definitions(),
    });
    pretty(&document)
}

/// The AsyncAPI 3.0 document of the CTI WebSocket, with the schema inside.
#[must_use]
pub fn asyncapi_json() -> String {
    let mut schemas = Value::Object(definitions());
    move_references(&mut schemas);
    let (client, server) = (messages(&schemas, "ClientMessage"), messages(&schemas, "ServerMessage"));
    let all: Map<String, Value> =
        client.iter().chain(&server).map(|(name, _)| (name.clone(), json!({"$ref": component(name)}))).collect();
    let document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Switchroom CTI",
            "version": PROTOCOL_VERSION.to_string(),
            "license": {"name": "MIT OR Apache-2.0"},
            "description": DESCRIPTION,
        },
        "defaultContentType": "application/json",
        "servers": {"here": {"host": "localhost:8080", "protocol": "ws", "pathname": PATH}},
        "channels": {"cti": {
            "address": PATH,
            "description": format!("WebSocket, subprotocol `{SUBPROTOCOL}`, one JSON object per text frame."),
            "messages": all,
        }},
        "operations": {
            "fromClient": operation("receive", "What a client sends.", &client),
            "toClient": operation("send", "What the server sends.", &server),
        },
        "components": {
            "messages": client.into_iter().chain(server).collect::<Map<String, Value>>(),
            "schemas": schemas,
        },
    });
    pretty(&document)
}

const DESCRIPTION: &str = "Sign in by sending `hello` with a session token of `POST /api/v1/sessions` within 5 seconds. \
The server answers `welcome` and a `snapshot`; then `event`s follow, each with a sequence number. A client that comes \
back sends its last number as `resume_from` and the `session` of its `welcome` as `last_session`: it gets what it \
missed if the server still has it (10,000 events, 10 minutes), otherwise a snapshot. Each `wish` is answered by one \
`reply`. Frames hold at most 64 kB. A client that lets 256 messages pile up is closed with code 1008 and may resume.";

fn definitions() -> Map<String, Value> {
    let mut client = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    client.subschema_for::<ClientMessage>();
    let mut server = SchemaSettings::draft2020_12().for_serialize().into_generator();
    server.subschema_for::<ServerMessage>();
    let mut all = client.take_definitions(true);
    all.extend(server.take_definitions(true));
    all
}

fn component(message: &str) -> String {
    format!("#/components/messages/{message}")
}

/// One AsyncAPI message for each variant of a tagged union; named by its tag.
fn messages(schemas: &Value, union: &str) -> Vec<(String, Value)> {
    let variants = schemas.pointer(&format!("/{union}/oneOf")).and_then(Value::as_array);
    variants.into_iter().flatten().filter_map(message).collect()
}

fn message(variant: &Value) -> Option<(String, Value)> {
    let name = variant.pointer("/properties/type/const")?.as_str()?.to_owned();
    let summary = variant.get("description").cloned().unwrap_or_default();
    let body = json!({"name": name, "title": name, "summary": summary, "payload": variant});
    Some((name, body))
}

fn operation(action: &str, summary: &str, messages: &[(String, Value)]) -> Value {
    let references: Vec<Value> =
        messages.iter().map(|(name, _)| json!({"$ref": format!("#/channels/cti/messages/{name}")})).collect();
    json!({
        "action": action,
        "channel": {"$ref": "#/channels/cti"},
        "summary": summary,
        "messages": references,
    })
}

/// AsyncAPI keeps schemas elsewhere than a plain JSON Schema.
fn move_references(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(target)) = map.get_mut("$ref") {
                *target = target.replace("#/$defs/", "#/components/schemas/");
            }
            map.values_mut().for_each(move_references);
        }
        Value::Array(items) => items.iter_mut().for_each(move_references),
        _ => {}
    }
}

fn pretty(document: &Value) -> String {
    let mut text = format!("{document:#}");
    text.push('\n');
    text
}
