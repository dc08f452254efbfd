//! Signals that end a batch: the first one stops reading, the second one ends the process.

use super::error::CliError;
use super::output::print_stderr;
use futures_util::FutureExt as _;
use futures_util::future::Shared;
use tokio::sync::oneshot;

/// A signal that ends a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// From the terminal: the user cancels the batch.
    Interrupt,
    /// From the parent process: the batch must end in order.
    Terminate,
}

impl Signal {
    /// Returns the exit code of a process that the signal ends.
    pub(super) fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}

/// A future of the first signal, for any number of waiters. It never completes if signals are not available any more.
pub(super) type FirstSignal = Shared<futures_util::future::BoxFuture<'static, Signal>>;

/// Starts listening on a separate thread, because stdout may block the caller's thread.
pub(super) fn listen() -> Result<FirstSignal, CliError> {
    let cli_error = |error: std::io::Error| CliError::message(format!("can't listen to signals: {error}"));
    let (ready, is_ready) = std::sync::mpsc::channel();
    let (sender, receiver) = oneshot::channel();
    let listening = move || {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return drop(ready.send(Err(error))),
        };
        runtime.block_on(async {
            match Signals::new() {
                Ok(signals) => {
                    ready.send(Ok(())).ok();
                    handle_signals(signals, sender).await;
                }
                Err(error) => drop(ready.send(Err(error))),
            }
        });
    };
    std::thread::Builder::new().name("flowhost-signals".to_owned()).spawn(listening).map_err(cli_error)?;
    is_ready.recv().map_err(std::io::Error::other).flatten().map_err(cli_error)?;
    let first = async { if let Ok(signal) = receiver.await { signal } else { std::future::pending().await } };
    Ok(first.boxed().shared())
}

async fn handle_signals(mut signals: Signals, first: oneshot::Sender<Signal>) {
    // The batch may already have ended and dropped the receiver.
    first.send(signals.next().await).ok();
    print_stderr("reading of requests has stopped; a second signal ends the process at once");
    let second = signals.next().await;
    std::process::exit(second.exit_code().into());
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            Some(()) = self.interrupt.recv() => Signal::Interrupt,
            Some(()) = self.terminate.recv() => Signal::Terminate,
            else => std::future::pending().await,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Signal {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Signal::Interrupt,
            Err(_) => std::future::pending().await,
        }
    }
}
