//! What the check says of nodes that ask over HTTP, of the places that they may ask, and of their secrets.

use super::*;
use domain::{HttpField, HttpMethod, HttpPlace};
use ivr::{Body, Http, Node, Piece};
use secrecy::ExposeSecret;

/// A flow that asks; each text in `changes` is replaced.
fn asking(changes: &[(&str, &str)]) -> String {
    let text = r#"[flow.f]
start = "number"
[flow.f.node.number]
type = "collect"
prompts = ["enter-number"]
variable = "order"
exhausted = "bye"
next = "ask"
[flow.f.node.ask]
type = "http"
url = "https://orders.example.com/v1/orders/$order?from=${number}"
method = "POST"
headers = { Authorization = { secret = "orders_token", before = "Bearer " }, X-Shop = "main" }
body = { order = "$order", lines = [1, true, "x"], more = { vip = false } }
timeout_ms = 2500
retries = 2
max_kb = 16
take = { status = "/order/status", sum = "" }
prompts = ["one-moment"]
next = "known"
failed = "bye"
not_found = "number"
timeout = "bye"
[flow.f.node.known]
type = "branch"
cases = [{ when = "vars.status == 'sent' && vars.sum != ''", next = "say" }]
else = "bye"
[flow.f.node.say]
type = "play"
prompts = [{ money = "$sum", currency = "EUR" }]
next = "bye"
[flow.f.node.bye]
type = "hangup"
prompts = ["goodbye"]
[[entry]]
dnis = "8"
flow = "f"
[[secret]]
id = "orders_token"
env = "SECRET"
[http_step]
allow_private = ["127.0.0.1:8080", "10.0.0.0/8", "crm.internal"]
max_concurrent = 8
"#;
    changes.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

fn node(config: &Config) -> &Http {
    let flow = &config.flows()[&"f".parse().unwrap()];
    let Some(Node::Http(http)) = flow.node("ask".parse().unwrap()) else { panic!("no http node") };
    http
}

fn good(changes: &[(&str, &str)]) -> Config {
    check(&asking(changes)).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// `line:column code` of each error and warning.
fn found(changes: &[(&str, &str)]) -> Vec<String> {
    check(&asking(changes)).map_or_else(|problems| told(&problems), |config| told(config.warnings()))
}

#[test]
fn everything_that_can_be_written_of_a_request_is_read() {
    let config = good(&[]);
    assert_eq!(told(config.warnings()), [] as [String; 0]);
    let http = node(&config);
    assert_eq!((http.method, http.origin.url().as_str()), (HttpMethod::Post, "https://orders.example.com"));
    let text = |text: &str| Piece::Text(text.to_owned());
    let (path, query) = (Piece::InPath("order".to_owned()), Piece::InQuery("number".to_owned()));
    assert_eq!(http.target, [text("/v1/orders/"), path, text("?from="), query]);
    let secret = HttpField::Secret { before: "Bearer ".to_owned(), secret: "orders_token".parse().unwrap() };
    let shop = ("X-Shop".to_owned(), HttpField::Text("main".to_owned()));
    assert_eq!(http.headers, [("Authorization".to_owned(), secret), shop]);
    let lines = Body::List(vec![Body::Int(1), Body::Flag(true), Body::Text("x".to_owned())]);
    let members = [
        ("order", Body::Variable("order".to_owned())),
        ("lines", lines),
        ("more", Body::Table(vec![("vip".to_owned(), Body::Flag(false))])),
    ];
    assert_eq!(http.body, Some(Body::Table(members.map(|(name, of)| (name.to_owned(), of)).to_vec())));
    assert_eq!((http.timeout.as_millis(), http.retries, http.max_bytes), (2_500, 2, 16_384));
    assert_eq!(http.take.len(), 2);
    let settings = config.http_step();
    assert_eq!((settings.allow_private.len(), settings.max_concurrent), (3, 8));
    assert_eq!(settings.allow_private[2], HttpPlace::Host { name: "crm.internal".to_owned(), port: None });
    assert_eq!(settings.secrets[0].1.expose_secret(), "s3cret");
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn what_need_not_be_written_has_a_value_that_is_careful() {
    let config = good(&[
        ("method = \"POST\"\n", ""),
        ("body = { order = \"$order\", lines = [1, true, \"x\"], more = { vip = false } }\n", ""),
        ("retries = 2\nmax_kb = 16\n", ""),
        ("not_found = \"number\"\ntimeout = \"bye\"\n", ""),
        (
            "[http_step]\nallow_private = [\"127.0.0.1:8080\", \"10.0.0.0/8\", \"crm.internal\"]\nmax_concurrent = 8\n",
            "",
        ),
    ]);
    let http = node(&config);
    assert_eq!((http.method, &http.body), (HttpMethod::Get, &None));
    assert_eq!((http.retries, http.max_bytes, http.not_found, http.late), (0, 65_536, None, None));
    let settings = config.http_step();
    assert_eq!((settings.allow_private.len(), settings.max_concurrent), (0, 64));
}

#[test]
fn mistakes_are_told_where_they_stand() {
    let url = "https://orders.example.com/v1/orders/$order?from=${number}";
    let cases: &[(&str, &str, &[&str])] = &[
        ("timeout_ms = 2500\n", "", &["9:1 no_timeout"]),
        ("timeout_ms = 2500", "timeout_ms = 60000", &["15:14 out_of_range"]),
        ("retries = 2", "retries = 4", &["16:11 out_of_range"]),
        ("failed = \"bye\"\n", "", &["9:1 no_fallback"]),
        ("next = \"known\"\n", "", &["9:1 no_exit", "23:14 unreachable_node", "27:14 unreachable_node"]),
        ("not_found = \"number\"", "not_found = \"nmber\"", &["22:13 unknown_node"]),
        (url, "ftp://orders.example.com/", &["11:8 bad_url"]),
        (url, "https://$order.example.com/", &["11:16 bad_url"]),
        (url, "https://orders.example.com/a b", &["11:36 bad_url"]),
        (url, "https://orders.example.com/$ordr", &["11:35 unknown_variable"]),
        (url, "https://me:pw@orders.example.com/", &["11:16 bare_secret"]),
        (url, "https://orders.example.com/?x=1&token=abc", &["11:40 bare_secret"]),
        ("{ secret = \"orders_token\", before = \"Bearer \" }", "\"Bearer abc\"", &["13:29 bare_secret"]),
        ("secret = \"orders_token\"", "secret = \"order_token\"", &["13:40 unknown_secret"]),
        ("X-Shop = \"main\"", "X-Shop = \"$order\"", &["13:87 bad_choice"]),
        ("X-Shop", "Host", &["13:78 bad_choice"]),
        ("X-Shop", "\"X Shop\"", &["13:78 bad_id"]),
        ("method = \"POST\"", "method = \"GET\"", &["14:8 bad_choice"]),
        ("method = \"POST\"", "method = \"PUT\"", &["12:10 bad_choice"]),
        ("order = \"$order\"", "order = \"$ordr\"", &["14:18 unknown_variable"]),
        ("[1, true", "[1.5, true", &["14:37 wrong_type"]),
        ("/order/status", "order.status", &["18:19 bad_choice"]),
        ("status = \"/", "Status = \"/", &["18:10 bad_id", "26:20 bad_expression"]),
        ("env = \"SECRET\"", "env = \"OTHER\"", &["41:7 missing_secret"]),
        ("env = \"SECRET\"\n", "", &["39:1 missing_secret"]),
        ("10.0.0.0/8", "10.0.0.0/99", &["43:36 bad_network"]),
    ];
    let other = |(right, wrong, problems): &(&str, &str, &[&str])| {
        let found = found(&[(right, wrong)]);
        (found != *problems).then(|| format!("{right} -> {wrong}: {found:?}, not {problems:?}"))
    };
    assert_eq!(cases.iter().filter_map(other).collect::<Vec<_>>(), [] as [String; 0]);
}

#[test]
fn a_request_without_tls_is_warned_of_outside_of_the_places_that_are_allowed() {
    let plain = |host: &str| found(&[("https://orders.example.com", &format!("http://{host}"))]);
    assert_eq!(plain("orders.example.com"), ["11:7 plain_http"]);
    assert_eq!(plain("127.0.0.1"), ["11:7 plain_http"], "another port");
    for allowed in ["127.0.0.1:8080", "10.1.2.3", "crm.internal", "CRM.internal:81"] {
        assert_eq!(plain(allowed), [] as [String; 0], "{allowed}");
    }
}

#[test]
fn other_places_and_other_secrets_come_into_force_without_a_restart() {
    let before = good(&[]);
    let changes = before.changes(&good(&[("max_concurrent = 8", "max_concurrent = 9")]));
    assert_eq!((changes.live, changes.restart), (vec!["http_step".to_owned()], vec![]));
    let ca = rcgen::generate_simple_self_signed(vec!["crm.internal".to_owned()]).unwrap().cert.pem();
    let files = [("token", "another"), ("ca.pem", ca.leak() as &str), ("bad.pem", "none")].into();
    let world = World { files, ..World::default() };
    let other = check_in(&world, &asking(&[("env = \"SECRET\"", "file = \"token\"")])).unwrap();
    assert_eq!(before.changes(&other).live, ["secret orders_token"]);
    assert!(before.http_step().roots().is_none());
    let believes = |file: &str| check_in(&world, &asking(&[("max_concurrent = 8", &format!("ca = \"{file}\""))]));
    let other = believes("ca.pem").unwrap();
    assert_eq!(
        (other.http_step().roots().unwrap().len(), before.changes(&other).live),
        (1, vec!["http_step".to_owned()])
    );
    assert_eq!(told(&believes("bad.pem").unwrap_err()), ["43:6 bad_certificate"]);
}
