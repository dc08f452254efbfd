//! Worker threads: each has one runtime, and what its jobs share stays on it. A job never moves to another.

use super::governor::{Governed, Progress, Task};
use super::nudge::Nudge;
use super::ticker::Pulse;
use futures_util::stream::{FuturesUnordered, Stream};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker, ready};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use wasmtime::Engine;

/// Answers that are given together while there is more to do. Each time may wake a thread, which costs as much as a
/// job.
const ANSWERS: usize = 32;

/// An answer waits no longer for others.
const ANSWERS_WITHIN: Duration = Duration::from_micros(500);

/// Jobs for which a worker stays awake while they wait. For more it pays to sleep, since one waking serves them all.
const FEW: usize = 2;

/// How a worker behaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// Whether its jobs use the runtime's sockets.
    pub(crate) sockets: bool,
    /// How long it looks for something to do before it sleeps.
    pub(crate) patience: Duration,
}

/// Makes a job out of what the worker's jobs share.
type Request<L> = Box<dyn FnOnce(&Rc<L>) -> Governed + Send>;

/// A worker thread, from outside.
pub(crate) struct Worker<L> {
    requests: Option<mpsc::UnboundedSender<Request<L>>>,
    load: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl<L: 'static> Worker<L> {
    /// Starts a thread for jobs whose guests run on this engine and, on it, makes what they share. Returns when that is
    /// done, or why it failed.
    pub(crate) async fn start<F, Fut, E>(
        index: usize,
        (engine, pulse): (Engine, Pulse),
        manner: Manner,
        make: F,
    ) -> Result<Self, StartError<E>>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<L, E>>,
        E: Send + 'static,
    {
        let (requests, inbox) = mpsc::unbounded_channel();
        let (ready, started) = oneshot::channel();
        let load = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&load);
        let thread = std::thread::Builder::new()
            .name(format!("flowhost-worker-{index}"))
            .spawn(move || run(inbox, (seen, engine, pulse, manner), make, ready))
            .map_err(StartError::Thread)?;
        match started.await {
            Ok(Ok(())) => Ok(Self { requests: Some(requests), load, thread: Some(thread) }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(StartError::Thread(std::io::Error::other("the worker thread ended while it started"))),
        }
    }

    /// How many jobs it has.
    pub(crate) fn load(&self) -> usize {
        self.load.load(Ordering::Relaxed)
    }

    /// Hands it a job. False: the worker is gone.
    pub(crate) fn submit(&self, request: Request<L>) -> bool {
        self.load.fetch_add(1, Ordering::Relaxed);
        self.requests.as_ref().is_some_and(|requests| requests.send(request).is_ok())
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
    inbox: mpsc::UnboundedReceiver<Request<L>>,
    (load, engine, pulse, manner): (Arc<AtomicUsize>, Engine, Pulse, Manner),
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
    if manner.sockets {
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
                let nudge =
                    std::future::poll_fn(|cx| Poll::Ready(Nudge::new(engine.clone(), cx.waker().clone()))).await;
                Executor::new(inbox, (load, nudge, pulse, manner), Rc::new(local)).await;
            }
            Err(error) => drop(ready.send(Err(StartError::Make(error)))),
        }
    });
}

/// Runs until the inbox is closed and every job is over. Jobs that compute for long are polled only when all others
/// wait for something, so that they don't hold them up.
struct Executor<L> {
    inbox: Option<mpsc::UnboundedReceiver<Request<L>>>,
    load: Arc<AtomicUsize>,
    nudge: Arc<Nudge>,
    /// Of the inbox and of light jobs.
    waker: Waker,
    pulse: Pulse,
    patience: Duration,
    busy: bool,
    local: Rc<L>,
    light: FuturesUnordered<Running>,
    heavy: FuturesUnordered<Running>,
    /// Jobs that are over, and whose callers don't know it yet.
    over: Vec<Rc<dyn Task>>,
    /// When the first of them was.
    since: Instant,
}

impl<L> Executor<L> {
    fn new(
        inbox: mpsc::UnboundedReceiver<Request<L>>,
        (load, nudge, pulse, manner): (Arc<AtomicUsize>, Arc<Nudge>, Pulse, Manner),
        local: Rc<L>,
    ) -> Self {
        let (light, heavy) = (FuturesUnordered::new(), FuturesUnordered::new());
        let (inbox, patience, over) = (Some(inbox), manner.patience, Vec::with_capacity(ANSWERS));
        let (waker, since) = (Waker::from(Arc::clone(&nudge)), Instant::now());
        Self { inbox, load, nudge, waker, pulse, patience, busy: false, local, light, heavy, over, since }
    }

    /// Takes one job, if any has come; whether that is so. The next is made when this one has begun, out of memory that
    /// the last one has just let go.
    fn receive(&mut self) -> bool {
        let Some(inbox) = &mut self.inbox else { return false };
        match inbox.poll_recv(&mut Context::from_waker(&self.waker)) {
            Poll::Ready(Some(request)) => {
                let job = request(&self.local);
                let queue = if job.is_heavy() { &mut self.heavy } else { &mut self.light };
                queue.push(Running(Some(job)));
                true
            }
            Poll::Ready(None) => {
                self.inbox = None;
                false
            }
            Poll::Pending => false,
        }
    }

    fn settle(&mut self, pause: Pause) {
        match pause {
            Pause::Over(task) => {
                self.load.fetch_sub(1, Ordering::Relaxed);
                let now = Instant::now();
                if self.over.is_empty() {
                    self.since = now;
                }
                self.over.extend(task);
                if self.over.len() >= ANSWERS || now - self.since >= ANSWERS_WITHIN {
                    self.answer();
                }
            }
            Pause::Heavy(job) => self.heavy.push(Running(Some(job))),
        }
    }

    fn answer(&mut self) {
        self.over.drain(..).for_each(|task| task.answer());
    }

    /// Works until every light job waits for something; whether anything came or ended.
    fn work_lightly(&mut self) -> bool {
        let mut worked = false;
        loop {
            let received = self.receive();
            match Pin::new(&mut self.light).poll_next(&mut Context::from_waker(&self.waker)) {
                Poll::Ready(Some(pause)) => self.settle(pause),
                Poll::Ready(None) | Poll::Pending if received => {}
                Poll::Ready(None) | Poll::Pending => break,
            }
            worked = true;
        }
        self.answer();
        worked
    }

    fn work(&mut self, cx: &mut Context<'_>) {
        self.work_lightly();
        if !self.heavy.is_empty() {
            return self.work_heavily(cx);
        }
        // To sleep and be woken takes longer than most of what a worker waits for.
        let mut until = Instant::now() + self.patience;
        while self.light.len() <= FEW && self.heavy.is_empty() && self.inbox.is_some() && Instant::now() < until {
            if !tokio::task::coop::has_budget_remaining() {
                // Nothing more would be ready in this poll.
                return cx.waker().wake_by_ref();
            }
            std::thread::yield_now();
            if self.work_lightly() {
                until = Instant::now() + self.patience;
            }
        }
    }

    /// Lets a heavy job compute until somebody comes, or a light job has what it waits for, or a tick is over.
    fn work_heavily(&mut self, cx: &mut Context<'_>) {
        self.nudge.arm();
        // Who came just before that.
        self.work_lightly();
        if let Poll::Ready(Some(pause)) = Pin::new(&mut self.heavy).poll_next(cx) {
            self.settle(pause);
            self.answer();
            cx.waker().wake_by_ref();
        }
        self.nudge.disarm();
    }

    fn mark(&mut self, busy: bool) {
        if busy != self.busy {
            self.busy = busy;
            if busy { self.pulse.begin() } else { self.pulse.end() }
        }
    }
}

impl<L> Unpin for Executor<L> {}

impl<L> Future for Executor<L> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.mark(true);
        self.work(cx);
        let idle = self.light.is_empty() && self.heavy.is_empty();
        self.mark(!idle);
        if idle && self.inbox.is_none() {
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

/// A job among its worker's others.
struct Running(Option<Governed>);

/// Why a job isn't among the others any more.
enum Pause {
    Over(Option<Rc<dyn Task>>),
    Heavy(Governed),
}

impl Future for Running {
    type Output = Pause;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Pause> {
        let Some(job) = &mut self.0 else { return Poll::Ready(Pause::Over(None)) };
        let progress = ready!(Pin::new(job).poll(cx));
        let Some(job) = self.0.take() else { return Poll::Ready(Pause::Over(None)) };
        Poll::Ready(match progress {
            Progress::Heavy => Pause::Heavy(job),
            Progress::Done => Pause::Over(Some(job.into_task())),
            Progress::Stopped(stop) => {
                // The work goes first: it may hold what the answer's reader waits for.
                let task = job.into_task();
                task.stop(stop);
                Pause::Over(Some(task))
            }
        })
    }
}
