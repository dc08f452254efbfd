//! The CPU time of this process as a measurement for criterion, and the CPU affinity of threads.

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use rustix::thread::{CpuSet, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};
use std::ops::Range;
use std::time::{Duration, Instant};

/// CPU time of all threads of this process.
pub(crate) struct CpuTime;

/// The CPU time that this process has used.
pub(crate) fn process_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap(), u32::try_from(time.tv_nsec).unwrap())
}

/// Restricts the calling thread and its later child threads to these processors.
pub(crate) fn set_affinity(cpus: Range<usize>) {
    let mut set = CpuSet::new();
    cpus.for_each(|cpu| set.set(cpu));
    sched_setaffinity(None, &set).unwrap();
}

/// The number of available processors.
pub(crate) fn cpu_count() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Runs a thread on each processor that only reads the clock. Prints how often it lost the processor for more than
/// 1 ms, and the longest time.
pub(crate) fn scheduler_stalls(time: Duration) {
    const LONG: Duration = Duration::from_millis(1);
    let look = |cpu: usize| {
        set_affinity(cpu..cpu + 1);
        let began = Instant::now();
        let (mut last, mut count, mut longest) = (began, 0, Duration::ZERO);
        while last - began < time {
            let now = Instant::now();
            count += u32::from(now - last > LONG);
            longest = longest.max(now - last);
            last = now;
        }
        println!("processor {cpu}: {count} gaps of more than {LONG:?} in {time:?}, the longest {longest:.1?}");
    };
    std::thread::scope(|scope| (0..cpu_count()).for_each(|cpu| drop(scope.spawn(move || look(cpu)))));
}

impl Measurement for CpuTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        process_cpu_time()
    }

    fn end(&self, began: Duration) -> Duration {
        process_cpu_time() - began
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        static WALL: WallTime = WallTime;
        WALL.formatter()
    }
}
