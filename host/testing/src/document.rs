//! A JSON text whose values have positions, for messages with a line and for edits that keep the layout.

use flowhost_domain::json::{self, IntegerCheck};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;
use std::ops::Range;

/// A JSON text with its parsed value and the positions of all values.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) text: String,
    pub(crate) value: Value,
    pub(crate) root: Node,
}

/// A value in the text.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) content: Content,
}

/// The parts of a value.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Object(Vec<Member>),
    Array(Vec<Node>),
    Scalar,
}

/// A member of an object.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// The position of the name's opening quote.
    pub(crate) start: usize,
    pub(crate) value: Node,
}

/// The reason why a text is not a document, with its line.
pub(crate) struct DocumentError {
    pub(crate) line: usize,
    pub(crate) message: String,
}

impl Document {
    /// Parses a text. A repeated member and an integer beyond 64 bits are errors.
    pub(crate) fn parse(text: &str) -> Result<Self, DocumentError> {
        // Some editors write a byte order mark, which is not valid JSON.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        let not_json = |error: serde_json::Error| DocumentError {
            line: error.line(),
            message: format!("the file is not JSON: {error}; correct its syntax"),
        };
        let value = serde_json::from_str(&text).map_err(not_json)?;
        if let Some(found) = json::inspect(&text, IntegerCheck::Everywhere).into_first() {
            return Err(DocumentError { line: found.line, message: found.to_string() });
        }
        let raw: &RawValue = serde_json::from_str(&text).map_err(not_json)?;
        let root = Node::parse(raw, text.as_ptr().addr()).map_err(not_json)?;
        Ok(Self { text, value, root })
    }

    /// Returns the line of a position, from 1.
    pub(crate) fn line(&self, position: usize) -> usize {
        let before = self.text.as_bytes().get(..position).unwrap_or_default();
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    }

    /// Returns the value at a pointer.
    pub(crate) fn find(&self, pointer: &str) -> Option<&Node> {
        let mut node = &self.root;
        for step in steps(pointer) {
            node = node.child(&step)?;
        }
        Some(node)
    }

    /// Returns the line of the value at a pointer, or of its nearest ancestor in the text.
    pub(crate) fn line_at(&self, pointer: &str) -> usize {
        let (mut node, mut position) = (&self.root, self.root.span.start);
        for step in steps(pointer) {
            let Some(child) = node.child(&step) else { break };
            position = node.member(&step).map_or(child.span.start, |member| member.start);
            node = child;
        }
        self.line(position)
    }
}

/// Returns the decoded steps of a JSON pointer.
fn steps(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"))
}

impl Node {
    fn parse(raw: &RawValue, origin: usize) -> serde_json::Result<Self> {
        let start = raw.get().as_ptr().addr() - origin;
        let content = match raw.get().as_bytes().first() {
            Some(b'{') => {
                let Members(members) = serde_json::from_str(raw.get())?;
                let parse = |(name, value): (&RawValue, &RawValue)| {
                    Ok(Member {
                        name: serde_json::from_str(name.get())?,
                        start: name.get().as_ptr().addr() - origin,
                        value: Self::parse(value, origin)?,
                    })
                };
                Content::Object(members.into_iter().map(parse).collect::<serde_json::Result<_>>()?)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(raw.get())?;
                let items = items.into_iter().map(|item| Self::parse(item, origin));
                Content::Array(items.collect::<serde_json::Result<_>>()?)
            }
            _ => Content::Scalar,
        };
        Ok(Self { span: start..start + raw.get().len(), content })
    }

    /// Returns the member with this name.
    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        let Content::Object(members) = &self.content else { return None };
        members.iter().find(|member| member.name == name)
    }

    fn child(&self, step: &str) -> Option<&Self> {
        match &self.content {
            Content::Object(_) => self.member(step).map(|member| &member.value),
            Content::Array(items) => items.get(step.parse::<usize>().ok()?),
            Content::Scalar => None,
        }
    }
}

/// The members of an object in the order of the text.
struct Members<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'t> Deserialize<'t> for Members<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'t> Visitor<'t> for MembersVisitor {
            type Value = Members<'t>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Members<'t>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Document {
        Document::parse(text).unwrap_or_else(|error| panic!("line {}: {}", error.line, error.message))
    }

    #[test]
    fn a_value_has_a_position() {
        let found = document("{\n \"a\": [1,\n  {\"b\": \"x\"}],\n \"c/d\": true\n}");
        assert_eq!(&found.text[found.find("/a/1/b").unwrap().span.clone()], "\"x\"");
        assert_eq!(&found.text[found.find("/c~1d").unwrap().span.clone()], "true");
        assert!(found.find("/a/2").is_none());
        assert_eq!(
            ["", "/a", "/a/1/b", "/a/1/b/none", "/c~1d", "/none"].map(|pointer| found.line_at(pointer)),
            [1, 2, 3, 3, 4, 1]
        );
    }

    #[test]
    fn a_defect_has_a_line() {
        for (text, line) in [("{\n]", 2), ("{\"a\": 1,\n \"a\": 2}", 2), ("{\"a\":\n\n 9223372036854775808}", 3)] {
            assert_eq!(Document::parse(text).err().map(|error| error.line), Some(line), "{text}");
        }
    }
}
