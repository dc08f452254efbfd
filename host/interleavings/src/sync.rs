//! Replacements for the primitives that the host's files use: shuttle's own, and tokio's with a scheduling point before
//! each operation between threads.

use shuttle::sync::atomic::{AtomicBool, Ordering};

pub(crate) use shuttle::sync::{Mutex, RwLock, atomic};
pub(crate) use shuttle::thread;
pub(crate) use std::sync::{Arc, PoisonError, Weak};
pub(crate) use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// A scheduling point: shuttle may switch to another thread here.
pub(crate) fn step() {
    AtomicBool::new(false).load(Ordering::SeqCst);
}

/// Tokio's channels with a small capacity, so that they are full at times.
pub(crate) mod mpsc {
    use super::step;
    use tokio::sync::mpsc::{self, error::SendError};

    /// Limit for the messages in a channel, and for the messages of one receive operation.
    const CAPACITY: usize = 2;

    pub(crate) struct Sender<T>(mpsc::Sender<T>);

    pub(crate) struct Receiver<T>(mpsc::Receiver<T>);

    pub(crate) fn channel<T>(bound: usize) -> (Sender<T>, Receiver<T>) {
        let (sender, receiver) = mpsc::channel(bound.min(CAPACITY));
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

/// A runtime that runs one future on shuttle's executor.
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
            shuttle::future::block_on(future)
        }
    }
}

/// File operations with a scheduling point before each. A write accepts only half of its bytes.
pub(crate) mod fs {
    use super::step;
    use std::io::{self, Write};
    use std::path::Path;

    pub(crate) struct File(pub(super) std::fs::File);

    impl Write for File {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            step();
            self.0.write(&bytes[..bytes.len().div_ceil(2)])
        }

        fn flush(&mut self) -> io::Result<()> {
            self.0.flush()
        }
    }

    pub(crate) fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
        step();
        std::fs::rename(from, to)
    }

    pub(crate) fn remove_file(path: impl AsRef<Path>) -> io::Result<()> {
        step();
        std::fs::remove_file(path)
    }
}

/// The host's functions for private files, with a scheduling point before each operation.
pub(crate) mod private_files {
    use super::{fs, step};
    use crate::host::private_files;
    use std::io;
    use std::path::Path;

    pub(crate) use private_files::ensure_private_dir;

    pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
        step();
        private_files::read(path)
    }

    pub(crate) fn create(path: &Path) -> io::Result<fs::File> {
        step();
        private_files::create(path).map(fs::File)
    }
}
