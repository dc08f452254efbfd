//! Schedules of records: parsing and formatting dates in a tenant's zone, and the rules of a campaign for them.

use super::campaign::{Campaign, CampaignMode};
use super::record::Schedule;
use super::refusal::{Refusal, Warning};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use flowhost_error::ErrorCode;
use flowhost_error::text::quote;

/// Returns the local time in `zone` at a time.
pub fn to_local(zone: Tz, at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&zone).naive_local()
}

/// Returns the UTC time of a local time in `zone`. In a clock gap this is the first valid time after the gap; in an
/// overlap it is the earlier of the two.
pub fn to_utc(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    if let Some(at) = zone.from_local_datetime(&local).earliest() {
        return at.with_timezone(&Utc);
    }
    // No offset and no gap exceeds one day: Samoa once skipped a whole day.
    let nominal = local.and_utc();
    let mut before = nominal.checked_sub_signed(TimeDelta::days(2)).unwrap_or(nominal);
    let mut after = nominal.checked_add_signed(TimeDelta::days(2)).unwrap_or(nominal);
    while after - before > TimeDelta::seconds(1) {
        let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
        if to_local(zone, middle) < local {
            before = middle;
        } else {
            after = middle;
        }
    }
    // Clocks change on whole seconds.
    after.with_nanosecond(0).unwrap_or(after)
}

/// Parses `dd/MM/yyyy HH:mm:ss` (every digit given, in `zone`) or RFC 3339 with an offset, and drops fractions of a
/// second. The errors name `schedule`: `schedule-invalid`.
pub fn parse(text: &str, zone: Tz) -> Result<DateTime<Utc>, Refusal> {
    let at = match (parse_digits(text), parse_rfc3339(text)) {
        (Some(numbers), _) => local_time(numbers).map(|local| to_utc(zone, local)),
        (None, at) => at,
    };
    // Other years need a sign or five digits, which neither form can hold.
    let is_in_range = |at: &DateTime<Utc>| {
        let years = 0..=9999;
        years.contains(&at.year()) && years.contains(&to_local(zone, *at).year())
    };
    at.filter(is_in_range).ok_or_else(|| {
        let message = format!(
            "{} is not a date and time; write dd/MM/yyyy HH:mm:ss as in 31/12/2027 09:30:00, or RFC 3339 with an offset \
             as in 2027-12-31T09:30:00-03:00",
            quote(text)
        );
        Refusal::new(ErrorCode::ScheduleInvalid, message).about_argument("schedule")
    })
}

fn parse_rfc3339(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    at.with_nanosecond(0)
}

/// Returns the numbers of `dd/MM/yyyy HH:mm:ss` if the text has that form.
fn parse_digits(text: &str) -> Option<[u32; 6]> {
    const FORM: &[u8; 19] = b"dd/MM/yyyy HH:mm:ss";
    if text.len() != FORM.len() {
        return None;
    }
    let mut numbers = [0; 6];
    let mut fields = numbers.iter_mut();
    let mut field = fields.next()?;
    for (byte, form) in text.bytes().zip(FORM) {
        if form.is_ascii_alphabetic() {
            *field = *field * 10 + char::from(byte).to_digit(10)?;
        } else if byte == *form {
            field = fields.next()?;
        } else {
            return None;
        }
    }
    Some(numbers)
}

fn local_time([day, month, year, hour, minute, second]: [u32; 6]) -> Option<NaiveDateTime> {
    NaiveDate::from_ymd_opt(year.try_into().ok()?, month, day)?.and_hms_opt(hour, minute, second)
}

/// Formats a time as `dd/MM/yyyy HH:mm:ss` in `zone`.
pub fn format(at: DateTime<Utc>, zone: Tz) -> String {
    to_local(zone, at).format("%d/%m/%Y %H:%M:%S").to_string()
}

/// Resolves a schedule for `campaign` at `now`. Returns `None` if the schedule is absent, empty or ignored.
///
/// A Manual campaign parses the schedule and ignores it (`schedule-ignored`). A Scheduled campaign that starts later
/// keeps it waiting (`schedule-waits`). The errors name `schedule`: `schedule-invalid`, `schedule-in-the-past`,
/// `schedule-out-of-range` (after the campaign's end or validity).
pub fn resolve(
    text: Option<&str>,
    campaign: &Campaign,
    zone: Tz,
    now: DateTime<Utc>,
) -> Result<(Option<Schedule>, Option<Warning>), Refusal> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok((None, None));
    };
    let at = parse(text, zone)?;
    let name = quote(&campaign.name);
    if campaign.mode == CampaignMode::Manual {
        let message = format!("the campaign {name} is Manual and ignores the schedule; an administrator starts it");
        return Ok((None, Some(Warning::new(ErrorCode::ScheduleIgnored, message, "schedule"))));
    }
    if at < now {
        let message = format!(
            "the schedule {} is in the past: now is {} in {zone}; give a later one, or none to send as soon as the \
             campaign runs",
            quote(text),
            format(now, zone)
        );
        return Err(Refusal::new(ErrorCode::ScheduleInThePast, message).about_argument("schedule"));
    }
    if let Some((end, what)) = campaign.effective_end(zone).filter(|(end, _)| at > *end) {
        let message = format!(
            "the schedule {} is after the {what} of the campaign {name}, {} in {zone}; give an earlier one",
            quote(text),
            format(end, zone)
        );
        return Err(Refusal::new(ErrorCode::ScheduleOutOfRange, message).about_argument("schedule"));
    }
    let waits = campaign.starts_at.filter(|start| campaign.mode == CampaignMode::Scheduled && at < *start);
    let warning = waits.map(|start| {
        let message = format!(
            "the schedule is before the campaign {name} starts and waits until {} in {zone}",
            format(start, zone)
        );
        Warning::new(ErrorCode::ScheduleWaits, message, "schedule")
    });
    Ok((Some(Schedule { at, text: text.to_owned() }), warning))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::campaign::tests::campaign;
    use chrono_tz::America::Santiago;
    use proptest::prelude::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn santiago(text: &str) -> DateTime<Utc> {
        parse(text, Santiago).unwrap()
    }

    #[test]
    fn a_local_time_is_in_the_zone() {
        assert_eq!(santiago("31/01/2027 10:00:00"), utc("2027-01-31T13:00:00Z"));
        assert_eq!(santiago("31/07/2027 10:00:00"), utc("2027-07-31T14:00:00Z"));
    }

    #[test]
    fn rfc_3339_needs_its_offset() {
        assert_eq!(santiago("2027-01-31T10:00:00.75-05:00"), utc("2027-01-31T15:00:00Z"));
        assert_eq!(parse("2027-01-31T10:00:00", Santiago).unwrap_err().code, "schedule-invalid");
    }

    #[test]
    fn a_gap_ends_in_the_first_valid_instant() {
        // Clocks advance from 05/09/2026 24:00 to 06/09/2026 01:00.
        for text in ["06/09/2026 00:00:00", "06/09/2026 00:30:00", "06/09/2026 00:59:59", "06/09/2026 01:00:00"] {
            assert_eq!(santiago(text), utc("2026-09-06T04:00:00Z"), "{text}");
        }
        assert_eq!(santiago("05/09/2026 23:59:59"), utc("2026-09-06T03:59:59Z"));
    }

    #[test]
    fn a_gap_of_a_whole_day() {
        let apia = chrono_tz::Pacific::Apia;
        assert_eq!(parse("30/12/2011 12:00:00", apia).unwrap(), utc("2011-12-30T10:00:00Z"));
    }

    #[test]
    fn an_overlap_resolves_to_the_earlier_time() {
        // Clocks go back from 04/04/2026 24:00 to 23:00.
        assert_eq!(santiago("04/04/2026 23:30:00"), utc("2026-04-05T02:30:00Z"));
        assert_eq!(santiago("05/04/2026 00:00:00"), utc("2026-04-05T04:00:00Z"));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "31/02/2027 10:00:00",
            "2027-02-01",
            "1/2/2027 10:00:00",
            "01/02/2027 10:00",
            "01/02/2027 24:00:00",
            "01/02/2027 10:00:60",
            " 01/02/2027 10:00:00",
            "01/02/2027T10:00:00",
            "01-02-2027 10:00:00",
            "now",
            "",
            "01/02/２02 10:00:00",
            "9999-12-31T23:59:59-01:00",
            "0000-01-01T00:00:00+01:00",
            "0000-01-01T00:00:00Z",
        ] {
            let refusal = parse(text, Santiago).unwrap_err();
            assert_eq!((refusal.code, refusal.argument), (ErrorCode::ScheduleInvalid, Some("schedule")), "{text}");
        }
    }

    #[test]
    fn an_absent_or_empty_schedule_is_none() {
        let campaign = campaign();
        let now = utc("2026-06-01T00:00:00Z");
        assert_eq!(resolve(None, &campaign, Santiago, now), Ok((None, None)));
        assert_eq!(resolve(Some(""), &campaign, Santiago, now), Ok((None, None)));
    }

    #[test]
    fn a_schedule_keeps_its_text() {
        let now = utc("2026-06-01T00:00:00Z");
        let (schedule, warning) = resolve(Some("02/06/2026 10:00:00"), &campaign(), Santiago, now).unwrap();
        let text = "02/06/2026 10:00:00".to_owned();
        assert_eq!((schedule, warning), (Some(Schedule { at: utc("2026-06-02T14:00:00Z"), text }), None));
    }

    #[test]
    fn a_past_schedule_is_rejected() {
        let now = utc("2026-06-02T14:00:01Z");
        assert_eq!(
            resolve(Some("02/06/2026 10:00:00"), &campaign(), Santiago, now).unwrap_err().code,
            "schedule-in-the-past"
        );
        assert!(resolve(Some("02/06/2026 10:00:01"), &campaign(), Santiago, now).is_ok());
    }

    #[test]
    fn a_manual_campaign_ignores_the_schedule() {
        let manual = Campaign { mode: CampaignMode::Manual, ..campaign() };
        let now = utc("2026-06-02T00:00:00Z");
        let (schedule, warning) = resolve(Some("01/01/2000 10:00:00"), &manual, Santiago, now).unwrap();
        assert_eq!((schedule, warning.unwrap().code), (None, ErrorCode::ScheduleIgnored));
        assert_eq!(resolve(Some("soon"), &manual, Santiago, now).unwrap_err().code, "schedule-invalid");
    }

    #[test]
    fn beyond_the_end_or_the_validity_is_out_of_range() {
        let now = utc("2026-06-01T00:00:00Z");
        let ending = Campaign { ends_at: Some(utc("2026-06-02T14:00:00Z")), ..campaign() };
        assert!(resolve(Some("02/06/2026 10:00:00"), &ending, Santiago, now).is_ok());
        assert_eq!(
            resolve(Some("02/06/2026 10:00:01"), &ending, Santiago, now).unwrap_err().code,
            "schedule-out-of-range"
        );
        let day = NaiveDate::from_ymd_opt(2026, 6, 2);
        let valid = Campaign { valid_until: day.map(crate::Validity::Day), ..campaign() };
        assert!(resolve(Some("02/06/2026 23:59:59"), &valid, Santiago, now).is_ok());
        assert_eq!(
            resolve(Some("03/06/2026 00:00:00"), &valid, Santiago, now).unwrap_err().code,
            "schedule-out-of-range"
        );
    }

    #[test]
    fn a_schedule_before_the_start_waits() {
        let starts_at = Some(utc("2026-06-05T00:00:00Z"));
        let now = utc("2026-06-01T00:00:00Z");
        let scheduled = Campaign { mode: CampaignMode::Scheduled, starts_at, ..campaign() };
        let (schedule, warning) = resolve(Some("02/06/2026 10:00:00"), &scheduled, Santiago, now).unwrap();
        assert_eq!((schedule.is_some(), warning.unwrap().code), (true, ErrorCode::ScheduleWaits));
        let always_on = Campaign { mode: CampaignMode::AlwaysOn, ..scheduled };
        assert_eq!(resolve(Some("02/06/2026 10:00:00"), &always_on, Santiago, now).unwrap().1, None);
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC*|[0-9/: TZ+-]{10,25}", zone in 0..chrono_tz::TZ_VARIANTS.len()) {
            let _ = parse(&text, chrono_tz::TZ_VARIANTS[zone]);
        }

        #[test]
        fn a_formatted_schedule_parses_back(seconds in 0_i64..253_000_000_000, zone in 0..chrono_tz::TZ_VARIANTS.len()) {
            let zone = chrono_tz::TZ_VARIANTS[zone];
            let text = format(DateTime::from_timestamp(seconds, 0).unwrap(), zone);
            prop_assert_eq!(format(parse(&text, zone).unwrap(), zone), text);
        }
    }
}
