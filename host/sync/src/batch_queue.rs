//! A queue whose items one thread applies in batches, such as commits in one transaction.

use crate::primitives::thread::{self, JoinHandle};
use crate::primitives::{mpsc, oneshot, runtime};
use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// Items that one batch holds at most.
const MAX_BATCH: usize = 256;

/// Items that wait for the thread. A further caller waits for room.
const MAX_QUEUE: usize = 4_096;

/// Applies batches of items. It lives on the thread of its queue; one that panics is replaced.
pub trait BatchHandler: Sized + 'static {
    /// The value from which a handler is opened.
    type Source: Send + 'static;
    /// An item of a batch.
    type Item: Send + 'static;
    /// The result for one item.
    type Reply: Send + 'static;
    /// The error for a whole batch.
    type Error: Clone + Send + 'static;

    /// Opens a handler: at the start, and after a panic.
    fn open(source: &Self::Source) -> impl Future<Output = Result<Self, Self::Error>>;

    /// Applies a batch of at least one item; returns a reply for each, in their order.
    fn apply(&mut self, batch: &[Self::Item]) -> impl Future<Output = Result<Vec<Self::Reply>, Self::Error>>;
}

/// The reason for which an item has no reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueError<E> {
    /// The system did not start the thread.
    NotStarted(String),
    /// The thread has ended.
    Stopped,
    /// The handler panicked; the next batch gets a new one.
    Panicked,
    /// The handler failed.
    Handler(E),
}

/// The result for one item.
type ItemResult<H> = Result<<H as BatchHandler>::Reply, QueueError<<H as BatchHandler>::Error>>;

struct QueuedItem<H: BatchHandler> {
    item: H::Item,
    /// Dropped when the item was applied or has failed.
    guard: Option<Box<dyn Send>>,
    reply: Option<oneshot::Sender<ItemResult<H>>>,
}

/// The queue, from the side of its callers. Dropping it applies the queued items, then ends the thread.
pub struct BatchQueue<H: BatchHandler> {
    items: Option<mpsc::Sender<QueuedItem<H>>>,
    thread: Option<JoinHandle<()>>,
}

impl<H: BatchHandler> BatchQueue<H> {
    /// Starts the thread, and opens its handler there.
    ///
    /// # Errors
    /// The thread or the handler did not start.
    pub async fn start(thread_name: &str, source: H::Source) -> Result<Self, QueueError<H::Error>> {
        let (items, inbox) = mpsc::channel(MAX_QUEUE);
        let (ready, started) = oneshot::channel();
        let thread = thread::Builder::new()
            .name(thread_name.to_owned())
            .spawn(move || run(&source, inbox, ready))
            .map_err(not_started)?;
        started.await.map_err(|_| QueueError::Stopped)??;
        Ok(Self { items: Some(items), thread: Some(thread) })
    }

    /// Queues an item and waits for its reply. The item is applied even if the caller drops this future meanwhile.
    ///
    /// # Errors
    /// The item was not applied.
    pub async fn submit(&self, item: H::Item) -> ItemResult<H> {
        let (reply, result) = oneshot::channel();
        self.send(QueuedItem { item, guard: None, reply: Some(reply) }).await?;
        result.await.map_err(|_| QueueError::Stopped)?
    }

    /// Queues an item that joins a later batch, without a reply. `guard` is dropped when the item was applied or has failed.
    ///
    /// # Errors
    /// The thread has ended.
    pub async fn enqueue(&self, item: H::Item, guard: Option<Box<dyn Send>>) -> Result<(), QueueError<H::Error>> {
        self.send(QueuedItem { item, guard, reply: None }).await
    }

    async fn send(&self, item: QueuedItem<H>) -> Result<(), QueueError<H::Error>> {
        let items = self.items.as_ref().ok_or(QueueError::Stopped)?;
        items.send(item).await.map_err(|_| QueueError::Stopped)
    }
}

impl<H: BatchHandler> Drop for BatchQueue<H> {
    fn drop(&mut self) {
        self.items = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn not_started<E>(error: io::Error) -> QueueError<E> {
    QueueError::NotStarted(error.to_string())
}

fn run<H: BatchHandler>(
    source: &H::Source,
    mut inbox: mpsc::Receiver<QueuedItem<H>>,
    ready: oneshot::Sender<Result<(), QueueError<H::Error>>>,
) {
    let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(ready.send(Err(not_started(error)))),
    };
    runtime.block_on(async move {
        let mut handler = match catch_panic(H::open(source)).await {
            Ok(handler) => Some(handler),
            Err(error) => return drop(ready.send(Err(error))),
        };
        drop(ready.send(Ok(())));
        let mut items = Vec::with_capacity(MAX_BATCH);
        while inbox.recv_many(&mut items, MAX_BATCH).await > 0 {
            apply_batch(source, &mut handler, &mut items).await;
        }
    });
}

/// Applies a batch and replies to each of its callers.
async fn apply_batch<H: BatchHandler>(source: &H::Source, handler: &mut Option<H>, items: &mut Vec<QueuedItem<H>>) {
    let (batch, rest): (Vec<_>, Vec<_>) =
        items.drain(..).map(|QueuedItem { item, guard, reply }| (item, (guard, reply))).unzip();
    match apply(source, handler, &batch).await {
        Ok(results) => {
            for ((guard, reply), result) in rest.into_iter().zip(results) {
                drop(guard);
                drop(reply.map(|reply| reply.send(Ok(result))));
            }
        }
        Err(error) => {
            for (guard, reply) in rest {
                drop(guard);
                drop(reply.map(|reply| reply.send(Err(error.clone()))));
            }
        }
    }
}

/// The slot is empty while the handler works. A handler that panics is dropped and does not return to it.
async fn apply<H: BatchHandler>(
    source: &H::Source,
    slot: &mut Option<H>,
    batch: &[H::Item],
) -> Result<Vec<H::Reply>, QueueError<H::Error>> {
    let mut handler = match slot.take() {
        Some(handler) => handler,
        None => catch_panic(H::open(source)).await?,
    };
    catch_panic(async {
        let result = handler.apply(batch).await;
        *slot = Some(handler);
        result
    })
    .await
}

/// Turns a panic of the future into an error.
async fn catch_panic<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<T, QueueError<E>> {
    let mut work = pin!(work);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
        Ok(poll) => poll.map_err(QueueError::Handler),
        Err(_) => Poll::Ready(Err(QueueError::Panicked)),
    })
    .await
}
