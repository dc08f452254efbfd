//! Phone numbers as people type them. Two lines: a region, a number.

use crate::{watch, words};
use flowhost::domain::Refusal;
use flowhost::domain::phone::{self, Phone};

pub(crate) fn parse(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let (region, number) = text.split_once('\n').unwrap_or(("CL", text));
    // The tables of all countries are read once, and the patterns of a country when it is first met.
    phone::load();
    watch::lengthy("the number", || {
        read(phone::normalise(number, Some(region)), Some(region));
        read(phone::normalise(number, None), None);
        read(phone::from_whatsapp(number), None);
    });
}

fn read(result: Result<Phone, Refusal>, region: Option<&str>) {
    let phone = match result {
        Ok(phone) => phone,
        Err(refusal) => {
            assert!(matches!(refusal.code, "phone-invalid" | "value-too-large"), "{}", refusal.code);
            assert_eq!(refusal.argument, Some("identifier"));
            return words::message(&refusal.message);
        }
    };
    let digits = phone.e164.strip_prefix('+').unwrap();
    assert!(digits.bytes().all(|byte| byte.is_ascii_digit()) && (4..=20).contains(&digits.len()), "{phone:?}");
    for again in
        [phone::normalise(&phone.e164, None), phone::normalise(&phone.e164, region), phone::from_whatsapp(digits)]
    {
        assert_eq!(again.as_ref(), Ok(&phone));
    }
    if let Some(warning) = phone.warning() {
        words::message(&warning.message);
    }
}
