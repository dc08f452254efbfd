//! Supervision of one task on its worker: its CPU time, its deadline and its cancellation.
//!
//! Two mechanisms are necessary, because neither covers both cases. The epoch makes a CPU-bound guest yield at every
//! tick, when the worker counts its CPU time. A timer wakes the worker for a guest that waits in a host call.

use super::cpu_clock;
use std::cell::Cell;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::time::Sleep;

/// The phase of a task, which determines the limits that apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The task waits in the queue; the queue timeout applies.
    Queued,
    /// The task runs since this time; the deadline and the limit of CPU time apply.
    Running(Instant),
    /// The task waits for locks of other invocations; the limits of `Running` apply.
    WaitingForLock(Instant),
    /// The task has queued its writes; no limit stops it from now on.
    Committing,
}

/// The phase and the CPU time of a task, shared by the task and its supervisor.
pub struct TaskState {
    phase: Cell<Phase>,
    cpu_time: Cell<Duration>,
    /// Start of the current slice; `None` while the task is not polled.
    slice_start: Cell<Option<Instant>>,
}

impl Default for TaskState {
    fn default() -> Self {
        Self::new()
    }
}

impl TaskState {
    /// Creates the state of a queued task.
    pub fn new() -> Self {
        Self { phase: Cell::new(Phase::Queued), cpu_time: Cell::default(), slice_start: Cell::default() }
    }

    /// Returns the phase.
    pub fn phase(&self) -> Phase {
        self.phase.get()
    }

    /// Sets the phase.
    pub fn set_phase(&self, phase: Phase) {
        self.phase.set(phase);
    }

    /// Returns the CPU time of the completed slices.
    pub fn cpu_time(&self) -> Duration {
        self.cpu_time.get()
    }

    /// Returns the CPU time until `now`, the current slice included, as [`cpu_clock`] measures it.
    pub fn cpu_time_at(&self, now: Instant) -> Duration {
        self.cpu_time.get() + self.slice_start.get().map_or(Duration::ZERO, |since| cpu_clock::elapsed(since, now))
    }

    /// Starts a slice. An exact measurement serves tasks that are expected to be long-running.
    fn start_slice(&self, now: Instant, exact: bool) {
        cpu_clock::start(now, exact);
        self.slice_start.set(Some(now));
    }

    fn end_slice(&self, now: Instant) {
        self.cpu_time.set(self.cpu_time_at(now));
        self.slice_start.set(None);
    }
}

/// The interface through which a worker supervises a task.
pub trait Task {
    /// Returns the state of the task.
    fn state(&self) -> &TaskState;

    /// Returns whether the caller has dropped its future, and registers to be woken when it does.
    fn is_cancelled(&self, cx: &mut Context<'_>) -> bool;

    /// Reports that the worker has stopped and dropped the work.
    fn on_stopped(&self, stop: StopReason);

    /// Returns whether the last yield was caused by the epoch callback, and resets the flag.
    fn take_yielded(&self) -> bool;

    /// Sends the result to the caller.
    fn send_reply(&self);
}

/// Returns whether a task with this CPU time is long-running, so that it belongs in the background.
pub fn is_long_running(cpu_time: Duration) -> bool {
    cpu_time > super::EPOCH_PERIOD / 2
}

/// The reason why the worker stopped a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The task exceeded its CPU time.
    Cpu,
    /// The task exceeded the time limit of this phase.
    Deadline(Phase),
    /// The caller dropped its future.
    Cancelled,
    /// The task panicked: a defect of this host, which must not affect the worker's other tasks.
    Panicked,
}

/// The limits of a task.
#[derive(Debug, Clone, Copy)]
pub struct TaskLimits {
    /// CPU time of the task.
    pub cpu_time: Duration,
    /// Time from the start of the task to its end.
    pub invocation_timeout: Duration,
    /// Time from the arrival of the task to its start.
    pub queue_timeout: Duration,
}

/// A future that runs a task's work under its limits.
pub struct SupervisedTask {
    task: Rc<dyn Task>,
    work: Pin<Box<dyn Future<Output = ()>>>,
    limits: TaskLimits,
    queued: Instant,
    is_background: bool,
    timer: Option<(Instant, Pin<Box<Sleep>>)>,
}

/// The result of a poll.
pub enum PollOutcome {
    /// The task has completed.
    Done,
    /// The task exceeded a limit, was cancelled or panicked.
    Stopped(StopReason),
    /// The task keeps its worker busy; it moves to the background.
    Demote,
}

impl SupervisedTask {
    /// Creates the future of a task that was queued at `queued`. `is_background`: the task is expected to be
    /// long-running.
    pub fn new(
        task: Rc<dyn Task>,
        work: Pin<Box<dyn Future<Output = ()>>>,
        limits: TaskLimits,
        (queued, is_background): (Instant, bool),
    ) -> Self {
        Self { task, work, limits, queued, is_background, timer: None }
    }

    /// Returns whether the task runs in the background.
    pub fn is_background(&self) -> bool {
        self.is_background
    }

    /// Drops the work at whatever point it has reached.
    pub fn into_task(self) -> Rc<dyn Task> {
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
        // A background task may have waited long for this poll.
        if this.deadline().is_some_and(|deadline| now >= deadline) {
            return Poll::Ready(PollOutcome::Stopped(StopReason::Deadline(state.phase())));
        }
        state.start_slice(now, this.is_background);
        // After a panic the worker drops the whole task and reads nothing of it.
        let poll = std::panic::catch_unwind(AssertUnwindSafe(|| this.work.as_mut().poll(cx)));
        let now = Instant::now();
        state.end_slice(now);
        match poll {
            Ok(Poll::Ready(())) => return Poll::Ready(PollOutcome::Done),
            Ok(Poll::Pending) => {}
            Err(_) => return Poll::Ready(PollOutcome::Stopped(StopReason::Panicked)),
        }
        let (phase, cpu_time) = (state.phase(), state.cpu_time());
        if phase == Phase::Committing {
            return Poll::Pending;
        }
        if cpu_time > this.limits.cpu_time {
            return Poll::Ready(PollOutcome::Stopped(StopReason::Cpu));
        }
        if this.poll_deadline(now, cx) {
            return Poll::Ready(PollOutcome::Stopped(StopReason::Deadline(phase)));
        }
        // A task that waits for I/O does not block other tasks, so it stays in the foreground.
        if this.task.take_yielded() && (this.is_background || is_long_running(cpu_time)) {
            this.is_background = true;
            return Poll::Ready(PollOutcome::Demote);
        }
        Poll::Pending
    }
}
