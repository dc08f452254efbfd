//! Canonical JSON text: equal values have equal texts, in every language.
//!
//! The text follows RFC 8785, with three exceptions. An integer has all of its digits. A floating-point number always has
//! a fraction or an exponent, so that it stays one: `1.0`. Negative zero keeps its sign: `-0.0`.

use std::cmp::Ordering;

/// Bytes between two charges.
const CHUNK_BYTES: usize = 4 << 10;

/// Returns the canonical text of a JSON text that the parser accepts. Object members have distinct names.
///
/// `charge` receives the bytes of the result before they are written, about every 4 KiB, and may end the work.
///
/// # Errors
/// The error of `charge`.
pub fn canonicalise<E>(json: &str, charge: &mut dyn FnMut(usize) -> Result<(), E>) -> Result<String, E> {
    let mut writer = Writer { json, at: 0, out: String::new(), charged: 0, objects: Vec::new(), charge };
    while writer.at < json.len() {
        writer.copy_token()?;
    }
    writer.charge_written()?;
    Ok(writer.out)
}

/// Returns the text of a finite number: the shortest digits that parse to the same number, with a fraction or an
/// exponent.
pub fn number_text(number: f64) -> String {
    // The standard library's scientific form has the shortest digits.
    let scientific = format!("{:e}", number.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits = mantissa.replace('.', "");
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or_default());
    match exponent {
        0..=20 => {
            let whole = usize::try_from(exponent + 1).unwrap_or_default();
            match digits.split_at_checked(whole) {
                Some((whole, fraction)) if !fraction.is_empty() => format!("{sign}{whole}.{fraction}"),
                _ => format!("{sign}{digits}{}.0", zeros(exponent + 1 - digits.len() as i32)),
            }
        }
        -6..=-1 => format!("{sign}0.{}{digits}", zeros(-exponent - 1)),
        _ => format!("{sign}{mantissa}e{exponent:+}"),
    }
}

/// Returns the text of a string as JSON.
pub fn string_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// An object that is still open in the result.
struct OpenObject {
    /// The offset of its first member.
    start: usize,
    /// The range of its last member's name, with quotes.
    last_name: Option<(usize, usize)>,
    expects_name: bool,
    is_sorted: bool,
}

struct Writer<'t, 'c, E> {
    json: &'t str,
    at: usize,
    out: String,
    charged: usize,
    /// `None`: a list.
    objects: Vec<Option<OpenObject>>,
    charge: &'c mut dyn FnMut(usize) -> Result<(), E>,
}

impl<E> Writer<'_, '_, E> {
    fn copy_token(&mut self) -> Result<(), E> {
        let rest = self.json.get(self.at..).unwrap_or_default();
        let length = token_length(rest);
        let token = rest.get(..length).unwrap_or_default();
        self.at += length.max(1);
        if self.out.len().saturating_sub(self.charged) >= CHUNK_BYTES || token.len() >= CHUNK_BYTES {
            self.charge_written()?;
        }
        match token.as_bytes().first() {
            Some(b'{') => {
                self.out.push('{');
                let start = self.out.len();
                let object = OpenObject { start, last_name: None, expects_name: true, is_sorted: true };
                self.objects.push(Some(object));
            }
            Some(b'[') => {
                self.out.push('[');
                self.objects.push(None);
            }
            Some(b'}' | b']') => {
                if let Some(Some(object)) = self.objects.pop()
                    && !object.is_sorted
                {
                    (self.charge)(0)?;
                    sort_members(&mut self.out, object.start);
                }
                self.out.push_str(token);
            }
            Some(b',') => {
                if let Some(Some(object)) = self.objects.last_mut() {
                    object.expects_name = true;
                }
                self.out.push(',');
            }
            Some(b'"') => self.copy_string(token)?,
            Some(b'-' | b'0'..=b'9') => self.copy_number(token),
            Some(b' ' | b'\n' | b'\r' | b'\t') | None => {}
            Some(_) => self.out.push_str(token),
        }
        Ok(())
    }

    fn copy_string(&mut self, token: &str) -> Result<(), E> {
        let start = self.out.len();
        if token.len() >= CHUNK_BYTES {
            (self.charge)(token.len())?;
            self.charged += token.len();
        }
        // The texts of the parser's own serialiser have canonical escapes. Other texts may escape any character.
        match token.contains('\\').then(|| serde_json::from_str::<String>(token)) {
            Some(Ok(text)) => self.out.push_str(&string_text(&text)),
            _ => self.out.push_str(token),
        }
        let name = (start, self.out.len());
        let out = &self.out;
        if let Some(Some(object)) = self.objects.last_mut()
            && object.expects_name
        {
            object.expects_name = false;
            let before = object.last_name.replace(name);
            object.is_sorted &= before.is_none_or(|before| compare_names(slice(out, before), slice(out, name)).is_le());
        }
        Ok(())
    }

    fn copy_number(&mut self, token: &str) {
        let is_integer = !token.contains(['.', 'e', 'E']);
        match token.parse::<f64>() {
            Ok(number) if !is_integer => self.out.push_str(&number_text(number)),
            _ if token == "-0" => self.out.push('0'),
            _ => self.out.push_str(token),
        }
    }

    fn charge_written(&mut self) -> Result<(), E> {
        let bytes = self.out.len().saturating_sub(self.charged);
        self.charged = self.charged.max(self.out.len());
        (self.charge)(bytes)
    }
}

/// Returns the length of the first token: a string, a number, a word, white space or a symbol.
fn token_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.first() {
        Some(b'"') => {
            let mut at = 1;
            while let Some(byte) = bytes.get(at).filter(|byte| **byte != b'"') {
                at += if *byte == b'\\' { 2 } else { 1 };
            }
            at + 1
        }
        Some(b'{' | b'}' | b'[' | b']' | b',' | b':') | None => 1,
        Some(_) => {
            let is_end = |byte: &u8| matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':' | b'"');
            let is_space = |byte: &u8| byte.is_ascii_whitespace();
            let starts_with_space = bytes.first().is_some_and(is_space);
            let end = |byte: &u8| is_end(byte) || is_space(byte) != starts_with_space;
            bytes.iter().position(end).unwrap_or(bytes.len())
        }
    }
}

fn slice(text: &str, (start, end): (usize, usize)) -> &str {
    text.get(start..end).unwrap_or_default()
}

/// Compares two quoted names by their UTF-16 code units.
fn compare_names(one: &str, other: &str) -> Ordering {
    if one.contains('\\') || other.contains('\\') {
        let unquoted = |name: &str| serde_json::from_str::<String>(name).unwrap_or_default();
        return unquoted(one).encode_utf16().cmp(unquoted(other).encode_utf16());
    }
    one.trim_matches('"').encode_utf16().cmp(other.trim_matches('"').encode_utf16())
}

/// Sorts the members of an object that begin at an offset of the text.
fn sort_members(text: &mut String, start: usize) {
    let object = text.split_off(start);
    let mut members = split_members(&object);
    members.sort_by(|one, other| compare_names(name(one), name(other)));
    for (index, member) in members.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(member);
    }
}

/// Returns the quoted name at the beginning of a member.
fn name(member: &str) -> &str {
    member.get(..token_length(member)).unwrap_or_default()
}

fn split_members(object: &str) -> Vec<&str> {
    let (mut members, mut start, mut at, mut depth) = (Vec::new(), 0, 0, 0_usize);
    while at < object.len() {
        let rest = object.get(at..).unwrap_or_default();
        match rest.as_bytes().first() {
            Some(b'{' | b'[') => depth += 1,
            Some(b'}' | b']') => depth = depth.saturating_sub(1),
            Some(b',') if depth == 0 => {
                members.push(slice(object, (start, at)));
                start = at + 1;
            }
            _ => {}
        }
        at += token_length(rest).max(1);
    }
    members.push(slice(object, (start, object.len())));
    members
}

#[cfg(test)]
mod tests;
