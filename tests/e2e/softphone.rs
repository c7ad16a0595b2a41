//! An independent softphone: baresip registers with digest and calls, or is called over TLS with SRTP.

use crate::support::baresip::{HZ, start};
use crate::support::{Bench, Plan, answer, report};
use switchroom::phone::{Order, Report};

/// What the caller says, and what a baresip that says what it hears says as well.
const CALLER_HZ: u32 = 1_040;

#[tokio::test(flavor = "multi_thread")]
async fn baresip_registers_calls_and_is_heard() {
    // This softphone gives up at a SHA-256 challenge, so the realm offers MD5 alone.
    let plan = Plan { md5_only: true, ..Plan::default() };
    let (bench, mut phones) = Bench::with_phones(&plan, &["anna"]).await;
    let dir = tempfile::tempdir().unwrap();
    let sip = bench.daemon.sip;
    let account = format!("<sip:6001@{sip}>;auth_user=6001;auth_pass=softphone-secret;audio_codecs=PCMU;regint=60");
    let sound = format!("audio_source aufile,{0}/tone.wav\naudio_player aufile,{0}/heard.wav\n", dir.path().display());
    let _baresip = start(dir.path(), &account, &sound, &["-e", &format!("/dial sip:8001@{sip}")]);
    let answered = async {
        answer(&mut phones[0]).await;
        crate::support::hears(&phones[0], HZ).await;
    };
    let log = || std::fs::read_to_string(dir.path().join("log")).unwrap_or_default();
    tokio::time::timeout(crate::support::PATIENCE, answered).await.unwrap_or_else(|_| panic!("{}", log()));
    assert!(log().contains("200 OK"), "baresip registered: {}", log());
    phones[0].order(Order::HangUp).await;
    report(&mut phones[0], |report| matches!(report, Report::Over(_))).await;
    bench.quiet_but_wrap_up().await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn baresip_over_tls_is_called_with_srtp_alone_and_says_back_what_it_hears() {
    let plan = Plan { md5_only: true, tls: true, ..Plan::default() };
    let bench = Bench::start(&plan, &[("anna".to_owned(), "desk".to_owned())]).await;
    let dir = tempfile::tempdir().unwrap();
    let sip = bench.daemon.sip_tls.unwrap();
    let account = format!(
        "<sip:anna@{sip};transport=tls>;auth_user=anna;auth_pass=phone-secret;audio_codecs=PCMU;mediaenc=srtp-mand;\
         regint=60;answermode=auto"
    );
    let certificate = bench.dir.path().join(crate::support::tls::CERTIFICATE);
    let sound = format!(
        "audio_source aubridge,echo\naudio_player aubridge,echo\nsip_cafile {}\nmodule srtp.so\nmodule aubridge.so\n",
        certificate.display()
    );
    let _baresip = start(dir.path(), &account, &sound, &["-s"]);
    let mut caller = bench.call_answered("8001").await;
    caller.order(Order::Tone(CALLER_HZ)).await;
    let log = || std::fs::read_to_string(dir.path().join("log")).unwrap_or_default();
    // The caller hears the own tone only if it was sealed, opened, said back, sealed and opened again.
    let heard = crate::support::hears(&caller, CALLER_HZ);
    tokio::time::timeout(crate::support::PATIENCE, heard).await.unwrap_or_else(|_| panic!("{}", log()));
    let log = log();
    let invite = log.split("INVITE sip:").nth(1).unwrap_or_else(|| panic!("no INVITE: {log}"));
    assert!(invite.contains("Via: SIP/2.0/TLS") && invite.contains("transport=tls"), "{invite}");
    assert!(invite.contains(" RTP/SAVP ") && invite.contains("a=crypto:1 AES_CM_128_HMAC_SHA1_80"), "{invite}");
    caller.order(Order::HangUp).await;
    report(&mut caller, |report| matches!(report, Report::Over(_))).await;
    bench.quiet_but_wrap_up().await;
    bench.stop().await;
}
