//! The generated documents.

use cti_bridge::{ErrorCode, asyncapi_json, schema_json};
use serde_json::Value;

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

fn check_references(document: &Value) {
    let mut found = Vec::new();
    references(document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("references stay inside");
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn the_schema_holds_together_and_lists_every_code() {
    let schema: Value = serde_json::from_str(&schema_json()).unwrap();
    check_references(&schema);
    let codes = schema.pointer("/$defs/ErrorCode").unwrap().to_string();
    for code in ErrorCode::ALL {
        assert!(codes.contains(&serde_json::to_string(&code).unwrap()), "{code:?}");
    }
}

#[test]
fn the_asyncapi_document_holds_together_and_names_every_message() {
    let document: Value = serde_json::from_str(&asyncapi_json()).unwrap();
    assert_eq!(document["asyncapi"], "3.0.0");
    check_references(&document);
    let messages = document.pointer("/components/messages").unwrap().as_object().unwrap();
    let names: Vec<&str> = messages.keys().map(String::as_str).collect();
    let expected = ["hello", "wish", "ask", "ping", "welcome", "snapshot", "event", "reply", "answer", "pong", "error"];
    assert_eq!(names, expected);
}
