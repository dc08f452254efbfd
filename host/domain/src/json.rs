//! Checks of a JSON text that its parsed value cannot answer: repeated member names, and integers beyond 64 bits. The
//! parser drops repeated members and converts large integers to floating-point numbers.

use flowhost_error::text::{quote, single_line};
use serde_json::Value;
use std::borrow::Cow;
use std::{fmt, io};

/// Maximum bytes of a path in a message.
const MAX_PATH: usize = 200;

/// A defect of a JSON text, with its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The kind of defect.
    pub defect: Defect,
    /// The path of the value with the defect, as in `session.entities.order[2]`; empty for the whole text. Long paths
    /// are truncated.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in that line, in bytes from 1.
    pub column: usize,
}

/// A kind of defect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Defect {
    /// An object has two members of this name.
    DuplicateMember(String),
    /// An integer does not fit into 64 bits, signed.
    LargeInteger,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { defect, path, line, column } = self;
        let message = match (defect, path.as_str()) {
            (Defect::DuplicateMember(name), "") => format!("two members have the name {}; remove one", quote(name)),
            (Defect::DuplicateMember(name), path) => {
                format!("two members of {path} have the name {}; remove one", quote(name))
            }
            (Defect::LargeInteger, "") => "the integer is beyond 64 bits; write it as a text".to_owned(),
            (Defect::LargeInteger, path) => {
                format!("the integer {path} is beyond 64 bits; write it as a text, in double quotes")
            }
        };
        f.write_str(&single_line(format!("{message}, at line {line} column {column}")))
    }
}

/// The first defect of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// A member name that an object repeats.
    pub duplicate: Option<Finding>,
    /// An integer beyond 64 bits.
    pub large_integer: Option<Finding>,
}

impl Findings {
    /// Returns one of the findings.
    pub fn into_first(self) -> Option<Finding> {
        self.duplicate.or(self.large_integer)
    }
}

/// The parts of a text in which integers are inspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IntegerCheck<'n> {
    /// No part: integers may have any size.
    Nowhere,
    /// The whole text.
    Everywhere,
    /// The member with this name in the outermost object.
    InMember(&'n str),
}

/// Inspects a JSON text in one pass, in linear time except for sorting the names. The parser must accept `text`; the
/// findings for other texts have no meaning.
pub fn inspect(text: &str, integers: IntegerCheck<'_>) -> Findings {
    let mut scanner = Scanner::new(text, integers, true);
    while let Some(byte) = scanner.peek() {
        scanner.scan_byte(byte);
    }
    scanner.findings
}

/// Bytes of a text between two calls of `pause`.
const CHUNK_BYTES: usize = 4 << 10;

/// Returns the first integer beyond 64 bits in a JSON text that the parser accepts. Calls `pause` after every 4 KiB.
pub fn find_large_integer(text: &str, pause: &dyn Fn()) -> Option<Finding> {
    let mut scanner = Scanner::new(text, IntegerCheck::Everywhere, false);
    let mut next_pause = CHUNK_BYTES;
    while let Some(byte) = scanner.peek() {
        scanner.scan_byte(byte);
        if scanner.at >= next_pause {
            next_pause = scanner.at + CHUNK_BYTES;
            pause();
        }
    }
    scanner.findings.large_integer
}

/// Parses a JSON text and calls `pause` after every 4 KiB.
///
/// # Errors
/// The errors of the parser.
pub fn parse_with_pauses(text: &str, pause: &dyn Fn()) -> serde_json::Result<Value> {
    if text.len() <= CHUNK_BYTES {
        serde_json::from_str(text)
    } else {
        serde_json::from_reader(ChunkReader { text, at: 0, pause })
    }
}

/// A reader of a text that calls `pause` after each chunk.
struct ChunkReader<'t> {
    text: &'t str,
    at: usize,
    pause: &'t dyn Fn(),
}

impl io::Read for ChunkReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = (self.at + buffer.len()).min((self.at / CHUNK_BYTES + 1) * CHUNK_BYTES).min(self.text.len());
        let piece = self.text.as_bytes().get(self.at..end).unwrap_or_default();
        if let Some(target) = buffer.get_mut(..piece.len()) {
            target.copy_from_slice(piece);
        }
        self.at = end;
        if end.is_multiple_of(CHUNK_BYTES) {
            (self.pause)();
        }
        Ok(piece.len())
    }
}

/// Maximum bytes of memory for the lists and objects of one request.
pub const MAX_TREE_BYTES: usize = 64 << 20;

/// Bytes of an object: a tree node has room for eleven members, however many it holds.
const OBJECT_BYTES: usize = 640;
/// Bytes of a list with some elements.
const LIST_BYTES: usize = 128;
/// Bytes of a further element, or of a member's name or value.
const ELEMENT_BYTES: usize = 64;

/// Returns an upper estimate of the memory for the nodes of a parsed JSON text, without its strings.
pub fn tree_bytes(text: &str) -> usize {
    let mut bytes = text.bytes();
    let mut total = 0_usize;
    while let Some(byte) = bytes.next() {
        total += match byte {
            b'{' => OBJECT_BYTES,
            b'[' => LIST_BYTES,
            b',' | b':' => ELEMENT_BYTES,
            b'"' => {
                while let Some(inside) = bytes.next().filter(|inside| *inside != b'"') {
                    if inside == b'\\' {
                        bytes.next();
                    }
                }
                0
            }
            _ => 0,
        };
    }
    total
}

/// Returns the same estimate for a parsed value.
pub fn value_tree_bytes(value: &Value) -> usize {
    match value {
        Value::Array(list) => {
            LIST_BYTES + list.iter().map(|element| ELEMENT_BYTES + value_tree_bytes(element)).sum::<usize>()
        }
        Value::Object(map) => {
            OBJECT_BYTES + map.values().map(|member| 2 * ELEMENT_BYTES + value_tree_bytes(member)).sum::<usize>()
        }
        _ => 0,
    }
}

/// An object or a list that is still open.
struct Container {
    /// The number of names that belong to the enclosing objects.
    names_before: usize,
    /// The index of the current element in a list; `None` for an object.
    index: Option<usize>,
    /// Whether the next string of an object is a member name.
    expects_name: bool,
}

struct Scanner<'t, 'n> {
    text: &'t str,
    at: usize,
    containers: Vec<Container>,
    /// The member names of all open objects, each with its offset in the text.
    names: Vec<(Cow<'t, str>, usize)>,
    integers: IntegerCheck<'n>,
    /// Whether the scanner inspects integers at the current position.
    inspects_integers: bool,
    /// Whether the scanner searches for names that an object repeats.
    compares_names: bool,
    findings: Findings,
}

impl<'t, 'n> Scanner<'t, 'n> {
    fn new(text: &'t str, integers: IntegerCheck<'n>, compares_names: bool) -> Self {
        Self {
            text,
            at: 0,
            containers: Vec::new(),
            names: Vec::new(),
            integers,
            inspects_integers: integers == IntegerCheck::Everywhere,
            compares_names,
            findings: Findings::default(),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn scan_byte(&mut self, byte: u8) {
        match byte {
            b'"' => return self.read_text(),
            b'-' | b'0'..=b'9' => return self.read_number(),
            b'{' => self.open_container(None),
            b'[' => self.open_container(Some(0)),
            b'}' | b']' => self.close_container(),
            b',' => {
                if let Some(container) = self.containers.last_mut() {
                    container.expects_name = container.index.is_none();
                    container.index = container.index.map(|index| index + 1);
                }
            }
            _ => {}
        }
        self.at += 1;
    }

    fn open_container(&mut self, index: Option<usize>) {
        let names_before = self.names.len();
        self.containers.push(Container { names_before, index, expects_name: index.is_none() });
    }

    fn close_container(&mut self) {
        let Some(Container { names_before, .. }) = self.containers.last() else { return };
        let names = self.names.get_mut(*names_before..).unwrap_or_default();
        if self.compares_names && self.findings.duplicate.is_none() && names.len() > 1 {
            names.sort_unstable();
            let mut pairs = names.array_windows();
            if let Some([_, (name, at)]) = pairs.find(|[(first, _), (second, _)]| first == second) {
                let (defect, at) = (Defect::DuplicateMember(name.to_string()), *at);
                let path = self.path(self.containers.len() - 1);
                self.findings.duplicate = Some(self.finding(defect, path, at));
            }
        }
        if let Some(Container { names_before, .. }) = self.containers.pop() {
            self.names.truncate(names_before);
        }
    }

    /// Reads the string at the current position, and stores it if it is a member name.
    fn read_text(&mut self) {
        let start = self.at;
        self.at += 1;
        let mut has_escapes = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => break,
                b'\\' => {
                    has_escapes = true;
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
        self.at += 1;
        let depth = self.containers.len();
        let Some(container) = self.containers.last_mut().filter(|container| container.expects_name) else { return };
        container.expects_name = false;
        let name = if has_escapes {
            let written = self.text.get(start..self.at).unwrap_or_default();
            Cow::Owned(serde_json::from_str(written).unwrap_or_default())
        } else {
            Cow::Borrowed(self.text.get(start + 1..self.at - 1).unwrap_or_default())
        };
        if let (1, IntegerCheck::InMember(inspected)) = (depth, self.integers) {
            self.inspects_integers = name == inspected;
        }
        self.names.push((name, start));
    }

    fn read_number(&mut self) {
        let start = self.at;
        self.at += 1;
        while matches!(self.peek(), Some(b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) {
            self.at += 1;
        }
        // Shorter integers fit into 64 bits.
        if !self.inspects_integers || self.at - start < 19 || self.findings.large_integer.is_some() {
            return;
        }
        let number = self.text.get(start..self.at).unwrap_or_default();
        let is_integer = !number.contains(['.', 'e', 'E']);
        if is_integer && number.parse::<i64>().is_err() {
            let path = self.path(self.containers.len());
            self.findings.large_integer = Some(self.finding(Defect::LargeInteger, path, start));
        }
    }

    /// Returns the path to the current position within the outermost `depth` containers.
    fn path(&self, depth: usize) -> String {
        let mut path = String::new();
        for (position, container) in self.containers.iter().enumerate().take(depth) {
            if path.len() > MAX_PATH {
                path.push('…');
                break;
            }
            match container.index {
                Some(index) => path.push_str(&format!("[{index}]")),
                None => {
                    let after = self.containers.get(position + 1).map_or(self.names.len(), |next| next.names_before);
                    let name = after.checked_sub(1).and_then(|last| self.names.get(last));
                    push_name(&mut path, name.map_or("", |(name, _)| name));
                }
            }
        }
        path
    }

    fn finding(&self, defect: Defect, path: String, at: usize) -> Finding {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Finding { defect, path, line, column: at - line_start + 1 }
    }
}

fn push_name(path: &mut String, name: &str) {
    let is_plain = name.len() <= 60 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if !is_plain || name.is_empty() {
        path.push_str(&format!("[{}]", quote(name)));
        return;
    }
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

#[cfg(test)]
mod tests;
