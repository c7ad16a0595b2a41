//! The thread of signalling: SIP datagrams are read and the control loop runs on one thread that does nothing else, so
//! that a message wakes no second thread on its way, and no page that somebody loads delays it.

use crate::control::{Control, Inbox};
use std::io;
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The thread, as a runtime with one worker. It ends with the value.
pub(super) struct Signalling(Option<Runtime>, Handle);

impl Signalling {
    /// Starts the thread.
    ///
    /// # Errors
    /// Those of the system.
    pub fn start() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("control").enable_all().build()?;
        let handle = runtime.handle().clone();
        Ok(Self(Some(runtime), handle))
    }

    /// Runs the control loop until it is told to stop, with the patience that it is to have then.
    pub fn run(&self, control: Control, inbox: Inbox) -> (JoinHandle<()>, oneshot::Sender<Duration>) {
        let (stop, stopped) = oneshot::channel();
        (self.1.spawn(control.run(inbox, stopped)), stop)
    }

    /// For spawning.
    pub fn handle(&self) -> Handle {
        self.1.clone()
    }
}

impl Drop for Signalling {
    fn drop(&mut self) {
        // Dropping a runtime waits for its threads, which nobody may do inside another one.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
