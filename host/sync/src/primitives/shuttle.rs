//! Primitives that shuttle schedules, and tokio's channels with a scheduling point before each operation.

pub(crate) use ::shuttle::sync::{Mutex, atomic};
pub(crate) use ::shuttle::thread;
use atomic::{AtomicBool, Ordering};

/// A point at which another thread may continue.
fn step() {
    AtomicBool::new(false).load(Ordering::SeqCst);
}

/// Channels like those of tokio, with a small capacity so that they are full at times.
pub(crate) mod mpsc {
    use super::step;
    use tokio::sync::mpsc::{self, error::SendError};

    /// Messages that a channel holds, and messages that are received at once.
    const CAPACITY: usize = 2;

    pub(crate) struct Sender<T>(mpsc::Sender<T>);

    pub(crate) struct Receiver<T>(mpsc::Receiver<T>);

    pub(crate) fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
        let (sender, receiver) = mpsc::channel(capacity.min(CAPACITY));
        (Sender(sender), Receiver(receiver))
    }

    impl<T> Sender<T> {
        pub(crate) async fn send(&self, message: T) -> Result<(), SendError<T>> {
            step();
            self.0.send(message).await
        }
    }

    impl<T> Receiver<T> {
        pub(crate) async fn recv_many(&mut self, into: &mut Vec<T>, limit: usize) -> usize {
            step();
            self.0.recv_many(into, limit.min(CAPACITY)).await
        }
    }
}

pub(crate) mod oneshot {
    use super::step;
    use std::future::Future;
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use tokio::sync::oneshot::{self, error::RecvError};

    pub(crate) struct Sender<T>(oneshot::Sender<T>);

    pub(crate) struct Receiver<T>(oneshot::Receiver<T>);

    pub(crate) fn channel<T>() -> (Sender<T>, Receiver<T>) {
        let (sender, receiver) = oneshot::channel();
        (Sender(sender), Receiver(receiver))
    }

    impl<T> Sender<T> {
        pub(crate) fn send(self, message: T) -> Result<(), T> {
            step();
            self.0.send(message)
        }
    }

    impl<T> Future for Receiver<T> {
        type Output = Result<T, RecvError>;

        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
            step();
            Pin::new(&mut self.0).poll(cx)
        }
    }
}

/// A runtime that runs one future, as shuttle does.
pub(crate) mod runtime {
    use std::future::Future;
    use std::io;

    pub(crate) struct Builder;

    pub(crate) struct Runtime;

    impl Builder {
        pub(crate) fn new_current_thread() -> Self {
            Self
        }

        pub(crate) fn enable_all(&mut self) -> &mut Self {
            self
        }

        pub(crate) fn build(&mut self) -> io::Result<Runtime> {
            Ok(Runtime)
        }
    }

    impl Runtime {
        pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
            ::shuttle::future::block_on(future)
        }
    }
}
