//! `switchroom trace`: the SIP messages of a contact, from a running server.

mod ladder;

use super::Failure;
use clap::Args;
use http_api::dto::SipTrace;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::process::ExitCode;

/// `switchroom trace`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  switchroom trace 1b4e28ba… --login boss          the password is in SWITCHROOM_PASSWORD
  switchroom trace 1b4e28ba… --raw | less

A line for each message: milliseconds since the first one, an arrow between the party and Switchroom, the method or the
status, +SDP with a session description, `again` for a message that was sent before. Passwords, keys and digits are masked.
The user must be a supervisor or an admin.")]
pub struct Trace {
    /// The contact.
    contact: String,
    /// Where the server's API is.
    #[arg(long, value_name = "URL", env = "SWITCHROOM_SERVER", default_value = "http://127.0.0.1:8080")]
    server: String,
    /// Sign in as this user.
    #[arg(long, required_unless_present = "token", requires = "password")]
    login: Option<String>,
    /// The user's password.
    #[arg(long, env = "SWITCHROOM_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// A session token of the API, instead of signing in.
    #[arg(long, env = "SWITCHROOM_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Print the messages themselves.
    #[arg(long)]
    raw: bool,
}

/// A question to the API.
fn ask(request: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<String, Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::Server(why.to_string());
    let mut response = request.map_err(|error| failed(&error))?;
    let is_done = response.status().is_success();
    let text = response.body_mut().read_to_string().map_err(|error| failed(&error))?;
    if is_done {
        return Ok(text);
    }
    let problem: Value = serde_json::from_str(&text).unwrap_or_default();
    let part = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    Err(Failure::Server(format!("{} [{}] {}", part("title"), part("code"), part("fix"))))
}

impl Trace {
    fn fetch(&self) -> Result<SipTrace, Failure> {
        // A refusal is read: it says what to do.
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let base = format!("{}/api/v1", self.server.trim_end_matches('/'));
        let token = match &self.token {
            Some(token) => token.clone(),
            None => {
                let body = json!({ "login": self.login, "password": self.password });
                let session = ask(agent.post(format!("{base}/sessions")).send_json(&body))?;
                let session: Value = serde_json::from_str(&session).unwrap_or_default();
                session["token"].as_str().unwrap_or_default().to_owned()
            }
        };
        let url = format!("{base}/contacts/{}/trace", self.contact);
        let text = ask(agent.get(url).header("Authorization", format!("Bearer {token}")).call())?;
        serde_json::from_str(&text).map_err(|error| Failure::Server(error.to_string()))
    }
}

fn raw(trace: &SipTrace, out: &mut impl Write) -> io::Result<()> {
    let first = trace.messages.first().map_or(0, |message| message.at);
    for message in &trace.messages {
        let (from, to) =
            if message.outgoing { (&message.local, &message.remote) } else { (&message.remote, &message.local) };
        writeln!(out, "--- {} ms  {from} -> {to} {}", message.at - first, message.transport)?;
        writeln!(out, "{}", message.text.replace("\r\n", "\n").trim_end())?;
    }
    Ok(())
}

/// Runs it.
///
/// # Errors
/// [`Failure::Server`] when the server does not answer or refuses, [`Failure::File`] when nothing can be printed.
pub fn run(args: &Trace) -> Result<ExitCode, Failure> {
    let trace = args.fetch()?;
    let mut out = io::stdout().lock();
    let mut print = || {
        if args.raw {
            raw(&trace, &mut out)?
        } else {
            write!(out, "{}", ladder::ladder(&trace.messages))?
        }
        if trace.left_out > 0 {
            writeln!(out, "{} later messages were not kept", trace.left_out)?;
        }
        out.flush()
    };
    match print() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::File { path: "standard output".into(), source: error })
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}
