//! Worker threads. Each runs one runtime, and its tasks share data that stays on the thread. A task never moves to
//! another worker.

use super::inbox::{self, Priority};
use super::preempt::PreemptingWaker;
use super::task::{PollOutcome, SupervisedTask, Task};
use super::ticker::ActivityHandle;
use futures_util::stream::{FuturesUnordered, Stream};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker, ready};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use wasmtime::Engine;

/// Replies sent in one batch while the worker is busy. Sending may wake the caller's thread, which costs as much as a
/// task.
const REPLY_BATCH: usize = 32;

/// Maximum delay of a reply.
const REPLY_MAX_DELAY: Duration = Duration::from_micros(500);

/// Maximum number of waiting tasks for which a worker spins. With more tasks it parks, because one wake-up serves them
/// all.
const MAX_SPINNING_TASKS: usize = 2;

/// Options of a worker.
#[derive(Debug, Clone, Copy)]
pub struct WorkerOptions {
    /// Whether the worker's tasks use the runtime's I/O driver.
    pub enable_io: bool,
    /// How long an idle worker spins before it parks.
    pub idle_spin: Duration,
}

/// A function that creates a task from the data that the worker's tasks share.
type TaskFactory<L> = Box<dyn FnOnce(&Rc<L>) -> SupervisedTask + Send>;

/// A handle to a worker thread.
pub struct Worker<L> {
    requests: Option<inbox::Sender<TaskFactory<L>>>,
    active_tasks: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl<L: 'static> Worker<L> {
    /// Starts a thread whose tasks run guests on this engine, and calls `make` on it for the data that the tasks share.
    /// Returns when `make` has succeeded or failed.
    pub async fn start<F, Fut, E>(
        index: usize,
        (engine, activity): (Engine, ActivityHandle),
        options: WorkerOptions,
        make: F,
    ) -> Result<Self, StartError<E>>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<L, E>>,
        E: Send + 'static,
    {
        let (requests, inbox) = inbox::channel();
        let (ready, started) = oneshot::channel();
        let active_tasks = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&active_tasks);
        let thread = std::thread::Builder::new()
            .name(format!("flowhost-worker-{index}"))
            .spawn(move || run(inbox, (seen, engine, activity, options), make, ready))
            .map_err(StartError::Thread)?;
        match started.await {
            Ok(Ok(())) => Ok(Self { requests: Some(requests), active_tasks, thread: Some(thread) }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(StartError::Thread(std::io::Error::other("the worker thread ended while it started"))),
        }
    }

    /// Returns the number of unfinished tasks.
    pub fn active_tasks(&self) -> usize {
        self.active_tasks.load(Ordering::Relaxed)
    }

    /// Hands it a task. Returns false if the worker is gone.
    pub fn submit(&self, request: TaskFactory<L>, priority: Priority) -> bool {
        self.active_tasks.fetch_add(1, Ordering::Relaxed);
        self.requests.as_ref().is_some_and(|requests| requests.send(request, priority))
    }
}

impl<L> Drop for Worker<L> {
    /// Waits until all tasks have finished, then ends the thread.
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// The reason why a worker didn't start.
#[derive(Debug)]
pub enum StartError<E> {
    /// The system did not start the thread.
    Thread(std::io::Error),
    /// The data that the tasks share could not be made.
    Make(E),
}

fn run<L, F, Fut, E>(
    inbox: inbox::Receiver<TaskFactory<L>>,
    (active_tasks, engine, activity, options): (Arc<AtomicUsize>, Engine, ActivityHandle, WorkerOptions),
    make: F,
    ready: oneshot::Sender<Result<(), StartError<E>>>,
) where
    L: 'static,
    F: FnOnce() -> Fut,
    Fut: Future<Output = Result<L, E>>,
{
    // The runtime checks its timers after two polls, because a background task makes each poll last a whole tick.
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().event_interval(2);
    if options.enable_io {
        runtime.enable_io();
    }
    let runtime = match runtime.build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(ready.send(Err(StartError::Thread(error)))),
    };
    runtime.block_on(async move {
        match make().await {
            Ok(local) => {
                drop(ready.send(Ok(())));
                let preempting_waker =
                    std::future::poll_fn(|cx| Poll::Ready(PreemptingWaker::new(engine.clone(), cx.waker().clone())))
                        .await;
                Executor::new(inbox, (active_tasks, preempting_waker, activity, options), Rc::new(local)).await;
            }
            Err(error) => drop(ready.send(Err(StartError::Make(error)))),
        }
    });
}

/// The future of a worker. It runs until the inbox is closed and every task has completed.
///
/// The worker polls background tasks only while all foreground tasks wait, so that long-running tasks don't delay the
/// others.
struct Executor<L> {
    inbox: Option<inbox::Receiver<TaskFactory<L>>>,
    active_tasks: Arc<AtomicUsize>,
    preempting_waker: Arc<PreemptingWaker>,
    /// The waker of the inbox and of the foreground tasks.
    waker: Waker,
    activity: ActivityHandle,
    idle_spin: Duration,
    busy: bool,
    local: Rc<L>,
    /// Tasks that are their tenant's only one. They are polled alternately with the other foreground tasks.
    first: FuturesUnordered<TaskSlot>,
    foreground: FuturesUnordered<TaskSlot>,
    background: FuturesUnordered<TaskSlot>,
    /// Completed tasks whose callers have not received a reply yet.
    completed: Vec<Rc<dyn Task>>,
    /// When the first of `completed` completed.
    oldest_completed: Instant,
}

impl<L> Executor<L> {
    fn new(
        inbox: inbox::Receiver<TaskFactory<L>>,
        (active_tasks, preempting_waker, activity, options): (
            Arc<AtomicUsize>,
            Arc<PreemptingWaker>,
            ActivityHandle,
            WorkerOptions,
        ),
        local: Rc<L>,
    ) -> Self {
        let (first, foreground, background) =
            (FuturesUnordered::new(), FuturesUnordered::new(), FuturesUnordered::new());
        let (inbox, idle_spin, completed) = (Some(inbox), options.idle_spin, Vec::with_capacity(REPLY_BATCH));
        let (waker, oldest_completed) = (Waker::from(Arc::clone(&preempting_waker)), Instant::now());
        Self {
            inbox,
            active_tasks,
            preempting_waker,
            waker,
            activity,
            idle_spin,
            busy: false,
            local,
            first,
            foreground,
            background,
            completed,
            oldest_completed,
        }
    }

    /// Takes a task of each priority; returns whether there was one. The next is made when these have begun, from memory
    /// that the last ones have just freed.
    fn accept_tasks(&mut self) -> bool {
        let Some(inbox) = &mut self.inbox else { return false };
        match inbox.poll_recv(&mut Context::from_waker(&self.waker)) {
            Poll::Ready(Some(requests)) => {
                for (request, priority) in requests.into_iter().flatten() {
                    let task = request(&self.local);
                    let queue = match priority {
                        _ if task.is_background() => &self.background,
                        Priority::First => &self.first,
                        Priority::Ordinary => &self.foreground,
                    };
                    queue.push(TaskSlot(Some(task)));
                }
                true
            }
            Poll::Ready(None) => {
                self.inbox = None;
                false
            }
            Poll::Pending => false,
        }
    }

    fn on_slot_event(&mut self, event: SlotEvent) {
        match event {
            SlotEvent::Completed(task) => {
                self.active_tasks.fetch_sub(1, Ordering::Relaxed);
                let now = Instant::now();
                if self.completed.is_empty() {
                    self.oldest_completed = now;
                }
                self.completed.extend(task);
                if self.completed.len() >= REPLY_BATCH || now - self.oldest_completed >= REPLY_MAX_DELAY {
                    self.flush_replies();
                }
            }
            SlotEvent::Demoted(task) => self.background.push(TaskSlot(Some(task))),
        }
    }

    fn flush_replies(&mut self) {
        self.completed.drain(..).for_each(|task| task.send_reply());
    }

    /// Polls foreground tasks until all of them wait for something; returns whether one arrived or ended.
    fn run_foreground(&mut self) -> bool {
        let mut worked = false;
        loop {
            let mut progressed = self.accept_tasks();
            for is_first in [true, false] {
                let queue = if is_first { &mut self.first } else { &mut self.foreground };
                if let Poll::Ready(Some(event)) = Pin::new(queue).poll_next(&mut Context::from_waker(&self.waker)) {
                    self.on_slot_event(event);
                    progressed = true;
                }
            }
            if !progressed {
                break;
            }
            worked = true;
        }
        self.flush_replies();
        worked
    }

    fn run_tasks(&mut self, cx: &mut Context<'_>) {
        self.run_foreground();
        if !self.background.is_empty() {
            return self.run_background_slice(cx);
        }
        // Parking and waking take longer than most waits of a worker.
        let mut until = Instant::now() + self.idle_spin;
        while self.first.len() + self.foreground.len() <= MAX_SPINNING_TASKS
            && self.background.is_empty()
            && self.inbox.is_some()
            && Instant::now() < until
        {
            if !tokio::task::coop::has_budget_remaining() {
                // The runtime would report nothing more as ready in this poll.
                return cx.waker().wake_by_ref();
            }
            std::thread::yield_now();
            if self.run_foreground() {
                until = Instant::now() + self.idle_spin;
            }
        }
    }

    /// Polls one background task until a foreground task is ready, a request arrives or the epoch tick ends.
    fn run_background_slice(&mut self, cx: &mut Context<'_>) {
        self.preempting_waker.arm();
        // This accepts requests that arrived before the waker was armed.
        self.run_foreground();
        if let Poll::Ready(Some(pause)) = Pin::new(&mut self.background).poll_next(cx) {
            self.on_slot_event(pause);
            self.flush_replies();
            cx.waker().wake_by_ref();
        }
        self.preempting_waker.disarm();
    }

    fn set_busy(&mut self, busy: bool) {
        if busy != self.busy {
            self.busy = busy;
            if busy { self.activity.set_busy() } else { self.activity.set_idle() }
        }
    }
}

impl<L> Unpin for Executor<L> {}

impl<L> Future for Executor<L> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.set_busy(true);
        self.run_tasks(cx);
        let idle = self.first.is_empty() && self.foreground.is_empty() && self.background.is_empty();
        self.set_busy(!idle);
        if idle && self.inbox.is_none() {
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

/// A task in one of the two queues.
struct TaskSlot(Option<SupervisedTask>);

/// The reason why a task left its queue.
enum SlotEvent {
    Completed(Option<Rc<dyn Task>>),
    Demoted(SupervisedTask),
}

impl Future for TaskSlot {
    type Output = SlotEvent;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<SlotEvent> {
        let Some(task) = &mut self.0 else { return Poll::Ready(SlotEvent::Completed(None)) };
        let progress = ready!(Pin::new(task).poll(cx));
        let Some(task) = self.0.take() else { return Poll::Ready(SlotEvent::Completed(None)) };
        Poll::Ready(match progress {
            PollOutcome::Demote => SlotEvent::Demoted(task),
            PollOutcome::Done => SlotEvent::Completed(Some(task.into_task())),
            PollOutcome::Stopped(stop) => {
                // The work is dropped first, because it may hold resources that the caller needs next.
                let task = task.into_task();
                task.on_stopped(stop);
                SlotEvent::Completed(Some(task))
            }
        })
    }
}
