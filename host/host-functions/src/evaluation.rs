//! Evaluations and conversions that may take long. They charge their cost in advance and yield to the worker.
//!
//! Most take microseconds. The host therefore first tries each one inline with a small allowance. If that is not
//! enough, the evaluation starts again on a separate stack, where it yields after each slice. The restart is safe,
//! since an evaluation has no effects.

use super::abort::Abort;
use super::session::SessionOverlay;
use super::{HostState, RunLog};
use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult};
use flowhost_domain::Tenant;
use flowhost_engine::memory_budget::BASE_BYTES;
use flowhost_engine::preempt::is_preempted;
use flowhost_expression::Budget;
use send_wrapper::SendWrapper;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Maximum number of steps of the inline attempt: about 0.1 ms.
const INLINE_STEPS: u32 = 2_000;

/// Maximum result of the inline attempt, bytes.
const INLINE_BYTES: usize = 64 << 10;

/// Time after which an evaluation yields even if its worker has no other work.
const SLICE: Duration = Duration::from_micros(250);

/// Stack of an evaluation that yields, bytes. The limits of expressions keep its use far below this size.
const STACK_BYTES: usize = 512 << 10;

/// Maximum number of stacks that a worker caches for later evaluations.
const MAX_CACHED_STACKS: usize = 4;

/// Memory that an evaluation that yields may hold in addition to its result, bytes. Its steps can't allocate more.
const EVALUATION_BYTES: usize = 16 << 20;

thread_local! {
    static STACKS: RefCell<Vec<DefaultStack>> = const { RefCell::new(Vec::new()) };
}

/// The allowance of one evaluation: steps, and bytes of its result.
pub(super) struct Allowance<'p> {
    pub(super) budget: Budget<'p>,
    bytes: usize,
    is_exceeded: bool,
    pause: Option<&'p dyn Fn()>,
}

/// The error that the result needs more bytes than are left.
#[derive(Debug)]
pub(super) struct BytesExceeded;

impl Allowance<'_> {
    /// Charges bytes of the result before they are allocated.
    pub(super) fn charge(&mut self, bytes: usize) -> Result<(), BytesExceeded> {
        match self.bytes.checked_sub(bytes) {
            Some(left) => {
                self.bytes = left;
                Ok(())
            }
            None => {
                self.is_exceeded = true;
                Err(BytesExceeded)
            }
        }
    }

    /// Charges bytes of the result, and yields to the worker.
    pub(super) fn charge_with_pause(&mut self, bytes: usize) -> Result<(), BytesExceeded> {
        self.charge(bytes)?;
        self.pause();
        Ok(())
    }

    /// Yields to the worker between pieces of work for which no step is charged.
    fn pause(&self) {
        if let Some(pause) = self.pause {
            pause();
        }
    }
}

/// A JSON writer that charges its output to an allowance.
pub(super) struct JsonWriter<'a, 'p> {
    allowance: &'a mut Allowance<'p>,
    json: Vec<u8>,
    paused_at: usize,
}

impl<'a, 'p> JsonWriter<'a, 'p> {
    /// Bytes between two pauses.
    const BYTES_PER_PAUSE: usize = 16 << 10;

    pub(super) fn new(allowance: &'a mut Allowance<'p>) -> Self {
        Self { allowance, json: Vec::new(), paused_at: 0 }
    }

    pub(super) fn allowance(&mut self) -> &mut Allowance<'p> {
        self.allowance
    }

    /// Writes a value.
    pub(super) fn write_value<T: serde::Serialize + ?Sized>(&mut self, value: &T) -> Result<(), BytesExceeded> {
        // No other error can occur: the values are texts and JSON, and the writer is memory.
        serde_json::to_writer(&mut *self, value).map_err(|_| BytesExceeded)
    }

    /// Writes a text that is JSON already.
    pub(super) fn write_raw(&mut self, json: &str) -> Result<(), BytesExceeded> {
        io::Write::write_all(self, json.as_bytes()).map_err(|_| BytesExceeded)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.json.is_empty()
    }

    pub(super) fn finish(self) -> String {
        String::from_utf8(self.json).unwrap_or_default()
    }
}

impl io::Write for JsonWriter<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.allowance.charge(bytes.len()).map_err(|BytesExceeded| io::ErrorKind::OutOfMemory)?;
        self.json.extend_from_slice(bytes);
        if self.json.len() - self.paused_at >= Self::BYTES_PER_PAUSE {
            self.paused_at = self.json.len();
            self.allowance.pause();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Tries `work` with a small part of these steps and bytes. `None`: the work needs more, and more is available.
pub(super) fn try_inline<T>(
    steps: &mut u32,
    bytes: usize,
    work: impl FnOnce(&mut Allowance<'_>) -> Result<T, BytesExceeded>,
) -> Option<Result<T, BytesExceeded>> {
    let granted = INLINE_STEPS.min(*steps);
    let budget = Budget::new(granted);
    let mut allowance = Allowance { budget, bytes: INLINE_BYTES.min(bytes), is_exceeded: false, pause: None };
    let result = work(&mut allowance);
    let left = allowance.budget.steps_left();
    if (left == 0 && *steps > granted) || (allowance.is_exceeded && bytes > INLINE_BYTES) {
        return None;
    }
    *steps -= granted - left;
    Some(result)
}

impl HostState {
    /// Returns the bytes that the run may still transfer through host calls.
    pub(super) fn bytes_left(&self) -> usize {
        self.limits.host_call_bytes.saturating_sub(self.run_log.bytes())
    }

    /// Runs an evaluation on a separate stack, from which it yields to the worker after each slice.
    pub(super) async fn evaluate_in_slices<T, F>(
        &mut self,
        tenant: Arc<Tenant>,
        work: F,
    ) -> wasmtime::Result<Result<T, BytesExceeded>>
    where
        T: 'static,
        F: FnOnce(&SessionOverlay, &Tenant, &mut Allowance<'_>) -> Result<T, BytesExceeded> + 'static,
    {
        let (steps, bytes) = (self.steps, self.bytes_left());
        let _memory = self.instance_limiter.reserve_beside(EVALUATION_BYTES).ok_or(Abort::OutOfMemory)?;
        let session = self.session.detach();
        let evaluation = move |pause: &dyn Fn()| {
            let budget = Budget::with_pause(steps, pause);
            let mut allowance = Allowance { budget, bytes, is_exceeded: false, pause: Some(pause) };
            let result = work(&session, &tenant, &mut allowance);
            (session, result, allowance.budget.steps_left())
        };
        let (session, result, left) = self.work_in_slices(evaluation).await?;
        self.session.reattach(session);
        self.steps = left;
        Ok(result)
    }

    /// Runs `work` on a separate stack. If it pauses after the end of a slice, it yields to the worker.
    pub(super) async fn work_in_slices<T: 'static>(
        &mut self,
        work: impl FnOnce(&dyn Fn()) -> T + 'static,
    ) -> wasmtime::Result<T> {
        Ok(SlicedWork::new(work, Arc::clone(&self.run_log)).map_err(Abort::from_stack_error)?.await)
    }
}

/// A future that runs work on a separate stack.
struct SlicedWork<T: 'static> {
    // Everything of an invocation stays on the thread of its worker, and the coroutine with it.
    coroutine: SendWrapper<Option<Coroutine<(), (), T, DefaultStack>>>,
    run_log: Arc<RunLog>,
}

impl<T: 'static> SlicedWork<T> {
    fn new(work: impl FnOnce(&dyn Fn()) -> T + 'static, run_log: Arc<RunLog>) -> io::Result<Self> {
        let stack = match STACKS.with_borrow_mut(Vec::pop) {
            Some(stack) => stack,
            None => DefaultStack::new(STACK_BYTES)?,
        };
        let coroutine = Coroutine::with_stack(stack, move |yielder, ()| {
            let since = Cell::new(Instant::now());
            work(&|| {
                if is_preempted() || since.get().elapsed() >= SLICE {
                    yielder.suspend(());
                    since.set(Instant::now());
                }
            })
        });
        Ok(Self { coroutine: SendWrapper::new(Some(coroutine)), run_log })
    }
}

impl<T: 'static> Unpin for SlicedWork<T> {}

impl<T: 'static> Future for SlicedWork<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let this = &mut *self;
        let Some(coroutine) = (*this.coroutine).as_mut() else { return Poll::Pending };
        match coroutine.resume(()) {
            CoroutineResult::Yield(()) => {
                this.run_log.set_yielded();
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            CoroutineResult::Return(result) => {
                if let Some(coroutine) = (*this.coroutine).take() {
                    STACKS.with_borrow_mut(|stacks| {
                        if stacks.len() < MAX_CACHED_STACKS {
                            stacks.push(coroutine.into_stack());
                        }
                    });
                }
                Poll::Ready(result)
            }
        }
    }
}

/// An evaluation that does not yield uses memory of the base, without a reservation.
const _: () = assert!(INLINE_BYTES * 4 < BASE_BYTES);
