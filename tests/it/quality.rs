//! How the legs of a call sounded: on the floor while it lasts, on the contact afterwards.

use crate::support::relay::{RTP_LOST, RtpRelay};
use crate::support::{Bench, Plan, Rest, answer, hears, phone, report, until};
use domain::LegRole;
use serde_json::json;
use switchroom::phone::{Order, Report};

const AGENT_HZ: u32 = 1_040;

#[tokio::test(flavor = "multi_thread")]
async fn a_leg_that_loses_packets_is_seen_on_the_floor_and_stays_on_the_contact() {
    let (bench, mut phones) = Bench::with_phones(&Plan { wrap_up_s: 1, ..Plan::default() }, &["anna"]).await;
    let mut caller = phone().await;
    let relay = RtpRelay::carry(caller.address, bench.daemon.sip).await;
    let (uri, from) = (format!("sip:8001@{}", relay.inside), "+493023125042".to_owned());
    caller.order(Order::Call { uri, from, name: String::new() }).await;
    report(&mut caller, |report| *report == Report::Talking).await;
    phones[0].order(Order::Tone(AGENT_HZ)).await;
    answer(&mut phones[0]).await;
    hears(&caller, AGENT_HZ).await;

    let rest = Rest::sign_in(&format!("http://{}", bench.daemon.http), "admin", "admin-secret").await;
    let lost = 1_000 / RTP_LOST;
    let live = until("the caller's leg is bad on the floor", async || {
        let floor = rest.get("/floor").await;
        let legs = floor["agents"][0]["legs"].as_array()?.clone();
        let customer = legs.iter().find(|leg| leg["role"] == "customer")?;
        (customer["mos_hundredths"].as_u64()? < 350).then_some(legs)
    })
    .await;
    let of = |role: &str| live.iter().find(|leg| leg["role"] == role).unwrap();
    assert!(of("customer")["lost_permille"].as_u64().unwrap() > lost / 2, "{live:?}");
    assert_eq!((&of("agent")["agent"], &of("agent")["codec"]), (&json!("anna"), &json!("PCMU")));

    caller.order(Order::HangUp).await;
    let story = bench.story(|story| story.legs.len() == 2 && story.row.closed.is_some()).await;
    let of = |role| story.legs.iter().find(|leg| leg.role == role).unwrap();
    let (customer, agent) = (of(LegRole::Customer), of(LegRole::Agent));
    assert_eq!((customer.agent, agent.agent), (None, Some("anna".parse().unwrap())));
    // Every fifth, but for the last ones: that they are missing nobody can know.
    let off = u64::from(customer.lost_permille()).abs_diff(lost);
    assert!(off < 20, "{customer:?}");
    assert!(customer.mos_hundredths.unwrap() < agent.mos_hundredths.unwrap(), "{:?}", story.legs);
    assert!(customer.jitter_max_us >= customer.jitter_mean_us, "{customer:?}");

    let shown = rest.get(&format!("/contacts/{}", story.row.id)).await;
    let legs = shown["legs"].as_array().unwrap();
    let leg = legs.iter().find(|leg| leg["role"] == "customer").unwrap();
    assert_eq!((&leg["lost"], &leg["mos_hundredths"]), (&json!(customer.lost), &json!(customer.mos_hundredths)));
    assert!(shown["events"].as_array().unwrap().iter().any(|event| event["kind"] == "leg_quality"));
    let metrics = rest.root("/metrics").await;
    assert!(metrics.lines().any(|line| line == "switchroom_leg_mos_count 2"), "{metrics}");
    bench.stop().await;
}
