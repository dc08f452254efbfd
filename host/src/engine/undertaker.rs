//! The thread on which instances end that hold much memory: to give it back takes the system milliseconds, in which
//! their worker would serve nobody.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What ends, its place among its worker's instances, and the one among those that wait for their end.
type Grave = (Box<dyn Send>, [OwnedSemaphorePermit; 2]);

/// Instances of a worker that may wait: where the processors have no time for them, what they hold must stay little.
const WAITING: usize = 4;

/// Runs until dropped, and every [`Burial`] with it.
pub(crate) struct Undertaker {
    graves: Option<Sender<Grave>>,
    thread: Option<JoinHandle<()>>,
}

/// A worker's way to it.
pub(crate) struct Burial {
    graves: Sender<Grave>,
    slots: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Undertaker {
    pub(crate) fn start() -> std::io::Result<Self> {
        let (graves, inbox) = channel();
        let thread = std::thread::Builder::new().name("flowhost-undertaker".to_owned()).spawn(move || bury(&inbox))?;
        Ok(Self { graves: Some(graves), thread: Some(thread) })
    }

    /// For a worker whose instances have these places.
    pub(crate) fn burial(&self, slots: &Arc<Semaphore>) -> Option<Burial> {
        let graves = self.graves.clone()?;
        Some(Burial { graves, slots: Arc::clone(slots), waiting: Arc::new(Semaphore::new(WAITING)) })
    }
}

impl Drop for Undertaker {
    fn drop(&mut self) {
        self.graves = None;
        if let Some(thread) = self.thread.take() {
            // What ends there can't be in use any more, whatever became of the thread.
            drop(thread.join());
        }
    }
}

impl Burial {
    /// Drops it there; here, if all places are taken: it keeps its places until it is gone.
    pub(crate) fn take<T: Send + 'static>(&self, ended: T) {
        let place = |places: &Arc<Semaphore>| Arc::clone(places).try_acquire_owned();
        if let (Ok(slot), Ok(waiting)) = (place(&self.slots), place(&self.waiting)) {
            drop(self.graves.send((Box::new(ended), [slot, waiting])));
        }
    }
}

fn bury(inbox: &Receiver<Grave>) {
    step_aside();
    for (ended, places) in inbox {
        drop(ended);
        drop(places);
    }
}

/// Lets everything else that a processor has to do go first. A low priority isn't enough: who has a processor keeps it for
/// some milliseconds, but not under this policy.
fn step_aside() {
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

    struct Dies(mpsc::Sender<ThreadId>);

    impl Drop for Dies {
        fn drop(&mut self) {
            self.0.send(thread::current().id()).unwrap();
        }
    }

    #[test]
    fn it_ends_elsewhere_while_there_is_room_and_here_otherwise() {
        let (died, deaths) = mpsc::channel();
        let slots = Arc::new(Semaphore::new(1));
        let undertaker = Undertaker::start().unwrap();
        let burial = undertaker.burial(&slots).unwrap();
        burial.take(Dies(died.clone()));
        assert_ne!(deaths.recv().unwrap(), thread::current().id());
        slots.close();
        burial.take(Dies(died));
        assert_eq!(deaths.recv().unwrap(), thread::current().id());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn everything_else_goes_before_it() {
        use thread_priority::{NormalThreadSchedulePolicy, ThreadSchedulePolicy, thread_schedule_policy};
        struct Tells(mpsc::Sender<ThreadSchedulePolicy>);
        impl Drop for Tells {
            fn drop(&mut self) {
                self.0.send(thread_schedule_policy().unwrap()).unwrap();
            }
        }
        let (told, policies) = mpsc::channel();
        let undertaker = Undertaker::start().unwrap();
        undertaker.burial(&Arc::new(Semaphore::new(1))).unwrap().take(Tells(told));
        assert_eq!(policies.recv().unwrap(), ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle));
    }
}
