//! Layout of text for people.

use super::terminal::Style;
use flowhost::text::escape;
use std::fmt::Write as _;

/// Maximum length of a cell, and of a line of wrapped text, characters.
const MAX_CELL: usize = 48;
const MAX_LINE: usize = 100;

/// Returns rows in columns under their headings.
pub(super) fn format_table(headings: &[&str], rows: &[Vec<String>], style: Style) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| cell_text(cell)).collect()).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(headings.get(column).map(|heading| heading.len())).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..headings.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let cells = cells.zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut text = style.bold(&line(&mut headings.iter().copied()));
    text.push('\n');
    for row in &rows {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
        text.push('\n');
    }
    text
}

/// Returns a cell on one line, truncated, with control characters escaped.
fn cell_text(cell: &str) -> String {
    let cell = escape(cell);
    let mut visible: String = cell.chars().take(MAX_CELL).collect();
    if cell.chars().nth(MAX_CELL).is_some() {
        visible.pop();
        visible.push('…');
    }
    visible
}

/// Wraps text into indented lines.
pub(super) fn wrap_text(text: &str, indent: usize) -> String {
    let (mut lines, mut length) = (String::new(), 0);
    for word in text.split_whitespace() {
        let characters = word.chars().count();
        if length > 0 && indent + length + 1 + characters <= MAX_LINE {
            write!(lines, " {word}").ok();
            length += 1 + characters;
        } else {
            let end = if length > 0 { "\n" } else { "" };
            write!(lines, "{end}{:indent$}{word}", "").ok();
            length = characters;
        }
    }
    lines + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fit_their_widest_cell() {
        let rows = [vec!["1".to_owned(), "a\nb".to_owned()], vec!["12345".to_owned(), "ñ".repeat(60)]];
        let text = format_table(&["ID", "NAME"], &rows, Style::default());
        let expected = format!("ID     NAME\n1      a\\nb\n12345  {}…\n", "ñ".repeat(47));
        assert_eq!(text, expected);
    }

    #[test]
    fn running_text_is_wrapped_between_words() {
        let text = wrap_text(&"word ".repeat(50), 4);
        assert!(text.lines().all(|line| line.starts_with("    word") && line.len() <= 100));
        assert_eq!(text.split_whitespace().count(), 50);
    }
}
