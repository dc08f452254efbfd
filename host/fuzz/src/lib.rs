//! Runs a fuzz target under libFuzzer, and reports the cost of each input to it.
//!
//! libFuzzer keeps an input that sets a counter which no earlier input has set. Here a counter stands for a range of a
//! cost, so libFuzzer keeps inputs that cost more than all before, and mutates them further. Of inputs with the same
//! cost it keeps the shortest, so the cost of each byte grows, too.

use flowhost_fuzz_targets::{process_memory, take_cost};
use std::sync::atomic::{AtomicU8, Ordering};

/// Counters of one cost. Two counters stand for each power of two.
const RANGES: usize = 128;
/// Bytes that the process may grow by while it handles one input.
const MAX_GROWTH: i64 = 96 << 20;

/// Counters for the CPU time, the allocated bytes, and the growth of the process.
///
/// libFuzzer finds the counters by the name of their section. It resets them before each input.
#[cfg_attr(target_os = "linux", unsafe(link_section = "__libfuzzer_extra_counters"))]
static COUNTERS: [[AtomicU8; RANGES]; 3] = [const { [const { AtomicU8::new(0) }; RANGES] }; 3];

/// Runs a target on an input. Panics if the target does, or if the process grows by more than 96 MiB.
pub fn run(parse: fn(&[u8]), bytes: &[u8]) {
    take_cost();
    let (before, _) = process_memory();
    parse(bytes);
    let (_, peak) = process_memory();
    let growth = peak - before;
    assert!(growth <= MAX_GROWTH, "the process grew by {growth} bytes");
    let cost = take_cost();
    let costs = [cost.time.as_micros() as i64, cost.total, growth];
    for (counters, cost) in COUNTERS.iter().zip(costs) {
        counters[range_of(cost)].store(1, Ordering::Relaxed);
    }
}

/// The range of a cost: two ranges for each power of two.
fn range_of(cost: i64) -> usize {
    let cost = cost.max(2) as u64;
    let power = cost.ilog2();
    power as usize * 2 + usize::from(cost >> (power - 1) & 1 == 1)
}
