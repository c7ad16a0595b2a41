//! `switchroom trace`: the SIP messages of a contact, from a running server.

mod ladder;

use super::Failure;
use super::server::{Server, encoded};
use clap::Args;
use http_api::dto::SipTrace;
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
    #[command(flatten)]
    server: Server,
    /// Print the messages themselves.
    #[arg(long)]
    raw: bool,
}

impl Trace {
    fn fetch(&self) -> Result<SipTrace, Failure> {
        let text = self.server.sign_in()?.get(&format!("/contacts/{}/trace", encoded(&self.contact)))?;
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
