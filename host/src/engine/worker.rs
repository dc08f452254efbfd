//! Worker threads: each has one runtime, and what its jobs share stays on it. A job never moves to another.

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

/// Answers that are given together while there is more to do. Each time may wake a thread, which costs as much as a
/// job.
const REPLY_BATCH: usize = 32;

/// An answer waits no longer for others.
const REPLY_MAX_DELAY: Duration = Duration::from_micros(500);

/// Jobs for which a worker stays awake while they wait. For more it pays to sleep, since one waking serves them all.
const MAX_SPINNING_TASKS: usize = 2;

/// How a worker behaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WorkerOptions {
    /// Whether its jobs use the runtime's sockets.
    pub(crate) enable_io: bool,
    /// How long it looks for something to do before it sleeps.
    pub(crate) idle_spin: Duration,
}

/// Makes a job out of what the worker's jobs share.
type TaskFactory<L> = Box<dyn FnOnce(&Rc<L>) -> SupervisedTask + Send>;

/// A worker thread, from outside.
pub(crate) struct Worker<L> {
    requests: Option<inbox::Sender<TaskFactory<L>>>,
    active_tasks: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl<L: 'static> Worker<L> {
    /// Starts a thread for jobs whose guests run on this engine and, on it, makes what they share. Returns when that is
    /// done, or why it failed.
    pub(crate) async fn start<F, Fut, E>(
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

    /// How many jobs it has.
    pub(crate) fn active_tasks(&self) -> usize {
        self.active_tasks.load(Ordering::Relaxed)
    }

    /// Hands it a task. Returns false if the worker is gone.
    pub(crate) fn submit(&self, request: TaskFactory<L>, priority: Priority) -> bool {
        self.active_tasks.fetch_add(1, Ordering::Relaxed);
        self.requests.as_ref().is_some_and(|requests| requests.send(request, priority))
    }
}

impl<L> Drop for Worker<L> {
    /// Lets the jobs it has finish, then ends the thread.
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Why a worker didn't start.
#[derive(Debug)]
pub(crate) enum StartError<E> {
    Thread(std::io::Error),
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
    // Timers are looked at after each round: a heavy job makes a round last a tick.
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

/// Runs until the inbox is closed and every job is over. Jobs that compute for long are polled only when all others
/// wait for something, so that they don't hold them up.
struct Executor<L> {
    inbox: Option<inbox::Receiver<TaskFactory<L>>>,
    active_tasks: Arc<AtomicUsize>,
    preempting_waker: Arc<PreemptingWaker>,
    /// Of the inbox and of light jobs.
    waker: Waker,
    activity: ActivityHandle,
    idle_spin: Duration,
    busy: bool,
    local: Rc<L>,
    /// Tasks that are their tenant's only one. They are polled alternately with the other foreground tasks.
    first: FuturesUnordered<TaskSlot>,
    foreground: FuturesUnordered<TaskSlot>,
    background: FuturesUnordered<TaskSlot>,
    /// Jobs that are over, and whose callers don't know it yet.
    completed: Vec<Rc<dyn Task>>,
    /// When the first of them was.
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
            SlotEvent::Demoted(job) => self.background.push(TaskSlot(Some(job))),
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
        // To sleep and be woken takes longer than most of what a worker waits for.
        let mut until = Instant::now() + self.idle_spin;
        while self.first.len() + self.foreground.len() <= MAX_SPINNING_TASKS
            && self.background.is_empty()
            && self.inbox.is_some()
            && Instant::now() < until
        {
            if !tokio::task::coop::has_budget_remaining() {
                // Nothing more would be ready in this poll.
                return cx.waker().wake_by_ref();
            }
            std::thread::yield_now();
            if self.run_foreground() {
                until = Instant::now() + self.idle_spin;
            }
        }
    }

    /// Lets a heavy job compute until somebody comes, or a light job has what it waits for, or a tick is over.
    fn run_background_slice(&mut self, cx: &mut Context<'_>) {
        self.preempting_waker.arm();
        // Who came just before that.
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

/// A job among its worker's others.
struct TaskSlot(Option<SupervisedTask>);

/// Why a job isn't among the others any more.
enum SlotEvent {
    Completed(Option<Rc<dyn Task>>),
    Demoted(SupervisedTask),
}

impl Future for TaskSlot {
    type Output = SlotEvent;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<SlotEvent> {
        let Some(job) = &mut self.0 else { return Poll::Ready(SlotEvent::Completed(None)) };
        let progress = ready!(Pin::new(job).poll(cx));
        let Some(job) = self.0.take() else { return Poll::Ready(SlotEvent::Completed(None)) };
        Poll::Ready(match progress {
            PollOutcome::Demote => SlotEvent::Demoted(job),
            PollOutcome::Done => SlotEvent::Completed(Some(job.into_task())),
            PollOutcome::Stopped(stop) => {
                // The work goes first: it may hold what the answer's reader waits for.
                let task = job.into_task();
                task.on_stopped(stop);
                SlotEvent::Completed(Some(task))
            }
        })
    }
}
