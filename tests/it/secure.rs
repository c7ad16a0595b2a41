//! TLS: SIP over it, and HTTPS; certificates that are renewed while calls go on.

use crate::support::tls::{self, Line};
use crate::support::{Bench, Plan, answer, hears};
use http_api::ReloadError;
use switchroom::phone::Order;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_while_a_call_goes_on_and_no_connection_is_lost() {
    let (bench, mut phones) = Bench::with_phones(&Plan { tls: true, ..Plan::default() }, &["anna"]).await;
    let (dir, address) = (bench.dir.path().to_owned(), bench.daemon.sip_tls.unwrap());
    let caller = bench.call_answered("8001").await;
    caller.order(Order::Tone(620)).await;
    answer(&mut phones[0]).await;
    // The second one keeps no session that it could resume without looking at a certificate.
    let (old, old_stranger) = (tls::believer(&dir), tls::believer(&dir));
    let mut line = Line::open(address, &old).await.unwrap();
    assert_eq!(line.register().await.code, 200);

    tls::renew(&dir);
    assert_eq!(bench.daemon.reload().await.unwrap().changed, ["tls"]);
    let new = tls::believer(&dir);
    assert!(Line::open(address, &old_stranger).await.is_err(), "new connections get the new certificate alone");
    let mut second = Line::open(address, &new).await.unwrap();
    let registered = second.register().await;
    assert_eq!(registered.code, 200);
    assert_eq!(registered.headers.contacts().unwrap().len(), 2, "the first one is still there");
    assert_eq!(line.register().await.code, 200, "its connection goes on");
    hears(&phones[0], 620).await;

    std::fs::write(dir.join(tls::CERTIFICATE), "no certificate").unwrap();
    let Err(ReloadError::Faulty(flaws)) = bench.daemon.reload().await else { panic!("a faulty one was taken") };
    assert_eq!(flaws.iter().map(|flaw| flaw.code.as_str()).collect::<Vec<_>>(), ["bad_certificate"]);
    assert!(Line::open(address, &new).await.is_ok(), "the one before it stays");
    hears(&phones[0], 620).await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_is_there_over_https_as_well() {
    let bench = Bench::start(&Plan { tls: true, ..Plan::default() }, &[]).await;
    let client = tls::believer(bench.dir.path());
    let mut stream = tls::connect(bench.daemon.https.unwrap(), &client).await.unwrap();
    stream.write_all(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    stream.flush().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    bench.stop().await;
}
