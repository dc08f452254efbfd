//! Hostile plugins, each a real component: what they do, the bound that they meet, and that nobody else notices.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod charges;
mod deeds;
mod exchange;
mod gate;
mod isolation;
mod log;
mod longevity;
mod plugins;
mod proofs;
mod rivals;
mod stale;
mod wasi;
mod world;
