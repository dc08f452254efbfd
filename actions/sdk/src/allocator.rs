//! The allocator of a component: it uses the initial memory before it grows the memory.
//!
//! A component lives for one invocation, and a system call to grow its memory would cost more than the rest of a small
//! action. The allocator takes blocks from the space between the program's data and the end of the first page. Free
//! lists keep freed blocks by size class, and the memory grows only when neither suffices. The allocator is for one
//! thread: a component has no others.
#![expect(unsafe_code, reason = "an allocator returns raw memory; this is the only unsafe module")]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ops::Range;
use core::ptr::{self, NonNull};

/// Alignment of the address and the size of every block. Larger alignments are allocated without a free list.
const ALIGNMENT: usize = 8;
/// Number of size classes: four for every power of two, from 16 bytes to the end of a 32-bit address space.
const CLASSES: usize = 28 * 4;

/// The source of an allocator's memory.
pub(crate) trait MemorySource {
    /// The initial free addresses.
    fn initial(&self) -> Range<usize>;
    /// Grows the memory by at least `bytes` and returns the new addresses. `None`: there is no more memory.
    fn grow(&self, bytes: usize) -> Option<Range<usize>>;
}

/// An allocator with the memory of `M`.
pub(crate) struct Allocator<M> {
    memory: M,
    state: UnsafeCell<State>,
}

struct State {
    /// The memory that was never part of a block. `None` before the first allocation.
    rest: Option<Range<usize>>,
    /// The free lists by class. Each free block contains the address of the next one.
    free: [Option<NonNull<FreeBlock>>; CLASSES],
}

struct FreeBlock {
    next: Option<NonNull<FreeBlock>>,
}

// SAFETY: a component has one thread.
unsafe impl<M> Sync for Allocator<M> {}

impl<M> Allocator<M> {
    pub(crate) const fn new(memory: M) -> Self {
        Self { memory, state: UnsafeCell::new(State { rest: None, free: [None; CLASSES] }) }
    }
}

/// The size and the class of the block for `size` bytes. The block is at most a quarter larger.
fn class(size: usize) -> (usize, usize) {
    let size = size.max(2 * ALIGNMENT).next_multiple_of(ALIGNMENT);
    let magnitude = size.ilog2() as usize;
    let rounded = size.next_multiple_of((1 << (magnitude - 2)).max(ALIGNMENT));
    let magnitude = rounded.ilog2() as usize;
    (rounded, (magnitude - 4) * 4 + ((rounded >> (magnitude - 2)) & 3))
}

impl<M: MemorySource> Allocator<M> {
    /// Takes `size` bytes from the rest, and grows the memory if necessary. Null: there is no more memory.
    fn bump(&self, rest: &mut Option<Range<usize>>, size: usize, align: usize) -> *mut u8 {
        let room = rest.get_or_insert_with(|| self.memory.initial());
        loop {
            let Some(start) = room.start.checked_next_multiple_of(align) else {
                return ptr::null_mut();
            };
            match start.checked_add(size) {
                Some(end) if end <= room.end => {
                    room.start = end;
                    return ptr::with_exposed_provenance_mut(start);
                }
                Some(end) => {
                    let missing = end - room.end;
                    match self.memory.grow(missing) {
                        Some(more) if more.start == room.end => room.end = more.end,
                        // Other code has grown the memory, so the new part is not adjacent. The old rest stays unused.
                        Some(_) => match self.memory.grow(size + align) {
                            Some(more) => *room = more,
                            None => return ptr::null_mut(),
                        },
                        None => return ptr::null_mut(),
                    }
                }
                None => return ptr::null_mut(),
            }
        }
    }
}

// SAFETY: blocks never overlap: each is taken from the rest once, and is afterwards either in use or in one free list.
// A free list contains blocks of at least the size of its class.
unsafe impl<M: MemorySource> GlobalAlloc for Allocator<M> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: one thread, and nothing below calls back into the allocator.
        let state = unsafe { &mut *self.state.get() };
        if layout.align() > ALIGNMENT {
            return self.bump(&mut state.rest, layout.size(), layout.align());
        }
        let (size, class) = class(layout.size());
        match state.free.get_mut(class) {
            Some(list) => match *list {
                Some(block) => {
                    // SAFETY: `dealloc` wrote the link, and the block has not been in use since.
                    *list = unsafe { block.as_ref() }.next;
                    block.as_ptr().cast()
                }
                None => self.bump(&mut state.rest, size, ALIGNMENT),
            },
            None => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // Blocks with a larger alignment are rare, and are not reused.
        if layout.align() > ALIGNMENT {
            return;
        }
        // SAFETY: as in `alloc`.
        let state = unsafe { &mut *self.state.get() };
        let (size, class) = class(layout.size());
        match (&mut state.rest, state.free.get_mut(class), NonNull::new(block)) {
            (Some(rest), _, _) if block.addr() + size == rest.start => rest.start = block.addr(),
            (_, Some(list), Some(block)) => {
                let block = block.cast::<FreeBlock>();
                // SAFETY: the caller no longer uses the block. It is aligned to `ALIGNMENT` and has at least two words.
                unsafe { block.write(FreeBlock { next: *list }) };
                *list = Some(block);
            }
            _ => {}
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller guarantees that `new_size`, rounded up to the alignment, does not overflow.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        if layout.align() <= ALIGNMENT {
            let ((old, _), (new, _)) = (class(layout.size()), class(new_size));
            // SAFETY: as in `alloc`.
            let state = unsafe { &mut *self.state.get() };
            match &mut state.rest {
                // The newest block grows and shrinks in place. This is common for a list or a text under construction.
                Some(rest) if block.addr() + old == rest.start && block.addr() + new <= rest.end => {
                    rest.start = block.addr() + new;
                    return block;
                }
                _ if new <= old => return block,
                _ => {}
            }
        }
        // SAFETY: the contract of `realloc` implies the contracts of these three functions.
        unsafe {
            let moved = self.alloc(new_layout);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

/// The memory of a component for `wasm32-unknown-unknown`. Other targets use the system's allocator: on `wasm32-wasip2`
/// it owns the same initial memory.
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
mod component {
    use super::{Allocator, MemorySource, Range};
    use core::arch::wasm32::{memory_grow, memory_size};

    const PAGE: usize = 65536;

    #[global_allocator]
    static ALLOCATOR: Allocator<LinearMemory> = Allocator::new(LinearMemory);

    struct LinearMemory;

    unsafe extern "C" {
        /// A symbol of the linker whose address is the first one after stack and data.
        static __heap_base: u8;
    }

    impl MemorySource for LinearMemory {
        fn initial(&self) -> Range<usize> {
            let start = &raw const __heap_base;
            start.expose_provenance()..memory_size::<0>() * PAGE
        }

        fn grow(&self, bytes: usize) -> Option<Range<usize>> {
            let pages = bytes.div_ceil(PAGE);
            match memory_grow::<0>(pages) {
                usize::MAX => None,
                old => Some(old * PAGE..(old + pages) * PAGE),
            }
        }
    }
}

#[cfg(test)]
#[path = "allocator_tests.rs"]
mod tests;
