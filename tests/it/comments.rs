//! Comments that callers speak in a flow, such as after the questions of a survey.

use crate::support::desk::Desk;
use crate::support::{Bench, FLOW, Plan, Rest, TONES, answer, config_text, hears, phone, until, write_config};
use media::tone::strongest_tone;
use serde_json::json;
use std::io::Cursor;
use switchroom::phone::Order;

const CALLER_HZ: u32 = 620;

const SURVEY: &str = r#"
[flow.how]
start = "ask"

[flow.how.node.ask]
type = "survey"
question = "satisfaction"
prompts = ["survey-question"]
next = "comment"

[flow.how.node.comment]
type = "record"
prompts = ["beep"]
max_s = 3
next = "bye"

[flow.how.node.bye]
type = "hangup"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_after_the_survey_is_heard_on_the_contact_beside_the_answer() {
    let mut anna = phone().await;
    let dir = tempfile::tempdir().unwrap();
    let agents = [("anna".to_owned(), format!("sip:anna@{}", anna.address))];
    let text = config_text(&Plan { wrap_up_s: 1, ..Plan::default() }, &agents);
    write_config(dir.path(), &text.replace("record = true", "record = true\nsurvey = \"how\""));
    std::fs::write(dir.path().join("flow.toml"), format!("{FLOW}{SURVEY}")).unwrap();
    let bench = Bench::open(dir).await;
    let mut desk = Desk::sign_in(bench.daemon.http, "anna", "secret-anna").await;

    let caller = bench.call_answered("8001").await;
    caller.order(Order::Tone(CALLER_HZ)).await;
    answer(&mut anna).await;
    hears(&anna, CALLER_HZ).await;
    let contact = bench.story(|story| story.row.agent.is_some()).await.row.id.to_string();
    desk.granted("hang_up", &contact, json!({})).await;
    bench.story(|story| story.events.iter().any(|event| event.kind == "survey_started")).await;
    caller.order(Order::Digits("5".to_owned())).await;
    // The caller speaks until the longest time is over, and the flow hangs up.
    let story = bench.story(|story| story.row.closed.is_some() && !story.survey.is_empty()).await;
    assert_eq!(story.survey[0].answer, 5);
    let comment = story.events.iter().find(|event| event.kind == "comment_started").expect("a comment");
    let fields: serde_json::Value = serde_json::from_str(&comment.fields_json).unwrap();
    let id = fields["recording"].as_str().unwrap().to_owned();
    assert_ne!(story.row.recording.map(|id| id.to_string()).as_ref(), Some(&id), "the talk has its own");

    let rest = Rest::sign_in(&format!("http://{}", bench.daemon.http), "admin", "admin-secret").await;
    let listed = until("both recordings", async || {
        let detail = rest.get(&format!("/contacts/{contact}")).await;
        let complete = |of: &&serde_json::Value| of["state"] == "complete";
        (detail["recordings"].as_array()?.iter().filter(complete).count() == 2).then_some(detail)
    })
    .await;
    assert!(listed["recordings"].as_array().unwrap().iter().any(|of| of["id"] == id.as_str()), "{listed}");
    let file = rest.bytes(&format!("/recordings/{id}")).await;
    let samples: Vec<i16> =
        hound::WavReader::new(Cursor::new(file)).unwrap().samples::<i16>().map(Result::unwrap).collect();
    let left: Vec<i16> = samples.iter().step_by(2).copied().collect();
    assert_eq!(strongest_tone(&left, 8_000, TONES), Some(CALLER_HZ));
    assert!(samples.iter().skip(1).step_by(2).all(|sample| *sample == 0), "nobody is on the right");
    bench.stop().await;
}
