//! What bounds one job on its worker: how long it computes, how long it takes, and whether anyone still waits for it.
//!
//! Two mechanisms, since neither sees what the other does. Epochs make a spinning guest yield to its worker every
//! tick, where the time it has spent is counted; a timer wakes the worker for a guest that is parked in a host call.

use std::cell::Cell;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::time::Sleep;

/// Where a job is, as far as its bounds are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Waits for its turn; the queue's bound holds.
    Queued,
    /// Runs since that instant; deadline and time of computing hold.
    Running(Instant),
    /// As running, but it waits for others that write what it read.
    Contended(Instant),
    /// Its writes are handed over: nothing stops it any more.
    Committed,
}

/// What job and governor share.
#[derive(Clone)]
pub(crate) struct Stages(Rc<Cell<Stage>>);

impl Stages {
    pub(crate) fn new() -> Self {
        Self(Rc::new(Cell::new(Stage::Queued)))
    }

    pub(crate) fn get(&self) -> Stage {
        self.0.get()
    }

    pub(crate) fn enter(&self, stage: Stage) {
        self.0.set(stage);
    }
}

/// How long a job has computed, as its governor measures it and the job reports it.
#[derive(Clone, Default)]
pub(crate) struct Spent(Rc<Cell<(Duration, Option<Instant>)>>);

impl Spent {
    fn begin(&self, now: Instant) {
        self.0.set((self.0.get().0, Some(now)));
    }

    fn end(&self, now: Instant) {
        let (before, since) = self.0.get();
        self.0.set((before + since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since)), None));
    }

    /// The time so far, what is being computed at this moment included.
    pub(crate) fn total(&self) -> Duration {
        let (before, since) = self.0.get();
        before + since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

/// Whether a job that has computed for so long is one for which the others shouldn't wait.
pub(crate) fn is_heavy(spent: Duration) -> bool {
    spent > super::TICK / 2
}

/// Why a job was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It computed for too long.
    Cpu,
    /// It took too long; the stage tells what it was doing.
    Deadline(Stage),
    /// Nobody waits for it.
    Abandoned,
    /// It panicked: a defect of this host, which must not take the worker's other jobs with it.
    Panicked,
}

/// The bounds in force.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) cpu: Duration,
    pub(crate) deadline: Duration,
    pub(crate) queue: Duration,
}

/// A job under its bounds.
pub(crate) struct Governed<T> {
    job: Pin<Box<dyn Future<Output = T>>>,
    abandoned: Box<dyn FnMut(&mut Context<'_>) -> bool>,
    stages: Stages,
    bounds: Bounds,
    queued: Instant,
    spent: Spent,
    timer: Option<(Instant, Pin<Box<Sleep>>)>,
}

/// What a poll came to.
pub(crate) enum Progress<T> {
    Done(T),
    Stopped(Stop),
    /// It keeps its worker busy: poll it after the others.
    Heavy,
}

impl<T> Governed<T> {
    /// `abandoned` tells whether the job's caller is gone, and registers to be woken when it goes.
    pub(crate) fn new(
        job: Pin<Box<dyn Future<Output = T>>>,
        abandoned: Box<dyn FnMut(&mut Context<'_>) -> bool>,
        stages: Stages,
        spent: Spent,
        queued: Instant,
        bounds: Bounds,
    ) -> Self {
        Self { job, abandoned, stages, bounds, queued, spent, timer: None }
    }

    fn expiry(&self) -> Option<Instant> {
        match self.stages.get() {
            Stage::Queued => Some(self.queued + self.bounds.queue),
            Stage::Running(since) | Stage::Contended(since) => Some(since + self.bounds.deadline),
            Stage::Committed => None,
        }
    }

    fn expired(&mut self, now: Instant, cx: &mut Context<'_>) -> bool {
        let Some(expiry) = self.expiry() else { return false };
        if now >= expiry {
            return true;
        }
        let timer = match &mut self.timer {
            Some((at, timer)) if *at == expiry => timer,
            slot => &mut slot.insert((expiry, Box::pin(tokio::time::sleep_until(expiry.into())))).1,
        };
        timer.as_mut().poll(cx).is_ready()
    }
}

impl<T> Future for Governed<T> {
    type Output = Progress<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.stages.get() != Stage::Committed && (this.abandoned)(cx) {
            return Poll::Ready(Progress::Stopped(Stop::Abandoned));
        }
        let began = Instant::now();
        this.spent.begin(began);
        // Nothing of the job is looked at again after a panic: it is dropped whole.
        let poll = std::panic::catch_unwind(AssertUnwindSafe(|| this.job.as_mut().poll(cx)));
        let now = Instant::now();
        this.spent.end(now);
        match poll {
            Ok(Poll::Ready(output)) => return Poll::Ready(Progress::Done(output)),
            Ok(Poll::Pending) => {}
            Err(_) => return Poll::Ready(Progress::Stopped(Stop::Panicked)),
        }
        if this.stages.get() == Stage::Committed {
            return Poll::Pending;
        }
        if this.spent.total() > this.bounds.cpu {
            return Poll::Ready(Progress::Stopped(Stop::Cpu));
        }
        if this.expired(now, cx) {
            return Poll::Ready(Progress::Stopped(Stop::Deadline(this.stages.get())));
        }
        // What waits for something keeps nobody from working.
        if now - began > super::SHORT_TICK / 4 && is_heavy(this.spent.total()) {
            return Poll::Ready(Progress::Heavy);
        }
        Poll::Pending
    }
}
