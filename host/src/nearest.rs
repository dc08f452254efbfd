//! The name that was probably meant.

/// The one of `known` that is nearest to `name`, if any is near enough to be worth a hint.
pub(crate) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    // Beyond this the comparison, quadratic in length, costs more than the hint is worth.
    const MAX_LENGTH: usize = 128;
    if name.len() > MAX_LENGTH {
        return None;
    }
    let allowed = (name.chars().count() / 3).max(1);
    let near = known
        .filter(|other| other.len() <= MAX_LENGTH && *other != name)
        .map(|other| (strsim::damerau_levenshtein(&name.to_lowercase(), &other.to_lowercase()), other));
    near.filter(|(distance, _)| *distance <= allowed).min_by_key(|(distance, _)| *distance).map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        let known = ["CAMPAIGN_ID", "CONTACT_IDENTIFIER_ENTITY"];
        assert_eq!(nearest("CAMPAING_ID", known.into_iter()), Some("CAMPAIGN_ID"));
        assert_eq!(nearest("TEMPLATE", known.into_iter()), None);
    }
}
