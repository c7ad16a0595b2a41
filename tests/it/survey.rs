//! How it was: customers who answer, skip or hang up when the agent has ended the talk, and where their answers stand.

use crate::support::desk::Desk;
use crate::support::{Bench, FLOW, Plan, Rest, answer, back, config_text, hears, phone, report, until, write_config};
use domain::{Channel, ContactDetail};
use serde_json::{Value, json};
use std::process::Command;
use switchroom::phone::{Order, Phone, Report};

const AGENT_HZ: u32 = 1_040;

/// The question is a tone.
const SURVEY: &str = r#"
[flow.how]
start = "satisfaction"

[flow.how.node.satisfaction]
type = "survey"
question = "satisfaction"
prompts = ["beep"]
digits = "1-5"
timeout_s = 1
attempts = 1
next = "thanks"
skipped = "bye"

[flow.how.node.thanks]
type = "hangup"
prompts = ["goodbye"]

[flow.how.node.bye]
type = "hangup"
"#;

/// Anna serves `help`, Bert serves `second`; both queues ask afterwards.
struct Floor {
    bench: Bench,
    anna: Phone,
    bert: Phone,
    api: Rest,
}

impl Floor {
    async fn open() -> Self {
        let [anna, bert] = [phone().await, phone().await];
        let plan = Plan { wrap_up_s: 0, treatment: "survey = \"how\"", ..Plan::default() };
        let phones = [("anna", &anna), ("bert", &bert)]
            .map(|(id, phone)| (id.to_owned(), format!("sip:{id}@{}", phone.address)));
        let text = config_text(&plan, &phones);
        let (before, after) = text.rsplit_once("queues = [\"help\"]").unwrap();
        let second = "[[queue]]\nid = \"second\"\nname = \"Second\"\nwrap_up_s = 0\nsurvey = \"how\"\n\
                      default_disposition = \"done\"\n";
        let text = format!("{before}queues = [\"second\"]{after}\n{second}");
        let dir = tempfile::tempdir().unwrap();
        write_config(dir.path(), &text);
        std::fs::write(dir.path().join("flow.toml"), format!("{FLOW}{SURVEY}")).unwrap();
        let bench = Bench::open(dir).await;
        anna.order(Order::Tone(AGENT_HZ)).await;
        let api = Rest::sign_in(&format!("http://{}", bench.daemon.http), "admin", "admin-secret").await;
        Self { bench, anna, bert, api }
    }

    /// A caller talks with Anna, who ends the talk on the console while the caller stays.
    async fn asked(&mut self, number: &str) -> Phone {
        let caller = self.talks(number).await;
        let mut desk = Desk::sign_in(self.bench.daemon.http, "anna", "secret-anna").await;
        desk.granted("hang_up", &self.contact(number).await, json!({})).await;
        report(&mut self.anna, |report| matches!(report, Report::Over(_))).await;
        self.is_asked(number).await;
        caller
    }

    /// The floor's figures of the survey: asked, answered, skipped, and the sum of the answers.
    async fn shows(&self, figures: (u64, u64, u64, u64)) {
        until("the figures of the survey", async || {
            let floor = self.bench.daemon.floor();
            let floor = floor.borrow();
            let surveys = &floor.queues.iter().find(|queue| queue.id.as_str() == "help")?.surveys;
            let sum = surveys.questions.iter().map(|score| score.sum).sum();
            ((surveys.asked, surveys.answered, surveys.skipped, sum) == figures).then_some(())
        })
        .await;
    }

    async fn talks(&mut self, number: &str) -> Phone {
        let mut caller = back::call(self.bench.daemon.sip, "8001", number).await;
        report(&mut caller, |report| *report == Report::Talking).await;
        answer(&mut self.anna).await;
        hears(&caller, AGENT_HZ).await;
        caller
    }

    async fn contact(&self, number: &str) -> String {
        back::story(&self.bench, Channel::Voice, number, |_| true).await.row.id.to_string()
    }

    async fn is_asked(&self, number: &str) {
        back::story(&self.bench, Channel::Voice, number, |story| count(story, "survey_started") == 1).await;
    }

    async fn closed(&self, number: &str) -> ContactDetail {
        back::story(&self.bench, Channel::Voice, number, |story| story.row.closed.is_some()).await
    }
}

fn count(story: &ContactDetail, kind: &str) -> usize {
    story.events.iter().filter(|event| event.kind == kind).count()
}

/// Question, answer, agent and queue of every answer.
fn answers(story: &ContactDetail) -> Vec<(String, u8, Option<String>, Option<String>)> {
    let text = |id: Option<String>| id;
    let answers = story.survey.iter();
    answers
        .map(|given| {
            let agent = text(given.agent.map(|agent| agent.to_string()));
            (given.question.to_string(), given.answer, agent, text(given.queue.map(|queue| queue.to_string())))
        })
        .collect()
}

fn given(answer: u8, agent: &str, queue: &str) -> (String, u8, Option<String>, Option<String>) {
    ("satisfaction".to_owned(), answer, Some(agent.to_owned()), Some(queue.to_owned()))
}

async fn keys(caller: &mut Phone, digit: &str) {
    caller.order(Order::Digits(digit.to_owned())).await;
    report(caller, |report| matches!(report, Report::Over(_))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_stand_on_the_contact_in_the_figures_and_in_the_list_and_silence_is_no_answer() {
    let mut floor = Floor::open().await;
    let mut answers_5 = floor.asked("+493010000001").await;
    keys(&mut answers_5, "5").await;
    let mut answers_2 = floor.asked("+493010000002").await;
    keys(&mut answers_2, "2").await;
    let mut skips = floor.asked("+493010000003").await;
    report(&mut skips, |report| matches!(report, Report::Over(_))).await;
    let hangs_up = floor.asked("+493010000004").await;
    hangs_up.order(Order::HangUp).await;

    let expected =
        [("+493010000001", Some(5)), ("+493010000002", Some(2)), ("+493010000003", None), ("+493010000004", None)];
    for (number, answer) in expected {
        let story = floor.closed(number).await;
        assert_eq!(story.row.outcome.as_deref(), Some("answered"), "{number}");
        assert_eq!(story.row.ended_by.as_deref(), Some("agent"), "{number}: the talk");
        let wanted: Vec<_> = answer.map(|answer| given(answer, "anna", "help")).into_iter().collect();
        assert_eq!(answers(&story), wanted, "{number}");
    }
    let list = floor.api.text("/surveys").await;
    let lines: Vec<Vec<&str>> = list.lines().skip(1).map(|line| line.split(',').skip(2).collect()).collect();
    assert_eq!(lines, [["help", "anna", "satisfaction", "5"], ["help", "anna", "satisfaction", "2"]], "{list}");
    let file = floor.bench.dir.path().join("surveys.csv");
    std::fs::write(&file, &list).unwrap();
    let told = figures(file.to_str().unwrap());
    let row = &told["surveys"][0];
    assert_eq!((row["queue"].as_str(), row["answers"].as_u64()), (Some("help"), Some(2)), "{told}");
    assert_eq!(row["mean"].as_f64(), Some(3.5), "{told}");
    floor.shows((4, 2, 2, 7)).await;
    floor.bench = floor.bench.restart().await;
    floor.shows((4, 2, 2, 7)).await;
    floor.bench.stop().await;
}

/// What `switchroom stats --survey` tells of a file.
fn figures(file: &str) -> Value {
    let program = env!("CARGO_BIN_EXE_switchroom");
    let output = Command::new(program).args(["stats", "--survey", file, "--json"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_transfer_the_answer_is_about_the_last_agent_and_that_queue() {
    let mut floor = Floor::open().await;
    let number = "+493010000005";
    let mut caller = floor.talks(number).await;
    let contact = floor.contact(number).await;
    let mut desk = Desk::sign_in(floor.bench.daemon.http, "anna", "secret-anna").await;
    desk.granted("transfer", &contact, json!({ "to": { "kind": "queue", "id": "second" } })).await;
    answer(&mut floor.bert).await;
    report(&mut floor.anna, |report| matches!(report, Report::Over(_))).await;
    let started = async || {
        let story = back::story(&floor.bench, Channel::Voice, number, |_| true).await;
        Some(count(&story, "survey_started"))
    };
    assert_eq!(started().await, Some(0), "the one who only passes on is not asked about");
    let mut desk = Desk::sign_in(floor.bench.daemon.http, "bert", "secret-bert").await;
    desk.granted("hang_up", &contact, json!({})).await;
    floor.is_asked(number).await;
    keys(&mut caller, "4").await;
    assert_eq!(answers(&floor.closed(number).await), [given(4, "bert", "second")]);
    until("the list", async || floor.api.text("/surveys").await.contains("second,bert,satisfaction,4").then_some(()))
        .await;
    floor.bench.stop().await;
}
