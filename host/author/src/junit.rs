//! The report in the format of JUnit, which CI systems read.

use flowhost::testing::{CaseReport, Difference, MigrationReport, Report};
use flowhost::{CodeClass, ErrorCode};
use std::fmt::Write as _;
use std::time::Duration;

/// Returns the XML of a report: one `testsuite` with the cases.
pub fn junit_report(report: &Report) -> String {
    let errors = report.cases.iter().filter(|case| !case.has_passed() && is_fault(case)).count();
    let failures = report.failed() - errors;
    let name = escape(&format!("{}@{}", report.plugin.id, report.plugin.version));
    let (tests, time) = (report.cases.len() + report.migrations.len(), seconds(report.duration));
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"{name}\" tests=\"{tests}\" \
         failures=\"{failures}\" errors=\"{errors}\" time=\"{time}\">\n"
    );
    report.cases.iter().for_each(|case| xml.push_str(&test_case(case)));
    report.migrations.iter().for_each(|case| xml.push_str(&migration_case(case)));
    xml + "</testsuite>\n"
}

fn test_case(case: &CaseReport) -> String {
    let time = Duration::from_micros(case.observation.usage().wall_us);
    let element = if is_fault(case) { "error" } else { "failure" };
    test_case_element((&case.file, &case.name), time, element, &case.differences)
}

fn migration_case(case: &MigrationReport) -> String {
    test_case_element((&case.file, &case.name), Duration::ZERO, "failure", &case.differences)
}

fn test_case_element((file, name): (&str, &str), time: Duration, element: &str, differences: &[Difference]) -> String {
    let (file, name, time) = (escape(file), escape(name), seconds(time));
    let mut xml = format!("  <testcase classname=\"{file}\" name=\"{name}\" time=\"{time}\"");
    if differences.is_empty() {
        return xml + "/>\n";
    }
    let lines: Vec<_> = differences.iter().map(ToString::to_string).collect();
    let first = lines.first().map_or("", String::as_str);
    let (message, text) = (escape(first), escape(&lines.join("\n")));
    // Writing to a text does not fail.
    write!(xml, ">\n    <{element} message=\"{message}\">{text}</{element}>\n  </testcase>\n").ok();
    xml
}

/// Returns whether the run ended with a fault of the plugin, or was not carried out.
fn is_fault(case: &CaseReport) -> bool {
    let code = case.observation.error_code().and_then(ErrorCode::find);
    code.is_some_and(|code| matches!(code.class(), CodeClass::Fault | CodeClass::Failure))
}

fn seconds(time: Duration) -> String {
    format!("{:.6}", time.as_secs_f64())
}

/// Escapes a text for elements and attributes. Characters that XML forbids become `\u{…}`.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => escaped.push_str(&format!("&#{};", u32::from(character))),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.extend(character.escape_unicode()),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_characters_are_escaped() {
        assert_eq!(escape("a<b> & \"c\"\u{1b}\n\u{ffff}ñ"), "a&lt;b&gt; &amp; &quot;c&quot;\\u{1b}&#10;\\u{ffff}ñ");
    }
}
