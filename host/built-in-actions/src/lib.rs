//! The built-in actions: components that the build script compiles and packs like those of any author.

include!(concat!(env!("OUT_DIR"), "/actions.rs"));

/// Returns the id and the component of each built-in action, sorted by id.
pub fn built_in() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    BUILT_IN.iter().copied()
}
