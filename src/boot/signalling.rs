//! The thread of signalling: SIP datagrams are read and the control loop runs on one thread that does nothing else, so
//! that a message wakes no second thread on its way, and no page that somebody loads delays it.

use crate::control::{Control, Inbox};
use std::io;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tracing::error;

/// The running control loop. Dropped, it ends soon, and calls with it.
pub(super) struct Signalling {
    thread: JoinHandle<()>,
    stop: oneshot::Sender<Duration>,
}

impl Signalling {
    /// Starts the thread. What it has others do is done on the present runtime.
    ///
    /// # Errors
    /// Those of the system: no thread is to be had.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(control: Control, inbox: Inbox) -> io::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let runtime = Handle::current();
        let run = move || {
            let _inside = runtime.enter();
            if let Err(why) = control.run(inbox, stopped) {
                error!(%why, "the control loop cannot wait for messages and ends");
            }
        };
        Ok(Self { thread: Builder::new().name("control".to_owned()).spawn(run)?, stop })
    }

    /// Tells the loop to end when its calls have, or after this time; and waits for it. False: it failed.
    pub async fn stop(self, patience: Duration) -> bool {
        // It ends by itself only when the process does.
        let _ = self.stop.send(patience);
        tokio::task::spawn_blocking(move || self.thread.join().is_ok()).await.unwrap_or(false)
    }
}
