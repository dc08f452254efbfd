//! The thread on which instances end that hold much memory: to give it back takes the system milliseconds, in which
//! their worker would serve nobody.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A value to drop, with two permits that return afterwards: its instance slot, and its place in the queue.
type ReclaimItem = (Box<dyn Send>, [OwnedSemaphorePermit; 2]);

/// Instances of a worker that may wait: where the processors have no time for them, what they hold must stay little.
const MAX_PENDING: usize = 4;

/// Runs until dropped, and every [`ReclaimHandle`] with it.
pub(crate) struct Reclaimer {
    queue: Option<Sender<ReclaimItem>>,
    thread: Option<JoinHandle<()>>,
}

/// A worker's way to it.
pub(crate) struct ReclaimHandle {
    queue: Sender<ReclaimItem>,
    instance_permits: Arc<Semaphore>,
    pending_permits: Arc<Semaphore>,
}

impl Reclaimer {
    pub(crate) fn start() -> std::io::Result<Self> {
        let (queue, inbox) = channel();
        let thread =
            std::thread::Builder::new().name("flowhost-reclaim".to_owned()).spawn(move || reclaim_loop(&inbox))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// For a worker whose instances have these places.
    pub(crate) fn handle(&self, instance_permits: &Arc<Semaphore>) -> Option<ReclaimHandle> {
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
            // The thread's values are not in use any more, even if it panicked.
            drop(thread.join());
        }
    }
}

impl ReclaimHandle {
    /// Drops it there; here, if all places are taken: it keeps its places until it is gone.
    pub(crate) fn drop_in_background<T: Send + 'static>(&self, value: T) {
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

/// Lets everything else that a processor has to do go first. A low priority isn't enough: who has a processor keeps it for
/// some milliseconds, but not under this policy.
fn set_idle_priority() {
    #[cfg(target_os = "linux")]
    {
        use thread_priority::{
            NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
            thread_native_id,
        };
        let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        // Where that is refused it is as with any other thread.
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
