//! SIPp with its scenarios, and as a caller who does what a test says.

use super::ear::Ear;
use super::ports::free_port;
use super::until;
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

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
    let (stderr, errors) = (String::from_utf8_lossy(&output.stderr), noted_errors(dir));
    assert!(output.status.success(), "{who}: {}\n{stderr}\n{errors}", output.status);
}

/// What SIPp noted of its errors.
fn noted_errors(dir: &Path) -> String {
    std::fs::read_dir(dir)
        .unwrap()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().contains("errors"))
        .map(|entry| std::fs::read_to_string(entry.path()).unwrap_or_default())
        .collect()
}

/// Waits until the scenario was gone through.
pub async fn wait(who: &str, child: Child, dir: &Path) {
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    must_succeed(who, &output, dir);
}

/// A caller by SIPp, whose sound is an ear of ours. The process is killed when dropped: then it says nothing more, and no BYE.
pub struct Caller {
    /// What the caller hears, and says.
    pub ear: Ear,
    sipp: Child,
    dir: TempDir,
    /// Where SIPp listens.
    address: SocketAddr,
    orders: usize,
    keyed: usize,
}

impl Drop for Caller {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.sipp.kill();
        let _ = self.sipp.wait();
    }
}

impl Caller {
    /// Calls a number of the server, showing another.
    pub async fn dial(server: SocketAddr, dialled: &str, number: &str) -> Self {
        let (ear, dir) = (Ear::open().await, tempfile::tempdir().unwrap());
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let sipp = sipp("caller_on_order.xml", dir.path())
            .args(["-p", &address.port().to_string(), "-cid_str", &call_id(address), "-s", dialled])
            .args(["-key", "number", number, "-key", "ear", &ear.port.to_string()])
            .args(["-trace_logs", "-log_file", "log", "-m", "1"])
            .arg(server.to_string())
            .stdout(Stdio::null())
            .spawn()
            .expect("SIPp is needed: apt-get install sip-tester");
        Self { ear, sipp, dir, address, orders: 0, keyed: 0 }
    }

    /// Calls a number and waits for the answer.
    pub async fn call(server: SocketAddr, dialled: &str, number: &str) -> Self {
        let mut caller = Self::dial(server, dialled, number).await;
        caller.noted("answered", 1).await;
        caller
    }

    /// Waits until SIPp has noted this so often.
    async fn noted(&mut self, what: &str, times: usize) {
        let log = self.dir.path().join("log");
        until(&format!("{what} of SIPp"), async || {
            let lines = std::fs::read_to_string(&log).unwrap_or_default();
            if let Some(status) = self.sipp.try_wait().unwrap() {
                panic!("SIPp ended with {status} before it was {what}:\n{}", noted_errors(self.dir.path()));
            }
            (lines.lines().filter(|line| line.starts_with(what)).count() >= times).then_some(())
        })
        .await;
    }

    fn order(&mut self, method: &str, body: &str) {
        self.orders += 1;
        let (orders, call_id) = (self.orders, call_id(self.address));
        let text = format!(
            "{method} sip:caller@{} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-{orders}\r\n\
             From: <sip:test@127.0.0.1>;tag=test\r\nTo: <sip:caller@127.0.0.1>\r\nCall-ID: {call_id}\r\n\
             CSeq: {orders} {method}\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        UdpSocket::bind("127.0.0.1:0").unwrap().send_to(text.as_bytes(), self.address).unwrap();
    }

    /// Keys a digit by INFO, and waits until it was taken.
    pub async fn key(&mut self, digit: char) {
        self.order("MESSAGE", &digit.to_string());
        self.keyed += 1;
        self.noted("keyed", self.keyed).await;
    }

    /// Hangs up.
    pub async fn hang_up(mut self) {
        self.order("SUBSCRIBE", "");
        self.over().await;
    }

    /// Waits until the call was ended as the scenario has it, by whomever.
    pub async fn over(mut self) {
        let is_through = self.ended().await;
        assert!(is_through, "SIPp: {}", noted_errors(self.dir.path()));
    }

    /// Waits until SIPp ends; false: the call did not go as the scenario has it.
    pub async fn ended(&mut self) -> bool {
        until("the end of SIPp", async || self.sipp.try_wait().unwrap()).await.success()
    }
}

fn call_id(address: SocketAddr) -> String {
    format!("caller-{}", address.port())
}

/// Callers by one SIPp, who wait and neither hear nor say anything. They vanish when dropped.
pub struct Filler {
    sipp: Child,
    _dir: TempDir,
    /// The port that their sound is sent to.
    _deaf: UdpSocket,
}

impl Drop for Filler {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.sipp.kill();
        let _ = self.sipp.wait();
    }
}

impl Filler {
    /// So many callers of a number.
    pub fn call(server: SocketAddr, dialled: &str, count: usize) -> Self {
        let (dir, deaf) = (tempfile::tempdir().unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
        let (port, count) = (deaf.local_addr().unwrap().port().to_string(), count.to_string());
        let sipp = sipp("caller_on_order.xml", dir.path())
            .args(["-s", dialled, "-key", "number", "+493010", "-key", "ear", &port])
            .args(["-m", &count, "-l", &count, "-r", "20", &server.to_string()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { sipp, _dir: dir, _deaf: deaf }
    }
}
