//! An API with scripted neighbours.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use domain::{
    AgentId, AgentState, AgentView, Answer, CommandError, ContactDetail, ContactId, ContactRow, Counts, Customer,
    CustomerId, Decision, DispositionRow, EventRow, Exclusion, ExpectedWait, Explanation, FloorView, Honesty,
    ImportReport, Instant, InteractionPhase, Language, LegQuality, LegRole, OfferId, OfferResult, Page, PastDecision,
    Proficiency, Query, QueryError, QueueExit, QueueView, QueueVisit, RecordingId, RecordingRow, Redacted, Role,
    RoutingRule, RowError, ServiceLevelGoal, Session, SipMessage, SipTrace, SurveyAnswer, User, Verdict, Visit,
    WaitingView, WallTime, WebCallerView, WhyStory, Wish,
};
use http_api::{
    Ask, Clock, FlowError, FlowRequest, Links, Metric, MetricKind, PhoneRequest, PhoneTicket, PromptRefusal,
    PromptReply, PromptRequest, PromptWish, Readiness, ReloadError, ReloadRequest, Settings, StartTicket, State,
    WebCallRequest, WebCallTicket, WishRequest, dto, token_sha256,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tower::ServiceExt;

/// Where the engine's clock stands at its start.
pub const START_MS: i64 = 1_700_000_000_000;
/// The bytes of recording 1.
pub const WAV: &[u8] = b"RIFF....WAVEfmt not really, but bytes all the same";

#[derive(Default)]
struct Seen {
    queries: Vec<Query>,
    wishes: Vec<(Option<AgentId>, String, Wish)>,
    prompts: Vec<(String, PromptWish)>,
    sessions: BTreeMap<String, String>,
}

pub struct Rig {
    router: Router,
    seen: Arc<Mutex<Seen>>,
    _recordings: tempfile::TempDir,
}

/// What came back.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The status and the problem's code.
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{:.200}", self.text());
        (self.status.as_u16(), self.json()["code"].as_str().unwrap().to_owned())
    }
}

pub fn contact(n: u128) -> String {
    ContactId::new(n).to_string()
}

pub fn recording(n: u128) -> String {
    RecordingId::new(n).to_string()
}

pub fn customer(n: u128) -> String {
    CustomerId::new(n).to_string()
}

/// Logins are tokens, too: `li`, `ana` (agents), `sam` (a supervisor), `root` (an admin).
fn user(login: &str) -> Option<User> {
    let (role, agent) = match login {
        "li" => (Role::Agent, Some("li.wei")),
        "ana" => (Role::Agent, Some("ana")),
        "sam" => (Role::Supervisor, None),
        "root" => (Role::Admin, None),
        _ => return None,
    };
    let agent = agent.map(|id| id.parse().unwrap());
    Some(User { login: login.into(), name: login.to_uppercase(), role, agent })
}

impl Rig {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(adjust: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("2026")).unwrap();
        std::fs::write(folder.path().join("2026/1.wav"), WAV).unwrap();
        let mut settings = settings(folder.path().to_owned());
        adjust(&mut settings);
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let router = http_api::router(State::new(settings, links(&seen)));
        Self { router, seen, _recordings: folder }
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Reply { status: parts.status, headers: parts.headers, bytes }
    }

    /// `line` is `METHOD /path`.
    pub async fn call(&self, token: &str, line: &str, body: Option<(&str, &str)>) -> Reply {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost:8080");
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = match body {
            Some((kind, text)) => request.header("content-type", kind).body(Body::from(text.to_owned())),
            None => request.body(Body::empty()),
        };
        self.send(request.unwrap()).await
    }

    pub async fn get(&self, token: &str, path: &str) -> Reply {
        self.call(token, &format!("GET {path}"), None).await
    }

    pub async fn post(&self, token: &str, path: &str, json: &Value) -> Reply {
        self.call(token, &format!("POST {path}"), Some(("application/json", &json.to_string()))).await
    }

    pub fn last_query(&self) -> Query {
        self.seen.lock().unwrap().queries.last().unwrap().clone()
    }

    pub fn prompt_wishes(&self) -> Vec<(String, PromptWish)> {
        self.seen.lock().unwrap().prompts.clone()
    }

    pub fn wishes(&self) -> Vec<(Option<AgentId>, String, Wish)> {
        self.seen.lock().unwrap().wishes.clone()
    }
}

/// There is one prompt, `hello` in English, and anything but `unspoken` is found; `music/hold` is needed, `zh/odd` is no recording, `en/closed` cannot be
/// written, and nobody speaks French.
async fn keep_prompts(seen: Arc<Mutex<Seen>>, mut wished: mpsc::Receiver<PromptRequest>) {
    while let Some(PromptRequest { by, wish, reply }) = wished.recv().await {
        let is = |id: domain::PromptId, name: &str| id.as_str() == name;
        let result = match &wish {
            PromptWish::List => Ok(PromptReply::List(Box::new(prompts()))),
            PromptWish::Read(place) if is(place.id, "hello") => Ok(PromptReply::Sound(WAV.to_vec())),
            PromptWish::Read(_) => Err(PromptRefusal::NotFound),
            PromptWish::Put(place, _) if is(place.id, "odd") => Err(PromptRefusal::BadAudio("holds no audio".into())),
            PromptWish::Put(place, _) if is(place.id, "closed") => Err(PromptRefusal::ReadOnly("no".into())),
            PromptWish::Put(..) | PromptWish::Speak { .. } => Ok(PromptReply::Kept(stored())),
            PromptWish::Listen { language, .. } if language.as_str() == "fr" => {
                Err(PromptRefusal::NoSpeech("no voice".into()))
            }
            PromptWish::Listen { .. } => Ok(PromptReply::Sound(WAV.to_vec())),
            PromptWish::Delete(place) if is(place.id, "hold") => Err(PromptRefusal::InUse("flow main".into())),
            PromptWish::Delete(_) => Ok(PromptReply::Done),
            PromptWish::Find(id) if is(*id, "unspoken") => Err(PromptRefusal::NotFound),
            PromptWish::Find(_) => Ok(PromptReply::Done),
        };
        seen.lock().unwrap().prompts.push((by, wish));
        let _ = reply.send(result);
    }
}

fn stored() -> dto::StoredPrompt {
    dto::StoredPrompt {
        language: Some("en".into()),
        length_ms: 900,
        level_dbfs: -20.5,
        peak_dbfs: -3.1,
        problems: vec![dto::PromptProblem::LongSilence],
        bytes: 14_444,
        modified: START_MS,
    }
}

fn prompts() -> dto::Prompts {
    let hello = dto::Prompt {
        id: "hello".into(),
        languages: vec![stored()],
        used_by: vec!["main".into()],
        closings: Vec::new(),
        text: [("en".into(), "Hello.".into())].into(),
    };
    dto::Prompts {
        prompts: vec![hello],
        missing: vec![dto::MissingPrompt { id: "hello".into(), language: "zh".into(), flow: "main".into() }],
        writable: false,
        why: Some("a disk of its own".into()),
        speech: dto::SpeechState { available: false, engine: "espeak-ng".into(), why: Some("not there".into()) },
    }
}

fn settings(recordings: std::path::PathBuf) -> Settings {
    let account = |login: &str| dto::Account { login: login.into(), password: "pw".into(), name: login.into() };
    let credentials = dto::StartCredentials {
        agents: vec![account("li")],
        supervisor: account("sam"),
        dial: "8000".into(),
        sip_uri: "sip:6001@127.0.0.1:5060".into(),
        sip_user: "6001".into(),
        sip_password: "pw".into(),
        api_token: "root".into(),
    };
    let expires = WallTime::from_micros((START_MS + 1_800_000) * 1_000);
    Settings {
        company: "Switchroom Demo".into(),
        languages: vec!["en".into(), "zh".into()],
        web_call_number: Some("8000".into()),
        demo: true,
        version: "0.1.0".into(),
        clock: Clock {
            wall_at_start: WallTime::from_micros(START_MS * 1_000),
            started: std::time::Instant::now(),
            start: Instant::ZERO,
        },
        recordings,
        reasons: vec![dto::Reason { code: "lunch".into(), labels: BTreeMap::new(), system: false }],
        asyncapi: r#"{"info":{"title":"CTI"},"operations":{}}"#.into(),
        session: Duration::from_secs(3_600),
        start: Some(StartTicket { token: "once".into(), expires, credentials }),
    }
}

fn links(seen: &Arc<Mutex<Seen>>) -> Links {
    let (asks, mut asked) = mpsc::channel::<Ask>(8);
    let (wishes, mut wished) = mpsc::channel::<WishRequest>(8);
    let (web_calls, mut web_called) = mpsc::channel::<WebCallRequest>(8);
    let (phones, mut phoned) = mpsc::channel::<PhoneRequest>(8);
    let (prompts, prompted) = mpsc::channel::<PromptRequest>(8);
    tokio::spawn(keep_prompts(seen.clone(), prompted));
    let (reloads, mut reload) = mpsc::channel::<ReloadRequest>(8);
    let (flows, mut flows_asked) = mpsc::channel::<FlowRequest>(8);
    tokio::spawn(async move { while flows_asked.recv().await.map(flow_desk).is_some() {} });
    let store = seen.clone();
    tokio::spawn(async move {
        while let Some(ask) = asked.recv().await {
            let answer = answer(&store, &ask.query);
            store.lock().unwrap().queries.push(ask.query);
            let _ = ask.reply.send(answer);
        }
    });
    let control = seen.clone();
    tokio::spawn(async move {
        while let Some(request) = wished.recv().await {
            let verdict = if request.wish == Wish::Ready { Err(CommandError::NotSignedIn) } else { Ok(()) };
            control.lock().unwrap().wishes.push((request.agent, request.by, request.wish));
            let _ = request.reply.send(verdict);
        }
    });
    tokio::spawn(async move {
        while let Some(request) = web_called.recv().await {
            let _ = request.reply.send(Some(web_call()));
        }
    });
    tokio::spawn(async move {
        while let Some(request) = phoned.recv().await {
            let _ = request.reply.send((request.agent.as_str() == "li.wei").then(phone));
        }
    });
    tokio::spawn(async move {
        // The first file is in order, every later one is not.
        let mut first = true;
        while let Some(request) = reload.recv().await {
            let right = dto::Reloaded { changed: vec!["queue sales".into()], restart: vec!["sip.listen".into()] };
            let result = if first { Ok(right) } else { Err(ReloadError::Faulty(vec![flaw()])) };
            first = false;
            let _ = request.reply.send(result);
        }
    });
    let (_, floor) = watch::channel(Arc::new(floor()));
    Links {
        asks,
        wishes,
        web_calls,
        phones,
        reloads,
        prompts,
        flows,
        floor,
        metrics: Arc::new(metrics),
        readiness: Arc::new(readiness),
    }
}

fn flaw() -> dto::ConfigFlaw {
    dto::ConfigFlaw {
        level: dto::FlawLevel::Error,
        rule: None,
        code: "unknown_queue".into(),
        file: "switchroom.toml".into(),
        line: 3,
        column: 8,
        path: "agent[0].queues".into(),
        why: "there is no queue `bill`".into(),
        hint: Some("did you mean `billing`?".into()),
    }
}

/// There is one file, `flows/main.toml`, of version 3 with the base `three`. A text with `broken` in it has a problem.
fn flow_desk(request: FlowRequest) {
    let known = |file: &str| if file == "flows/main.toml" { Ok(()) } else { Err(FlowError::UnknownFile) };
    let sound = |text: &str| {
        let flaw = dto::ConfigFlaw { rule: Some("FL02".into()), ..flaw() };
        if text.contains("broken") { Err(FlowError::Faulty(vec![flaw])) } else { Ok(()) }
    };
    let fresh = |base: &str| {
        let changed = FlowError::Changed { version: 3, by: Some("sam".into()) };
        if base == "three" { Ok(()) } else { Err(changed) }
    };
    // Whoever asked waits for the answer.
    match request {
        FlowRequest::List { by, reply } => drop(reply.send(Ok(dto::FlowFiles { files: vec![flow_row(by)] }))),
        FlowRequest::Read { file, by, reply } => drop(reply.send(known(&file).map(|()| flow_file(file, by)))),
        FlowRequest::Version { file, number, reply } => {
            let number = if number == 2 { Ok(()) } else { Err(FlowError::UnknownVersion) };
            let version =
                dto::FlowVersion { version: 2, sha256: "two".into(), at: 1, by: None, note: "".into(), current: false };
            let text = |()| dto::FlowVersionText { version, text: "[flow.old]".into() };
            drop(reply.send(known(&file).and(number).map(text)));
        }
        FlowRequest::KeepDraft { file, reply, .. } | FlowRequest::DropDraft { file, reply, .. } => {
            drop(reply.send(known(&file)));
        }
        FlowRequest::Check { file, text, reply } => {
            let problems = sound(&text).is_err().then(flaw).into_iter().collect();
            let graphs = vec![dto::FlowGraph { flow: "main".into(), svg: "<svg/>".into() }];
            drop(reply.send(known(&file).map(|()| dto::FlowChecked { problems, graphs })));
        }
        FlowRequest::Publish { file, wish, reply, .. } => {
            let done = known(&file).and_then(|()| sound(&wish.text)).and_then(|()| fresh(&wish.base));
            drop(reply.send(done.map(published)));
        }
        FlowRequest::RollBack { file, wish, reply, .. } => {
            drop(reply.send(known(&file).and_then(|()| fresh(&wish.base)).map(published)));
        }
        FlowRequest::Simulate { file, trial, reply } => drop(reply.send(known(&file).map(|()| dto::FlowStory {
            said: vec![],
            waits_for: dto::FlowWaits::Digit,
            hint: trial.steps.join(" "),
        }))),
    }
}

fn published(_: ()) -> dto::FlowPublished {
    let changed = vec!["flow main".into()];
    dto::FlowPublished { version: 4, sha256: "four".into(), problems: vec![], changed, restart: vec![] }
}

fn flow_row(by: String) -> dto::FlowFileRow {
    dto::FlowFileRow {
        file: "flows/main.toml".into(),
        flows: vec![],
        version: 3,
        published_at: Some(START_MS),
        published_by: Some("sam".into()),
        draft: Some(dto::FlowDraftMark { by, at: START_MS }),
        writable: true,
        why: None,
    }
}

fn flow_file(file: String, by: String) -> dto::FlowFile {
    dto::FlowFile {
        file,
        text: "[flow.main]".into(),
        sha256: "three".into(),
        version: 3,
        writable: true,
        why: None,
        draft: Some(dto::FlowDraft { text: "[flow.other]".into(), base: "two".into(), by, at: START_MS }),
        versions: vec![],
    }
}

/// Contact 5 waits; there are no reasons for any other.
fn why(contact: ContactId) -> Option<WhyStory> {
    let (li, ana): (AgentId, AgentId) = ("li.wei".parse().unwrap(), "ana".parse().unwrap());
    let queue = "sales".parse().unwrap();
    let waiting = Explanation {
        at: Instant::from_millis(9_000),
        contact,
        queue,
        score: 73_500,
        position: 2,
        ring: 1,
        need: vec![("sales".parse().unwrap(), Proficiency::new(5).unwrap())],
        next_change: Some(Instant::from_millis(15_000)),
        expected: Some(ExpectedWait { mean_ms: 60_000, p90_ms: 110_000 }),
        told: Some((Instant::from_millis(2_000), ExpectedWait { mean_ms: 90_000, p90_ms: 170_000 })),
        rule: RoutingRule::LongestIdle,
        agents: vec![
            Verdict { agent: li, verdict: Ok((1, 41_230)) },
            Verdict { agent: ana, verdict: Err(Exclusion::CoolingDown { left_ms: 7_001 }) },
        ],
    };
    let decision = Decision {
        score: 1,
        ring: 0,
        rule: RoutingRule::LongestIdle,
        candidates: vec![(li, 8)],
        passed_over: vec![(ana, Exclusion::NotReady("lunch".parse().unwrap()))],
    };
    let past = PastDecision {
        at: WallTime::from_micros((START_MS + 1) * 1_000),
        offer: OfferId::new(1),
        agent: li,
        queue,
        result: Some(OfferResult::NoAnswer),
        line: decision.to_string(),
        decision: Some(decision),
    };
    let at = WallTime::from_micros((START_MS + 9_000) * 1_000);
    let story = WhyStory { contact, at, waiting: Some(waiting), decisions: vec![past] };
    (contact == ContactId::new(5)).then_some(story)
}

fn web_call() -> WebCallTicket {
    WebCallTicket {
        sip_user: "web-1".into(),
        sip_password: "pw".into(),
        sip_domain: "localhost".into(),
        ws_path: "/sip".into(),
        dial: "8000".into(),
        expires: WallTime::from_micros(START_MS * 1_000),
    }
}

fn phone() -> PhoneTicket {
    PhoneTicket {
        sip_user: "li.wei".into(),
        sip_password: Some("pw".into()),
        sip_domain: "localhost".into(),
        ws_path: "/sip".into(),
        fixed_uri: None,
    }
}

fn metrics() -> Vec<Metric> {
    let samples = vec![(vec![("leg", "browser".to_owned())], 2.0)];
    vec![Metric { name: "switchroom_legs", help: "Legs.", kind: MetricKind::Gauge, samples }]
}

fn readiness() -> Readiness {
    let check = dto::HealthCheck { name: "database".into(), ok: false, detail: "it does not answer".into() };
    Readiness { ready: false, checks: vec![check] }
}

fn answer(store: &Mutex<Seen>, query: &Query) -> Result<Answer, QueryError> {
    let mut store = store.lock().unwrap();
    Ok(match query {
        Query::Authenticate { login, password } => Answer::User(user(login).filter(|_| password.0 == "right")),
        Query::CreateSession { token_sha256, login, .. } => {
            store.sessions.insert(token_sha256.clone(), login.clone());
            Answer::Done
        }
        Query::FindSession { token_sha256: hash, .. } => {
            let fixed = ["li", "ana", "sam", "root"].into_iter().find(|login| token_sha256(login) == *hash);
            let login = fixed.or(store.sessions.get(hash).map(String::as_str));
            let expires = WallTime::from_micros((START_MS + 3_600_000) * 1_000);
            Answer::Session(login.and_then(user).map(|user| Session { user, expires }))
        }
        Query::EndSession { token_sha256 } => {
            store.sessions.remove(token_sha256);
            Answer::Done
        }
        Query::Contacts { cursor: Some(_), .. } => return Err(QueryError::BadCursor),
        Query::Contacts { .. } => Answer::Contacts(Page { items: vec![row(1, "li.wei")], next: Some("more".into()) }),
        Query::Contact(id) => Answer::Contact(detail(id.number())),
        Query::Why(id) => Answer::Why(why(*id).map(Box::new)),
        Query::Trace(id) => Answer::Trace((id.number() == 1).then(|| Box::new(a_trace(*id)))),
        Query::Customers { .. } => Answer::Customers(Page { items: vec![a_customer(1)], next: None }),
        Query::Customer(id) => Answer::Customer((id.number() == 1).then(|| Box::new(a_customer(1)))),
        Query::SaveCustomer { fields, .. } if fields.phones.iter().any(|p| p.0 == "12") => {
            return Err(QueryError::BadField { field: "phones".into(), why: "12 is too short".into() });
        }
        Query::SaveCustomer { id, .. } => match id.map_or(7, CustomerId::number) {
            9 => return Err(QueryError::NotFound),
            n => Answer::Customer(Some(Box::new(a_customer(n)))),
        },
        Query::ImportCustomers { .. } => {
            let error = RowError { line: 3, column: "phones".into(), why: "not a number".into() };
            Answer::Imported(ImportReport { added: 1, changed: 0, errors: vec![error] })
        }
        Query::Visits { cursor, .. } => Answer::Visits(match cursor {
            None => Page { items: vec![a_visit(1)], next: Some("more".into()) },
            Some(_) => Page { items: vec![a_visit(2)], next: None },
        }),
        Query::Surveys { cursor, .. } => {
            let next = cursor.is_none().then(|| "more".to_owned());
            Answer::Surveys(Page { items: vec![(ContactId::new(1), an_answer())], next })
        }
        Query::Recording(id) => Answer::Recording(a_recording(id.number())),
        Query::Dispositions => Answer::Dispositions(vec![DispositionRow {
            code: "resolved".parse().unwrap(),
            labels: vec![(Language::EN, "Resolved".into()), (Language::ZH, "已解决".into())],
            queues: vec![],
        }]),
        Query::CustomerByNumber { .. }
        | Query::CustomerByAccount { .. }
        | Query::Callbacks { .. }
        | Query::Asides { .. }
        | Query::Agents => {
            return Err(QueryError::Unavailable);
        }
    })
}

/// Contact 1 is Li Wei's, contact 2 is Ana's.
fn detail(number: u128) -> Option<Box<ContactDetail>> {
    let agent = match number {
        1 => "li.wei",
        2 => "ana",
        _ => return None,
    };
    let event = |seq, kind: &str, fields: &str| EventRow {
        seq,
        at: WallTime::from_micros(START_MS * 1_000),
        kind: kind.into(),
        fields_json: fields.into(),
    };
    let events = vec![event(1, "started", r#"{"dnis":"8000"}"#), event(2, "queued", r#"{"queue":"sales"}"#)];
    Some(Box::new(ContactDetail {
        row: row(number, agent),
        events,
        interactions: vec![],
        recordings: vec![],
        legs: vec![a_leg()],
        survey: vec![an_answer()],
    }))
}

fn an_answer() -> SurveyAnswer {
    SurveyAnswer {
        question: "satisfaction".parse().unwrap(),
        answer: 4,
        agent: Some("li.wei".parse().unwrap()),
        queue: None,
        at: WallTime::from_micros(START_MS * 1_000),
    }
}

fn a_trace(contact: ContactId) -> SipTrace {
    let message = SipMessage {
        at: WallTime::from_micros(START_MS * 1_000),
        outgoing: true,
        transport: "UDP",
        local: "127.0.0.1:5060".parse().unwrap(),
        remote: "127.0.0.2:5062".parse().unwrap(),
        call_id: "c-1".into(),
        text: "SIP/2.0 100 Trying\r\n\r\n".into(),
    };
    SipTrace { contact, messages: vec![message], left_out: 3 }
}

fn row(number: u128, agent: &str) -> ContactRow {
    ContactRow {
        id: ContactId::new(number),
        channel: "voice".into(),
        started: WallTime::from_micros(START_MS * 1_000),
        ended: None,
        closed: None,
        ani: Redacted::from("+493023125042"),
        dnis: "8000".into(),
        customer: None,
        customer_name: Some(Redacted::from("Marta")),
        queue: Some("sales".parse().unwrap()),
        agent: Some(agent.parse().unwrap()),
        outcome: Some("answered".into()),
        ended_by: Some("customer".into()),
        path: vec!["welcome".into()],
        wait_ms: 1,
        ring_ms: 2,
        talk_ms: 3,
        hold_ms: 4,
        wrap_up_ms: 5,
        disposition: Some("resolved".parse().unwrap()),
        notes: Redacted::from("thanks"),
        recording: Some(RecordingId::new(number)),
        events: 2,
    }
}

/// Recording 3's file is not there, recording 4's path would leave the folder.
fn a_recording(number: u128) -> Option<RecordingRow> {
    let (contact, path) = match number {
        1 => (1, "2026/1.wav"),
        2 => (2, "2026/1.wav"),
        3 => (1, "2026/3.wav"),
        4 => (1, "../secret"),
        _ => return None,
    };
    Some(RecordingRow {
        id: RecordingId::new(number),
        contact: ContactId::new(contact),
        path: path.into(),
        duration_ms: 1_000,
        channels: 2,
        sha256: "00".into(),
        gap_ms: 0,
        state: "complete".into(),
    })
}

fn a_customer(number: u128) -> Customer {
    Customer {
        id: CustomerId::new(number),
        name: Redacted::from("Marta"),
        company: "Acme".into(),
        tier: "gold".into(),
        account: "A-1".into(),
        language: Some(Language::EN),
        notes: String::new(),
        contact_points: vec![],
        last_contacts: vec![],
        contacts_7d: 1,
        contacts_total: 4,
    }
}

fn floor() -> FloorView {
    let queue = QueueView {
        id: "sales".parse().unwrap(),
        name: "Sales".into(),
        goal: ServiceLevelGoal { share_percent: 80, within_ms: 20_000, short_abandon_ms: 5_000 },
        waiting: 3,
        oldest: Some(Instant::from_millis(500)),
        counts: Counts { offered: 10, answered: 8, answered_within: 6, wait_answered_ms: 16_000, ..Counts::default() },
        longest_wait_ms: 9_000,
        not_offered: [(domain::CallbackRefusal::Load, 2)].into(),
        callbacks: domain::CallbackCounts {
            open: 3,
            booked: 9,
            tries: 8,
            reached: 4,
            failed: 1,
            cancelled: 1,
            wait_reached_ms: 90_000,
        },
        messages: domain::MessageCounts {
            waiting: 2,
            oldest: Some(Instant::from_millis(500)),
            left: 5,
            heard: 3,
            wait_heard_ms: 60_000,
        },
        surveys: domain::SurveyCounts {
            asked: 4,
            answered: 3,
            skipped: 1,
            questions: vec![domain::QuestionScore { question: "satisfaction".parse().unwrap(), answers: 3, sum: 13 }],
        },
        agents_signed_in: 2,
        agents_ready: 1,
        agents_reserved: 0,
        agents_busy: 1,
        agents_wrap_up: 0,
        agents_not_ready: 0,
        expected: Some(ExpectedWait { mean_ms: 130_000, p90_ms: 250_000 }),
        honesty: Honesty { contacts: 8, told_ms: 97_000, waited_ms: 100_000, rms_error_ms: 4_000, covered: 7 },
    };
    let waiting = WaitingView {
        channel: domain::Channel::Voice,
        contact: ContactId::new(5),
        queue: queue.id,
        customer: Redacted::from("Jo"),
        since: Instant::from_millis(500),
        offered: false,
    };
    let agents = vec![an_agent("li.wei", "Li Wei", AgentState::Busy), an_agent("ana", "Ana", AgentState::Ready)];
    FloorView {
        at: Instant::from_millis(1_000),
        queues: vec![queue],
        agents,
        waiting: vec![waiting],
        calls: 4,
        web_callers: vec![web_caller()],
        counts_since: WallTime::from_micros((START_MS - 60_000) * 1_000),
        schedules: vec![a_schedule(), a_closed_schedule()],
        ..FloorView::default()
    }
}

fn a_schedule() -> domain::ScheduleView {
    let at = |hours: i64| WallTime::from_micros((START_MS + hours * 3_600_000) * 1_000);
    domain::ScheduleView {
        id: "office".parse().unwrap(),
        name: "Office".to_owned(),
        zone: "Europe/Berlin".to_owned(),
        closed: Some(domain::ClosedWhy::Holiday("Christmas".to_owned())),
        next_change: Some(at(8)),
        emergency: None,
        openings: vec![(at(8), at(16))],
    }
}

/// One that a supervisor has closed, with a prompt.
fn a_closed_schedule() -> domain::ScheduleView {
    let since = WallTime::from_micros(START_MS * 1_000);
    let emergency = Some(domain::Emergency { prompt: Some("hello".parse().unwrap()), since });
    let (id, name) = ("shop".parse().unwrap(), "Shop".to_owned());
    domain::ScheduleView { id, name, closed: Some(domain::ClosedWhy::Emergency), emergency, ..a_schedule() }
}

fn a_visit(number: u128) -> QueueVisit {
    let exit = QueueExit::Answered;
    let visit = Visit { enter_ms: START_MS, exit_ms: START_MS + 5, exit, talk_ms: 3, hold_ms: 2, acw_ms: 1 };
    QueueVisit { contact: ContactId::new(number), queue: "sales".parse().unwrap(), visit }
}

fn web_caller() -> WebCallerView {
    let (agent, queue) = (Some("Ana".to_owned()), Some("Sales".to_owned()));
    WebCallerView { user: "web-1".to_owned(), phase: "ringing", agent, queue, position: Some(1) }
}

fn a_leg() -> LegQuality {
    LegQuality {
        role: LegRole::Customer,
        agent: None,
        codec: "PCMA".to_owned(),
        received: 980,
        lost: 20,
        peer_lost: 3,
        jitter_mean_us: 3_100,
        jitter_max_us: 9_000,
        round_trip_us: Some(42_000),
        mos_hundredths: Some(431),
    }
}

fn an_agent(id: &str, name: &str, state: AgentState) -> AgentView {
    let busy = state == AgentState::Busy;
    AgentView {
        id: id.parse().unwrap(),
        name: name.into(),
        state,
        since: Instant::from_millis(700),
        next: None,
        reachable: true,
        contact: busy.then(|| ContactId::new(1)),
        phase: busy.then_some(InteractionPhase::Talking),
        monitors: Vec::new(),
        legs: if busy { vec![a_leg()] } else { Vec::new() },
        customer: busy.then(|| Redacted::from("Marta")),
        queue: busy.then(|| "sales".parse().unwrap()),
        queues: vec!["sales".parse().unwrap()],
        skills: vec![("german".parse().unwrap(), 8)],
        handled: 2,
        handle_ms: 10_000,
    }
}
