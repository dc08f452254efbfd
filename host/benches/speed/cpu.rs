//! The processor time of this process, as something to measure with, and which processors it may use.

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use rustix::thread::{CpuSet, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};
use std::ops::Range;
use std::time::{Duration, Instant};

/// Processor time of all threads of this process.
pub(crate) struct CpuTime;

/// The processor time that this process has used so far.
pub(crate) fn process_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap(), u32::try_from(time.tv_nsec).unwrap())
}

/// The calling thread, and all that it starts from now on, run on these processors only.
pub(crate) fn set_affinity(cpus: Range<usize>) {
    let mut set = CpuSet::new();
    cpus.for_each(|cpu| set.set(cpu));
    sched_setaffinity(None, &set).unwrap();
}

/// How many processors there are.
pub(crate) fn cpu_count() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// How often, and for how long at most, each processor was taken for more than a millisecond from a thread that only
/// reads the clock.
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
