//! What flows say: prompts and values.

use super::*;
use ivr::speech::{Currency, Kind};
use ivr::{Node, Of, Say};

fn saying(said: &str) -> String {
    format!(
        "[server]\ncompany = \"x\"\n[[entry]]\ndnis = \"8\"\nflow = \"f\"\n[flow.f]\nstart = \"a\"\n\
         [flow.f.node.a]\ntype = \"collect\"\nprompts = [\"enter\"]\nvariable = \"account\"\nexhausted = \"b\"\nnext = \"b\"\n\
         [flow.f.node.b]\ntype = \"play\"\nprompts = {said}\nnext = \"c\"\n\
         [flow.f.node.c]\ntype = \"hangup\"\nprompts = [\"bye\"]\n"
    )
}

fn said(text: &str) -> Vec<Say> {
    let config = check(&saying(text)).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let flow = config.flow("f".parse().unwrap()).unwrap();
    match flow.node("b".parse().unwrap()) {
        Some(Node::Play(play)) => play.say.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_kind_of_value_can_be_said() {
    let text = |kind, text: &str| Say::Value(kind, Of::Text(text.to_owned()));
    let variable = |kind| Say::Value(kind, Of::Variable("account".to_owned()));
    let found = said(
        r#"["bye", "digits:12", { money = "$account", currency = "CNY" }, { number = 5 }, { digits = "$a" },
            { date = "2026-11-22" }, { time = "09:30" }, { about_minutes = "$account" }, { digits = "0 12" }]"#,
    );
    assert_eq!(found[1], Say::Digits("12".to_owned()));
    assert_eq!(found[2], variable(Kind::Money(Currency::Cny)));
    assert_eq!(found[3], text(Kind::Number, "5"));
    assert_eq!(found[4], Say::Value(Kind::Digits, Of::Variable("a".to_owned())));
    assert_eq!(found[5..7], [text(Kind::Date, "2026-11-22"), text(Kind::Time, "09:30")]);
    assert_eq!(found[7..], [variable(Kind::AboutMinutes), text(Kind::Digits, "0 12")]);
    let [Say::Value(Kind::Number, Of::Expression(of))] = &said(r#"{ number = "int(vars.account) + 1" }"#)[..] else {
        panic!("no expression")
    };
    assert_eq!(of.text(), "int(vars.account) + 1");
}

#[test]
fn what_cannot_be_said_is_told_with_its_place() {
    let cases = [
        (r#"[{ number = "$acount" }]"#, "16:23 unknown_variable"),
        (r#"[{ money = "1.50" }]"#, "16:12 missing_key"),
        (r#"[{ money = "1.50", currency = "DEM" }]"#, "16:41 bad_choice"),
        (r#"[{ numbr = 5 }]"#, "16:12 bad_choice"),
        (r#"[{ number = 5, date = "2026-11-22" }]"#, "16:12 bad_choice"),
        (r#"[{ number = 5, of = 3 }]"#, "16:26 unknown_key"),
        (r#"[{ number = 5.5 }]"#, "16:23 wrong_type"),
        (r#"[{ number = "vars.acount" }]"#, "16:28 bad_expression"),
        (r#"["bye", 5]"#, "16:19 wrong_type"),
    ];
    for (said, expected) in cases {
        assert!(errors(&saying(said)).contains(&expected.to_owned()), "{said}: {:?}", errors(&saying(said)));
    }
    let problems = check(&saying(r#"[{ number = "$acount" }]"#)).expect_err("accepted");
    assert_eq!(problems[0].hint.as_deref(), Some("did you mean `account`?"));
}

#[test]
fn texts_are_spoken_by_a_voice_in_the_words_of_each_language() {
    let found =
        said(r#"[{ text = "You typed $account.", else = "bye" }, { text = { en = "Five dollars: $5", zh = "五" } }]"#);
    let [Say::Text(typed), Say::Text(both)] = &found[..] else { panic!("{found:?}") };
    let (en, zh) = (domain::Language::EN, domain::Language::ZH);
    assert_eq!((typed.planned(en), typed.otherwise), ("You typed $account.".to_owned(), "bye".parse().ok()));
    assert_eq!((both.planned(en), both.planned(zh)), ("Five dollars: $5".to_owned(), "五".to_owned()));
}

#[test]
fn what_cannot_be_spoken_is_told_with_its_place() {
    let long = "x".repeat(501);
    let cases = [
        (r#"[{ text = "It is $acount." }]"#, "16:21 unknown_variable"),
        (r#"[{ text = { en = "It is $acount." } }]"#, "16:28 unknown_variable"),
        (r#"[{ text = "" }]"#, "16:21 out_of_range"),
        (&format!("[{{ text = \"{long}\" }}]"), "16:21 out_of_range"),
        (r#"[{ text = {} }]"#, "16:21 out_of_range"),
        (r#"[{ text = 5 }]"#, "16:21 wrong_type"),
        (r#"[{ text = { english_ = "x" } }]"#, "16:23 wrong_type"),
        (r#"[{ text = "Hello", number = 5 }]"#, "16:30 unknown_key"),
        (r#"[{ text = "Hello", else = "no prompt" }]"#, "16:37 bad_id"),
    ];
    for (said, expected) in cases {
        assert!(errors(&saying(said)).contains(&expected.to_owned()), "{said}: {:?}", errors(&saying(said)));
    }
}

#[test]
fn a_text_without_the_words_of_a_language_or_without_a_voice_is_refused() {
    let text = saying(r#"[{ text = { zh = "喂" } }]"#);
    let problems = check(&text).expect_err("accepted");
    assert_eq!(told(&problems), ["16:12 missing_text"]);
    assert_eq!((problems[0].rule(), problems[0].why.as_str()), (Some("FL03"), "this text has no words in en"));
    let both = |say: &str| format!("[[entry]]\ndnis = \"9\"\nflow = \"f\"\nlanguage = \"zh\"\n{}", saying(say));
    let problems = check(&both(r#"[{ text = "Hello" }]"#)).expect_err("accepted");
    assert_eq!(problems[0].why, "this text has the same words in en, zh");
    assert!(check(&both(r#"[{ text = "$account" }, { text = { en = "Hello", zh = "喂" } }]"#)).is_ok());
    let silent = |say: &str| format!("[speech]\nenabled = false\n{}", saying(say));
    let problems = check(&silent(r#"[{ text = "Hello" }]"#)).expect_err("accepted");
    assert_eq!((told(&problems), problems[0].rule()), (vec!["18:12 no_speech".to_owned()], Some("FL03")));
    assert!(check(&silent(r#"[{ text = "Hello", else = "bye" }]"#)).is_ok());
}

#[test]
fn texts_that_are_always_the_same_are_known_for_each_language() {
    let config = check(&saying(r#"["bye", { number = 5 }, { text = "Hello" }, { text = "$account" }]"#)).unwrap();
    let [words] = config.flow_words() else { panic!("one flow") };
    assert_eq!(words.fixed_texts().collect::<Vec<_>>(), [(domain::Language::EN, "Hello".to_owned())]);
    let recordings = words.recordings(domain::Language::EN);
    assert!(["bye", "enter", "digit-5", "number-50"].iter().all(|name| recordings.contains(&name.parse().unwrap())));
}

#[test]
fn the_program_that_speaks_is_configured_and_needs_a_restart_to_change() {
    let text = |speech: &str| format!("[speech]\n{speech}\n{}", saying(r#"["bye"]"#));
    let config = check(&text(
        "command = [\"piper\", \"--output-raw\"]\nrate = 16000\ntimeout_ms = 500\ncache_mb = 1\nvoices = { en = \"amy\" }",
    ))
    .unwrap_or_else(|problems| panic!("{problems:#?}"));
    let speech = config.speech();
    assert_eq!((speech.command.len(), speech.rate, speech.max_concurrent, speech.cache_bytes), (2, 16_000, 2, 1 << 20));
    assert_eq!(speech.voices[&domain::Language::EN], "amy");
    let other = check(&saying(r#"["bye"]"#)).unwrap();
    assert_eq!(config.changes(&other).restart, ["speech"]);
    assert_eq!(other.keep_fixed(&config).speech(), config.speech());
    for (wrong, expected) in [
        ("command = []", "2:11 out_of_range"),
        ("timeout_ms = 5", "2:1 out_of_range"),
        ("voices = { en = \"--help\" }", "2:12 bad_choice"),
        ("speed = 3", "2:1 unknown_key"),
    ] {
        let found = errors(&text(wrong));
        assert!(found.iter().any(|told| told.split(' ').nth(1) == expected.split(' ').nth(1)), "{wrong}: {found:?}");
    }
}

#[test]
fn the_pieces_of_a_value_must_be_recorded_in_every_language() {
    let mut files = vec!["en/bye.wav".to_owned(), "en/enter.wav".to_owned()];
    let text = saying(r#"[{ time = "09:30" }]"#);
    let check_with = |files: &[String]| {
        let prompts = Some(PromptSet::of_files(files.iter().map(Path::new)));
        check_in(&World { prompts, ..World::default() }, &text)
    };
    let problems = check_with(&files).expect_err("accepted");
    assert_eq!(told(&problems), ["16:12 missing_prompt"]);
    let why = "a `time` cannot be said: these recordings are missing: en/oh.wav and ";
    assert!(problems[0].why.starts_with(why), "{}", problems[0].why);
    let pieces = ivr::speech::pieces_of(domain::Language::EN, Kind::Time);
    files.extend(pieces.iter().map(|piece| format!("en/{piece}.wav")));
    assert!(check_with(&files).is_ok());
}
