//! Normalisation of typed phone numbers to E.164.

use super::refusal::{Refusal, Warning};
use super::text::{MAX_CHARACTERS, exceeds};
use flowhost_error::ErrorCode;
use flowhost_error::text::{is_unsafe, quote};
use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, Region, ValidationError,
};
use std::sync::LazyLock;

/// A phone number that can be dialled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone {
    /// The number in E.164: `+`, country code and national number, digits only.
    pub e164: String,
    /// Whether length and form are possible, but the number is not known to be assigned.
    pub is_unusual: bool,
}

impl Phone {
    /// Returns the warning `phone-unusual` for an unusual number.
    pub fn warning(&self) -> Option<Warning> {
        self.is_unusual.then(|| {
            let message = format!(
                "{} has a possible length but is not known to be a valid number; check it for a wrong digit",
                self.e164
            );
            Warning::new(ErrorCode::PhoneUnusual, message, "identifier")
        })
    }
}

/// Loads the metadata of all countries and compiles the patterns that every number needs. Otherwise the first number
/// takes about 20 ms longer.
pub fn preload_metadata() {
    LazyLock::force(&PHONE_NUMBER_UTIL);
    // The library compiles its patterns at first use.
    let _ = normalise("+1 650 253 0000", None);
}

/// Returns whether numbers can be read as dialled in `region` (ISO 3166-1 alpha-2, capitals).
pub fn is_region(region: &str) -> bool {
    self::parse_region(region).is_some()
}

fn parse_region(code: &str) -> Option<Region> {
    let upper_alpha_2 = code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
    let region = if upper_alpha_2 { code.parse().ok()? } else { return None };
    PHONE_NUMBER_UTIL.get_country_code_for_region(region).map(|_| region)
}

/// Returns the number that `text` denotes in `region` (ISO 3166-1 alpha-2, capitals). Without a region, or with an
/// unknown one, the function reads only international numbers, which begin with `+`.
///
/// The function reads digits of any script, a leading `+` and common punctuation. It rejects letters and extensions,
/// since E.164 would silently lose or change them. Mexican mobile numbers in their old form (`+52 1 ...`), which
/// WhatsApp still gives, become the current form. The errors name `identifier`: `phone-invalid`, `value-too-large`.
pub fn normalise(text: &str, region: Option<&str>) -> Result<Phone, Refusal> {
    let text = text.trim();
    // Phone numbers are short, and the limit keeps the parsing time short.
    if exceeds(text, MAX_CHARACTERS) {
        return Err(Refusal::too_large("the phone number", MAX_CHARACTERS, "characters").about_argument("identifier"));
    }
    if text.is_empty() {
        return Err(invalid_phone("the phone number is empty; give one such as +56 9 8765 4321".to_owned()));
    }
    if let Some(odd) = text.chars().find(|c| !is_phone_character(*c)) {
        let odd = if is_unsafe(odd) { odd.escape_unicode().to_string() } else { odd.to_string() };
        return Err(invalid_phone(format!(
            "{} is not a phone number: it contains \"{odd}\"; write digits, with + and the country code first if it is \
             international",
            quote(text)
        )));
    }
    let number = PHONE_NUMBER_UTIL
        .parse(text, region.and_then(self::parse_region))
        .map_err(|error| invalid_phone(parse_error_message(text, region, &error)))?;
    validate_number(without_old_mobile_prefix(number), text, region)
}

/// Returns the number of a WhatsApp user: international, with or without `+`. Errors: as for [`normalise`].
pub fn normalise_whatsapp_user(user: &str) -> Result<Phone, Refusal> {
    let user = user.trim();
    if user.starts_with('+') || user.is_empty() { normalise(user, None) } else { normalise(&format!("+{user}"), None) }
}

/// Returns whether a number may contain the character: digits, the plus sign, white space and the punctuation of
/// numbers in any script. Characters that begin an extension or a second number are not allowed.
fn is_phone_character(character: char) -> bool {
    character.is_numeric()
        || character.is_whitespace()
        || matches!(
            character,
            '+' | '＋'
                | '-'
                | '.'
                | '('
                | ')'
                | '['
                | ']'
                | '/'
                | '（'
                | '）'
                | '［'
                | '］'
                | '．'
                | '／'
                | '－'
                | '−'
                | 'ー'
                | '\u{2010}'..='\u{2015}' | '\u{ad}' | '\u{200b}' | '\u{2060}'
        )
}

fn invalid_phone(message: String) -> Refusal {
    Refusal::new(ErrorCode::PhoneInvalid, message).about_argument("identifier")
}

fn parse_error_message(text: &str, region: Option<&str>, error: &ParseError) -> String {
    let shown = quote(text);
    match error {
        ParseError::InvalidCountryCode if text.starts_with(['+', '＋']) => {
            format!("{shown} is not a phone number: no country has its code; check the digits after the +")
        }
        ParseError::InvalidCountryCode => {
            format!("{shown} has no country code; begin with + and the code, as in +56 9 8765 4321")
        }
        ParseError::TooLongNsn => format!("{shown} is not a phone number: it has too many digits; check it"),
        ParseError::TooShortNsn | ParseError::TooShortAfterIdd => too_short_message(&shown, region),
        ParseError::NotANumber(_) => {
            format!("{shown} is not a phone number; write its digits, as in +56 9 8765 4321")
        }
    }
}

fn too_short_message(shown: &str, region: Option<&str>) -> String {
    let location = region.filter(|region| is_region(region)).map(|region| format!(" in {region}")).unwrap_or_default();
    format!("{shown} is not a phone number{location}: it has too few digits; give all of them, with the area code")
}

/// Removes the `1` between country code and mobile numbers, which Mexico dropped in 2019. Ids and address books still
/// contain it.
fn without_old_mobile_prefix(mut number: PhoneNumber) -> PhoneNumber {
    const OLD_MOBILES: std::ops::Range<u64> = 10_000_000_000..20_000_000_000;
    if number.country_code == 52 && OLD_MOBILES.contains(&number.national_number) {
        number.national_number -= OLD_MOBILES.start;
    }
    number
}

/// Returns whether parsing a number in E.164 again gives the same number. A number may lose leading zeros, or leading
/// digits that are also its country's trunk prefix.
fn is_stable_e164(e164: &str) -> bool {
    let again = PHONE_NUMBER_UTIL.parse(e164, None).map(without_old_mobile_prefix);
    again.is_ok_and(|again| PHONE_NUMBER_UTIL.format(&again, PhoneNumberFormat::E164) == e164)
}

fn validate_number(number: PhoneNumber, text: &str, region: Option<&str>) -> Result<Phone, Refusal> {
    let shown = quote(text);
    match PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number) {
        Ok(NumberLengthType::IsPossible) => {
            let e164 = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned();
            let phone = Phone { e164, is_unusual: !PHONE_NUMBER_UTIL.is_valid_number(&number) };
            if !is_stable_e164(&phone.e164) {
                let problem = "its first digits are read in several ways; write it as it is dialled from abroad";
                return Err(invalid_phone(format!("{shown} is not a phone number: {problem}")));
            }
            Ok(phone)
        }
        Ok(_) => Err(invalid_phone(format!("{shown} lacks its area code; put it before the number"))),
        Err(ValidationError::TooShort) => Err(invalid_phone(too_short_message(&shown, region))),
        Err(_) => Err(invalid_phone(format!(
            "{shown} is not a phone number: it has too many digits for its country; check it"
        ))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn e164(text: &str, region: &str) -> String {
        normalise(text, Some(region)).unwrap().e164
    }

    fn refused(text: &str, region: Option<&str>) -> Refusal {
        let refusal = normalise(text, region).unwrap_err();
        assert_eq!(refusal.argument, Some("identifier"));
        refusal
    }

    #[test]
    fn a_number_that_reparses_differently_is_rejected() {
        // 8 is the trunk prefix of Belarus, and some of its numbers begin with 8.
        let refusal = refused("8 81 025 40911", Some("BY"));
        assert!(refusal.message.contains("read in several ways"), "{}", refusal.message);
    }

    #[test]
    fn three_ways_to_type_one_chilean_mobile() {
        for typed in ["9 8765 4321", "+56 9 8765 4321", "56987654321", "(+56) 9-8765.4321", "９８７６５４３２１"]
        {
            assert_eq!(normalise(typed, Some("CL")).unwrap(), Phone { e164: "+56987654321".into(), is_unusual: false });
        }
    }

    #[test]
    fn local_forms_of_the_region() {
        assert_eq!(e164("2 2345 6789", "CL"), "+56223456789");
        assert_eq!(e164("011 15 2345-6789", "AR"), "+5491123456789");
        assert_eq!(e164("094 231 234", "UY"), "+59894231234");
        assert_eq!(e164("(011) 98765-4321", "BR"), "+5511987654321");
        assert_eq!(e164("55 1234 5678", "MX"), "+525512345678");
        assert_eq!(e164("600 123 456", "ES"), "+34600123456");
        assert_eq!(e164("0034 600 123 456", "CL"), "+34600123456");
    }

    #[test]
    fn impossible_numbers_are_refused() {
        for text in
            ["", "  ", "123", "abc", "1-800-FLOWERS", "Ana 987654321", "9 8765 4321 ext. 5", "+", "++", "+0 1", "½"]
        {
            assert_eq!(refused(text, Some("CL")).code, "phone-invalid", "{text:?}");
        }
        assert_eq!(refused(&"9".repeat(300), Some("CL")).code, "value-too-large");
    }

    #[test]
    fn a_number_without_its_area_code_is_refused() {
        assert!(refused("4123-4567", Some("AR")).message.contains("area code"));
    }

    #[test]
    fn possible_but_unknown_is_unusual() {
        let phone = normalise("+56 0 9876 5432", None).unwrap();
        assert!(phone.is_unusual);
        assert_eq!(phone.warning().unwrap().code, "phone-unusual");
        assert_eq!(normalise("+56987654321", None).unwrap().warning(), None);
    }

    #[test]
    fn an_ambiguous_number_is_rejected() {
        assert_eq!(refused("+49 (00 0000", Some("DE")).code, "phone-invalid");
    }

    #[test]
    fn without_a_region_only_international_numbers() {
        assert_eq!(normalise("+56987654321", None).unwrap().e164, "+56987654321");
        assert!(refused("987654321", None).message.contains("country code"));
        assert_eq!(refused("987654321", Some("QQ")).code, "phone-invalid");
    }

    #[test]
    fn a_whatsapp_user_is_an_international_number() {
        assert_eq!(normalise_whatsapp_user("56987654321").unwrap().e164, "+56987654321");
        assert_eq!(normalise_whatsapp_user("+56987654321").unwrap().e164, "+56987654321");
        assert_eq!(normalise_whatsapp_user("5215512345678").unwrap(), normalise("55 1234 5678", Some("MX")).unwrap());
        assert_eq!(normalise_whatsapp_user("").unwrap_err().code, "phone-invalid");
        assert_eq!(normalise_whatsapp_user("569876").unwrap_err().code, "phone-invalid");
    }

    #[test]
    fn regions_are_codes_of_two_capitals() {
        assert!(is_region("CL"));
        for bad in ["cl", "ZZ", "QQ", "001", "", "CHL"] {
            assert!(!is_region(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn normalising_never_panics(text in "\\PC*", region in "[A-Z]{2}|\\PC{0,3}") {
            let _ = normalise(&text, Some(&region));
            let _ = normalise_whatsapp_user(&text);
        }

        #[test]
        fn normalisation_is_idempotent(text in "\\+?[0-9 ()-]{1,18}", region in "CL|AR|UY|MX|BR|ES|US") {
            if let Ok(phone) = normalise(&text, Some(&region)) {
                prop_assert!(phone.e164.len() <= 18);
                prop_assert_eq!(normalise(&phone.e164, None).unwrap(), phone);
            }
        }
    }
}
