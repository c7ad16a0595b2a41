//! baresip, an independent softphone.

use super::ports::free_port;
use super::words::{Hears, through_pcmu};
use super::{PATIENCE, until};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The tone that baresip says.
pub const HZ: u32 = 620;

/// baresip, running. It ends when dropped.
pub struct Baresip(Child);

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
pub fn start(dir: &Path, account: &str, sound: &str, arguments: &[&str]) -> Baresip {
    start_at(dir, 0, account, sound, arguments)
}

/// The same, listening for SIP at this port (0: any free).
fn start_at(dir: &Path, port: u16, account: &str, sound: &str, arguments: &[&str]) -> Baresip {
    let config = format!(
        "poll_method epoll\nsip_listen 127.0.0.1:{port}\nnet_interface 127.0.0.1\n{sound}\
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

/// Header of the WAV files in which baresip keeps what it hears.
const WAV_HEADER: usize = 44;

/// A baresip that does what a test says (by ctrl_tcp), says its tone, and keeps every sample that it hears (by sndfile).
/// The process is killed when dropped: then it says nothing more, and no BYE.
pub struct Softphone {
    control: TcpStream,
    /// Bytes of what is not told to its end yet.
    told: Vec<u8>,
    /// Events that nobody waited for yet.
    events: Vec<Value>,
    dir: TempDir,
    _baresip: Baresip,
}

impl Hears for Softphone {
    fn heard_from(&self, from: usize) -> Vec<(Instant, i16)> {
        let now = Instant::now();
        self.heard().into_iter().skip(from).map(|sample| (now, sample)).collect()
    }
}

impl Softphone {
    /// With this account, which is not registered anywhere, listening for SIP at this port of UDP (0: any free).
    pub async fn start(account: &str, port: u16) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let control = SocketAddr::from(([127, 0, 0, 1], free_port()));
        // Without a jitter buffer whatever comes is kept in the order in which it came.
        let sound = format!(
            "audio_source aufile,{0}/tone.wav\nsnd_path {0}\njitter_buffer_type off\nctrl_tcp_listen {control}\n\
             module sndfile.so\nmodule_app ctrl_tcp.so\n",
            dir.path().display()
        );
        let account = format!("{account};regint=0;audio_codecs=PCMU");
        let mut baresip = start_at(dir.path(), port, &account, &sound, &[]);
        let control = until("baresip", async || {
            let ended = baresip.0.try_wait().unwrap();
            assert!(ended.is_none(), "baresip ended: {}", std::fs::read_to_string(dir.path().join("log")).unwrap());
            TcpStream::connect(control).await.ok()
        })
        .await;
        Self { control, told: Vec::new(), events: Vec::new(), dir, _baresip: baresip }
    }

    /// Somebody with this number, who calls a number of the server and is answered.
    pub async fn call(server: SocketAddr, dialled: &str, number: &str) -> Self {
        let mut caller = Self::start(&format!("<sip:{number}@127.0.0.1>"), 0).await;
        caller.order("dial", &format!("sip:{dialled}@{server}")).await;
        caller.told_of("CALL_ESTABLISHED").await;
        caller
    }

    async fn order(&mut self, command: &str, parameters: &str) {
        let order = json!({ "command": command, "params": parameters }).to_string();
        self.control.write_all(format!("{}:{order},", order.len()).as_bytes()).await.unwrap();
        let answer = self.told(|told| told["response"] == true).await;
        assert_eq!(answer["ok"], true, "{command} {parameters}: {answer}");
    }

    /// Keys a digit (RFC 4733).
    pub async fn key(&mut self, digit: char) {
        self.order("sndcode", &digit.to_string()).await;
    }

    /// Hangs up.
    pub async fn hang_up(&mut self) {
        self.order("hangup", "").await;
    }

    /// Waits until baresip tells of this event, or has told of it.
    pub async fn told_of(&mut self, event: &str) {
        let is_it = |told: &Value| told["type"] == event;
        match self.events.iter().position(is_it) {
            Some(known) => drop(self.events.drain(..=known)),
            None => drop(self.told(is_it).await),
        }
    }

    /// Reads on until what baresip tells fits.
    async fn told(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        let search = async {
            loop {
                let Some(told) = self.next_told() else {
                    let length = self.control.read_buf(&mut self.told).await.unwrap();
                    assert!(length > 0, "baresip ended:\n{}", self.log());
                    continue;
                };
                if fits(&told) {
                    return told;
                }
                self.events.push(told);
            }
        };
        match tokio::time::timeout(PATIENCE, search).await {
            Ok(told) => told,
            Err(_) => panic!("baresip tells nothing of the kind:\n{}", self.log()),
        }
    }

    /// What baresip told next: a netstring of JSON.
    fn next_told(&mut self) -> Option<Value> {
        let colon = self.told.iter().position(|byte| *byte == b':')?;
        let length: usize = std::str::from_utf8(&self.told[..colon]).unwrap().parse().unwrap();
        let text = self.told.get(colon + 1..colon + 1 + length)?;
        let told = serde_json::from_slice(text).unwrap();
        // The comma may still be on its way.
        (self.told.len() > colon + 1 + length).then(|| self.told.drain(..colon + 2 + length))?;
        Some(told)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// Where baresip keeps what it hears; `None`: nothing yet.
    fn kept(&self) -> Option<PathBuf> {
        let files = std::fs::read_dir(self.dir.path()).unwrap().flatten().map(|entry| entry.path());
        files.into_iter().find(|file| file.to_string_lossy().ends_with("-dec.wav"))
    }

    /// What it heard in its one call. Its table says 2 for the silence of PCMU, for which ours says 0.
    fn heard(&self) -> Vec<i16> {
        let bytes = self.kept().and_then(|file| std::fs::read(file).ok()).unwrap_or_default();
        let samples = bytes.get(WAV_HEADER..).unwrap_or_default().chunks_exact(2);
        through_pcmu(&samples.map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect::<Vec<_>>())
    }
}
