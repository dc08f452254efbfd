//! Excerpts of a text with a caret at the position of an error.

use flowhost::text::is_unsafe;

/// Columns shown before and after the position; lines may be long and hostile.
const BEFORE: usize = 50;
const AFTER: usize = 30;

/// Returns the line with a caret under the column, both counted from 1; `None` if the line does not exist. The column
/// counts characters.
pub(super) fn excerpt(text: &str, line: usize, column: usize) -> Option<String> {
    let source = text.lines().nth(line.checked_sub(1)?)?;
    let position = column.saturating_sub(1);
    let first = position.saturating_sub(BEFORE);
    let shown: String =
        source.chars().skip(first).take(BEFORE + AFTER).map(|c| if is_unsafe(c) { ' ' } else { c }).collect();
    let margin = " ".repeat(line.to_string().len());
    let caret = " ".repeat(position - first);
    Some(format!("{margin} |\n{line} | {shown}\n{margin} | {caret}^\n"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::excerpt;

    #[test]
    fn the_caret_marks_the_column() {
        assert_eq!(excerpt("a\n1 + + 2", 2, 5).unwrap(), "  |\n2 | 1 + + 2\n  |     ^\n");
        assert_eq!(excerpt("a", 2, 1), None);
        assert_eq!(excerpt("a", 0, 0), None);
    }

    #[test]
    fn a_long_line_is_truncated_around_the_column() {
        let drawn = excerpt(&"ñ".repeat(100_000), 1, 90_000).unwrap();
        assert!(drawn.chars().count() < 200);
        assert!(drawn.ends_with(&format!("{}^\n", " ".repeat(50))));
    }
}
