//! The manifest as JSON, written at compile time: a component contains the text, but no code that writes it.

use crate::manifest::{
    Capability, Condition, Declaration, DeclaredError, Example, Group, Literal, LocalizedText, Manifest,
};

impl Manifest {
    /// Writes as much of the manifest's JSON to `out` as fits. Returns the full length in bytes.
    ///
    /// ```
    /// use flow_sdk::prelude::*;
    ///
    /// # const MANIFEST: Manifest = Manifest {
    /// #     id: "a",
    /// #     version: "1.0.0",
    /// #     category: "A",
    /// #     title: LocalizedText { en: "A", es: "A" },
    /// #     description: LocalizedText { en: "A", es: "A" },
    /// #     icon: "a",
    /// #     parameters: &[],
    /// #     ports: &[NEXT],
    /// #     errors: &[],
    /// #     uses: &[],
    /// # };
    /// const LENGTH: usize = MANIFEST.write_json(&mut []);
    /// let mut json = [0; LENGTH];
    /// assert_eq!(MANIFEST.write_json(&mut json), LENGTH);
    /// assert!(json.starts_with(br#"{"manifest":1,"#));
    /// ```
    pub const fn write_json(&self, out: &mut [u8]) -> usize {
        let mut writer = Writer { out, length: 0 };
        writer.raw("{\"manifest\":1");
        writer.text_field("id", self.id);
        writer.text_field("version", self.version);
        writer.text_field("category", self.category);
        writer.localized_text_field("title", self.title);
        writer.localized_text_field("description", self.description);
        writer.text_field("icon", self.icon);
        writer.groups_field(self.parameters);
        writer.parameters_field(self.parameters);
        writer.raw(",\"ports\":[");
        let mut ports = self.ports;
        while let Some((port, rest)) = ports.split_first() {
            writer.text(port.name());
            writer.raw(",");
            ports = rest;
        }
        writer.raw("\"error\"]");
        writer.texts_field("locales", &["en", "es"]);
        writer.errors_field(self.errors);
        writer.uses_field(self.uses);
        writer.raw("}");
        writer.length
    }
}

/// A writer that counts all bytes, also those that do not fit. A pass with an empty buffer measures the length.
struct Writer<'a> {
    out: &'a mut [u8],
    length: usize,
}

impl Writer<'_> {
    #[expect(clippy::indexing_slicing, reason = "the index is checked; a const function has no alternative")]
    const fn byte(&mut self, byte: u8) {
        if self.length < self.out.len() {
            self.out[self.length] = byte;
        }
        self.length += 1;
    }

    const fn raw(&mut self, text: &str) {
        let mut bytes = text.as_bytes();
        while let Some((byte, rest)) = bytes.split_first() {
            self.byte(*byte);
            bytes = rest;
        }
    }

    const fn text(&mut self, text: &str) {
        self.byte(b'"');
        let mut bytes = text.as_bytes();
        while let Some((byte, rest)) = bytes.split_first() {
            match *byte {
                b'"' | b'\\' => {
                    self.byte(b'\\');
                    self.byte(*byte);
                }
                control if control < b' ' => {
                    self.raw("\\u00");
                    self.byte(hexadecimal(control >> 4));
                    self.byte(hexadecimal(control & 15));
                }
                plain => self.byte(plain),
            }
            bytes = rest;
        }
        self.byte(b'"');
    }

    const fn key(&mut self, key: &str) {
        self.byte(b',');
        self.text(key);
        self.byte(b':');
    }

    const fn text_field(&mut self, key: &str, value: &str) {
        self.key(key);
        self.text(value);
    }

    const fn optional_text_field(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text_field(key, value);
        }
    }

    const fn localized_text(&mut self, text: LocalizedText) {
        self.raw("{\"en\":");
        self.text(text.en);
        self.raw(",\"es\":");
        self.text(text.es);
        self.raw("}");
    }

    const fn localized_text_field(&mut self, key: &str, text: LocalizedText) {
        self.key(key);
        self.localized_text(text);
    }

    const fn texts(&mut self, mut texts: &[&str]) {
        self.byte(b'[');
        while let Some((text, rest)) = texts.split_first() {
            self.text(text);
            if !rest.is_empty() {
                self.byte(b',');
            }
            texts = rest;
        }
        self.byte(b']');
    }

    const fn texts_field(&mut self, key: &str, texts: &[&str]) {
        self.key(key);
        self.texts(texts);
    }

    /// Writes the sections of the form, in order of their first parameters.
    const fn groups_field(&mut self, parameters: &[Declaration]) {
        self.raw(",\"groups\":[");
        let mut seen: &[Declaration] = &[];
        let mut left = parameters;
        let mut first = true;
        while let Some((parameter, rest)) = left.split_first() {
            if let Some(group) = parameter.group
                && !contains(seen, group)
            {
                if !first {
                    self.byte(b',');
                }
                first = false;
                self.raw("{\"id\":");
                self.text(group.id);
                self.localized_text_field("title", group.title);
                self.raw("}");
            }
            (seen, _) = parameters.split_at(parameters.len() - rest.len());
            left = rest;
        }
        self.raw("]");
    }

    const fn parameters_field(&mut self, mut parameters: &[Declaration]) {
        self.raw(",\"parameters\":[");
        while let Some((parameter, rest)) = parameters.split_first() {
            self.parameter(parameter);
            if !rest.is_empty() {
                self.byte(b',');
            }
            parameters = rest;
        }
        self.raw("]");
    }

    const fn parameter(&mut self, parameter: &Declaration) {
        self.raw("{\"name\":");
        self.text(parameter.name);
        self.localized_text_field("title", parameter.title);
        self.localized_text_field("help", parameter.help);
        self.text_field("kind", parameter.kind);
        self.optional_text_field("type", parameter.entity_type);
        self.optional_text_field("refers-to", parameter.refers_to);
        self.key("required");
        self.literal(Literal::Boolean(parameter.required));
        self.literal_field("default", parameter.default);
        if let Some(placeholder) = parameter.placeholder {
            self.localized_text_field("placeholder", placeholder);
        }
        self.examples_field(parameter.examples);
        if let Some(group) = parameter.group {
            self.text_field("group", group.id);
        }
        self.condition_field("required-when", parameter.required_when);
        self.condition_field("shown-when", parameter.shown_when);
        match parameter.per_channel {
            None => {}
            Some([]) => self.raw(",\"per-channel\":{}"),
            Some(except) => {
                self.raw(",\"per-channel\":{\"except\":");
                self.texts(except);
                self.raw("}");
            }
        }
        if !parameter.choices.is_empty() {
            self.texts_field("choices", parameter.choices);
        }
        self.literal_field("on-error", parameter.on_error);
        self.raw("}");
    }

    const fn literal(&mut self, literal: Literal) {
        match literal {
            Literal::Boolean(true) => self.raw("true"),
            Literal::Boolean(false) => self.raw("false"),
            Literal::Integer(integer) => self.integer(integer),
            Literal::Text(text) => self.text(text),
            Literal::List(texts) => self.texts(texts),
        }
    }

    const fn literal_field(&mut self, key: &str, literal: Option<Literal>) {
        if let Some(literal) = literal {
            self.key(key);
            self.literal(literal);
        }
    }

    const fn integer(&mut self, integer: i64) {
        if integer < 0 {
            self.byte(b'-');
        }
        let magnitude = integer.unsigned_abs();
        let mut divisor = 1;
        while magnitude / divisor >= 10 {
            divisor *= 10;
        }
        while divisor > 0 {
            // The remainder is below 10.
            self.byte(b'0' + (magnitude / divisor % 10) as u8);
            divisor /= 10;
        }
    }

    const fn examples_field(&mut self, mut examples: &[Example]) {
        if examples.is_empty() {
            return;
        }
        self.raw(",\"examples\":[");
        while let Some((example, rest)) = examples.split_first() {
            self.raw("{\"value\":");
            self.literal(example.value);
            self.localized_text_field("title", example.title);
            self.raw("}");
            if !rest.is_empty() {
                self.byte(b',');
            }
            examples = rest;
        }
        self.raw("]");
    }

    /// Writes the error codes. An empty list is not written, because it would forbid every code of the action.
    const fn errors_field(&mut self, mut errors: &[DeclaredError]) {
        if errors.is_empty() {
            return;
        }
        self.raw(",\"errors\":[");
        while let Some((error, rest)) = errors.split_first() {
            self.raw("{\"code\":");
            self.text(error.code);
            self.localized_text_field("help", error.help);
            self.raw("}");
            if !rest.is_empty() {
                self.byte(b',');
            }
            errors = rest;
        }
        self.raw("]");
    }

    const fn condition_field(&mut self, key: &str, condition: Option<Condition>) {
        let Some(condition) = condition else { return };
        self.key(key);
        self.raw("{\"parameter\":");
        match condition {
            Condition::Is(parameter, values) => {
                self.text(parameter);
                self.texts_field("is", values);
            }
            Condition::Given(parameter) => {
                self.text(parameter);
                self.raw(",\"given\":true");
            }
        }
        self.raw("}");
    }

    const fn uses_field(&mut self, mut uses: &[Capability]) {
        self.raw(",\"uses\":[");
        while let Some((capability, rest)) = uses.split_first() {
            self.byte(b'"');
            self.raw(capability.interface);
            self.byte(b'#');
            let mut function = capability.function.as_bytes();
            while let Some((byte, rest)) = function.split_first() {
                // A Rust keyword has an underscore at its end, as in `type_`.
                if *byte != b'_' {
                    self.byte(*byte);
                } else if !rest.is_empty() {
                    self.byte(b'-');
                }
                function = rest;
            }
            self.byte(b'"');
            if !rest.is_empty() {
                self.byte(b',');
            }
            uses = rest;
        }
        self.raw("]");
    }
}

const fn hexadecimal(digit: u8) -> u8 {
    match digit {
        0..=9 => b'0' + digit,
        _ => b'a' + (digit - 10),
    }
}

const fn contains(mut parameters: &[Declaration], group: &Group) -> bool {
    while let Some((parameter, rest)) = parameters.split_first() {
        if let Some(known) = parameter.group
            && same(known.id, group.id)
        {
            return true;
        }
        parameters = rest;
    }
    false
}

const fn same(left: &str, right: &str) -> bool {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    while let (Some((a, left_rest)), Some((b, right_rest))) = (left.split_first(), right.split_first()) {
        if *a != *b {
            return false;
        }
        (left, right) = (left_rest, right_rest);
    }
    left.is_empty() && right.is_empty()
}
