//! Attacks that never end.

use flow_sdk::prelude::*;
use std::hint::black_box;

pub(crate) fn infinite_loop() -> Result<Port, Error> {
    let mut count = 0_u64;
    loop {
        count = black_box(count).wrapping_add(1);
    }
}

pub(crate) fn infinite_loop_with_calls() -> Result<Port, Error> {
    loop {
        black_box(session::depth());
    }
}

/// Recurses on the stack that the compiler keeps in linear memory.
pub(crate) fn recurses() -> Result<Port, Error> {
    #[expect(unconditional_recursion, reason = "the attack")]
    fn deeper(depth: u64) -> u64 {
        let frame = black_box([depth; 16]);
        deeper(depth + 1) + frame.iter().sum::<u64>()
    }
    black_box(deeper(0));
    Ok(NEXT)
}

/// Reads a contact whose read never completes in the store of the tests.
pub(crate) fn waits() -> Result<Port, Error> {
    contacts::name(&ContactId::from(crate::first()?).into())?;
    Ok(NEXT)
}

/// Computes for a few tens of milliseconds, the same amount each time.
pub(crate) fn compute_for_a_while() -> Result<Port, Error> {
    let mut sum = 0_u64;
    for number in 0..40_000_000_u64 {
        sum = black_box(sum.wrapping_add(number));
    }
    black_box(sum);
    Ok(NEXT)
}
