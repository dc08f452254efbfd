//! A thread that drops instances with large memories. Unmapping takes milliseconds, during which the worker could not
//! serve other invocations.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A value to drop, with two permits that are released afterwards: its instance slot and its queue entry.
type ReclaimItem = (Box<dyn Send>, [OwnedSemaphorePermit; 2]);

/// Maximum number of queued instances of one worker, which limits the memory that they hold while the processors are
/// busy.
const MAX_PENDING: usize = 4;

/// The reclaim thread. It runs until this and every [`ReclaimHandle`] are dropped.
pub struct Reclaimer {
    queue: Option<Sender<ReclaimItem>>,
    thread: Option<JoinHandle<()>>,
}

/// A worker's handle to the reclaim thread.
pub struct ReclaimHandle {
    queue: Sender<ReclaimItem>,
    instance_permits: Arc<Semaphore>,
    pending_permits: Arc<Semaphore>,
}

impl Reclaimer {
    /// Starts the thread.
    pub fn start() -> std::io::Result<Self> {
        let (queue, inbox) = channel();
        let thread =
            std::thread::Builder::new().name("flowhost-reclaim".to_owned()).spawn(move || reclaim_loop(&inbox))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Creates the handle of a worker with these instance permits.
    pub fn handle(&self, instance_permits: &Arc<Semaphore>) -> Option<ReclaimHandle> {
        let queue = self.queue.clone()?;
        Some(ReclaimHandle {
            queue,
            instance_permits: Arc::clone(instance_permits),
            pending_permits: Arc::new(Semaphore::new(MAX_PENDING)),
        })
    }
}

impl Drop for Reclaimer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // The thread's values are no longer in use, even after a panic.
            drop(thread.join());
        }
    }
}

impl ReclaimHandle {
    /// Drops the value on the reclaim thread, or on this thread if no permit is free. The value holds its permits until
    /// it is dropped.
    pub fn drop_in_background<T: Send + 'static>(&self, value: T) {
        let permit = |permits: &Arc<Semaphore>| Arc::clone(permits).try_acquire_owned();
        if let (Ok(slot), Ok(pending)) = (permit(&self.instance_permits), permit(&self.pending_permits)) {
            drop(self.queue.send((Box::new(value), [slot, pending])));
        }
    }
}

fn reclaim_loop(inbox: &Receiver<ReclaimItem>) {
    set_idle_priority();
    for (value, permits) in inbox {
        drop(value);
        drop(permits);
    }
}

/// Gives this thread the idle policy, which every other thread preempts. A low priority isn't enough, because a running
/// thread then keeps its processor for some milliseconds.
fn set_idle_priority() {
    #[cfg(target_os = "linux")]
    {
        use thread_priority::{
            NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
            thread_native_id,
        };
        let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        // If the system refuses the policy, the thread runs with the normal priority.
        drop(set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::mpsc;
    use std::thread::{self, ThreadId};

    struct RecordsDrop(mpsc::Sender<ThreadId>);

    impl Drop for RecordsDrop {
        fn drop(&mut self) {
            self.0.send(thread::current().id()).unwrap();
        }
    }

    #[test]
    fn a_value_is_dropped_in_the_background_while_a_permit_is_free() {
        let (drops, dropped_on) = mpsc::channel();
        let slots = Arc::new(Semaphore::new(1));
        let reclaimer = Reclaimer::start().unwrap();
        let handle = reclaimer.handle(&slots).unwrap();
        handle.drop_in_background(RecordsDrop(drops.clone()));
        assert_ne!(dropped_on.recv().unwrap(), thread::current().id());
        slots.close();
        handle.drop_in_background(RecordsDrop(drops));
        assert_eq!(dropped_on.recv().unwrap(), thread::current().id());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_reclaim_thread_has_idle_priority() {
        use thread_priority::{NormalThreadSchedulePolicy, ThreadSchedulePolicy, thread_schedule_policy};
        struct RecordsPolicy(mpsc::Sender<ThreadSchedulePolicy>);
        impl Drop for RecordsPolicy {
            fn drop(&mut self) {
                self.0.send(thread_schedule_policy().unwrap()).unwrap();
            }
        }
        let (sender, policies) = mpsc::channel();
        let reclaimer = Reclaimer::start().unwrap();
        reclaimer.handle(&Arc::new(Semaphore::new(1))).unwrap().drop_in_background(RecordsPolicy(sender));
        assert_eq!(policies.recv().unwrap(), ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle));
    }
}
