//! A parser for the part of Markdown that the document checks need: headings, anchors and links.

use std::collections::HashMap;

/// A heading of a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Heading {
    /// 1 to 6.
    pub(crate) level: usize,
    /// The text without markup.
    pub(crate) text: String,
}

/// The lines of a page outside its fenced blocks of code.
fn prose(page: &str) -> Vec<&str> {
    let mut fence = None;
    let mut lines = Vec::new();
    for line in page.lines() {
        let start = line.trim_start();
        match fence {
            None if start.starts_with("```") => fence = Some("```"),
            None if start.starts_with("~~~") => fence = Some("~~~"),
            None => lines.push(line),
            Some(mark) if start.starts_with(mark) => fence = None,
            Some(_) => {}
        }
    }
    lines
}

/// The text without its code spans. A span ends at a run of as many backticks as it begins with, in the same paragraph.
fn without_code_spans(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(begin) = rest.find('`') {
        let (before, from) = rest.split_at(begin);
        result.push_str(before);
        let inside = from.trim_start_matches('`');
        let run = from.len() - inside.len();
        let paragraph = inside.split("\n\n").next().unwrap_or_default();
        rest = span_end(paragraph, run).map_or(inside, |end| &inside[end..]);
    }
    result + rest
}

/// The position behind the first run of exactly `run` backticks.
fn span_end(text: &str, run: usize) -> Option<usize> {
    let mut position = 0;
    while let Some(found) = text[position..].find('`') {
        let from = &text[position + found..];
        let length = from.len() - from.trim_start_matches('`').len();
        position += found + length;
        if length == run {
            return Some(position);
        }
    }
    None
}

/// The headings of a page, in order.
pub(crate) fn headings(page: &str) -> Vec<Heading> {
    let heading = |line: &str| {
        let text = line.trim_start_matches('#');
        let level = line.len() - text.len();
        let text = text.strip_prefix(' ').filter(|_| (1..=6).contains(&level))?;
        Some(Heading { level, text: plain(text.trim()) })
    };
    prose(page).into_iter().filter_map(heading).collect()
}

/// The text of a heading without backticks, asterisks and the targets of links.
fn plain(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once("](") {
        result.push_str(before);
        rest = link.split_once(')').map_or("", |(_, after)| after);
    }
    result.push_str(rest);
    result.replace(['`', '*', '['], "")
}

/// The anchors of a page, as GitHub derives them from headings.
pub(crate) fn anchors(page: &str) -> Vec<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut anchor = |heading: Heading| {
        let text = heading.text.to_lowercase().replace(' ', "-");
        let name: String = text.chars().filter(|each| each.is_alphanumeric() || "-_".contains(*each)).collect();
        let count = counts.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name}-{}", *count - 1) }
    };
    headings(page).into_iter().map(&mut anchor).collect()
}

/// The targets of all links and images of a page.
pub(crate) fn links(page: &str) -> Vec<String> {
    let text = without_code_spans(&prose(page).join("\n"));
    let inline = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let definition =
        |line| str::strip_prefix(line, "[").and_then(|line| line.split_once("]: ")).map(|(_, target)| target);
    let targets = inline.chain(text.lines().filter_map(definition));
    targets.filter_map(|target| target.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn anchors_are_those_of_github() {
    let page = "# Add a host function\n```sh\n# a comment\n```\n## `run`, and *more*\n## A [link](x.md)!\n## `run`, and more\n";
    assert_eq!(anchors(page), ["add-a-host-function", "run-and-more", "a-link", "run-and-more-1"]);
}

#[test]
fn links_in_code_are_not_links() {
    let page = "[a](a.md) `[b](b.md)` ``[c](c.md)` `` ![d](d.png \"title\")\n```\n[e](e.md)\n```\n[f](#f) `open\n\n[g]: g.md\n";
    assert_eq!(links(page), ["a.md", "d.png", "#f", "g.md"]);
}
