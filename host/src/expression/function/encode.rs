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

fn encode<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Outcome<Option<Datum<'a>>> {
    let [Datum::Bytes(bytes)] = arguments else { return Ok(None) };
    check_text(bytes.len().div_ceil(3) * 4)?;
    run.fuel.spend_bytes(bytes.len())?;
    Ok(Some(Datum::text(BASE64.encode(bytes.as_slice()))))
}

fn decode<'a>(run: &mut Run<'a>, arguments: &[Datum<'a>]) -> Outcome<Option<Datum<'a>>> {
    let [Datum::Text(text)] = arguments else { return Ok(None) };
    run.fuel.spend_bytes(text.len())?;
    match BASE64.decode(text.as_bytes()) {
        Ok(bytes) => Ok(Some(Datum::Bytes(bytes.into()))),
        Err(_) => Err(Fault::failed("the text is no base64")),
    }
}
