//! Comparison of the sides of a row in one run, measured by criterion.

use criterion::measurement::Measurement;
use criterion::{Criterion, SamplingMode};
use serde_json::Value as Json;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::runtime::Runtime;

/// The number of rounds and their duration.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Seven rounds of one second, for published figures.
    Full,
    /// Three rounds of 0.3 s, for a quick check.
    Quick,
}

/// A group of sides that are measured in alternation.
pub(crate) struct Group<M: Measurement + 'static> {
    criterion: Criterion<M>,
    name: &'static str,
    rounds: usize,
}

/// A side: its name, and a function that executes the given number of iterations.
pub(crate) type Side<'a, V> = (&'a str, &'a mut dyn FnMut(u64) -> V);

/// The results: for each round and side, the median time of one iteration, microseconds.
pub(crate) struct Rounds<const SIDES: usize>(Vec<[f64; SIDES]>);

impl<M: Measurement + 'static> Group<M> {
    pub(crate) fn new(name: &'static str, mode: Mode, measurement: M) -> Self {
        let (rounds, warm_up, time) = match mode {
            Mode::Full => (7, 300, 1_000),
            Mode::Quick => (3, 100, 300),
        };
        let criterion = Criterion::default()
            .with_measurement(measurement)
            .without_plots()
            .output_directory(&results())
            .sample_size(10)
            .warm_up_time(Duration::from_millis(warm_up))
            .measurement_time(Duration::from_millis(time));
        Self { criterion, name, rounds }
    }

    /// Measures all sides in every round, so that a change of the machine's speed affects all of them.
    pub(crate) fn alternate<const SIDES: usize>(&mut self, mut sides: [Side<'_, M::Value>; SIDES]) -> Rounds<SIDES> {
        let mut found = Vec::new();
        for _ in 0..self.rounds {
            let mut group = self.criterion.benchmark_group(self.name);
            group.sampling_mode(SamplingMode::Flat);
            found.push(sides.each_mut().map(|(side, run)| {
                group.bench_function(*side, |bencher| bencher.iter_custom(&mut *run));
                let path = results().join(self.name).join(side).join("new/estimates.json");
                let estimates: Json = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
                estimates["median"]["point_estimate"].as_f64().unwrap() / 1_000.0
            }));
            group.finish();
        }
        Rounds(found)
    }
}

impl<const SIDES: usize> Rounds<SIDES> {
    /// The median over all rounds of a value computed from each round.
    pub(crate) fn median(&self, of: impl FnMut(&[f64; SIDES]) -> f64) -> f64 {
        let mut values: Vec<f64> = self.0.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    }

    /// The median of each side over all rounds.
    pub(crate) fn medians(&self) -> [f64; SIDES] {
        std::array::from_fn(|side| self.median(|round| round[side]))
    }
}

/// Runs work on a runtime and measures it.
pub(crate) fn measure_time<M: Measurement>(
    runtime: &Runtime,
    measurement: &M,
    work: impl Future<Output = ()>,
) -> M::Value {
    let began = measurement.start();
    runtime.block_on(work);
    measurement.end(began)
}

/// A Tokio runtime with one thread, for callers.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The folder of criterion's results.
fn results() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("criterion")
}
