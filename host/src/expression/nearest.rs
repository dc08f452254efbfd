//! The name that somebody may have meant.

/// Bytes beyond which a name is not compared, since that takes the product of both lengths.
const LONGEST: usize = 64;

/// The steps of comparing a known name with an unknown one.
pub(super) fn comparing(known: &str) -> usize {
    4 + if known.len() > LONGEST { 0 } else { known.len() }
}

/// The known name most like an unknown one, unless none is much like it.
pub(super) fn nearest<'n>(unknown: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    /// How like they must be, from 0 to 1.
    const LIKENESS: f64 = 0.8;
    if unknown.len() > LONGEST {
        return None;
    }
    let lower = unknown.to_lowercase();
    known
        .filter(|name| name.len() <= LONGEST)
        .map(|name| (strsim::jaro_winkler(&lower, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .max_by(|(left, first), (right, second)| left.total_cmp(right).then_with(|| second.cmp(first)))
        .map(|(_, name)| name.to_owned())
}
