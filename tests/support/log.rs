//! What the parts of the engine log in this process. There is one log for all tests of a program: a test looks for what
//! only it can have said.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

/// Who is heard: everybody who comes to see what callers key and what is kept secret.
const WORDS: &str = "off,switchroom=trace,switchboard=trace,call=trace,ivr=trace,sip=trace,sip_io=trace,media_io=trace,\
                     cti_bridge=trace,crm=trace,http_step=trace,hyper=trace,rustls=trace";

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Line;

fn log() -> MutexGuard<'static, Vec<u8>> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        log().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps what is logged from the first call on.
pub fn keep() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        let filter = tracing_subscriber::EnvFilter::new(WORDS);
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(|| Line).init();
    });
}

/// What was logged since.
pub fn kept() -> String {
    String::from_utf8_lossy(&log()).into_owned()
}
