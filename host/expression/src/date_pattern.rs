//! Date patterns such as `dd/MM/yyyy HH:mm:ss`.
//!
//! `dd`, `MM`, `yyyy`, `HH`, `mm` and `ss` stand for day, month, year, hour (0 to 23), minute and second, with one
//! digit per letter. Any other letter is an error. Every non-letter stands for itself, and so does text between single
//! quotes, in which `''` is one quote.

use std::fmt::Write;

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};

/// A parsed pattern.
#[derive(Debug)]
pub(super) struct DatePattern {
    parts: Vec<PatternPart>,
}

#[derive(Debug)]
enum PatternPart {
    Literal(char),
    Field(Field),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Day,
    Month,
    Year,
    Hour,
    Minute,
    Second,
}

/// The fields by their letters.
const FIELDS: [(&str, Field); 6] = [
    ("dd", Field::Day),
    ("MM", Field::Month),
    ("yyyy", Field::Year),
    ("HH", Field::Hour),
    ("mm", Field::Minute),
    ("ss", Field::Second),
];

impl DatePattern {
    /// Parses a pattern. The error describes the problem.
    pub(super) fn parse(pattern: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = pattern;
        while let Some(first) = rest.chars().next() {
            if first == '\'' {
                rest = parse_quoted(rest, &mut parts)?;
            } else if first.is_alphabetic() {
                let end = rest.find(|character| character != first).unwrap_or(rest.len());
                let (letters, after) = rest.split_at(end);
                let field =
                    FIELDS.iter().find(|(known, _)| *known == letters).map(|(_, field)| *field).ok_or_else(|| {
                        let letters = super::error::truncated(letters);
                        format!(
                            "the pattern contains `{letters}`: use dd MM yyyy HH mm ss, and put other letters in '…'"
                        )
                    })?;
                parts.push(PatternPart::Field(field));
                rest = after;
            } else {
                parts.push(PatternPart::Literal(first));
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
        Ok(Self { parts })
    }

    /// Formats a local time with the pattern.
    pub(super) fn format(&self, local: NaiveDateTime) -> String {
        let mut text = String::new();
        for part in &self.parts {
            // Writing to a string cannot fail.
            let _ = match part {
                PatternPart::Literal(character) => write!(text, "{character}"),
                PatternPart::Field(Field::Day) => write!(text, "{:02}", local.day()),
                PatternPart::Field(Field::Month) => write!(text, "{:02}", local.month()),
                PatternPart::Field(Field::Year) => write!(text, "{:04}", local.year()),
                PatternPart::Field(Field::Hour) => write!(text, "{:02}", local.hour()),
                PatternPart::Field(Field::Minute) => write!(text, "{:02}", local.minute()),
                PatternPart::Field(Field::Second) => write!(text, "{:02}", local.second()),
            };
        }
        text
    }

    /// Returns whether the pattern has day, month and year.
    pub(super) fn has_whole_date(&self) -> bool {
        let has = |wanted| self.parts.iter().any(|part| matches!(part, PatternPart::Field(field) if *field == wanted));
        has(Field::Day) && has(Field::Month) && has(Field::Year)
    }

    /// Parses a text of exactly this form. Day, month and year are required; omitted parts of the time are zero.
    pub(super) fn parse_date(&self, text: &str) -> Result<NaiveDateTime, String> {
        let mut rest = text;
        let mut fields = [None; 6];
        for part in &self.parts {
            match part {
                PatternPart::Literal(character) => {
                    rest = rest.strip_prefix(*character).ok_or_else(|| format!("`{character}` is missing"))?;
                }
                PatternPart::Field(field) => {
                    let (value, after) = parse_digits(rest, *field)?;
                    let slot =
                        fields.iter_mut().zip(FIELDS).find(|(_, (_, known))| known == field).map(|(slot, _)| slot);
                    if let Some(slot) = slot
                        && slot.replace(value).is_some_and(|before| before != value)
                    {
                        return Err("it has two different values for one field".to_owned());
                    }
                    rest = after;
                }
            }
        }
        if !rest.is_empty() {
            return Err("it has extra text at its end".to_owned());
        }
        let [Some(day), Some(month), Some(year), hour, minute, second] = fields else {
            return Err("the pattern needs dd, MM and yyyy".to_owned());
        };
        i32::try_from(year)
            .ok()
            .filter(|year| *year > 0)
            .and_then(|year| NaiveDate::from_ymd_opt(year, month, day))
            .ok_or_else(|| "the day does not exist".to_owned())?
            .and_hms_opt(hour.unwrap_or(0), minute.unwrap_or(0), second.unwrap_or(0))
            .ok_or_else(|| "the time of day does not exist".to_owned())
    }
}

fn parse_quoted<'p>(pattern: &'p str, parts: &mut Vec<PatternPart>) -> Result<&'p str, String> {
    let after = pattern.strip_prefix('\'').unwrap_or(pattern);
    if let Some(rest) = after.strip_prefix('\'') {
        parts.push(PatternPart::Literal('\''));
        return Ok(rest);
    }
    let mut characters = after.chars();
    loop {
        match characters.next() {
            Some('\'') if characters.as_str().starts_with('\'') => {
                characters.next();
                parts.push(PatternPart::Literal('\''));
            }
            Some('\'') => return Ok(characters.as_str()),
            Some(character) => parts.push(PatternPart::Literal(character)),
            None => return Err("a ' in the pattern is not closed".to_owned()),
        }
    }
}

/// Returns the value of a field's digits, and the rest of the text.
fn parse_digits(text: &str, field: Field) -> Result<(u32, &str), String> {
    let letters = FIELDS.iter().find(|(_, known)| *known == field).map_or("", |(letters, _)| letters);
    let number = text.get(..letters.len()).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    match number.and_then(|digits| digits.parse().ok()) {
        Some(value) => Ok((value, text.get(letters.len()..).unwrap_or_default())),
        None => Err(format!("{letters} requires {} digits", letters.len())),
    }
}
