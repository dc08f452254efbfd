//! Stderr behind a bounded queue. A separate thread writes, so that a stalled reader does not delay the host.
//!
//! While the queue is full, lines of the log are dropped; a later line reports their number. Text of a command waits
//! for room in the queue as long as the reader makes progress.

use super::terminal::{Style, sanitise};
use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Maximum number of queued bytes. The thread may hold as many again.
const CAPACITY: usize = 1 << 20;

/// Maximum size of one write, bytes, except for longer lines.
const CHUNK_BYTES: usize = 4 << 10;

/// Maximum time for which a command's text and the end of the process wait for a stalled reader.
const READER_TIMEOUT: Duration = Duration::from_secs(1);

static STDERR: LazyLock<&'static Queue> = LazyLock::new(|| {
    let queue: &'static Queue = Box::leak(Box::new(Queue::new(CAPACITY)));
    let run = || queue.write_forever(std::io::stderr());
    let thread = std::thread::Builder::new().name("flowhost-stderr".to_owned()).spawn(run);
    queue.lock_state().has_thread = thread.is_ok();
    queue
});

/// Writes text after all earlier text.
pub(super) fn write(text: &str) {
    STDERR.push_text(text.as_bytes());
}

/// Waits until everything is written, as long as the reader makes progress.
pub(super) fn flush() {
    if let Some(queue) = LazyLock::get(&STDERR) {
        queue.flush();
    }
}

/// A writer for lines of the log. Each call of `write` passes a whole line.
pub(super) struct LogWriter(pub(super) Style);

impl Write for LogWriter {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        STDERR.push_log_line(sanitise(&String::from_utf8_lossy(line), self.0).as_bytes());
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Writes panic reports through the queue: a worker that reports a panic must not wait for the reader.
pub(super) fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let (thread, backtrace) = (std::thread::current(), Backtrace::capture());
        let mut report = format!("thread '{}' {panic}\n", thread.name().unwrap_or_default());
        if backtrace.status() == BacktraceStatus::Captured {
            write!(report, "{backtrace}").ok();
        }
        STDERR.push_log_line(sanitise(&report, Style::default()).as_bytes());
        if thread.name() == Some("main") {
            flush();
        }
    }));
}

struct Queue {
    capacity: usize,
    state: Mutex<QueueState>,
    filled: Condvar,
    written: Condvar,
}

#[derive(Default)]
struct QueueState {
    text: Vec<u8>,
    /// Lines of the log that were dropped since the last report.
    dropped: u64,
    /// Whether the thread is writing text that it has taken.
    is_writing: bool,
    /// Number of written chunks.
    chunks_written: u64,
    /// The value of `chunks_written` at which a wait last timed out.
    stalled_at: Option<u64>,
    /// Without a thread, text is not queued.
    has_thread: bool,
}

impl Queue {
    fn new(capacity: usize) -> Self {
        let waiting = QueueState { has_thread: true, ..QueueState::default() };
        Self { capacity, state: Mutex::new(waiting), filled: Condvar::new(), written: Condvar::new() }
    }

    fn lock_state(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_room(&self, waiting: &QueueState, text: &[u8]) -> bool {
        // The report of dropped lines must precede further text.
        let is_first = waiting.text.is_empty();
        waiting.dropped == 0 && (is_first || waiting.text.len().saturating_add(text.len()) <= self.capacity)
    }

    /// Queues a line of the log, or drops and counts it.
    fn push_log_line(&self, line: &[u8]) {
        self.push_or_drop(self.lock_state(), line);
    }

    fn push_text(&self, text: &[u8]) {
        let waiting = self.wait_while(|waiting| !self.has_room(waiting, text));
        self.push_or_drop(waiting, text);
    }

    fn push_or_drop(&self, mut waiting: MutexGuard<'_, QueueState>, text: &[u8]) {
        if self.has_room(&waiting, text) {
            self.push(waiting, text);
        } else {
            waiting.dropped = waiting.dropped.saturating_add(1);
        }
    }

    fn push(&self, mut waiting: MutexGuard<'_, QueueState>, text: &[u8]) {
        if waiting.has_thread {
            waiting.text.extend_from_slice(text);
            self.filled.notify_one();
        } else {
            // An error of stderr can't be reported.
            std::io::stderr().write_all(text).ok();
        }
    }

    fn flush(&self) {
        drop(self.wait_while(|waiting| waiting.is_writing || !waiting.text.is_empty() || waiting.dropped > 0));
    }

    /// Waits while the condition holds, at most [`READER_TIMEOUT`] without progress of the reader.
    fn wait_while(&self, condition: impl Fn(&QueueState) -> bool) -> MutexGuard<'_, QueueState> {
        let mut waiting = self.lock_state();
        let (mut pieces, mut since) = (waiting.chunks_written, Instant::now());
        while waiting.has_thread && condition(&waiting) && waiting.stalled_at != Some(waiting.chunks_written) {
            let Some(left) = READER_TIMEOUT.checked_sub(since.elapsed()) else {
                waiting.stalled_at = Some(waiting.chunks_written);
                break;
            };
            waiting = self.written.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
            if waiting.chunks_written != pieces {
                (pieces, since) = (waiting.chunks_written, Instant::now());
            }
        }
        waiting
    }

    /// Writes queued text, without an end.
    fn write_forever(&self, mut writer: impl Write) {
        let mut taken = Vec::new();
        loop {
            self.take_text(&mut taken);
            for piece in LineChunks(&taken) {
                // An error of stderr can't be reported.
                writer.write_all(piece).ok();
                self.lock_state().chunks_written += 1;
                self.written.notify_all();
            }
        }
    }

    /// Waits for text and takes all of it.
    fn take_text(&self, taken: &mut Vec<u8>) {
        taken.clear();
        let mut waiting = self.lock_state();
        waiting.is_writing = false;
        self.written.notify_all();
        while waiting.text.is_empty() && waiting.dropped == 0 {
            waiting = self.filled.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::swap(&mut waiting.text, taken);
        waiting.is_writing = true;
        let dropped = std::mem::take(&mut waiting.dropped);
        if dropped > 0 {
            let report = format!(" WARN {dropped} lines of the log were dropped because stderr was not read in time\n");
            taken.extend_from_slice(report.as_bytes());
        }
    }
}

/// Splits text into chunks that end at line ends, if the lines are short enough.
struct LineChunks<'t>(&'t [u8]);

impl<'t> Iterator for LineChunks<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        let is_end = |byte: &u8| *byte == b'\n';
        let first = self.0.get(..CHUNK_BYTES).unwrap_or(self.0);
        let end = first.iter().rposition(is_end).or_else(|| self.0.iter().position(is_end));
        let (piece, rest) = self.0.split_at(end.map_or(self.0.len(), |end| end + 1));
        self.0 = rest;
        (!piece.is_empty()).then_some(piece)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::mpsc::{self, Receiver, SyncSender};

    /// A writer whose chunks the test receives one by one.
    struct Pipe(SyncSender<String>);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.send(String::from_utf8(bytes.to_vec()).unwrap()).ok();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn queue(capacity: usize) -> (&'static Queue, Receiver<String>) {
        let (sender, receiver) = mpsc::sync_channel(0);
        let queue: &'static Queue = Box::leak(Box::new(Queue::new(capacity)));
        std::thread::spawn(|| queue.write_forever(Pipe(sender)));
        (queue, receiver)
    }

    /// Waits until the thread writes.
    fn wait_until_writing(queue: &Queue) {
        let mut waiting = queue.lock_state();
        while !waiting.is_writing {
            drop(waiting);
            std::thread::yield_now();
            waiting = queue.lock_state();
        }
    }

    #[test]
    fn a_full_queue_drops_lines_and_reports_their_number_when_it_is_read() {
        let (queue, reader) = queue(10);
        queue.push_log_line(b"first\n");
        wait_until_writing(queue);
        for line in ["second\n", "third\n", "4\n", "5\n"] {
            queue.push_log_line(line.as_bytes());
        }
        assert_eq!(reader.recv().unwrap(), "first\n");
        let next = reader.recv().unwrap();
        assert!(next.starts_with("second\n") && next.contains(" 3 lines"), "{next}");
        queue.push_log_line(b"last\n");
        assert_eq!(reader.recv().unwrap(), "last\n");
        queue.flush();
    }

    #[test]
    fn text_of_a_command_waits_for_a_slow_reader() {
        let (queue, reader) = queue(10);
        let reading = std::thread::spawn(move || reader.iter().take(100).collect::<String>());
        let lines: Vec<_> = (0..100).map(|number| format!("line {number}\n")).collect();
        for line in &lines {
            queue.push_text(line.as_bytes());
        }
        queue.flush();
        assert_eq!(reading.join().unwrap(), lines.concat());
    }

    #[test]
    fn a_stalled_reader_is_waited_for_once() {
        let (queue, _reader) = queue(10);
        let began = Instant::now();
        queue.push_text(b"first\n");
        wait_until_writing(queue);
        for _ in 0..100 {
            queue.push_text(b"one of many\n");
        }
        queue.flush();
        assert!(began.elapsed() < 10 * READER_TIMEOUT);
    }

    #[test]
    fn text_is_split_at_line_ends() {
        let text =
            ["a\n".repeat(CHUNK_BYTES), "b".repeat(2 * CHUNK_BYTES), "\nc\n".to_owned(), "d".to_owned()].concat();
        let pieces: Vec<_> = LineChunks(text.as_bytes()).collect();
        assert_eq!(pieces.concat(), text.as_bytes());
        assert!(pieces.iter().rev().skip(1).all(|piece| piece.ends_with(b"\n")));
        assert!(pieces.iter().filter(|piece| piece.len() > CHUNK_BYTES).count() == 1);
    }
}
