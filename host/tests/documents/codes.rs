//! The page of error codes: its table comes from the code, and it explains every code.

use crate::generated::{assert_section, repository};
use crate::markdown::headings;
use flowhost::invocation::codes::{CODES, Class};

const PAGE: &str = "host/docs/error-codes.md";

fn class_label(class: Class) -> &'static str {
    match class {
        Class::Refusal => "refusal",
        Class::Fault => "fault",
        Class::Failure => "failure",
        Class::Load => "at load",
        Class::Run => "of `run`",
        Class::Apply => "of `apply`",
        Class::Flow => "of a flow",
        Class::Warning => "warning",
    }
}

#[test]
fn page_lists_every_code() {
    let mut table = String::from("| code | class | when |\n|---|---|---|\n");
    for (code, class, when) in CODES {
        table += &format!("| `{code}` | {} | {when} |\n", class_label(*class));
    }
    assert_section(PAGE, "codes", &table);
}

#[test]
fn page_explains_every_code_once() {
    let text = std::fs::read_to_string(repository().join(PAGE)).unwrap();
    let headings = headings(&text);
    for (code, ..) in CODES {
        let count = headings.iter().filter(|heading| heading.level == 3 && heading.text == *code).count();
        assert_eq!(count, 1, "headings for {code}");
    }
}
