//! An independent softphone: baresip registers with digest and calls, or is called over TLS with SRTP.

use crate::support::{Bench, Plan, answer, report};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use switchroom::phone::{Order, Report};

/// The tone that baresip says.
const HZ: u32 = 620;
/// What the caller says, and what a baresip that says what it hears says as well.
const CALLER_HZ: u32 = 1_040;

struct Baresip(Child);

impl Drop for Baresip {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn module_dir() -> String {
    let dirs = [
        "/usr/lib/baresip/modules",
        "/usr/lib/x86_64-linux-gnu/baresip/modules",
        "/usr/lib/aarch64-linux-gnu/baresip/modules",
    ];
    let found = dirs.iter().find(|dir| Path::new(dir).is_dir());
    (*found.expect("baresip is needed: apt-get install baresip-core")).to_owned()
}

/// A minute of the tone, as baresip's microphone.
fn write_tone(file: &Path) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut samples = vec![0; 60 * 8_000];
    media::tone::Sine::new(HZ, 8_000).fill(&mut samples);
    let mut writer = hound::WavWriter::create(file, spec).unwrap();
    samples.iter().for_each(|sample| writer.write_sample(*sample).unwrap());
    writer.finalize().unwrap();
}

/// Starts it. `sound` is its microphone and its ear, with whatever else its configuration needs.
fn start(dir: &Path, account: &str, sound: &str, arguments: &[&str]) -> Baresip {
    let config = format!(
        "poll_method epoll\nsip_listen 127.0.0.1:0\nnet_interface 127.0.0.1\n{sound}\
         audio_alert aufile,{0}/alert.wav\nausrc_srate 8000\nauplay_srate 8000\nmodule_path {1}\nmodule stdio.so\n\
         module g711.so\nmodule aufile.so\nmodule_tmp account.so\nmodule_app menu.so\n",
        dir.display(),
        module_dir()
    );
    write_tone(&dir.join("tone.wav"));
    std::fs::write(dir.join("config"), config).unwrap();
    std::fs::write(dir.join("accounts"), format!("{account}\n")).unwrap();
    std::fs::write(dir.join("contacts"), "").unwrap();
    let log = std::fs::File::create(dir.join("log")).unwrap();
    let child = Command::new("baresip")
        .arg("-f")
        .arg(dir)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .expect("baresip is needed: apt-get install baresip-core");
    Baresip(child)
}

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
