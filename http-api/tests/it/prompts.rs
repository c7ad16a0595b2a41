//! Prompts.

use crate::rig::{Rig, WAV};
use http_api::{PromptPlace, PromptWish};
use serde_json::json;

fn place(id: &str, language: Option<&str>) -> PromptPlace {
    PromptPlace { id: id.parse().unwrap(), language: language.map(|tag| tag.parse().unwrap()) }
}

#[tokio::test]
async fn prompts_are_listed_with_their_levels_their_users_and_what_is_missing() {
    let rig = Rig::new();
    let list = rig.get("root", "/api/v1/prompts").await.json();
    let stored = json!({ "language": "en", "length_ms": 900, "level_dbfs": -20.5, "peak_dbfs": -3.1,
        "problems": ["long_silence"], "bytes": 14_444, "modified": 1_700_000_000_000_i64 });
    assert_eq!(
        list,
        json!({
            "prompts": [{ "id": "hello", "languages": [stored], "used_by": ["main"],
                "closings": ["shop"], "text": { "en": "Hello." } }],
            "missing": [{ "id": "hello", "language": "zh", "flow": "main" }],
            "writable": false,
            "why": "a disk of its own",
            "speech": { "available": false, "engine": "espeak-ng", "why": "not there" },
        })
    );
}

#[tokio::test]
async fn a_prompt_is_heard_kept_spoken_and_taken_away_by_the_admin_who_asks() {
    let rig = Rig::new();
    let heard = rig.get("root", "/api/v1/prompts/en/hello.wav").await;
    assert_eq!((heard.header("content-type"), &heard.bytes[..]), ("audio/wav", WAV));
    let sent = "\u{7}RIFF";
    rig.call("root", "PUT /api/v1/prompts/music/calm", Some(("audio/x-wav", sent))).await;
    rig.post("root", "/api/v1/prompts/zh/hello/speak", &json!({ "text": "您好" })).await;
    let spoken = rig.post("root", "/api/v1/speech", &json!({ "language": "en", "text": "Hi" })).await;
    assert_eq!(spoken.bytes, WAV);
    assert_eq!(rig.call("root", "DELETE /api/v1/prompts/en/bye", None).await.status, 204);
    let wishes: Vec<PromptWish> =
        rig.prompt_wishes().into_iter().map(|(by, wish)| (by == "root").then_some(wish).unwrap()).collect();
    let (zh, en) = ("zh".parse().unwrap(), "en".parse().unwrap());
    assert_eq!(
        wishes,
        [
            PromptWish::Read(place("hello", Some("en"))),
            PromptWish::Put(place("calm", None), sent.as_bytes().to_vec()),
            PromptWish::Speak { id: "hello".parse().unwrap(), language: zh, text: "您好".into() },
            PromptWish::Listen { language: en, text: "Hi".into() },
            PromptWish::Delete(place("bye", Some("en"))),
        ]
    );
}

#[tokio::test]
async fn what_cannot_be_done_is_told_with_a_code() {
    let rig = Rig::new();
    let wav = Some(("audio/wav", "RIFF"));
    let long = format!(r#"{{"text":"{}"}}"#, "x".repeat(501));
    let json = "application/json";
    let large = "x".repeat(10 * 1024 * 1024 + 1);
    let cases = [
        ("GET /api/v1/prompts/en/nothing.wav", None, (404, "not_found")),
        ("PUT /api/v1/prompts/zh/odd", wav, (422, "bad_audio")),
        ("PUT /api/v1/prompts/en/closed", wav, (409, "prompts_read_only")),
        ("PUT /api/v1/prompts/en/hello", Some(("audio/mpeg", "ID3")), (415, "wrong_media_type")),
        ("PUT /api/v1/prompts/en/hello", Some(("audio/wav", large.as_str())), (413, "too_large")),
        ("DELETE /api/v1/prompts/music/hold", None, (409, "prompt_in_use")),
        // A schedule is closed with it.
        ("DELETE /api/v1/prompts/en/hello", None, (409, "prompt_in_use")),
        ("POST /api/v1/prompts/en/hello/speak", Some((json, long.as_str())), (422, "bad_field")),
        ("POST /api/v1/prompts/en/hello/speak", Some((json, r#"{"text":" "}"#)), (422, "bad_field")),
        ("POST /api/v1/prompts/music/hello/speak", Some((json, r#"{"text":"x"}"#)), (422, "bad_field")),
        ("POST /api/v1/speech", Some((json, r#"{"language":"fr","text":"x"}"#)), (503, "speech_failed")),
        ("POST /api/v1/speech", Some((json, r#"{"language":"","text":"x"}"#)), (422, "bad_field")),
    ];
    for (line, body, (status, code)) in cases {
        assert_eq!(rig.call("root", line, body).await.problem(), (status, code.to_owned()), "{line}");
    }
}

#[tokio::test]
async fn no_path_leads_out_of_the_folder_of_prompts() {
    let rig = Rig::new();
    for path in ["..%2F..%2Fetc/passwd", "en/..%2Fsecret", "en/.hidden", "%2Fetc/passwd", "en/a%00b", "../x/y"] {
        for (method, body) in [("PUT", Some(("audio/wav", "RIFF"))), ("DELETE", None), ("GET", None)] {
            let reply = rig.call("root", &format!("{method} /api/v1/prompts/{path}"), body).await;
            assert!(matches!(reply.status.as_u16(), 404 | 405), "{method} {path}: {}", reply.status);
        }
    }
    assert_eq!(rig.prompt_wishes(), []);
}
