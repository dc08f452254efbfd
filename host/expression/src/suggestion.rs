//! Suggestions for unknown names.

/// Maximum bytes of a compared name. A comparison takes time proportional to the product of both lengths.
const MAX_LENGTH: usize = 64;

/// Returns the steps of comparing a known name with an unknown one.
pub(super) fn comparison_steps(known: &str) -> usize {
    4 + if known.len() > MAX_LENGTH { 0 } else { known.len() }
}

/// Returns the known name that is most similar to an unknown one, if any is similar enough.
pub(super) fn nearest_name<'n>(unknown: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    /// Minimum similarity, from 0 to 1.
    const MIN_SIMILARITY: f64 = 0.8;
    if unknown.len() > MAX_LENGTH {
        return None;
    }
    let lower = unknown.to_lowercase();
    known
        .filter(|name| name.len() <= MAX_LENGTH)
        .map(|name| (strsim::jaro_winkler(&lower, &name.to_lowercase()), name))
        .filter(|(similarity, _)| *similarity >= MIN_SIMILARITY)
        .max_by(|(left, first), (right, second)| left.total_cmp(right).then_with(|| second.cmp(first)))
        .map(|(_, name)| name.to_owned())
}
