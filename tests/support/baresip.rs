//! baresip, an independent softphone.

use std::path::Path;
use std::process::{Child, Command, Stdio};

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
