//! The name that somebody may have meant.

/// Bytes beyond which a name is not compared, since that takes the product of both lengths.
const MAX_LENGTH: usize = 64;

/// The steps of comparing a known name with an unknown one.
pub(super) fn comparison_steps(known: &str) -> usize {
    4 + if known.len() > MAX_LENGTH { 0 } else { known.len() }
}

/// The known name most like an unknown one, unless none is much like it.
pub(super) fn nearest_name<'n>(unknown: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    /// How like they must be, from 0 to 1.
    const MIN_SIMILARITY: f64 = 0.8;
    if unknown.len() > MAX_LENGTH {
        return None;
    }
    let lower = unknown.to_lowercase();
    known
        .filter(|name| name.len() <= MAX_LENGTH)
        .map(|name| (strsim::jaro_winkler(&lower, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= MIN_SIMILARITY)
        .max_by(|(left, first), (right, second)| left.total_cmp(right).then_with(|| second.cmp(first)))
        .map(|(_, name)| name.to_owned())
}
