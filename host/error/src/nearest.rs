//! The name that was probably meant.

use std::cmp::Reverse;

/// Bytes of the longest name that is compared: the time of a comparison grows with the product of both lengths.
const MAX_BYTES: usize = 64;

/// Characters of the shortest name that is looked for among the words of a longer one.
const MIN_CHARACTERS: usize = 3;

/// The edits that count as much as missing words: fewer edits are a typing error.
const EDITS_OF_MISSING_WORDS: usize = 2;

/// Returns the one of `known` that is most similar to `name`. `None`: no other name is similar enough for a hint.
///
/// The comparison ignores case. Two names are similar in one of two cases:
/// - One turns into the other by edits of at most a third of the characters of `name`, and at least one edit. An edit
///   inserts, removes or replaces a character, or swaps two neighbours.
/// - The words of the shorter name are words of the longer one, in the same order. The last one may be only the
///   beginning of a word: `CONTACT_NAME` and `CONTACT_NAME_EXPRESSION`, `substr` and `substring`.
///
/// The result does not depend on the order of `known`.
pub fn nearest_name<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if name.len() > MAX_BYTES {
        return None;
    }
    let name = ComparedName { text: name, lower: name.to_lowercase() };
    let candidates = known.into_iter().filter(|other| other.len() <= MAX_BYTES && *other != name.text);
    candidates.filter_map(|other| Some((name.rank(other)?, other))).min().map(|(_, other)| other)
}

/// Steps of a budget that cover the comparison of `name` with `other` in [`nearest_name`]. A step is 50 ns.
pub fn comparison_steps(name: &str, other: &str) -> usize {
    let (length, other_length) = (name.len(), other.len());
    if length.max(other_length) > MAX_BYTES {
        return 4;
    }
    let edits = if is_edit_possible(name, other) { length * other_length / 8 } else { 0 };
    4 + length + other_length + edits
}

/// How similar a name is: the least is the most similar. Edits, then the length of the common beginning, then the
/// difference of the lengths.
type Rank = (usize, Reverse<usize>, usize);

struct ComparedName<'n> {
    text: &'n str,
    lower: String,
}

impl ComparedName<'_> {
    fn rank(&self, other: &str) -> Option<Rank> {
        let edits = is_edit_possible(self.text, other)
            .then(|| strsim::osa_distance(&self.lower, &other.to_lowercase()))
            .filter(|edits| *edits <= max_edits(self.text));
        let words = has_words_of_shorter(self.text, other).then_some(EDITS_OF_MISSING_WORDS);
        let distance = edits.into_iter().chain(words).min()?;
        let common = lower_case(self.text).zip(lower_case(other)).take_while(|(left, right)| left == right).count();
        Some((distance, Reverse(common), length(self.text).abs_diff(length(other))))
    }
}

fn length(name: &str) -> usize {
    name.chars().count()
}

fn max_edits(name: &str) -> usize {
    (length(name) / 3).max(1)
}

/// Whether the lengths permit that few enough edits turn one name into the other.
fn is_edit_possible(name: &str, other: &str) -> bool {
    length(name).abs_diff(length(other)) <= max_edits(name)
}

fn has_words_of_shorter(name: &str, other: &str) -> bool {
    let (shorter, longer) = if length(name) <= length(other) { (name, other) } else { (other, name) };
    if length(shorter) < MIN_CHARACTERS {
        return false;
    }
    let mut longer_words = words(longer);
    let mut shorter_words = words(shorter).peekable();
    let mut is_similar = false;
    while let Some(word) = shorter_words.next() {
        let is_last = shorter_words.peek().is_none();
        is_similar = longer_words.any(|longer| if is_last { starts_with(longer, word) } else { is_same(longer, word) });
        if !is_similar {
            break;
        }
    }
    is_similar
}

/// The words of a name in `snake_case`, `kebab-case`, `camelCase` or with other characters between them.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|character: char| !character.is_alphanumeric()).flat_map(camel_case_words)
}

fn camel_case_words(mut rest: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let mut previous_is_lower = false;
        let end = rest.char_indices().find(|(_, character)| {
            let is_start = previous_is_lower && character.is_uppercase();
            previous_is_lower = character.is_lowercase();
            is_start
        });
        let (word, after) = rest.split_at_checked(end.map_or(rest.len(), |(end, _)| end))?;
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

fn lower_case(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

fn is_same(left: &str, right: &str) -> bool {
    lower_case(left).eq(lower_case(right))
}

fn starts_with(text: &str, beginning: &str) -> bool {
    let mut text = lower_case(text);
    lower_case(beginning).all(|character| text.next() == Some(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_nearest(name: &str, known: &[&str], expected: Option<&str>) {
        assert_eq!(nearest_name(name, known.iter().copied()), expected, "{name}");
        assert_eq!(nearest_name(name, known.iter().rev().copied()), expected, "{name}, reverse order");
    }

    #[test]
    fn a_misspelt_name_is_recognised() {
        let known = ["CAMPAIGN_ID", "CONTACT_IDENTIFIER_ENTITY"];
        assert_nearest("CAMPAING_ID", &known, Some("CAMPAIGN_ID"));
        assert_nearest("campaign_id", &known, Some("CAMPAIGN_ID"));
        assert_nearest("TEMPLATE", &known, None);
        assert_nearest("timezone", &["name", "time_zone"], Some("time_zone"));
        assert_nearest("teléfono", &["telefono"], Some("telefono"));
        assert_nearest("sise", &["sign", "size"], Some("size"));
        assert_nearest("zzz", &["a", "ab", "contact_name"], None);
    }

    #[test]
    fn a_name_of_fewer_or_more_words_is_recognised() {
        let parameters = ["CONTACT_CHANNEL", "CONTACT_NAME_EXPRESSION", "RECORD_ID_ENTITY", "UPDATE_CONTACT_NAME"];
        assert_nearest("CONTACT_NAME", &parameters, Some("CONTACT_NAME_EXPRESSION"));
        assert_nearest("UPDATE_NAME", &parameters, Some("UPDATE_CONTACT_NAME"));
        assert_nearest("RECORD", &parameters, Some("RECORD_ID_ENTITY"));
        assert_nearest("CONTACT_NUMBER", &parameters, None);
        assert_nearest("ID", &parameters, None);
        let functions = ["format", "formatNumber", "getFullYear", "int", "or", "substring", "trim", "upperAscii"];
        assert_nearest("substr", &functions, Some("substring"));
        assert_nearest("upper", &functions, Some("upperAscii"));
        assert_nearest("getYear", &functions, Some("getFullYear"));
        assert_nearest("formatNum", &functions, Some("formatNumber"));
        assert_nearest("integer", &functions, Some("int"));
        assert_nearest("trimStart", &functions, Some("trim"));
        assert_nearest("orElse", &functions, None);
        let actions = ["campaign-dnd-manager", "campaign-dynamic-contact-manager"];
        assert_nearest("campaign-dynamic-manager", &actions, Some("campaign-dynamic-contact-manager"));
        assert_nearest("dnd-manager", &actions, Some("campaign-dnd-manager"));
    }

    #[test]
    fn a_typing_error_precedes_missing_words() {
        assert_nearest("contact", &["contact_id", "contacto"], Some("contacto"));
        assert_nearest("order_ids", &["order", "order_id"], Some("order_id"));
    }

    #[test]
    fn the_same_name_and_long_names_are_no_hint() {
        assert_nearest("a", &["a"], None);
        assert_nearest("", &["", "ab"], None);
        assert_nearest("___", &["___a___", "---"], None);
        let (long, longer) = ("x".repeat(64), "x".repeat(65));
        assert_nearest(&long, &[&longer], None);
        assert_nearest(&longer, &[&long], None);
        assert_eq!(comparison_steps(&long, &longer), 4);
    }

    #[test]
    fn steps_grow_with_the_compared_lengths() {
        let long = "x".repeat(64);
        assert!(comparison_steps("", "") > 0);
        assert!(comparison_steps(&long, &long) >= 512);
        assert!(comparison_steps("missing", &long) < 100);
    }
}
