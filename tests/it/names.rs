//! Phones with names, found by the domain name system (RFC 3263).

use crate::support::dns::{self, Dns};
use crate::support::{Bench, Plan, answer, config_text, hears, report};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use switchroom::phone::{Order, Phone, Report};
use tokio::net::UdpSocket;

const AGENT_HZ: u32 = 1_040;
const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A daemon that asks this server, with one agent whose phone has a name.
async fn bench(plan: &Plan, dns: &Dns, uri: &str) -> Bench {
    let text = config_text(plan, &[("anna".to_owned(), uri.to_owned())]);
    Bench::start_of(&text.replace("[sip]\n", &format!("[sip]\ndns = \"{}\"\n", dns.address))).await
}

/// A call to the queue is answered on the agent's phone.
async fn is_answered(bench: &Bench, caller: &mut Phone, anna: &mut Phone) {
    let (uri, from) = (bench.number("8001"), "+493023125042".to_owned());
    caller.order(Order::Call { uri, from, name: "Marta".to_owned() }).await;
    report(caller, |report| *report == Report::Talking).await;
    anna.order(Order::Tone(AGENT_HZ)).await;
    answer(anna).await;
    hears(caller, AGENT_HZ).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_is_found_by_its_service_its_target_and_its_address() {
    let (mut caller, mut anna) = (crate::support::phone().await, crate::support::phone().await);
    let dns = Dns::serve(vec![
        dns::naptr("phones.example", "_sip._udp.phones.example"),
        dns::srv("_sip._udp.phones.example", 1, anna.address.port(), "desk.phones.example"),
        dns::address("desk.phones.example", LOCALHOST),
    ])
    .await;
    let bench = bench(&Plan::default(), &dns, "sip:anna@phones.example").await;
    is_answered(&bench, &mut caller, &mut anna).await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_first_target_says_nothing_the_second_is_called() {
    let (mut caller, mut anna) = (crate::support::phone().await, crate::support::phone().await);
    // Somebody is there and never says a word.
    let dead = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let dns = Dns::serve(vec![
        dns::srv("_sip._udp.phones.example", 1, dead.local_addr().unwrap().port(), "dead.phones.example"),
        dns::srv("_sip._udp.phones.example", 2, anna.address.port(), "desk.phones.example"),
        dns::address("dead.phones.example", LOCALHOST),
        dns::address("desk.phones.example", LOCALHOST),
    ])
    .await;
    let bench = bench(&Plan::default(), &dns, "sip:anna@phones.example").await;
    is_answered(&bench, &mut caller, &mut anna).await;
    let mut first = [0; 6];
    let (length, _) = dead.recv_from(&mut first).await.unwrap();
    assert_eq!(&first[..length], b"INVITE", "the first one was tried before");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_is_found_at_an_ipv6_address() {
    let (at, local) = ("[::1]:0".parse().unwrap(), IpAddr::V6(Ipv6Addr::LOCALHOST));
    let (mut caller, mut anna) = (Phone::start(at).await.unwrap(), Phone::start(at).await.unwrap());
    let dns = Dns::serve(vec![dns::address("desk.example", local)]).await;
    let uri = format!("sip:anna@desk.example:{}", anna.address.port());
    let bench = bench(&Plan { ip: local, ..Plan::default() }, &dns, &uri).await;
    is_answered(&bench, &mut caller, &mut anna).await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_whose_name_nobody_knows_is_unreachable() {
    let dns = Dns::serve(Vec::new()).await;
    let bench = bench(&Plan { tireless: true, ..Plan::default() }, &dns, "sip:anna@nobody.example").await;
    let caller = bench.call_answered("8001").await;
    let story = bench.story(|story| story.events.iter().any(|event| event.kind == "offer_ended")).await;
    let ended = story.events.iter().find(|event| event.kind == "offer_ended").unwrap();
    assert!(ended.fields_json.contains("\"result\":\"unreachable\""), "{ended:?}");
    caller.order(Order::HangUp).await;
    bench.stop().await;
}
