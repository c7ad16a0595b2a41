//! Whatever the caller does, a run answers in bounded steps and always waits for something or is over.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Act {
    Digit(char),
    Played,
    Found(bool),
    Returned(bool),
    Response(u64, bool),
    Wait,
    Later(u64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => prop::sample::select("0123456789*#AD".chars().collect::<Vec<_>>()).prop_map(Act::Digit),
        3 => Just(Act::Played),
        1 => any::<bool>().prop_map(Act::Found),
        1 => any::<bool>().prop_map(Act::Returned),
        1 => (0u64..4, any::<bool>()).prop_map(|(number, good)| Act::Response(number, good)),
        2 => Just(Act::Wait),
        1 => (0u64..4_000).prop_map(Act::Later),
    ]
}

fn everything(barge_in: bool, attempts: u8) -> Arc<Flow> {
    let compiler = Compiler::new(Names::default());
    let identify = flow(
        "deep",
        vec![
            ("deep", collect(1, 2, "deep-say", "deep-lost")),
            ("deep-say", {
                let say = vec![Say::Value(speech::Kind::Number, Of::Variable("account".into()))];
                Node::Play(Play { say, barge_in, next: id("deep-back") })
            }),
            ("deep-back", Node::Return),
            ("deep-lost", hangup()),
        ],
    );
    let vip = compiler.compile("customer.tier == 'gold'").unwrap();
    flow(
        "hello",
        vec![
            ("hello", play("who", barge_in)),
            ("who", {
                let (found, not_found) = (id("if"), id("main"));
                let timeout = Duration::from_millis(700);
                Node::Lookup(Lookup { by: LookupKey::Ani, variable: None, timeout, found, not_found })
            }),
            ("if", Node::Branch(Branch { cases: vec![(vip, id("sub"))], otherwise: id("main") })),
            ("sub", Node::Call(Call { flow: identify, next: id("wait") })),
            (
                "main",
                menu(&[('1', "account"), ('2', "wait"), ('0', "main"), ('9', "hello"), ('3', "ask")], attempts, "away"),
            ),
            ("ask", {
                let (next, failed) = (id("account"), id("main-again"));
                Node::Http(Box::new(Http { next, failed, not_found: None, late: None, ..http::asking() }))
            }),
            ("account", collect(2, 4, "wait", "main-again")),
            ("main-again", menu(&[('1', "account")], 1, "end")),
            ("wait", queue("billing", Some("hello"))),
            ("away", {
                let to = TransferTo::Uri("sip:a@example.org".into());
                Node::Transfer(Transfer { say: prompts(&["please-hold"]), to, failed: Some(id("main")) })
            }),
            ("end", Node::HangUp(HangUp { say: prompts(&["goodbye"]) })),
        ],
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn any_caller_is_always_answered(acts in prop::collection::vec(act(), 0..120), barge_in: bool, attempts in 1u8..4) {
        let mut walk = Walk::started(&everything(barge_in, attempts));
        let mut last_play = PlayId::new(100);
        for act in acts {
            let fact = match act {
                Act::Digit(digit) => Fact::Digit(digit),
                Act::Played => Fact::PlayDone(last_play),
                Act::Found(known) => Fact::Found(customer("gold").filter(|_| known)),
                Act::Returned(overflow) => Fact::Returned(if overflow { OVERFLOW } else { FAILED }),
                Act::Response(number, good) => {
                    let answer = if good { HttpAnswer::Taken(Vec::new()) } else { HttpAnswer::NotFound };
                    Fact::Response { number: 100 + number, answer }
                }
                Act::Wait => {
                    walk.now = walk.run.deadline().map_or(walk.now, |(at, _)| at.max(walk.now));
                    Fact::Tick
                }
                Act::Later(ms) => {
                    walk.now = walk.now + Duration::from_millis(ms);
                    Fact::Tick
                }
            };
            let was_over = walk.run.is_over();
            let effects = walk.tell(fact).to_vec();
            prop_assert!(effects.len() <= 256);
            prop_assert!(!was_over || effects.is_empty(), "an ended run wants nothing: {effects:?}");
            for effect in &effects {
                if let Effect::Play { play, .. } = effect {
                    prop_assert!(play.number() >= last_play.number());
                    last_play = *play;
                }
            }
            let outside = matches!(effects.last(), Some(Effect::Enqueue { .. } | Effect::Transfer(_)));
            let waits = walk.run.deadline().is_some() || walk.run.is_over() || outside || effects.is_empty();
            prop_assert!(waits, "waits for nothing after {effects:?}");
            if let Some((at, _)) = walk.run.deadline() {
                prop_assert!(at >= walk.now || effects.is_empty());
            }
        }
    }

    #[test]
    fn no_text_of_an_expression_panics(text in "[a-z.()'\"\\\\0-9+*/%=!<>&|?:,\\[\\]{} \n银é]{0,60}") {
        let compiler = Compiler::new(Names::default());
        for text in [text.clone(), format!("customer.{text}"), format!("size({text}) > 1 && {text}")] {
            if let Err(flaws) = compiler.compile(&text) {
                prop_assert!(!flaws.is_empty());
                prop_assert!(flaws.iter().all(|flaw| flaw.offset <= text.len()));
            }
        }
    }

    #[test]
    fn a_silent_caller_comes_to_an_end(barge_in: bool, attempts in 1u8..4) {
        let mut walk = Walk::started(&everything(barge_in, attempts));
        let mut ticks = 0;
        while let Some((at, _)) = walk.run.deadline() {
            walk.now = at;
            walk.tell(Fact::Tick);
            ticks += 1;
            prop_assert!(ticks < 100);
        }
        prop_assert!(walk.run.is_over() || walk.at() == "away" || walk.at() == "wait");
    }
}
