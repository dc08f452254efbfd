//! Progress on the terminal for work that takes longer than a second.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

/// Delay before the progress appears.
const PROGRESS_DELAY: Duration = Duration::from_secs(1);

/// A progress display that ends when dropped. It stays hidden if stderr is not a terminal.
pub(super) struct Progress {
    bar: ProgressBar,
    watch: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Starts a display with this description.
    pub(super) fn start(what: &'static str) -> Self {
        Self::with_template(what, "{spinner} {msg} [{elapsed}]")
    }

    fn with_template(what: &'static str, template: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()).with_message(what);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let watch = std::io::stderr().is_terminal().then(|| show_after_delay(bar.clone())).flatten();
        Self { bar, watch }
    }

    /// Counts one completed item.
    pub(super) fn advance(&self) {
        self.bar.inc(1);
    }
}

/// Returns a counter of items written to stdout, unless stdout is a terminal.
pub(super) fn progress_counter(what: &'static str) -> Option<Progress> {
    (!std::io::stdout().is_terminal())
        .then(|| Progress::with_template(what, "{spinner} {msg}: {human_pos} [{elapsed}]"))
}

fn show_after_delay(bar: ProgressBar) -> Option<(Sender<()>, JoinHandle<()>)> {
    let (sender, receiver) = mpsc::channel();
    let show = move || {
        // The sender is dropped when the work is done.
        if receiver.recv_timeout(PROGRESS_DELAY) == Err(RecvTimeoutError::Timeout) {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(Duration::from_millis(100));
        }
    };
    let thread = std::thread::Builder::new().name("flowhost-progress".to_owned()).spawn(show).ok()?;
    Some((sender, thread))
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.watch.take() {
            drop(sender);
            thread.join().ok();
        }
        self.bar.finish_and_clear();
    }
}
