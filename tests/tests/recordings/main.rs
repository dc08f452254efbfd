//! Recordings: the commands that write and replay them, and the properties of replays and redaction.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod commands;
mod damage;
mod properties;
mod redaction;
mod shipped;
