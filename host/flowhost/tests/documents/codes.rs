//! The page of error codes: its table comes from the code, and it explains every code.

use crate::generated::{assert_section, repository};
use crate::markdown::headings;
use flowhost::invocation::codes::{CODES, CodeClass};

const PAGE: &str = "host/docs/error-codes.md";

fn class_label(class: CodeClass) -> &'static str {
    match class {
        CodeClass::Refusal => "refusal",
        CodeClass::Fault => "fault",
        CodeClass::Failure => "failure",
        CodeClass::Load => "at load",
        CodeClass::Run => "of `run`",
        CodeClass::Apply => "of `apply`",
        CodeClass::Flow => "of a flow",
        CodeClass::Warning => "warning",
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
