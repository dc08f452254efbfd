//! The lexer: splits a source into tokens and enforces the limits on sources.

use super::error::{EvalError, EvalResult, offset, truncated};
use super::function::is_plain;
use super::limits::{MAX_LITERAL_BYTES, MAX_NUMBER_CHARACTERS, MAX_SOURCE_CHARACTERS, MAX_TOKENS};

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Integer,
    Unsigned,
    Number,
    Text,
    Bytes,
    /// An identifier or a keyword.
    Name,
    /// A name between backticks.
    QuotedName,
    /// Punctuation or an operator.
    Symbol,
}

/// A token: its kind and its byte range in the source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Characters that a number counts as if parsing it may need exact arithmetic, which takes microseconds.
const EXACT_NUMBER_CHARACTERS: usize = 250;

/// The remaining part of the limits on a source. A whole template shares one budget.
#[derive(Debug)]
pub(super) struct SourceBudget {
    characters: usize,
    literal_bytes: usize,
    tokens: usize,
}

impl SourceBudget {
    pub(super) fn new() -> Self {
        Self { characters: MAX_SOURCE_CHARACTERS, literal_bytes: MAX_LITERAL_BYTES, tokens: MAX_TOKENS }
    }

    fn spend_characters(&mut self, characters: usize) -> EvalResult<()> {
        self.characters = self.characters.checked_sub(characters).ok_or_else(|| {
            EvalError::too_large(
                "source",
                format!(
                    "the expression is longer than {MAX_SOURCE_CHARACTERS} characters, texts between quotes not counted"
                ),
            )
        })?;
        Ok(())
    }

    pub(super) fn spend_literal(&mut self, bytes: usize) -> EvalResult<()> {
        self.literal_bytes = self.literal_bytes.checked_sub(bytes).ok_or_else(|| {
            EvalError::too_large(
                "literals",
                format!("the literal texts are longer than {} KiB together", MAX_LITERAL_BYTES / 1024),
            )
        })?;
        Ok(())
    }

    fn spend_token(&mut self) -> EvalResult<()> {
        self.tokens = self.tokens.checked_sub(1).ok_or_else(|| {
            EvalError::too_large(
                "tokens",
                format!("the expression has more than {MAX_TOKENS} names, values and operators"),
            )
        })?;
        Ok(())
    }
}

/// The symbols of two characters. All other symbols are single characters.
const TWO_CHARACTER_SYMBOLS: [&str; 6] = ["==", "!=", "<=", ">=", "&&", "||"];

/// Reads the tokens of `source` from `start` to its end or, in a template, to the closing `}}`.
///
/// Returns the tokens and the offset of their end, before the `}}`.
pub(super) fn tokenize(
    source: &str,
    start: usize,
    in_template: bool,
    budget: &mut SourceBudget,
) -> EvalResult<(Vec<Token>, usize)> {
    let mut lexer = Lexer { source, at: start };
    let mut tokens = Vec::new();
    let mut braces = 0_usize;
    loop {
        let before = lexer.at;
        lexer.skip_whitespace();
        budget.spend_characters(character_count(source, before, lexer.at))?;
        if lexer.at >= source.len() {
            if in_template {
                let open = start.saturating_sub(2);
                return Err(EvalError::syntax("this {{ is not closed: its expression ends with }}", open));
            }
            return Ok((tokens, lexer.at));
        }
        if in_template && braces == 0 && lexer.rest().starts_with("}}") {
            return Ok((tokens, lexer.at));
        }
        let token = lexer.next_token()?;
        let spent = budget.spend_token().and_then(|()| match token.kind {
            TokenKind::Text | TokenKind::Bytes => budget.spend_literal(token.end - token.start),
            TokenKind::Number if !is_plain(source.get(token.start..token.end).unwrap_or_default()) => {
                budget.spend_characters(EXACT_NUMBER_CHARACTERS)
            }
            _ => budget.spend_characters(character_count(source, token.start, token.end)),
        });
        spent.map_err(|error| error.at(offset(token.start)))?;
        if token.kind == TokenKind::Symbol {
            match source.get(token.start..token.end) {
                Some("{") => braces += 1,
                Some("}") => braces = braces.saturating_sub(1),
                _ => {}
            }
        }
        tokens.push(token);
    }
}

fn character_count(source: &str, start: usize, end: usize) -> usize {
    source.get(start..end).map_or(0, |part| part.chars().count())
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
}

impl<'s> Lexer<'s> {
    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.source.as_bytes().get(self.at).copied()
    }

    fn peek_second(&self) -> Option<u8> {
        self.source.as_bytes().get(self.at + 1).copied()
    }

    fn skip_while(&mut self, is_included: impl Fn(u8) -> bool) -> bool {
        let before = self.at;
        while self.peek().is_some_and(&is_included) {
            self.at += 1;
        }
        self.at > before
    }

    fn skip_whitespace(&mut self) {
        loop {
            self.skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c));
            if !self.rest().starts_with("//") {
                return;
            }
            self.skip_while(|byte| byte != b'\n');
        }
    }

    fn next_token(&mut self) -> EvalResult<Token> {
        let start = self.at;
        let kind = match self.peek() {
            Some(b'0'..=b'9') => self.read_number()?,
            Some(b'.') if self.peek_second().is_some_and(|byte| byte.is_ascii_digit()) => self.read_number()?,
            Some(b'`') => self.read_quoted_name()?,
            Some(b'"' | b'\'') => self.read_literal(start, false, false)?,
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => match self.literal_prefix() {
                Some((length, raw, bytes)) => {
                    self.at += length;
                    self.read_literal(start, raw, bytes)?
                }
                None => {
                    self.skip_while(is_name_byte);
                    TokenKind::Name
                }
            },
            _ => self.read_symbol()?,
        };
        Ok(Token { kind, start, end: self.at })
    }

    /// Returns the length and the meaning of a literal's prefix, such as the `r` of `r"\d"`.
    fn literal_prefix(&self) -> Option<(usize, bool, bool)> {
        let mut raw = false;
        let mut bytes = false;
        for (index, byte) in self.rest().bytes().enumerate().take(3) {
            match byte {
                b'r' | b'R' if !raw => raw = true,
                b'b' | b'B' if !bytes => bytes = true,
                b'"' | b'\'' => return Some((index, raw, bytes)),
                _ => return None,
            }
        }
        None
    }

    fn read_literal(&mut self, start: usize, raw: bool, bytes: bool) -> EvalResult<TokenKind> {
        let quote = if self.peek() == Some(b'"') { "\"" } else { "'" };
        let triple = quote.repeat(3);
        let is_triple = self.rest().starts_with(&triple);
        let close = if is_triple { triple.as_str() } else { quote };
        self.at += close.len();
        let first = close.as_bytes().first().copied();
        loop {
            self.skip_while(|byte| Some(byte) != first && !matches!(byte, b'\\' | b'\n' | b'\r'));
            if self.rest().starts_with(close) {
                self.at += close.len();
                return Ok(if bytes { TokenKind::Bytes } else { TokenKind::Text });
            }
            match self.peek() {
                Some(b'\n' | b'\r') if !is_triple => break,
                Some(b'\\') if !raw => self.at += 2,
                Some(_) => self.at += 1,
                None => break,
            }
        }
        Err(EvalError::syntax(format!("this text is not closed: {close} is missing at its end"), start))
    }

    fn read_quoted_name(&mut self) -> EvalResult<TokenKind> {
        let start = self.at;
        self.at += 1;
        let named = self.skip_while(|byte| is_name_byte(byte) || matches!(byte, b'.' | b'-' | b'/' | b' '));
        if !named || self.peek() != Some(b'`') {
            return Err(EvalError::syntax(
                "a name between backticks can contain only letters, digits, spaces and _ . - /",
                start,
            ));
        }
        self.at += 1;
        Ok(TokenKind::QuotedName)
    }

    fn read_number(&mut self) -> EvalResult<TokenKind> {
        let start = self.at;
        let hexadecimal = self.rest().get(..2).is_some_and(|prefix| prefix.eq_ignore_ascii_case("0x"));
        let mut kind = TokenKind::Integer;
        let mut complete = true;
        if hexadecimal {
            self.at += 2;
            complete = self.skip_while(|byte| byte.is_ascii_hexdigit());
        } else {
            self.skip_while(|byte| byte.is_ascii_digit());
            if self.peek() == Some(b'.') && self.peek_second().is_some_and(|byte| byte.is_ascii_digit()) {
                self.at += 1;
                self.skip_while(|byte| byte.is_ascii_digit());
                kind = TokenKind::Number;
            }
            if matches!(self.peek(), Some(b'e' | b'E')) {
                self.at += 1;
                if matches!(self.peek(), Some(b'+' | b'-')) {
                    self.at += 1;
                }
                complete = self.skip_while(|byte| byte.is_ascii_digit());
                kind = TokenKind::Number;
            }
        }
        if kind == TokenKind::Integer && matches!(self.peek(), Some(b'u' | b'U')) {
            self.at += 1;
            kind = TokenKind::Unsigned;
        }
        if !complete || self.skip_while(is_name_byte) {
            let written = truncated(self.source.get(start..self.at).unwrap_or_default());
            return Err(EvalError::syntax(format!("`{written}` is not a number"), start));
        }
        if self.at - start > MAX_NUMBER_CHARACTERS {
            let written = truncated(self.source.get(start..self.at).unwrap_or_default());
            let message = format!("`{written}` is not a number: it has more than {MAX_NUMBER_CHARACTERS} characters");
            return Err(EvalError::syntax(message, start));
        }
        Ok(kind)
    }

    fn read_symbol(&mut self) -> EvalResult<TokenKind> {
        if TWO_CHARACTER_SYMBOLS.iter().any(|pair| self.rest().starts_with(pair)) {
            self.at += 2;
            return Ok(TokenKind::Symbol);
        }
        let Some(character) = self.rest().chars().next() else {
            return Err(EvalError::syntax("the expression ends too early", self.at));
        };
        let hint = match character {
            '.' | ',' | '!' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | ':' | '+' | '-' | '*' | '/' | '%' | '<'
            | '>' => {
                self.at += 1;
                return Ok(TokenKind::Symbol);
            }
            '=' => "compare with ==",
            '&' => "the operator is &&",
            '|' => "the operator is ||",
            _ if character.is_alphabetic() => {
                "text needs quotes, and an entity with such a letter in its name is read with entities[\"…\"]"
            }
            _ => "text needs quotes",
        };
        Err(EvalError::syntax(format!("unexpected character `{character}`: {hint}"), self.at))
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
