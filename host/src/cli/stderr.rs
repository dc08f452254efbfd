//! Stderr, behind a bounded queue: a thread of its own writes, so that a reader who stops reading delays nobody.
//!
//! Lines of the log are dropped while the queue is full, and their number is written when there is room again. Text that
//! a command itself writes waits for room as long as the reader reads.

use super::terminal::{Paint, visible};
use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Bytes that wait. As many may be on their way to the reader.
const CAPACITY: usize = 1 << 20;

/// Bytes that are written at once, if the line has no more.
const PIECE: usize = 4 << 10;

/// For so long the end of the process, and the text of a command, wait for a reader who does not read.
const PATIENCE: Duration = Duration::from_secs(1);

static STDERR: LazyLock<&'static Queue> = LazyLock::new(|| {
    let queue: &'static Queue = Box::leak(Box::new(Queue::new(CAPACITY)));
    let run = || queue.run(std::io::stderr());
    let thread = std::thread::Builder::new().name("flowhost-stderr".to_owned()).spawn(run);
    queue.waiting().has_thread = thread.is_ok();
    queue
});

/// Writes text after everything that was written before.
pub(super) fn write(text: &str) {
    STDERR.write(text.as_bytes());
}

/// Waits until everything is written, as long as the reader reads.
pub(super) fn finish() {
    if let Some(queue) = LazyLock::get(&STDERR) {
        queue.finish();
    }
}

/// Lines of the log. Each call of `write` brings a whole one.
pub(super) struct LogLines(pub(super) Paint);

impl Write for LogLines {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        STDERR.offer(visible(&String::from_utf8_lossy(line), self.0).as_bytes());
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Sends the reports of panics the same way: a worker that reports one must not wait for the reader.
pub(super) fn take_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let (thread, backtrace) = (std::thread::current(), Backtrace::capture());
        let mut report = format!("thread '{}' {panic}\n", thread.name().unwrap_or_default());
        if backtrace.status() == BacktraceStatus::Captured {
            write!(report, "{backtrace}").ok();
        }
        STDERR.offer(visible(&report, Paint::default()).as_bytes());
        if thread.name() == Some("main") {
            finish();
        }
    }));
}

struct Queue {
    capacity: usize,
    waiting: Mutex<Waiting>,
    filled: Condvar,
    written: Condvar,
}

#[derive(Default)]
struct Waiting {
    text: Vec<u8>,
    /// Lines of the log that there was no room for.
    dropped: u64,
    /// Whether the thread is writing what it has taken.
    is_writing: bool,
    /// How many pieces were written.
    pieces: u64,
    /// The number of pieces at which somebody last stopped waiting.
    stalled_at: Option<u64>,
    /// Without one, nothing waits here.
    has_thread: bool,
}

impl Queue {
    fn new(capacity: usize) -> Self {
        let waiting = Waiting { has_thread: true, ..Waiting::default() };
        Self { capacity, waiting: Mutex::new(waiting), filled: Condvar::new(), written: Condvar::new() }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_room(&self, waiting: &Waiting, text: &[u8]) -> bool {
        // Once something was dropped, the report comes first.
        let is_first = waiting.text.is_empty();
        waiting.dropped == 0 && (is_first || waiting.text.len().saturating_add(text.len()) <= self.capacity)
    }

    /// Takes a line of the log, or drops and counts it.
    fn offer(&self, line: &[u8]) {
        self.add_or_drop(self.waiting(), line);
    }

    fn write(&self, text: &[u8]) {
        let waiting = self.wait_while(|waiting| !self.has_room(waiting, text));
        self.add_or_drop(waiting, text);
    }

    fn add_or_drop(&self, mut waiting: MutexGuard<'_, Waiting>, text: &[u8]) {
        if self.has_room(&waiting, text) {
            self.add(waiting, text);
        } else {
            waiting.dropped = waiting.dropped.saturating_add(1);
        }
    }

    fn add(&self, mut waiting: MutexGuard<'_, Waiting>, text: &[u8]) {
        if waiting.has_thread {
            waiting.text.extend_from_slice(text);
            self.filled.notify_one();
        } else {
            // Without stderr there is nobody to write to.
            std::io::stderr().write_all(text).ok();
        }
    }

    fn finish(&self) {
        drop(self.wait_while(|waiting| waiting.is_writing || !waiting.text.is_empty() || waiting.dropped > 0));
    }

    /// Waits while the condition holds, and gives up when nothing is written for a while.
    fn wait_while(&self, condition: impl Fn(&Waiting) -> bool) -> MutexGuard<'_, Waiting> {
        let mut waiting = self.waiting();
        let (mut pieces, mut since) = (waiting.pieces, Instant::now());
        while waiting.has_thread && condition(&waiting) && waiting.stalled_at != Some(waiting.pieces) {
            let Some(left) = PATIENCE.checked_sub(since.elapsed()) else {
                waiting.stalled_at = Some(waiting.pieces);
                break;
            };
            waiting = self.written.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
            if waiting.pieces != pieces {
                (pieces, since) = (waiting.pieces, Instant::now());
            }
        }
        waiting
    }

    /// Writes whatever comes, for ever.
    fn run(&self, mut writer: impl Write) {
        let mut taken = Vec::new();
        loop {
            self.take(&mut taken);
            for piece in Pieces(&taken) {
                // Without a reader there is nobody to write to.
                writer.write_all(piece).ok();
                self.waiting().pieces += 1;
                self.written.notify_all();
            }
        }
    }

    /// Waits for text and takes all of it.
    fn take(&self, taken: &mut Vec<u8>) {
        taken.clear();
        let mut waiting = self.waiting();
        waiting.is_writing = false;
        self.written.notify_all();
        while waiting.text.is_empty() && waiting.dropped == 0 {
            waiting = self.filled.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::swap(&mut waiting.text, taken);
        waiting.is_writing = true;
        let dropped = std::mem::take(&mut waiting.dropped);
        if dropped > 0 {
            let report = format!(" WARN {dropped} lines of the log were dropped: nobody read stderr in time\n");
            taken.extend_from_slice(report.as_bytes());
        }
    }
}

/// Text in pieces that end where a line ends, as far as lines are short enough.
struct Pieces<'t>(&'t [u8]);

impl<'t> Iterator for Pieces<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        let is_end = |byte: &u8| *byte == b'\n';
        let first = self.0.get(..PIECE).unwrap_or(self.0);
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

    /// A reader that takes a piece when the test does.
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
        std::thread::spawn(|| queue.run(Pipe(sender)));
        (queue, receiver)
    }

    /// Until the thread writes.
    fn until_it_writes(queue: &Queue) {
        let mut waiting = queue.waiting();
        while !waiting.is_writing {
            drop(waiting);
            std::thread::yield_now();
            waiting = queue.waiting();
        }
    }

    #[test]
    fn a_full_queue_drops_lines_and_reports_their_number_when_it_is_read() {
        let (queue, reader) = queue(10);
        queue.offer(b"first\n");
        until_it_writes(queue);
        for line in ["second\n", "third\n", "4\n", "5\n"] {
            queue.offer(line.as_bytes());
        }
        assert_eq!(reader.recv().unwrap(), "first\n");
        let next = reader.recv().unwrap();
        assert!(next.starts_with("second\n") && next.contains(" 3 lines"), "{next}");
        queue.offer(b"last\n");
        assert_eq!(reader.recv().unwrap(), "last\n");
        queue.finish();
    }

    #[test]
    fn text_of_a_command_waits_for_a_slow_reader() {
        let (queue, reader) = queue(10);
        let reading = std::thread::spawn(move || reader.iter().take(100).collect::<String>());
        let lines: Vec<_> = (0..100).map(|number| format!("line {number}\n")).collect();
        for line in &lines {
            queue.write(line.as_bytes());
        }
        queue.finish();
        assert_eq!(reading.join().unwrap(), lines.concat());
    }

    #[test]
    fn a_reader_that_does_not_read_is_waited_for_only_once() {
        let (queue, _reader) = queue(10);
        let began = Instant::now();
        queue.write(b"first\n");
        until_it_writes(queue);
        for _ in 0..100 {
            queue.write(b"one of many\n");
        }
        queue.finish();
        assert!(began.elapsed() < 10 * PATIENCE);
    }

    #[test]
    fn text_is_cut_at_the_ends_of_lines() {
        let text = ["a\n".repeat(PIECE), "b".repeat(2 * PIECE), "\nc\n".to_owned(), "d".to_owned()].concat();
        let pieces: Vec<_> = Pieces(text.as_bytes()).collect();
        assert_eq!(pieces.concat(), text.as_bytes());
        assert!(pieces.iter().rev().skip(1).all(|piece| piece.ends_with(b"\n")));
        assert!(pieces.iter().filter(|piece| piece.len() > PIECE).count() == 1);
    }
}
