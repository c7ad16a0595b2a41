//! Behaviour of a run, node by node.

mod expressions;
mod graphs;
mod hours;
mod http;
mod kept;
mod masked;
mod queue_info;
mod random;
mod record;
mod saying;
mod subflows;
mod survey;

use crate::api::{
    CLOSED, Context, Effect, Env, FAILED, FULL, Fact, LookupKey, NO_AGENTS, NoteKind, OVERFLOW, QueueFigures, Reason,
    Say, Standing, TIMEOUT, TransferTo,
};
use crate::*;
use core::time::Duration;
use domain::*;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) fn id<T: core::str::FromStr<Err = ParseIdError>>(text: &str) -> T {
    text.parse().unwrap()
}

pub(crate) fn prompts(names: &[&str]) -> Vec<Say> {
    names.iter().map(|name| Say::Prompt(id(name))).collect()
}

pub(crate) fn secs(s: u64) -> Duration {
    Duration::from_secs(s)
}

fn retry(attempts: u8, no_input: &str, no_match: &str) -> Retry {
    Retry {
        attempts,
        timeout: secs(5),
        no_input_say: prompts(&["no-input"]),
        no_match_say: prompts(&["invalid-choice"]),
        no_input: id(no_input),
        no_match: id(no_match),
    }
}

pub(crate) fn menu(choices: &[(char, &str)], attempts: u8, give_up: &str) -> Node {
    Node::Menu(Menu {
        say: prompts(&["main-menu"]),
        barge_in: true,
        choices: choices.iter().map(|(digit, to)| (*digit, id(to))).collect(),
        retry: retry(attempts, give_up, give_up),
    })
}

pub(crate) fn play(next: &str, barge_in: bool) -> Node {
    Node::Play(Play { say: prompts(&["greeting"]), barge_in, next: id(next) })
}

pub(crate) fn hangup() -> Node {
    Node::HangUp(HangUp { say: Vec::new() })
}

pub(crate) fn collect(min: u8, max: u8, next: &str, give_up: &str) -> Node {
    Node::Collect(Collect {
        say: prompts(&["enter-account"]),
        barge_in: true,
        variable: "account".into(),
        min,
        max,
        terminator: Some('#'),
        inter_digit: secs(3),
        retry: retry(2, give_up, give_up),
        masked: false,
        check: None,
        next: id(next),
    })
}

pub(crate) fn queue(name: &str, overflow: Option<&str>) -> Node {
    Node::Enqueue(Box::new(Enqueue {
        queue: id(name),
        priority: Priority(5),
        requirement: Some(Requirement::fixed(vec![(id("billing"), Proficiency::new(3).unwrap())])),
        announce: prompts(&["please-hold"]),
        music: id("music-hold"),
        keys: BTreeMap::new(),
        exits: Exits { overflow: overflow.map(id), ..Exits::default() },
    }))
}

pub(crate) fn flow(start: &str, nodes: Vec<(&str, Node)>) -> Arc<Flow> {
    let nodes: BTreeMap<NodeId, Node> = nodes.into_iter().map(|(name, node)| (id(name), node)).collect();
    Arc::new(Flow::new(id("test"), id(start), nodes).unwrap())
}

/// A run with its clock and what it wanted.
pub(crate) struct Walk {
    pub(crate) run: Run,
    pub(crate) now: Instant,
    pub(crate) wanted: Vec<Effect>,
    pub(crate) floor: Vec<(QueueId, QueueFigures)>,
    /// Every figure that the run asked for.
    pub(crate) read: Vec<(QueueId, QueueFigure)>,
    /// 2026-11-21 12:00:00 UTC, a Saturday.
    pub(crate) wall: WallTime,
    /// What every schedule says.
    pub(crate) standing: Standing,
}

impl Walk {
    pub(crate) fn new(flow: &Arc<Flow>) -> Self {
        let context = Context {
            ani: Ani::new("+4930555"),
            caller_name: Redacted::from("Marta"),
            dnis: Dnis::new("8000"),
            language: Language::EN,
            first_play: 100,
        };
        let wall = WallTime::from_micros(1_795_262_400_000_000);
        Self {
            run: Run::new(Arc::clone(flow), context),
            now: Instant::ZERO,
            wanted: Vec::new(),
            floor: Vec::new(),
            read: Vec::new(),
            wall,
            standing: Standing::Open,
        }
    }

    pub(crate) fn started(flow: &Arc<Flow>) -> Self {
        let mut walk = Self::new(flow);
        walk.tell(Fact::Started);
        walk
    }

    /// Tells a fact; what it wants in answer.
    pub(crate) fn tell(&mut self, fact: Fact) -> &[Effect] {
        self.wanted.clear();
        let floor = self.floor.clone();
        let queues = || floor.iter().map(|(queue, _)| *queue).collect::<Vec<_>>();
        let read = core::cell::RefCell::new(core::mem::take(&mut self.read));
        let figure = |id: QueueId, figure: QueueFigure| {
            read.borrow_mut().push((id, figure));
            floor.iter().find(|(queue, _)| *queue == id).map(|(_, figures)| figure.of(figures))
        };
        let standing = self.standing.clone();
        let schedules = move |_| standing.clone();
        let env = Env { wall: self.wall, utc_offset_s: 3_600, queues: &queues, figure: &figure, schedules: &schedules };
        self.run.handle(self.now, fact, &env, &mut self.wanted);
        self.read = read.into_inner();
        &self.wanted
    }

    /// Lets the time of the deadline come.
    pub(crate) fn expire(&mut self, why: Reason) -> &[Effect] {
        let (at, reason) = self.run.deadline().expect("a deadline");
        assert_eq!(reason, why);
        self.now = at;
        self.tell(Fact::Tick)
    }

    pub(crate) fn digits(&mut self, digits: &str) {
        for digit in digits.chars() {
            self.tell(Fact::Digit(digit));
        }
    }

    /// Reports the end of the latest playing.
    pub(crate) fn played(&mut self) -> &[Effect] {
        let play = self.wanted.iter().rev().find_map(|effect| match effect {
            Effect::Play { play, .. } => Some(*play),
            _ => None,
        });
        self.tell(Fact::PlayDone(play.expect("a playing")))
    }

    pub(crate) fn at(&self) -> String {
        self.run.node().to_string()
    }

    fn plays(&self) -> Vec<Vec<Say>> {
        let said = self.wanted.iter().filter_map(|effect| match effect {
            Effect::Play { items, .. } => Some(items.clone()),
            _ => None,
        });
        said.collect()
    }
}

fn customer(tier: &str) -> Option<Box<Customer>> {
    Some(Box::new(Customer {
        id: CustomerId::new(1),
        name: Redacted::from("Marta Vogel"),
        company: String::new(),
        tier: tier.into(),
        account: "4711".into(),
        language: Some(Language::ZH),
        notes: String::new(),
        contact_points: Vec::new(),
        last_contacts: Vec::new(),
        contacts_7d: 2,
        contacts_total: 9,
    }))
}

#[test]
fn a_play_node_plays_and_goes_on() {
    let flow = flow("hello", vec![("hello", play("end", false)), ("end", hangup())]);
    let mut walk = Walk::new(&flow);
    let effects = walk.tell(Fact::Started).to_vec();
    assert_eq!(effects[0], Effect::Entered(id("hello")));
    let say = Effect::Play { play: PlayId::new(100), items: prompts(&["greeting"]), language: Language::EN };
    assert_eq!(effects[1], say);
    assert!(walk.tell(Fact::PlayDone(PlayId::new(99))).is_empty());
    assert_eq!(walk.tell(Fact::PlayDone(PlayId::new(100))), [Effect::Entered(id("end")), Effect::HangUp]);
    assert!(walk.run.is_over() && walk.run.deadline().is_none());
    assert_eq!(walk.run.path(), [id("hello"), id("end")]);
}

#[test]
fn a_digit_ends_a_playing_that_allows_it_and_answers_the_next_menu() {
    let nodes =
        |barge_in| vec![("hello", play("ask", barge_in)), ("ask", menu(&[('1', "end")], 3, "end")), ("end", hangup())];
    let mut walk = Walk::started(&flow("hello", nodes(true)));
    let effects = walk.tell(Fact::Digit('1')).to_vec();
    let taken = Effect::Collected { node: id("ask"), digits: "1".into() };
    let (ask, end) = (Effect::Entered(id("ask")), Effect::Entered(id("end")));
    assert_eq!(effects, [Effect::StopPlay, ask, taken, end, Effect::HangUp]);

    let mut patient = Walk::started(&flow("hello", nodes(false)));
    assert!(patient.tell(Fact::Digit('1')).is_empty());
    assert!(patient.tell(Fact::PlayDone(PlayId::new(100))).contains(&Effect::HangUp));
}

#[test]
fn a_playing_whose_end_is_never_told_counts_as_ended() {
    let mut walk = Walk::started(&flow("hello", vec![("hello", play("end", false)), ("end", hangup())]));
    assert!(walk.expire(Reason::Play).contains(&Effect::HangUp));
    assert_eq!(walk.run.take_notes()[0].kind, NoteKind::PlayOverdue);
    assert!(walk.run.take_notes().is_empty());
}

#[test]
fn a_menu_takes_a_digit_and_stops_talking() {
    let flow = flow("ask", vec![("ask", menu(&[('1', "end"), ('0', "ask")], 3, "end")), ("end", hangup())]);
    let mut walk = Walk::started(&flow);
    walk.tell(Fact::Digit('0'));
    assert_eq!(walk.wanted[0], Effect::StopPlay);
    assert_eq!(walk.plays(), [prompts(&["main-menu"])]);
    walk.played();
    walk.tell(Fact::Digit('1'));
    assert!(!walk.wanted.contains(&Effect::StopPlay));
    assert!(walk.run.is_over());
    let taken: Vec<_> = walk.run.digits().iter().map(|(node, d)| format!("{node}={}", d.0)).collect();
    assert_eq!(taken, ["ask=0", "ask=1"]);
    assert_eq!(walk.run.path().len(), 3);
}

#[test]
fn a_menu_without_barge_in_hears_nothing_while_it_speaks() {
    let Node::Menu(mut ask) = menu(&[('1', "end")], 3, "end") else { unreachable!() };
    ask.barge_in = false;
    let nodes = vec![("hello", play("ask", true)), ("ask", Node::Menu(ask)), ("end", hangup())];
    let mut walk = Walk::started(&flow("hello", nodes));
    walk.digits("11");
    assert_eq!(walk.at(), "ask");
    walk.tell(Fact::PlayDone(PlayId::new(101)));
    walk.digits("1");
    assert!(walk.run.is_over());
}

#[test]
fn a_menu_asks_again_after_silence_and_after_a_wrong_key_and_then_gives_up() {
    let Node::Menu(mut ask) = menu(&[('1', "end")], 2, "end") else { unreachable!() };
    ask.retry.no_input = id("quiet");
    ask.retry.no_match = id("wrong");
    let nodes = || vec![("end", hangup()), ("quiet", hangup()), ("wrong", hangup())];
    let mut all = nodes();
    all.push(("ask", Node::Menu(ask)));
    let flow = flow("ask", all);

    let mut quiet = Walk::started(&flow);
    assert_eq!(quiet.run.deadline().unwrap().1, Reason::Play);
    quiet.played();
    assert_eq!(quiet.run.deadline(), Some((Instant::ZERO + secs(5), Reason::FirstDigit)));
    quiet.expire(Reason::FirstDigit);
    assert_eq!(quiet.plays(), [prompts(&["no-input", "main-menu"])]);
    quiet.played();
    quiet.expire(Reason::FirstDigit);
    assert_eq!(quiet.at(), "quiet");

    let mut wrong = Walk::started(&flow);
    wrong.digits("9");
    assert_eq!(wrong.plays(), [prompts(&["invalid-choice", "main-menu"])]);
    wrong.digits("8");
    assert_eq!(wrong.at(), "wrong");
}

#[test]
fn collect_ends_by_its_length_or_terminator_or_pause() {
    let nodes = || vec![("ask", collect(2, 4, "end", "lost")), ("end", hangup()), ("lost", hangup())];
    for (keys, pause, digits) in [("1234", false, "1234"), ("12#", false, "12"), ("123", true, "123")] {
        let mut walk = Walk::started(&flow("ask", nodes()));
        walk.digits(keys);
        if pause {
            walk.expire(Reason::InterDigit);
        }
        assert_eq!(walk.at(), "end", "{keys}");
        assert_eq!(walk.run.variable("account").unwrap().to_string(), digits);
        assert!(walk.wanted.contains(&Effect::Collected { node: id("ask"), digits: digits.into() }));
    }
}

#[test]
fn collect_asks_again_when_the_entry_is_too_short_or_nothing_comes() {
    let nodes = vec![("ask", collect(2, 4, "end", "lost")), ("end", hangup()), ("lost", hangup())];
    let mut walk = Walk::started(&flow("ask", nodes));
    walk.digits("1#");
    assert_eq!(walk.plays(), [prompts(&["invalid-choice", "enter-account"])]);
    walk.played();
    walk.expire(Reason::FirstDigit);
    assert_eq!(walk.at(), "lost");
}

#[test]
fn a_terminator_after_a_full_entry_does_not_answer_the_next_question() {
    let nodes = || {
        vec![
            ("hello", play("ask", true)),
            ("ask", collect(1, 2, "more", "end")),
            ("more", menu(&[('#', "end"), ('1', "end")], 3, "end")),
            ("end", hangup()),
        ]
    };
    let mut walk = Walk::started(&flow("hello", nodes()));
    walk.played();
    walk.digits("12#");
    assert_eq!(walk.at(), "more");
    walk.digits("#");
    assert_eq!(walk.at(), "end");

    let mut ahead = Walk::new(&flow("hello", nodes()));
    ahead.digits("12#");
    ahead.tell(Fact::Started);
    assert_eq!(ahead.at(), "more");
}

fn lookup(by: LookupKey, variable: Option<&str>) -> Node {
    Node::Lookup(Lookup {
        by,
        variable: variable.map(Into::into),
        timeout: Duration::from_millis(800),
        found: id("known"),
        not_found: id("unknown"),
    })
}

#[test]
fn a_look_up_goes_on_by_its_answer() {
    let nodes = || vec![("who", lookup(LookupKey::Ani, None)), ("known", hangup()), ("unknown", hangup())];
    let mut walk = Walk::started(&flow("who", nodes()));
    assert_eq!(walk.wanted[1], Effect::Lookup { by: LookupKey::Ani, value: String::new() });
    walk.tell(Fact::Found(customer("gold")));
    assert_eq!(walk.at(), "known");
    assert_eq!(walk.run.customer().unwrap().tier, "gold");

    let mut unknown = Walk::started(&flow("who", nodes()));
    unknown.tell(Fact::Found(None));
    assert_eq!(unknown.at(), "unknown");
}

#[test]
fn a_late_look_up_counts_as_unknown_and_its_answer_is_still_kept() {
    let nodes = vec![
        ("who", lookup(LookupKey::Ani, None)),
        ("unknown", collect(1, 4, "again", "end")),
        ("again", {
            let Node::Lookup(mut again) = lookup(LookupKey::Account, Some("account")) else { unreachable!() };
            again.not_found = id("end");
            Node::Lookup(again)
        }),
        ("known", hangup()),
        ("end", hangup()),
    ];
    let mut walk = Walk::started(&flow("who", nodes));
    walk.expire(Reason::Lookup);
    assert_eq!(walk.at(), "unknown");
    walk.digits("4711");
    assert_eq!(walk.wanted.last(), Some(&Effect::Lookup { by: LookupKey::Account, value: "4711".into() }));
    walk.tell(Fact::Found(None));
    assert_eq!(walk.at(), "again", "the first look-up's answer does not answer the second");
    walk.tell(Fact::Found(customer("gold")));
    assert_eq!(walk.at(), "known");
}

#[test]
fn a_customer_found_beforehand_answers_the_look_up_by_number() {
    let nodes = vec![
        ("hello", play("who", false)),
        ("who", lookup(LookupKey::Ani, None)),
        ("known", hangup()),
        ("unknown", hangup()),
    ];
    let mut walk = Walk::started(&flow("hello", nodes));
    walk.tell(Fact::Found(customer("")));
    walk.tell(Fact::PlayDone(PlayId::new(100)));
    assert_eq!(walk.at(), "known");
}

#[test]
fn enqueue_tells_everything_the_queue_needs_and_comes_back_by_its_overflow() {
    let nodes = vec![("wait", queue("billing", Some("sorry"))), ("sorry", play("end", true)), ("end", hangup())];
    let mut walk = Walk::started(&flow("wait", nodes));
    let want = Effect::Enqueue {
        queue: id("billing"),
        priority: Priority(5),
        requirement: Some(Requirement::fixed(vec![(id("billing"), Proficiency::new(3).unwrap())])),
        skills: vec![id("billing")],
        announce: prompts(&["please-hold"]),
        music: id("music-hold"),
        language: Language::EN,
    };
    assert_eq!(walk.wanted[1], want);
    assert!(walk.run.deadline().is_none());
    walk.tell(Fact::Digit('1'));
    walk.tell(Fact::Returned(OVERFLOW));
    assert_eq!(walk.at(), "sorry");
}

#[test]
fn each_reason_of_a_queue_has_its_own_edge_and_falls_back_on_overflow() {
    let exits =
        Exits { full: Some(id("full")), closed: Some(id("shut")), overflow: Some(id("sorry")), ..Exits::default() };
    let ways = [(FULL, "full"), (CLOSED, "shut"), (TIMEOUT, "sorry"), (NO_AGENTS, "sorry"), (OVERFLOW, "sorry")];
    for (edge, node) in ways {
        assert_eq!(exits.way(edge), Some(id(node)), "{edge}");
    }
    assert_eq!(Exits { full: Some(id("full")), ..Exits::default() }.way(CLOSED), None);
}

#[test]
fn queues_that_send_a_caller_round_at_once_end_the_call() {
    let mut walk = Walk::started(&flow("wait", vec![("wait", queue("billing", Some("wait")))]));
    let rounds = (0..1_000).take_while(|_| walk.tell(Fact::Returned(FULL)).last() != Some(&Effect::HangUp)).count();
    assert!((10..1_000).contains(&rounds), "{rounds}");
    assert_eq!(walk.run.take_notes()[0].kind, NoteKind::Circles);
}

#[test]
fn a_queue_that_sends_back_where_no_edge_is_ends_the_call() {
    let mut walk = Walk::started(&flow("wait", vec![("wait", queue("billing", None))]));
    assert_eq!(walk.tell(Fact::Returned(OVERFLOW)), [Effect::HangUp]);
    assert_eq!(walk.run.take_notes()[0].kind, NoteKind::NoWayBack);
}

#[test]
fn a_transfer_speaks_leaves_and_may_fail() {
    let to = TransferTo::Number(Dnis::new("+49301"));
    let away = Node::Transfer(Transfer { say: prompts(&["please-hold"]), to: to.clone(), failed: Some(id("end")) });
    let mut walk = Walk::started(&flow("away", vec![("away", away), ("end", hangup())]));
    assert_eq!(walk.played(), [Effect::Transfer(to)]);
    assert_eq!(walk.tell(Fact::Returned(FAILED)), [Effect::Entered(id("end")), Effect::HangUp]);
}

#[test]
fn set_changes_variables_and_the_language_and_say_speaks_them() {
    let compiler = Compiler::new(Names { variables: ["n".to_owned()].into(), ..Names::default() });
    let set = Node::Set(Set {
        values: vec![
            ("n".into(), SetValue::Text("4a2".into())),
            ("n".into(), SetValue::Expression(compiler.compile("vars.n + '7'").unwrap())),
            ("n".into(), SetValue::Expression(compiler.compile("vars.n + 1").unwrap())),
        ],
        language: Some(Language::ZH),
        next: id("say"),
    });
    let say = Node::Play(Play {
        say: vec![Say::Digits("$n".into()), Say::Digits("$none".into())],
        barge_in: true,
        next: id("end"),
    });
    let mut walk = Walk::started(&flow("set", vec![("set", set), ("say", say), ("end", hangup())]));
    let spoken =
        Effect::Play { play: PlayId::new(100), items: vec![Say::Digits("427".into())], language: Language::ZH };
    assert_eq!(walk.wanted[2], spoken);
    assert_eq!(walk.run.take_notes()[0].kind, NoteKind::ValueFailed(2, ExpressionError::Types));
}

#[test]
fn nothing_personal_shows_in_debug_texts() {
    let mut walk = Walk::started(&flow("ask", vec![("ask", collect(2, 6, "end", "end")), ("end", hangup())]));
    walk.digits("987654");
    assert!(!format!("{:?}", walk.run).contains("987"));
    assert!(!format!("{:?}", walk.run.variable("account")).contains("987"));
    assert!(!format!("{:?}", Say::Digits("987".into())).contains("987"));
}

#[test]
fn a_flow_and_a_run_may_move_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<Flow>();
    check::<Run>();
}
