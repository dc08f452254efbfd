//! The comparison of coverage with `--require`.

use flowhost::testing::{Coverage, Requirement};

/// Returns what no case reaches, in one sentence. `None`: the cases reach everything that is required.
pub fn find_missing(coverage: &Coverage, requirements: &[Requirement]) -> Option<String> {
    let parts = Requirement::ALL.into_iter().filter(|requirement| requirements.contains(requirement));
    let parts: Vec<_> = parts
        .filter_map(|requirement| {
            let missing: Vec<_> = coverage.missing(requirement).collect();
            (!missing.is_empty()).then(|| format!("{} {}", requirement.as_str(), missing.join(", ")))
        })
        .collect();
    (!parts.is_empty()).then(|| format!("no case reaches {}", parts.join("; ")))
}
