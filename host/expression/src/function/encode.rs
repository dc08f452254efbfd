//! The encoder extension.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::super::error::{EvalError, EvalResult};
use super::super::evaluate::Evaluator;
use super::super::limits::check_text;
use super::super::runtime_value::RuntimeValue;
use super::FunctionEntry;

pub(super) const GLOBALS: &[FunctionEntry] = &[("base64.encode", encode), ("base64.decode", decode)];

/// The engine writes padding, and accepts texts with or without it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Bytes that are encoded or decoded between two charges: a multiple of 3 and of 4.
const CHUNK_BYTES: usize = 48 * 1024;
/// Bytes that one step encodes or decodes.
const BYTES_PER_STEP: usize = 32;

fn encode<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> EvalResult<Option<RuntimeValue<'a>>> {
    let [RuntimeValue::Bytes(bytes)] = arguments else { return Ok(None) };
    check_text(bytes.len().div_ceil(3) * 4)?;
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for piece in bytes.chunks(CHUNK_BYTES) {
        evaluator.fuel.spend(1 + piece.len() / BYTES_PER_STEP)?;
        BASE64.encode_string(piece, &mut text);
    }
    Ok(Some(RuntimeValue::text(text)))
}

fn decode<'a>(evaluator: &mut Evaluator<'a>, arguments: &[RuntimeValue<'a>]) -> EvalResult<Option<RuntimeValue<'a>>> {
    let [RuntimeValue::Text(text)] = arguments else { return Ok(None) };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut pieces = text.as_bytes().chunks(CHUNK_BYTES).peekable();
    while let Some(piece) = pieces.next() {
        evaluator.fuel.spend(1 + piece.len() / BYTES_PER_STEP)?;
        let is_padded_early = pieces.peek().is_some() && piece.contains(&b'=');
        if is_padded_early || BASE64.decode_vec(piece, &mut bytes).is_err() {
            return Err(EvalError::evaluation_failed("the text is not base64"));
        }
    }
    Ok(Some(RuntimeValue::Bytes(bytes.into())))
}
