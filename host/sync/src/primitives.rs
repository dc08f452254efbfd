//! The primitives of this crate: those of std and tokio, or with the feature `shuttle` those that shuttle schedules.

#[cfg(feature = "shuttle")]
mod shuttle;

#[cfg(not(feature = "shuttle"))]
pub(crate) use std::{
    sync::{Mutex, atomic},
    thread,
};
#[cfg(not(feature = "shuttle"))]
pub(crate) use tokio::{
    runtime,
    sync::{mpsc, oneshot},
};

#[cfg(feature = "shuttle")]
pub(crate) use self::shuttle::{Mutex, atomic, mpsc, oneshot, runtime, thread};

pub(crate) use std::sync::{Arc, PoisonError, Weak};
pub(crate) use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
