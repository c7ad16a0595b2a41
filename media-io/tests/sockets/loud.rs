//! What the workers log at WARN or ERROR. In none of these tests should an operator be alarmed.

use std::io::{self, Write};
use std::sync::{Mutex, Once};
use tracing_subscriber::fmt::MakeWriter;

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What is rightly said of a page that shows another certificate than it promised.
const FORGED: &str = "remote certificate does not match any fingerprint";

struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap().push(String::from_utf8_lossy(bytes).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}

/// Listen from now on.
pub fn listen() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::WARN)
            .with_thread_names(true)
            .with_ansi(false)
            .without_time()
            .with_writer(|| Lines)
            .init();
    });
}

/// What the workers' threads have said so far; the pages of browsers, on threads of their own, may say what they like.
pub fn lines() -> Vec<String> {
    let lines = LINES.lock().unwrap();
    lines.iter().filter(|line| line.contains(" media-") && !line.contains(FORGED)).cloned().collect()
}
