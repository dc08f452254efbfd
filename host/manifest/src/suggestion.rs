//! Suggestions for misspelt names.

/// Returns the maximum number of steps of an expression's budget that one comparison costs.
pub fn comparison_steps(name: &str, other: &str) -> usize {
    4 + name.len().min(64) * other.len().min(64) / 8
}

/// Returns the one of `known` that is nearest to `name`, if it is similar enough for a hint.
pub fn nearest_name<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    // For longer names the comparison, quadratic in length, costs too much.
    const MAX_LENGTH: usize = 64;
    if name.len() > MAX_LENGTH {
        return None;
    }
    let length = name.chars().count();
    let allowed = (length / 3).max(1);
    let lower = name.to_lowercase();
    let near = known
        // The distance of two names is at least the difference of their lengths.
        .filter(|other| {
            other.len() <= MAX_LENGTH && *other != name && other.chars().count().abs_diff(length) <= allowed
        })
        .map(|other| (strsim::osa_distance(&lower, &other.to_lowercase()), other));
    near.filter(|(distance, _)| *distance <= allowed).min_by_key(|(distance, _)| *distance).map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::nearest_name;

    #[test]
    fn a_misspelt_name_is_recognised() {
        let known = ["CAMPAIGN_ID", "CONTACT_IDENTIFIER_ENTITY"];
        assert_eq!(nearest_name("CAMPAING_ID", known.into_iter()), Some("CAMPAIGN_ID"));
        assert_eq!(nearest_name("TEMPLATE", known.into_iter()), None);
    }
}
