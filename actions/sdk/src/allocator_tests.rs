//! Tests of the allocator with ordinary memory.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use core::cell::Cell;
use proptest::prelude::*;

/// A buffer of which `used` bytes are in use. Each growth skips `skip` bytes, as if other code had grown the memory.
struct Buffer {
    base: usize,
    size: usize,
    used: Cell<usize>,
    skip: usize,
}

impl Buffer {
    fn new(size: usize, initial: usize, skip: usize) -> Self {
        let memory = Vec::leak(vec![0xAA_u64; size / 8]);
        Self { base: memory.as_mut_ptr().expose_provenance(), size, used: Cell::new(initial), skip }
    }
}

impl MemorySource for Buffer {
    fn initial(&self) -> Range<usize> {
        self.base..self.base + self.used.get()
    }

    fn grow(&self, bytes: usize) -> Option<Range<usize>> {
        let start = self.used.get() + self.skip;
        let end = start.checked_add(bytes.next_multiple_of(256))?;
        (end <= self.size).then(|| {
            self.used.set(end);
            self.base + start..self.base + end
        })
    }
}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 1).unwrap()
}

#[test]
fn a_block_is_at_least_as_large_as_asked_for_and_at_most_a_quarter_larger() {
    let mut last = 0;
    for size in 0..100_000 {
        let (rounded, class) = class(size);
        assert!(rounded >= size && rounded % ALIGNMENT == 0 && class < CLASSES);
        assert!(rounded <= size + size / 4 + 2 * ALIGNMENT, "{size} became {rounded}");
        assert!(class >= last, "classes grow with sizes");
        last = class;
    }
    assert_eq!(class(i32::MAX as usize).1, CLASSES - 4);
}

#[test]
fn a_freed_block_serves_the_next_of_its_size() {
    let allocator = Allocator::new(Buffer::new(4096, 4096, 0));
    // SAFETY: layouts match their blocks.
    unsafe {
        let first = allocator.alloc(layout(100));
        let _second = allocator.alloc(layout(100));
        allocator.dealloc(first, layout(100));
        assert_eq!(allocator.alloc(layout(104)), first);
    }
}

#[test]
fn the_newest_block_grows_where_it_is() {
    let allocator = Allocator::new(Buffer::new(4096, 4096, 0));
    // SAFETY: as above.
    unsafe {
        let block = allocator.alloc(layout(10));
        assert_eq!(allocator.realloc(block, layout(10), 1000), block);
    }
}

#[test]
fn an_exhausted_memory_gives_null() {
    let allocator = Allocator::new(Buffer::new(4096, 1024, 0));
    // SAFETY: as above.
    unsafe {
        assert!(allocator.alloc(layout(8000)).is_null());
        assert!(!allocator.alloc(layout(2000)).is_null());
    }
}

#[derive(Debug, Clone)]
enum Step {
    Allocate(usize, usize),
    Free(usize),
    Resize(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_usize..600, 0_u32..6).prop_map(|(size, align)| Step::Allocate(size, 1 << align)),
        any::<usize>().prop_map(Step::Free),
        (any::<usize>(), 0_usize..900).prop_map(|(which, size)| Step::Resize(which, size)),
    ]
}

proptest! {
    /// Operations on a block do not change the bytes of other live blocks, also if growth leaves gaps.
    #[test]
    fn blocks_never_overlap(steps in prop::collection::vec(step(), 1..200), skip in prop_oneof![Just(0_usize), Just(512)]) {
        let allocator = Allocator::new(Buffer::new(1 << 20, 512, skip));
        let mut live: Vec<(*mut u8, Layout, u8)> = Vec::new();
        for (number, step) in steps.into_iter().enumerate() {
            let mark = number as u8;
            // SAFETY: each block is used with the layout that it has, and only while it is live.
            unsafe {
                match step {
                    Step::Allocate(size, align) => {
                        let layout = Layout::from_size_align(size, align).unwrap();
                        let block = allocator.alloc(layout);
                        prop_assert!(!block.is_null() && block.addr().is_multiple_of(align));
                        block.write_bytes(mark, size);
                        live.push((block, layout, mark));
                    }
                    Step::Free(which) if !live.is_empty() => {
                        let (block, layout, _) = live.swap_remove(which % live.len());
                        allocator.dealloc(block, layout);
                    }
                    Step::Resize(which, size) if !live.is_empty() => {
                        let which = which % live.len();
                        let (block, layout, mark) = live[which];
                        let moved = allocator.realloc(block, layout, size);
                        prop_assert!(!moved.is_null());
                        for index in 0..layout.size().min(size) {
                            prop_assert_eq!(moved.add(index).read(), mark);
                        }
                        moved.write_bytes(mark, size);
                        live[which] = (moved, Layout::from_size_align(size, layout.align()).unwrap(), mark);
                    }
                    _ => {}
                }
                for (block, layout, mark) in &live {
                    for index in 0..layout.size() {
                        prop_assert_eq!(block.add(index).read(), *mark);
                    }
                }
            }
        }
    }
}
