//! SIPp with its scenarios.

use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// A port of UDP that nobody has.
pub fn free_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// SIPp with a scenario of `tests/e2e/sipp`, to be run in a directory of its own.
pub fn sipp(scenario: &str, dir: &Path) -> Command {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/sipp").join(scenario);
    let mut command = Command::new("sipp");
    command.arg("-sf").arg(file).args(["-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", "-trace_err"]);
    command.current_dir(dir).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Panics with what SIPp noted if the scenario was not gone through.
pub fn must_succeed(who: &str, output: &Output, dir: &Path) {
    if !output.status.success() {
        let errors: String = std::fs::read_dir(dir)
            .unwrap()
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().contains("errors"))
            .map(|entry| std::fs::read_to_string(entry.path()).unwrap_or_default())
            .collect();
        panic!("{who}: {}\n{}\n{errors}", output.status, String::from_utf8_lossy(&output.stderr));
    }
}

/// Waits until the scenario was gone through.
pub async fn wait(who: &str, child: Child, dir: &Path) {
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    must_succeed(who, &output, dir);
}
