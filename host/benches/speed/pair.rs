//! Two sides of a measurement in one run, by criterion.

use criterion::measurement::Measurement;
use criterion::{Criterion, SamplingMode};
use serde_json::Value as Json;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::runtime::Runtime;

/// How thorough a run is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Care {
    /// For figures to quote.
    Full,
    /// For a quick look.
    Quick,
}

/// Measures sides of one thing, and remembers their medians.
pub(crate) struct Group<M: Measurement + 'static> {
    criterion: Criterion<M>,
    name: &'static str,
}

impl<M: Measurement + 'static> Group<M> {
    pub(crate) fn new(name: &'static str, care: Care, measurement: M) -> Self {
        let (warm_up, time) = match care {
            Care::Full => (1, 5),
            Care::Quick => (1, 1),
        };
        let criterion = Criterion::default()
            .with_measurement(measurement)
            .without_plots()
            .output_directory(&results())
            .sample_size(if care == Care::Full { 30 } else { 10 })
            .warm_up_time(Duration::from_secs(warm_up))
            .measurement_time(Duration::from_secs(time));
        Self { criterion, name }
    }

    /// Measures a side; answers the median of one iteration, microseconds. `run` does so many iterations.
    pub(crate) fn side(&mut self, side: &str, mut run: impl FnMut(u64) -> M::Value) -> f64 {
        let mut group = self.criterion.benchmark_group(self.name);
        group.sampling_mode(SamplingMode::Flat);
        group.bench_function(side, |bencher| bencher.iter_custom(&mut run));
        group.finish();
        let path = results().join(self.name).join(side).join("new/estimates.json");
        let estimates: Json = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        estimates["median"]["point_estimate"].as_f64().unwrap() / 1_000.0
    }
}

/// Runs work on a runtime and measures it.
pub(crate) fn timed<M: Measurement>(runtime: &Runtime, measurement: &M, work: impl Future<Output = ()>) -> M::Value {
    let began = measurement.start();
    runtime.block_on(work);
    measurement.end(began)
}

/// A runtime as a caller may have it: one thread.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Where criterion keeps what it found.
fn results() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("criterion")
}
