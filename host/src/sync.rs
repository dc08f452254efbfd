//! Synchronisation primitives. Modules whose interleavings are tested import them from here, not from std or tokio.
//!
//! The tests of `host/interleavings` replace this module with primitives that they schedule themselves.

pub(crate) use crate::engine::private_files;
pub(crate) use std::sync::atomic;
pub(crate) use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
pub(crate) use std::{fs, thread};
pub(crate) use tokio::runtime;
pub(crate) use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, mpsc, oneshot};
