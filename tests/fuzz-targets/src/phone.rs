//! Phone numbers as users type them. The input has two lines: a region and a number.

use crate::{message_checks, time_limit};
use flowhost::ErrorCode;
use flowhost::domain::Refusal;
use flowhost::domain::phone::{self, Phone};

pub(crate) fn parse(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let (region, number) = text.split_once('\n').unwrap_or(("CL", text));
    // The first call loads the tables of all countries. The patterns of a country are compiled at its first number.
    phone::preload_metadata();
    time_limit::within_slow_time_limit("the number", || {
        check_phone(phone::normalise(number, Some(region)), Some(region));
        check_phone(phone::normalise(number, None), None);
        check_phone(phone::normalise_whatsapp_user(number), None);
    });
}

fn check_phone(result: Result<Phone, Refusal>, region: Option<&str>) {
    let phone = match result {
        Ok(phone) => phone,
        Err(refusal) => {
            assert!(matches!(refusal.code, ErrorCode::PhoneInvalid | ErrorCode::ValueTooLarge), "{}", refusal.code);
            assert_eq!(refusal.argument, Some("identifier"));
            return message_checks::check_message(&refusal.message);
        }
    };
    let digits = phone.e164.strip_prefix('+').unwrap();
    assert!(digits.bytes().all(|byte| byte.is_ascii_digit()) && (4..=20).contains(&digits.len()), "{phone:?}");
    for again in [
        phone::normalise(&phone.e164, None),
        phone::normalise(&phone.e164, region),
        phone::normalise_whatsapp_user(digits),
    ] {
        assert_eq!(again.as_ref(), Ok(&phone));
    }
    if let Some(warning) = phone.warning() {
        message_checks::check_message(&warning.message);
    }
}
