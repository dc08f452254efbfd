//! The encoder extension.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::super::bounds::check_text;
use super::super::datum::Datum;
use super::super::error::{Fault, Outcome};
use super::super::evaluate::Run;
use super::Entry;

pub(super) const GLOBALS: &[Entry] = &[("base64.encode", encode), ("base64.decode", decode)];

/// Writes padding, and reads texts with and without it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Bytes that are encoded or decoded between two payments: whole groups of three and of four.
const PIECE: usize = 48 * 1024;
/// Bytes that one step encodes or decodes.
const BYTES_PER_STEP: usize = 32;

fn encode<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Outcome<Option<Datum<'a>>> {
    let [Datum::Bytes(bytes)] = arguments else { return Ok(None) };
    check_text(bytes.len().div_ceil(3) * 4)?;
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for piece in bytes.chunks(PIECE) {
        run.fuel.spend(1 + piece.len() / BYTES_PER_STEP)?;
        BASE64.encode_string(piece, &mut text);
    }
    Ok(Some(Datum::text(text)))
}

fn decode<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Outcome<Option<Datum<'a>>> {
    let [Datum::Text(text)] = arguments else { return Ok(None) };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut pieces = text.as_bytes().chunks(PIECE).peekable();
    while let Some(piece) = pieces.next() {
        run.fuel.spend(1 + piece.len() / BYTES_PER_STEP)?;
        let is_padded_early = pieces.peek().is_some() && piece.contains(&b'=');
        if is_padded_early || BASE64.decode_vec(piece, &mut bytes).is_err() {
            return Err(Fault::failed("the text is not base64"));
        }
    }
    Ok(Some(Datum::Bytes(bytes.into())))
}
