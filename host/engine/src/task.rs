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
pub(crate) enum Phase {
    /// Waits for its turn; the queue's bound holds.
    Queued,
    /// Runs since that instant; deadline and time of computing hold.
    Running(Instant),
    /// As running, but it waits for others that write what it read.
    WaitingForLock(Instant),
    /// Its writes are handed over: nothing stops it any more.
    Committing,
}

/// Where a job is and how long it has computed: what the job and its governor tell each other.
pub(crate) struct TaskState {
    phase: Cell<Phase>,
    cpu_time: Cell<Duration>,
    /// Since when it computes, while it does.
    slice_start: Cell<Option<Instant>>,
}

impl TaskState {
    pub(crate) fn new() -> Self {
        Self { phase: Cell::new(Phase::Queued), cpu_time: Cell::default(), slice_start: Cell::default() }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase.get()
    }

    pub(crate) fn set_phase(&self, stage: Phase) {
        self.phase.set(stage);
    }

    /// How long it has computed, without what it computes at this moment.
    pub(crate) fn cpu_time(&self) -> Duration {
        self.cpu_time.get()
    }

    /// How long it has computed until `now`: CPU time of its worker's thread, as [`cpu_clock`] measures it.
    pub(crate) fn cpu_time_at(&self, now: Instant) -> Duration {
        self.cpu_time.get() + self.slice_start.get().map_or(Duration::ZERO, |since| cpu_clock::elapsed(since, now))
    }

    /// Measures exactly what is expected to compute for long.
    fn start_slice(&self, now: Instant, exact: bool) {
        cpu_clock::start(now, exact);
        self.slice_start.set(Some(now));
    }

    fn end_slice(&self, now: Instant) {
        self.cpu_time.set(self.cpu_time_at(now));
        self.slice_start.set(None);
    }
}

/// A job beside its work: what is asked and told of it from outside.
pub(crate) trait Task {
    fn state(&self) -> &TaskState;

    /// Whether nobody waits for it; registers to be woken when that is so.
    fn is_cancelled(&self, cx: &mut Context<'_>) -> bool;

    /// Its work was stopped, and is gone.
    fn on_stopped(&self, stop: StopReason);

    /// Whether it let go of its worker only so that others may have it. Tells it once.
    fn take_yielded(&self) -> bool;

    /// Gives what came of it to whoever waits.
    fn send_reply(&self);
}

/// Whether a job that has computed for so long is one for which the others shouldn't wait.
pub(crate) fn is_long_running(cpu_time: Duration) -> bool {
    cpu_time > super::EPOCH_PERIOD / 2
}

/// Why a job was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// It computed for too long.
    Cpu,
    /// It took too long; the stage tells what it was doing.
    Deadline(Phase),
    /// Nobody waits for it.
    Cancelled,
    /// It panicked: a defect of this host, which must not take the worker's other jobs with it.
    Panicked,
}

/// The bounds in force.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TaskLimits {
    pub(crate) cpu_time: Duration,
    pub(crate) invocation_timeout: Duration,
    pub(crate) queue_timeout: Duration,
}

/// A job's work under its bounds.
pub(crate) struct SupervisedTask {
    task: Rc<dyn Task>,
    work: Pin<Box<dyn Future<Output = ()>>>,
    limits: TaskLimits,
    queued: Instant,
    is_background: bool,
    timer: Option<(Instant, Pin<Box<Sleep>>)>,
}

/// What a poll came to.
pub(crate) enum PollOutcome {
    Done,
    Stopped(StopReason),
    /// It keeps its worker busy: poll it after the others.
    Demote,
}

impl SupervisedTask {
    /// `heavy`: it is expected to compute for long.
    pub(crate) fn new(
        task: Rc<dyn Task>,
        work: Pin<Box<dyn Future<Output = ()>>>,
        limits: TaskLimits,
        (queued, is_background): (Instant, bool),
    ) -> Self {
        Self { task, work, limits, queued, is_background, timer: None }
    }

    /// Whether the others shouldn't wait for it.
    pub(crate) fn is_background(&self) -> bool {
        self.is_background
    }

    /// Ends the work wherever it is.
    pub(crate) fn into_task(self) -> Rc<dyn Task> {
        self.task
    }

    fn deadline(&self) -> Option<Instant> {
        match self.task.state().phase() {
            Phase::Queued => Some(self.queued + self.limits.queue_timeout),
            Phase::Running(since) | Phase::WaitingForLock(since) => Some(since + self.limits.invocation_timeout),
            Phase::Committing => None,
        }
    }

    fn poll_deadline(&mut self, now: Instant, cx: &mut Context<'_>) -> bool {
        let Some(deadline) = self.deadline() else { return false };
        if now >= deadline {
            return true;
        }
        let timer = match &mut self.timer {
            Some((at, timer)) if *at == deadline => timer,
            slot => &mut slot.insert((deadline, Box::pin(tokio::time::sleep_until(deadline.into())))).1,
        };
        timer.as_mut().poll(cx).is_ready()
    }
}

impl Future for SupervisedTask {
    type Output = PollOutcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<PollOutcome> {
        let this = &mut *self;
        let state = this.task.state();
        if state.phase() != Phase::Committing && this.task.is_cancelled(cx) {
            return Poll::Ready(PollOutcome::Stopped(StopReason::Cancelled));
        }
        let now = Instant::now();
        // A task of the background may have waited long for this poll.
        if this.deadline().is_some_and(|deadline| now >= deadline) {
            return Poll::Ready(PollOutcome::Stopped(StopReason::Deadline(state.phase())));
        }
        state.start_slice(now, this.is_background);
        // Nothing of the job is looked at again after a panic: it is dropped whole.
        let poll = std::panic::catch_unwind(AssertUnwindSafe(|| this.work.as_mut().poll(cx)));
        let now = Instant::now();
        state.end_slice(now);
        match poll {
            Ok(Poll::Ready(())) => return Poll::Ready(PollOutcome::Done),
            Ok(Poll::Pending) => {}
            Err(_) => return Poll::Ready(PollOutcome::Stopped(StopReason::Panicked)),
        }
        let (stage, cpu_time) = (state.phase(), state.cpu_time());
        if stage == Phase::Committing {
            return Poll::Pending;
        }
        if cpu_time > this.limits.cpu_time {
            return Poll::Ready(PollOutcome::Stopped(StopReason::Cpu));
        }
        if this.poll_deadline(now, cx) {
            return Poll::Ready(PollOutcome::Stopped(StopReason::Deadline(stage)));
        }
        // What waits for something keeps nobody from working.
        if this.task.take_yielded() && (this.is_background || is_long_running(cpu_time)) {
            this.is_background = true;
            return Poll::Ready(PollOutcome::Demote);
        }
        Poll::Pending
    }
}
