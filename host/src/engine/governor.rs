//! What bounds one job on its worker: how long it computes, how long it takes, and whether anyone still waits for it.
//!
//! Two mechanisms, since neither sees what the other does. Epochs make a spinning guest yield to its worker every
//! tick, where the time it has spent is counted; a timer wakes the worker for a guest that is parked in a host call.

use super::cpu_clock;
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

/// Where a job is and how long it has computed: what the job and its governor tell each other.
pub(crate) struct Course {
    stage: Cell<Stage>,
    spent: Cell<Duration>,
    /// Since when it computes, while it does.
    since: Cell<Option<Instant>>,
}

impl Course {
    pub(crate) fn new() -> Self {
        Self { stage: Cell::new(Stage::Queued), spent: Cell::default(), since: Cell::default() }
    }

    pub(crate) fn stage(&self) -> Stage {
        self.stage.get()
    }

    pub(crate) fn enter(&self, stage: Stage) {
        self.stage.set(stage);
    }

    /// How long it has computed, without what it computes at this moment.
    pub(crate) fn spent(&self) -> Duration {
        self.spent.get()
    }

    /// How long it has computed until `now`: CPU time of its worker's thread, as [`cpu_clock`] measures it.
    pub(crate) fn spent_until(&self, now: Instant) -> Duration {
        self.spent.get() + self.since.get().map_or(Duration::ZERO, |since| cpu_clock::elapsed(since, now))
    }

    /// Measures exactly what is expected to compute for long.
    fn begin(&self, now: Instant, exact: bool) {
        cpu_clock::start(now, exact);
        self.since.set(Some(now));
    }

    fn end(&self, now: Instant) {
        self.spent.set(self.spent_until(now));
        self.since.set(None);
    }
}

/// A job beside its work: what is asked and told of it from outside.
pub(crate) trait Task {
    fn course(&self) -> &Course;

    /// Whether nobody waits for it; registers to be woken when that is so.
    fn is_abandoned(&self, cx: &mut Context<'_>) -> bool;

    /// Its work was stopped, and is gone.
    fn stop(&self, stop: Stop);

    /// Whether it let go of its worker only so that others may have it. Tells it once.
    fn has_yielded(&self) -> bool;

    /// Gives what came of it to whoever waits.
    fn answer(&self);
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

/// A job's work under its bounds.
pub(crate) struct Governed {
    task: Rc<dyn Task>,
    work: Pin<Box<dyn Future<Output = ()>>>,
    bounds: Bounds,
    queued: Instant,
    heavy: bool,
    timer: Option<(Instant, Pin<Box<Sleep>>)>,
}

/// What a poll came to.
pub(crate) enum Progress {
    Done,
    Stopped(Stop),
    /// It keeps its worker busy: poll it after the others.
    Heavy,
}

impl Governed {
    /// `heavy`: it is expected to compute for long.
    pub(crate) fn new(
        task: Rc<dyn Task>,
        work: Pin<Box<dyn Future<Output = ()>>>,
        bounds: Bounds,
        (queued, heavy): (Instant, bool),
    ) -> Self {
        Self { task, work, bounds, queued, heavy, timer: None }
    }

    /// Whether the others shouldn't wait for it.
    pub(crate) fn is_heavy(&self) -> bool {
        self.heavy
    }

    /// Ends the work wherever it is.
    pub(crate) fn into_task(self) -> Rc<dyn Task> {
        self.task
    }

    fn deadline(&self) -> Option<Instant> {
        match self.task.course().stage() {
            Stage::Queued => Some(self.queued + self.bounds.queue),
            Stage::Running(since) | Stage::Contended(since) => Some(since + self.bounds.deadline),
            Stage::Committed => None,
        }
    }

    fn expired(&mut self, now: Instant, cx: &mut Context<'_>) -> bool {
        let Some(expiry) = self.deadline() else { return false };
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

impl Future for Governed {
    type Output = Progress;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Progress> {
        let this = &mut *self;
        let course = this.task.course();
        if course.stage() != Stage::Committed && this.task.is_abandoned(cx) {
            return Poll::Ready(Progress::Stopped(Stop::Abandoned));
        }
        let now = Instant::now();
        // A task of the background may have waited long for this poll.
        if this.deadline().is_some_and(|deadline| now >= deadline) {
            return Poll::Ready(Progress::Stopped(Stop::Deadline(course.stage())));
        }
        course.begin(now, this.heavy);
        // Nothing of the job is looked at again after a panic: it is dropped whole.
        let poll = std::panic::catch_unwind(AssertUnwindSafe(|| this.work.as_mut().poll(cx)));
        let now = Instant::now();
        course.end(now);
        match poll {
            Ok(Poll::Ready(())) => return Poll::Ready(Progress::Done),
            Ok(Poll::Pending) => {}
            Err(_) => return Poll::Ready(Progress::Stopped(Stop::Panicked)),
        }
        let (stage, spent) = (course.stage(), course.spent());
        if stage == Stage::Committed {
            return Poll::Pending;
        }
        if spent > this.bounds.cpu {
            return Poll::Ready(Progress::Stopped(Stop::Cpu));
        }
        if this.expired(now, cx) {
            return Poll::Ready(Progress::Stopped(Stop::Deadline(stage)));
        }
        // What waits for something keeps nobody from working.
        if this.task.has_yielded() && (this.heavy || is_heavy(spent)) {
            this.heavy = true;
            return Poll::Ready(Progress::Heavy);
        }
        Poll::Pending
    }
}
