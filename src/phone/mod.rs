//! A small SIP phone over real UDP sockets: the caller and the agent of `demo call`, of the tests and of the load
//! scenarios. It says a tone and remembers what it hears.

mod audio;
mod register;
mod run;

pub use audio::{Ear, Heard};

use domain::Cause;
use std::net::SocketAddr;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// What a phone is told to do.
#[derive(Clone, Debug)]
pub enum Order {
    /// Register at a server with a password.
    Register {
        /// The server.
        server: SocketAddr,
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// Call an address, showing a number and a name. With a call already, this is a second one, and what follows
    /// concerns it until it is over.
    Call {
        /// Such as `sip:8000@127.0.0.1:5060`.
        uri: String,
        /// The number shown.
        from: String,
        /// The name shown.
        name: String,
    },
    /// Take the call with this dialog over (RFC 3891): an INVITE to an address, as what `Report::Dialog` told of the other
    /// phone.
    TakeOver {
        /// Such as `sip:8000@127.0.0.1:5060`.
        uri: String,
        /// The number shown.
        from: String,
        /// The value of Replaces.
        dialog: String,
    },
    /// Send the other side of the call on to an address (REFER).
    Transfer(String),
    /// Connect the other sides of the two calls (REFER with Replaces): in the first call, or in the second.
    Connect {
        /// REFER in the second call, which names the first.
        in_second: bool,
    },
    /// Report the dialog of the call.
    TellDialog,
    /// Answer the call that rings.
    Answer,
    /// Refuse the call that rings.
    Refuse(Cause),
    /// Hang up, or give up calling.
    HangUp,
    /// Say this tone from now on; 0: silence.
    Tone(u32),
    /// Key digits (RFC 4733).
    Digits(String),
    /// Put the other side on hold by re-INVITE, or take it back.
    Hold(bool),
}

/// What a phone reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// The server's last word on the registration.
    Registered(u16),
    /// A call rings here.
    Rings {
        /// The number shown.
        from: String,
        /// The name shown.
        name: String,
        /// When it began, on the phone's own clock.
        at: std::time::Instant,
    },
    /// Our call rings there.
    RingsThere,
    /// The call is joined.
    Talking,
    /// The other side changed the session: true if it put us on hold.
    Held(bool),
    /// Our own change of the session was taken.
    HoldTaken,
    /// The other side's word on a transfer: a status.
    Transferred(u16),
    /// The dialog of the call, as who has its other side names it in Replaces.
    Dialog(String),
    /// The call is over.
    Over(Cause),
}

/// A running phone. It hangs up and ends when dropped.
pub struct Phone {
    /// Where it listens for SIP.
    pub address: SocketAddr,
    orders: mpsc::Sender<Order>,
    reports: mpsc::Receiver<Report>,
    ear: Ear,
    task: JoinHandle<()>,
}

impl Phone {
    /// Starts a phone at this address (port 0: any free).
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start(address: SocketAddr) -> std::io::Result<Self> {
        let (order_tx, order_rx) = mpsc::channel(16);
        let (report_tx, report_rx) = mpsc::channel(256);
        let ear = Ear::default();
        let running = run::Running::bind(address, report_tx, ear.clone()).await?;
        let address = running.address();
        let task = tokio::spawn(running.run(order_rx));
        Ok(Self { address, orders: order_tx, reports: report_rx, ear, task })
    }

    /// Gives an order.
    pub async fn order(&self, order: Order) {
        // A phone that has ended takes no orders.
        let _ = self.orders.send(order).await;
    }

    /// The next report; `None` when the phone has ended.
    pub async fn report(&mut self) -> Option<Report> {
        self.reports.recv().await
    }

    /// Waits for a report that fits; the others are dropped.
    pub async fn wait_for(&mut self, fits: impl Fn(&Report) -> bool) -> Option<Report> {
        loop {
            let report = self.report().await?;
            if fits(&report) {
                return Some(report);
            }
        }
    }

    /// What it hears.
    #[must_use]
    pub fn ear(&self) -> &Ear {
        &self.ear
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.task.abort();
    }
}
