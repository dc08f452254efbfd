//! What threads share and wait for. What is tested in every order of events takes it from here and not from std or tokio,
//! so that a test (`host/interleavings`) can put parts in their place which it steps itself.

pub(crate) use crate::engine::private_files;
pub(crate) use std::sync::atomic;
pub(crate) use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
pub(crate) use std::{fs, thread};
pub(crate) use tokio::runtime;
pub(crate) use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, mpsc, oneshot};
