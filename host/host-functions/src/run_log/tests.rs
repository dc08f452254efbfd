//! Tests of the log of a run.

#![allow(clippy::unwrap_used)]
use super::*;

fn run_log(log_lines: usize, log_bytes: usize) -> RunLog {
    let mut limits = Limits::default();
    (limits.log_lines, limits.log_bytes) = (log_lines, log_bytes);
    RunLog::new(&limits)
}

fn dropped(run_log: &RunLog) -> u64 {
    run_log.dropped_lines.load(Ordering::Relaxed)
}

#[test]
fn lines_past_the_limit_are_counted_and_dropped() {
    let run_log = run_log(2, 1_000);
    for _ in 0..3 {
        run_log.write(LogLevel::Info, "line");
    }
    assert_eq!((run_log.buffer().lines.len(), dropped(&run_log)), (2, 1));
}

#[test]
fn bytes_past_the_limit_are_counted_and_dropped_in_every_run() {
    let run_log = run_log(1_000, 64 << 10);
    for _ in 0..2 {
        run_log.reset();
        for _ in 0..100 {
            run_log.write(LogLevel::Error, &"x".repeat(5_000));
        }
        assert_eq!((run_log.buffer().lines.len(), dropped(&run_log)), (16, 84));
    }
    run_log.write_fault("the host's own line");
    let buffer = run_log.buffer();
    assert_eq!((buffer.lines.len(), buffer.fault.is_some()), (16, true));
}

#[test]
fn continuation_lines_are_indented_and_control_characters_escaped() {
    assert_eq!(format_message("one\nERROR two\r\u{1b}[2J\n"), "one\n  | ERROR two\\r\\u{1b}[2J");
    assert_eq!(format_message("a\u{85}b\u{202e}c\u{2028}d"), "a\\u{85}b\\u{202e}c\\u{2028}d");
}

#[test]
fn a_long_line_is_truncated_between_characters() {
    let run_log = run_log(1, 10_000);
    run_log.write(LogLevel::Info, &"ñ".repeat(3_000));
    assert_eq!(run_log.buffer().lines[0].message.len(), MAX_LINE_BYTES);
}

#[test]
fn escaped_characters_count_as_they_are_written() {
    let run_log = run_log(1_000, 64 << 10);
    for _ in 0..100 {
        run_log.write(LogLevel::Error, &"\u{1b}".repeat(4_000));
    }
    let buffer = run_log.buffer();
    assert_eq!((buffer.lines.len(), dropped(&run_log)), (16, 84));
    assert!(buffer.lines.iter().map(|line| line.message.len()).sum::<usize>() <= 64 << 10);
}

#[test]
fn lines_of_one_text_are_kept_up_to_the_limit_and_the_rest_is_counted() {
    let run_log = run_log(10, 64 << 10);
    run_log.write_lines(LogLevel::Info, "x\n\n".repeat(32_768).as_bytes());
    assert_eq!((run_log.buffer().lines.len(), dropped(&run_log)), (10, 32_758));
    run_log.write_lines(LogLevel::Info, b"\n\ny\n\xff");
    assert_eq!(dropped(&run_log), 32_760);
}
