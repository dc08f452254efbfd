//! Counts the bytes that a thread and the whole process have allocated.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, Ordering};

#[global_allocator]
static COUNTING: CountingAllocator = CountingAllocator;

/// Bytes that are allocated, their maximum, and the sum of all allocations, since [`reset`].
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Allocated {
    pub(crate) live: i64,
    pub(crate) peak: i64,
    pub(crate) total: i64,
}

thread_local! {
    static THREAD: Cell<Allocated> = const { Cell::new(Allocated { live: 0, peak: 0, total: 0 }) };
}

/// Bytes that all threads have allocated, and their maximum.
static LIVE: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);

/// Resets the counters of this thread. An allocation that another thread frees remains counted here.
pub(crate) fn reset() {
    THREAD.set(Allocated::default());
}

/// Bytes that this thread has allocated since [`reset`].
pub(crate) fn allocated() -> Allocated {
    THREAD.get()
}

/// The bytes that the process has allocated now, and the maximum since the last call.
pub(crate) fn process_bytes() -> (i64, i64) {
    let live = LIVE.load(Ordering::Relaxed);
    (live, PEAK.swap(live, Ordering::Relaxed))
}

struct CountingAllocator;

fn count(bytes: usize, sign: i64) {
    let bytes = sign * i64::try_from(bytes).unwrap_or(i64::MAX);
    let live = LIVE.fetch_add(bytes, Ordering::Relaxed) + bytes;
    if bytes > 0 {
        PEAK.fetch_max(live, Ordering::Relaxed);
    }
    // A terminating thread has already dropped its counters.
    let _ = THREAD.try_with(|here| {
        let mut allocated = here.get();
        allocated.live += bytes;
        allocated.peak = allocated.peak.max(allocated.live);
        allocated.total += bytes.max(0);
        here.set(allocated);
    });
}

#[expect(unsafe_code, reason = "an allocator is unsafe to implement, and there is no other place to count")]
// SAFETY: the system's allocator gets every call unchanged. Counting does not allocate: its cells need no destructor.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        // SAFETY: the caller fulfils the requirements of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(layout.size(), -1);
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, 1);
        count(layout.size(), -1);
        // SAFETY: as above.
        unsafe { System.realloc(place, layout, size) }
    }
}
