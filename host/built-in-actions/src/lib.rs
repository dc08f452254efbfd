//! The actions that ship: components that the build made, like any author's.

include!(concat!(env!("OUT_DIR"), "/actions.rs"));

/// The actions that ship: the id and the component of each, in order of their ids.
pub fn built_in() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    BUILT_IN.iter().copied()
}
