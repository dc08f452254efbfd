//! WASI, for authors whose toolchain imports it: no files, no network, no environment. Output goes to the log, and
//! clocks and random numbers are fixed by the invocation, so that running it again gives the same.

use super::session::{Generator, SessionState};
use super::{Journal, LogLevel, State};
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::AsyncWrite;
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

/// Bytes that one call may ask of the random sources: it holds its worker for as long as they take to make.
const MAX_RANDOM_BYTES: u64 = 64 << 10;

/// One run's WASI.
pub(crate) struct Wasi {
    context: WasiCtx,
    table: ResourceTable,
}

impl Wasi {
    pub(crate) fn new(session: &SessionState, journal: &Arc<Journal>, max_lines: usize) -> Self {
        let mut random = session.random.clone();
        let seed = u128::from(random.next_u64()) << 64 | u128::from(random.next_u64());
        let instant =
            Instant(session.now.signed_duration_since(chrono::DateTime::UNIX_EPOCH).to_std().unwrap_or_default());
        let context = WasiCtxBuilder::new()
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .wall_clock(instant)
            .monotonic_clock(instant)
            .secure_random(Generator::seed_from_u64(random.next_u64()))
            .insecure_random(Generator::seed_from_u64(random.next_u64()))
            .insecure_random_seed(seed)
            .max_random_size(MAX_RANDOM_BYTES)
            .stdout(Output { journal: Arc::clone(journal), level: LogLevel::Info, max_lines })
            .stderr(Output { journal: Arc::clone(journal), level: LogLevel::Error, max_lines })
            .build();
        Self { context, table: ResourceTable::new() }
    }
}

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        // Lent before a component that imports WASI is instantiated; made here for one that was said not to.
        let lines = self.limits.log_lines;
        let wasi = self.wasi.get_or_insert_with(|| Box::new(Wasi::new(&self.session, &self.journal, lines)));
        WasiCtxView { ctx: &mut wasi.context, table: &mut wasi.table }
    }
}

/// A clock that stands still at the invocation's instant.
#[derive(Clone, Copy)]
struct Instant(Duration);

impl HostWallClock for Instant {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.0
    }
}

impl HostMonotonicClock for Instant {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        0
    }
}

/// Standard output or error as log lines.
#[derive(Clone)]
struct Output {
    journal: Arc<Journal>,
    level: LogLevel,
    max_lines: usize,
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for Output {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        for line in String::from_utf8_lossy(bytes).lines().filter(|line| !line.is_empty()) {
            self.journal.write(self.level, line.to_owned(), self.max_lines);
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
