//! WASI for authors whose toolchain imports it: no files, no network, no environment.
//!
//! Output goes to the log. The invocation determines clocks and random numbers, so that a retry has the same results.

use super::session::{SeededRng, SessionOverlay};
use super::{HostState, LogLevel, RunLog};
use async_trait::async_trait;
use bytes::Bytes;
use rand_xoshiro::rand_core::{Rng, SeedableRng, TryRng};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::AsyncWrite;
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

/// Maximum number of random bytes of one call, which occupies its worker until it has generated them.
const MAX_RANDOM_BYTES: u64 = 64 << 10;

/// Maximum number of bytes of one write.
const MAX_WRITE_BYTES: usize = 64 << 10;

/// Maximum number of resources of a run at the same time.
pub const MAX_RESOURCES: usize = 1_000;

/// Bytes that every WASI call is charged in addition to its data, for arguments and results.
const CALL_BYTES: usize = 64;

/// The WASI context of one run.
pub(crate) struct Wasi {
    context: WasiCtx,
    table: ResourceTable,
    /// Replaces the table after a limit was exceeded: every function that needs a resource then traps.
    empty_table: ResourceTable,
}

impl Wasi {
    /// Creates the context of a run.
    pub(crate) fn new(session: &SessionOverlay, run_log: &Arc<RunLog>) -> Self {
        let mut random = session.random.clone();
        let seed = u128::from(random.next_u64()) << 64 | u128::from(random.next_u64());
        let clock =
            FrozenClock(session.now.signed_duration_since(chrono::DateTime::UNIX_EPOCH).to_std().unwrap_or_default());
        let context = WasiCtxBuilder::new()
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .wall_clock(clock)
            .monotonic_clock(clock)
            .secure_random(ChargedRng::new(random.next_u64(), run_log))
            .insecure_random(ChargedRng::new(random.next_u64(), run_log))
            .insecure_random_seed(seed)
            .max_random_size(MAX_RANDOM_BYTES)
            .stdout(LogStream { run_log: Arc::clone(run_log), level: LogLevel::Info })
            .stderr(LogStream { run_log: Arc::clone(run_log), level: LogLevel::Error })
            .build();
        let table_of = |resources| {
            let mut table = ResourceTable::new();
            table.set_max_capacity(resources);
            table
        };
        Self { context, table: table_of(MAX_RESOURCES), empty_table: table_of(0) }
    }
}

/// Returns whether a plugin has ended its run with `wasi:cli/exit`.
pub fn is_exit(error: &wasmtime::Error) -> bool {
    error.downcast_ref::<wasmtime_wasi::I32Exit>().is_some()
}

pub(super) fn link(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)
}

impl WasiView for HostState {
    /// Every WASI function calls this once, so that WASI calls are charged here. It can't fail. A run that exceeds a
    /// limit here ends at the next resource, at the next call of the contract, or when its guest yields.
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.run_log.count_host_call();
        self.run_log.charge_bytes(CALL_BYTES);
        let is_exceeded = self.exceeded_limit().is_some();
        // Normally created before instantiation; created here if the imports did not announce WASI.
        let wasi = self.wasi.get_or_insert_with(|| Box::new(Wasi::new(&self.session, &self.run_log)));
        let table = if is_exceeded { &mut wasi.empty_table } else { &mut wasi.table };
        WasiCtxView { ctx: &mut wasi.context, table }
    }
}

/// A random number generator that charges its bytes.
struct ChargedRng {
    generator: SeededRng,
    run_log: Arc<RunLog>,
}

impl ChargedRng {
    fn new(seed: u64, run_log: &Arc<RunLog>) -> Self {
        Self { generator: SeededRng::seed_from_u64(seed), run_log: Arc::clone(run_log) }
    }
}

impl TryRng for ChargedRng {
    type Error = Infallible;

    /// A list of random bytes uses one call for each byte.
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.run_log.charge_bytes(1);
        self.generator.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.run_log.charge_bytes(size_of::<u64>());
        self.generator.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.run_log.charge_bytes(bytes.len());
        self.generator.try_fill_bytes(bytes)
    }
}

/// A clock that always returns the invocation's time.
#[derive(Clone, Copy)]
struct FrozenClock(Duration);

impl HostWallClock for FrozenClock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.0
    }
}

impl HostMonotonicClock for FrozenClock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        0
    }
}

/// Standard output or error as log lines.
#[derive(Clone)]
struct LogStream {
    run_log: Arc<RunLog>,
    level: LogLevel,
}

impl IsTerminal for LogStream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl LogStream {
    fn print(&self, bytes: &[u8]) {
        self.run_log.charge_bytes(bytes.len());
        self.run_log.write_lines(self.level, bytes);
    }
}

impl StdoutStream for LogStream {
    /// Bypasses the adapter of the WASI library, which has a queue and a task of its own.
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

impl OutputStream for LogStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.print(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(MAX_WRITE_BYTES)
    }
}

#[async_trait]
impl Pollable for LogStream {
    async fn ready(&mut self) {}
}

impl AsyncWrite for LogStream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.print(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
