//! A sign of life on the terminal for what takes longer than a moment.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

/// What is over before this isn't worth a sign.
const PROGRESS_DELAY: Duration = Duration::from_secs(1);

/// Shows what goes on until it is dropped. Nothing where stderr is no terminal.
pub(super) struct Progress {
    bar: ProgressBar,
    watch: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// `what` is going on.
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

    /// One more is done.
    pub(super) fn advance(&self) {
        self.bar.inc(1);
    }
}

/// Counts what is written to stdout, unless a person sees it there.
pub(super) fn progress_counter(what: &'static str) -> Option<Progress> {
    (!std::io::stdout().is_terminal())
        .then(|| Progress::with_template(what, "{spinner} {msg}: {human_pos} [{elapsed}]"))
}

fn show_after_delay(bar: ProgressBar) -> Option<(Sender<()>, JoinHandle<()>)> {
    let (sender, receiver) = mpsc::channel();
    let show = move || {
        // The other end is dropped when all is done.
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
