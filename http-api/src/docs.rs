//! Pages made from the OpenAPI and AsyncAPI documents. Plain HTML: they work offline and without scripts.

use crate::problem::ProblemBody;
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// The style sheet of all pages.
pub(crate) const STYLE: &str = "\
:root{color-scheme:light dark;--line:light-dark(#d9dee5,#333b46);--dim:light-dark(#5a6675,#9aa7b8);--accent:#0b6bcb}\
body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}\
h1{margin:0 0 .25rem}h2{margin:2rem 0 .5rem;border-bottom:1px solid var(--line);text-transform:capitalize}\
details{border:1px solid var(--line);border-radius:6px;margin:.4rem 0;padding:.4rem .8rem}summary{cursor:pointer}\
code,pre{font:13px/1.45 ui-monospace,monospace}pre{overflow:auto;border:1px solid var(--line);padding:.6rem}\
.m{display:inline-block;min-width:4.5rem;font-weight:600;color:var(--accent)}.d{color:var(--dim)}\
table{border-collapse:collapse;margin:.4rem 0}td,th{border:1px solid var(--line);padding:.2rem .6rem;text-align:left}\
a{color:var(--accent)}";

const METHODS: [&str; 4] = ["get", "post", "put", "delete"];

/// The REST API, readable.
pub(crate) fn openapi_page(document: &str) -> String {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    let mut body = head(&document, "/openapi.json");
    for tag in list(&document["tags"]) {
        let name = text(&tag["name"]);
        let _ = write!(body, "<h2>{}</h2><p class=d>{}</p>", escape(name), escape(text(&tag["description"])));
        for (path, item) in map(&document["paths"]) {
            let operations = METHODS.iter().filter_map(|m| item.get(*m).map(|o| (*m, o)));
            for (method, operation) in operations.filter(|(_, o)| list(&o["tags"]).any(|t| t == name)) {
                body.push_str(&operation_block(method, path, operation));
            }
        }
    }
    body.push_str(&schemas(&document));
    page("Switchroom API", &body)
}

/// The CTI WebSocket, readable.
pub(crate) fn asyncapi_page(document: &str) -> String {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    let mut body = head(&document, "/asyncapi.json");
    for operation in map(&document["operations"]).map(|(_, operation)| operation) {
        let _ = write!(body, "<h2>{}</h2>", escape(text(&operation["summary"])));
        for message in list(&operation["messages"]) {
            let name = text(&message["$ref"]).rsplit('/').next().unwrap_or_default();
            let message = &document["components"]["messages"][name];
            let _ = write!(
                body,
                "<details><summary><code>{}</code> <span class=d>{}</span></summary><pre>{}</pre></details>",
                escape(name),
                escape(text(&message["summary"])),
                linked(&message["payload"])
            );
        }
    }
    body.push_str(&schemas(&document));
    page("Switchroom CTI", &body)
}

/// Every problem code.
pub(crate) fn problems_page(codes: &[(&str, u16, &str)]) -> String {
    let mut body = String::from("<h1>Problems</h1><table><tr><th>code<th>status<th>meaning</tr>");
    for (code, status, title) in codes {
        let _ = write!(body, "<tr><td><a href=\"/problems/{code}\">{code}</a><td>{status}<td>{}</tr>", escape(title));
    }
    body.push_str("</table>");
    page("Problems", &body)
}

/// One problem code.
pub(crate) fn problem_page(problem: &ProblemBody) -> String {
    let body = format!(
        "<h1>{}</h1><p><code>{}</code>, HTTP status {}</p><p>{}</p><p><a href=\"/problems\">All problems</a></p>",
        escape(&problem.title),
        escape(&problem.code),
        problem.status,
        escape(&problem.fix)
    );
    page(&problem.title, &body)
}

fn page(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>{title}</title><link rel=stylesheet href=/docs.css><main>{body}</main></html>"
    )
}

fn head(document: &Value, raw: &str) -> String {
    let info = &document["info"];
    format!(
        "<h1>{} <small class=d>{}</small></h1><p>{}</p><p><a href=\"/docs\">REST</a> · <a href=\"/asyncapi\">CTI</a> · \
         <a href=\"/problems\">problems</a> · <a href=\"{raw}\">{raw}</a></p>",
        escape(text(&info["title"])),
        escape(text(&info["version"])),
        escape(text(&info["description"]))
    )
}

fn operation_block(method: &str, path: &str, operation: &Value) -> String {
    let mut block = format!(
        "<details><summary><span class=m>{}</span> <code>{}</code> <span class=d>{}</span></summary>",
        method.to_uppercase(),
        escape(path),
        escape(text(&operation["summary"]))
    );
    let _ = write!(block, "<p>{}</p>", escape(text(&operation["description"])));
    block.push_str(&parameters(&operation["parameters"]));
    for (kind, content) in map(&operation["requestBody"]["content"]) {
        let _ = write!(block, "<p>Body: <code>{}</code> {}</p>", escape(kind), linked(&content["schema"]));
    }
    for (status, response) in map(&operation["responses"]) {
        let kinds: Vec<String> = map(&response["content"])
            .map(|(kind, content)| format!("<code>{}</code> {}", escape(kind), linked(&content["schema"])))
            .collect();
        let about = escape(text(&response["description"]));
        let _ = write!(block, "<p><b>{}</b> {about} {}</p>", escape(status), kinds.join(", "));
    }
    block.push_str("</details>");
    block
}

fn parameters(parameters: &Value) -> String {
    let rows: String = list(parameters)
        .map(|p| {
            let (name, place) = (escape(text(&p["name"])), escape(text(&p["in"])));
            format!("<tr><td><code>{name}</code><td>{place}<td>{}</tr>", escape(text(&p["description"])))
        })
        .collect();
    if rows.is_empty() { rows } else { format!("<table>{rows}</table>") }
}

fn schemas(document: &Value) -> String {
    let mut block = String::from("<h2>Types</h2>");
    for (name, schema) in map(&document["components"]["schemas"]) {
        let name = escape(name);
        let about = escape(text(&schema["description"]));
        let _ = write!(
            block,
            "<details id=\"{name}\"><summary><code>{name}</code> <span class=d>{about}</span></summary><pre>{}</pre></details>",
            linked(schema)
        );
    }
    block
}

/// A schema; a mere reference becomes a link.
fn linked(schema: &Value) -> String {
    match schema.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next()) {
        Some(name) if schema.as_object().is_some_and(|o| o.len() == 1) => {
            let name = escape(name);
            format!("<a href=\"#{name}\">{name}</a>")
        }
        _ => escape(&format!("{schema:#}")),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn map(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_document_cannot_become_markup() {
        let document = r#"{"info":{"title":"<script>alert(1)</script>"},"tags":[],"paths":{}}"#;
        let page = openapi_page(document);
        assert!(!page.contains("<script") && page.contains("&lt;script&gt;"));
    }

    #[test]
    fn a_document_that_is_none_still_gives_a_page() {
        assert!(asyncapi_page("").contains("<main>"));
    }
}
