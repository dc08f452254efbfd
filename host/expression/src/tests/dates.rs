//! Tests of dates in the tenant's zone and of phone numbers.

use chrono::{TimeZone, Utc};
use serde_json::json;

use super::super::{DateError, format_date, parse_date};
use super::{StubLocale, evaluate, json_of};

#[test]
fn dates_are_written_and_read_in_the_tenants_zone() {
    assert_eq!(json_of("formatDate(now, 'dd/MM/yyyy HH:mm:ss')"), json!("01/02/2027 09:00:00"));
    assert_eq!(json_of("parseDate('01/02/2027 09:00:00', 'dd/MM/yyyy HH:mm:ss')"), json!("2027-02-01T12:00:00Z"));
    assert_eq!(json_of("parseDate('2027-02-01', 'yyyy-MM-dd') < now"), json!(true));
    assert_eq!(json_of("formatDate(now + duration('24h'), \"dd 'de' MM\")"), json!("02 de 02"));
    assert_eq!(json_of("formatDate(now, \"HH 'o''clock'\")"), json!("09 o'clock"));
}

#[test]
fn dates_are_parsed_strictly() {
    let wrong = [
        "31/02/2027 10:00:00",
        "1/2/2027 10:00:00",
        "01/02/27 10:00:00",
        "01/02/2027 24:00:00",
        "01/02/2027 10:00",
        "01/02/2027 10:00:00 ",
        "+1/02/2027 10:00:00",
        "2027-02-01",
        "",
    ];
    for text in wrong {
        let error = evaluate(&format!("parseDate('{text}', 'dd/MM/yyyy HH:mm:ss')")).unwrap_err();
        assert_eq!(error.code, "expression-failed", "{text}");
        assert!(error.message.contains(text), "{error}");
    }
}

#[test]
fn a_pattern_of_unknown_letters_is_refused() {
    for pattern in ["d/M/yyyy", "dd/mmm/yyyy", "yy", "EEEE", "ddd", "dd 'de MM"] {
        let source = format!("formatDate(now, \"{pattern}\")");
        assert_eq!(evaluate(&source).unwrap_err().code, "expression-failed", "{pattern}");
    }
    assert!(evaluate("parseDate('10:00', 'HH:mm')").unwrap_err().message.contains("dd, MM and yyyy"));
}

#[test]
fn phone_numbers_are_normalised_by_the_locale() {
    assert_eq!(json_of("phone('56 9 8765 4321')"), json!("+56987654321"));
    let error = evaluate("phone('123')").unwrap_err();
    assert_eq!(error.code, "expression-failed");
    assert!(error.message.contains("eleven digits"), "{error}");
}

#[test]
fn a_date_is_formatted_and_parsed_without_an_expression() {
    let at = Utc.with_ymd_and_hms(2027, 2, 1, 12, 0, 0).unwrap();
    let pattern = "dd/MM/yyyy HH:mm:ss";
    assert_eq!(format_date(at, pattern, &StubLocale).unwrap(), "01/02/2027 09:00:00");
    assert_eq!(parse_date("01/02/2027 09:00:00", pattern, &StubLocale), Ok(at));
}

#[test]
fn a_rejected_date_or_pattern_is_told_apart() {
    let at = Utc.with_ymd_and_hms(1, 1, 1, 0, 0, 0).unwrap();
    let long = "-".repeat(1_001);
    assert!(matches!(format_date(at, "yyyy", &StubLocale), Err(DateError::Date(_))));
    for pattern in ["ddd", "dd 'de MM", &long] {
        assert!(matches!(format_date(at, pattern, &StubLocale), Err(DateError::Pattern(_))), "{pattern}");
    }
    assert!(matches!(parse_date("01/02", "dd/MM", &StubLocale), Err(DateError::Pattern(_))));
    for text in ["31/02/2027", "", &long] {
        assert!(matches!(parse_date(text, "dd/MM/yyyy", &StubLocale), Err(DateError::Date(_))), "{text}");
    }
}
