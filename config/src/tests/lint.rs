//! The rules for flows: a broken flow for each, with its place and how to mend it.

use super::*;
use std::collections::BTreeSet;

fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpora/flows")
}

/// What `switchroom flow check` tells of a flow of the corpora.
fn broken(file: &str) -> Vec<Problem> {
    load_flows(&corpora().join("switchroom.toml"), &[corpora().join(file)]).problems
}

/// `line:column rule code` of each error, and what the first one says.
const BROKEN: &[(&str, &[&str], &str)] = &[
    (
        "fl00-unknown-key.toml",
        &["7:1 FL00 unknown_key"],
        "unknown key `barge_inn` in `flow.f.node.hello` (did you mean `barge_in`?)",
    ),
    (
        "fl01-unreachable.toml",
        &["8:1 FL01 no_exit", "8:14 FL01 unreachable_node"],
        "`flow.f.node.island` does not say what follows: `next` is missing (add the field that is named, with a node's name)",
    ),
    (
        "fl02-route.toml",
        &["4:1 FL02 no_question", "6:28 FL02 unknown_node"],
        "`flow.f.node.menu` waits for digits without saying anything: `prompts` is missing (add prompts = [\"…\"])",
    ),
    (
        "fl03-prompt.toml",
        &["6:12 FL03 missing_prompt", "6:22 FL03 missing_text"],
        "prompt `welcom` has no WAV file in en (did you mean `welcome`?)",
    ),
    (
        "fl04-loop.toml",
        &["4:14 FL04 silent_loop"],
        "a caller who keys nothing goes round menu → again for ever (count the rounds by `attempts`, and lead `no_input` \
         or `exhausted` out of the circle)",
    ),
    (
        "fl05-nobody.toml",
        &["6:9 FL05 dead_queue"],
        "no agent serves queue `nobody`, and nothing ends the wait there (let an agent serve it, or give it needs_agents \
         = true, max_wait_s or overflow)",
    ),
    (
        "fl06-overlap.toml",
        &["7:24 FL06 overlapping_keys"],
        "`1` is the beginning of `12`: a menu takes one key (ask with a collect node and tell the numbers apart in a \
         branch)",
    ),
    (
        "fl07-no-fallback.toml",
        &["4:1 FL07 no_fallback"],
        "`flow.f.node.who` does not say what follows when nobody is found in time (add the edge that is named, with a \
         node's name)",
    ),
    (
        "fl07-http.toml",
        &["4:1 FL07 no_timeout", "4:1 FL07 no_fallback"],
        "`flow.f.node.order` does not say how long the answer may take (add timeout_ms = 3000, or another number of \
         milliseconds)",
    ),
    (
        "fl07-secret.toml",
        &["12:42 FL07 bare_secret", "14:29 FL07 bare_secret", "14:73 FL07 unknown_secret"],
        "`api_key` in a URL shows wherever the URL shows (define it in [[secret]] and send it in a header field, { secret \
         = \"ID\" })",
    ),
    (
        "fl08-number.toml",
        &["7:10 FL08 bad_number"],
        "`+49 (0)30 reception` cannot be called (write digits, a + before the country's code, or a SIP URI under `uri`)",
    ),
    (
        "fl08-card.toml",
        &[
            "10:9 FL08 unmasked_card",
            "24:24 FL08 masked_variable",
            "28:23 FL08 masked_variable",
            "31:23 FL08 masked_variable",
        ],
        "card digits would be recorded, and stand in the history: `masked` is missing (add masked = true)",
    ),
    (
        "fl09-variable.toml",
        &["12:23 FL09 unknown_variable", "16:24 FL09 bad_expression"],
        "no node sets `acount`, and none of this name takes digits (did you mean `account`?)",
    ),
    (
        "fl10-no-way-back.toml",
        &["4:1 FL10 no_way_back"],
        "queue `billing` may send callers back, and the call then ends: `full` is missing (add full = \"NODE\", or \
         overflow = \"NODE\" for every reason)",
    ),
];

#[test]
fn every_rule_refuses_its_broken_flow_and_tells_where_and_how_to_mend_it() {
    for (file, expected, why) in BROKEN {
        let problems = broken(file);
        let line = |p: &Problem| format!("{}:{} {} {}", p.line, p.column, p.rule().unwrap_or("no rule"), p.code);
        assert_eq!(problems.iter().map(line).collect::<Vec<_>>(), *expected, "{file}: {problems:#?}");
        assert!(problems.iter().all(|p| p.level == Level::Error && p.hint.is_some()), "{file}: {problems:#?}");
        assert!(problems[0].to_string().ends_with(why), "{file}: {}", problems[0]);
        let place = format!("{}:{}:{}: FL", corpora().join(file).display(), problems[0].line, problems[0].column);
        assert!(problems[0].to_string().starts_with(&place), "{}", problems[0]);
    }
    let rules: BTreeSet<&str> = BROKEN.iter().flat_map(|(file, ..)| broken(file)).filter_map(|p| p.rule()).collect();
    assert_eq!(rules, RULES.iter().map(|rule| rule.name).collect());
}

#[test]
fn what_may_end_a_call_badly_is_warned_of() {
    let text = "[[entry]]\ndnis = \"8\"\nflow = \"f\"\n[[queue]]\nid = \"q\"\n[[agent]]\nid = \"x\"\nqueues = [\"q\"]\n\
                [flow.f]\nstart = \"q\"\n[flow.f.node.q]\ntype = \"enqueue\"\nqueue = \"q\"\n";
    let warned = |text: &str| told(check(text).unwrap_or_else(|problems| panic!("{problems:#?}")).warnings());
    assert_eq!(warned(text), ["11:1 no_way_back"], "a supervisor may close it");
    let silent = format!("{text}closed = \"bye\"\n[flow.f.node.bye]\ntype = \"hangup\"\n");
    assert_eq!(warned(&silent), ["15:14 wordless_end"]);
    assert_eq!(warned(&format!("{silent}prompts = [\"bye\"]\n")), [] as [String; 0]);
}

#[test]
fn a_prompt_that_cannot_be_played_is_told_like_one_that_is_missing() {
    let wav = |name: &[u8; 4], channels: u8| {
        let odd = b"LIST\x03\0\0\0abc\0";
        [b"RIFF\0\0\0\0WAVE", &odd[..], name, b"\x10\0\0\0\x01\0", &[channels, 0], &[0; 12]].concat()
    };
    let cases = [
        (wav(b"fmt ", 1), None),
        (wav(b"fmt ", 2), None),
        (wav(b"fmt ", 6), Some("`en/bye.wav` has 6 channels; one or two can be played")),
        (wav(b"data", 1), Some("`en/bye.wav` is a WAV file without a description of its sound")),
        (b"ID3\x04".to_vec(), Some("`en/bye.wav` is no WAV file")),
        (Vec::new(), Some("`en/bye.wav` is no WAV file")),
        (
            b"RIFF\0\0\0\0WAVEjunk\xff\xff\xff\xff".to_vec(),
            Some("`en/bye.wav` is a WAV file without a description of its sound"),
        ),
    ];
    let text = "[[entry]]\ndnis = \"8\"\nflow = \"f\"\n[flow.f]\nstart = \"a\"\n[flow.f.node.a]\ntype = \"hangup\"\n\
                prompts = [\"bye\"]\n";
    let file = Path::new("en/bye.wav");
    for (head, why) in cases {
        let prompts = Some(PromptSet::of_files([file]).with_head(file, &head));
        let found = check_in(&World { prompts, ..World::default() }, text).err().unwrap_or_default();
        assert_eq!(found.first().map(|problem| problem.why.as_str()), why);
        assert!(found.iter().all(|problem| problem.rule() == Some("FL03") && problem.line == 8), "{found:?}");
    }
}

#[test]
fn every_code_of_a_rule_is_a_code_and_belongs_to_one_rule() {
    let codes: Vec<&str> = RULES.iter().flat_map(|rule| rule.codes).map(|(code, _)| *code).collect();
    for code in &codes {
        assert!(CODES.iter().any(|(known, _)| known == code), "{code}");
        assert_eq!(codes.iter().filter(|other| *other == code).count(), 1, "{code}");
    }
}

#[test]
fn problems_outside_of_flows_have_no_rule_and_do_not_show_among_those_of_flows() {
    let problems = check("[server]\nhtpp = 3\n").expect_err("accepted");
    assert!(problems[0].rule().is_none());
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    let here = "[flow.f]\nstart = \"bye\"\n[flow.f.node.bye]\ntype = \"transfer\"\nnumber = \"8000\"\n";
    write("c.toml", "flows = [\"f.toml\"]\n[[user]]\nlogin = \"x\"\n[[entry]]\ndnis = \"8\"\nflow = \"f\"\n");
    write("f.toml", here);
    std::fs::create_dir(dir.path().join("prompts")).unwrap();
    let file = dir.path().join("c.toml");
    let set = load_flows(&file, &[]);
    assert_eq!((set.problems.len(), set.flows.len()), (0, 1), "{:#?}", set.problems);
    write("f.toml", &here.replace("bye\"\n[", "by\"\n["));
    assert_eq!(load_flows(&file, &[]).problems[0].code, "unknown_node");
    let nowhere = load_flows(&file, &[dir.path().join("none.toml")]);
    assert_eq!(nowhere.problems[0].code, "unreadable_file");
    let draft = load_flows(&file, &[dir.path().join("f.toml")]);
    assert_eq!(draft.problems.len(), 1, "the draft is read once: {:#?}", draft.problems);
}
