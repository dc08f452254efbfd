//! The operator's log, captured for the whole process. Tests select lines by session id.

use std::io::Write;
use std::sync::{Mutex, Once, PoisonError};

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct LogWriter;

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LINES.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(crate) fn install_capture() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(|| LogWriter);
        subscriber.try_init().unwrap();
    });
}

/// The lines of this session so far.
pub(crate) fn lines_of_session(session: &str) -> Vec<String> {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    let text = String::from_utf8_lossy(&lines);
    text.lines().filter(|line| line.contains(session)).map(str::to_owned).collect()
}

/// The number of dropped lines in the reports among these lines.
pub(crate) fn dropped_lines(lines: &[String]) -> u64 {
    let reports = lines.iter().filter(|line| line.contains("dropped beyond the limit"));
    let counts = reports.filter_map(|line| line.split_whitespace().find_map(|word| word.strip_prefix("lines=")));
    counts.map(|count| count.parse::<u64>().unwrap()).sum()
}

/// Asserts that the log has some of the lines of this session, and the number of the others.
pub(crate) fn assert_counted(session: &str, written: u64) {
    let lines = lines_of_session(session);
    let kept = lines.iter().filter(|line| !line.contains("dropped beyond the limit")).count();
    assert!(kept > 0);
    assert_eq!(kept as u64 + dropped_lines(&lines), written, "{:?}", lines.last());
}
