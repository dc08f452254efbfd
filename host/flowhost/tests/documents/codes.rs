//! The page of error codes: its table comes from `ErrorCode`, and it explains every code.

use crate::generated::{assert_section, repository};
use crate::markdown::headings;
use flowhost::{CodeClass, ErrorCode, Language};

const PAGE: &str = "host/docs/error-codes.md";

fn class_label(class: CodeClass) -> &'static str {
    match class {
        CodeClass::Refusal => "refusal",
        CodeClass::Fault => "fault",
        CodeClass::Failure => "failure",
        CodeClass::Load => "at load",
        CodeClass::Manifest => "of a manifest",
        CodeClass::Run => "of `run`",
        CodeClass::Apply => "of `apply`",
        CodeClass::Flow => "of a flow",
        CodeClass::Author => "for authors",
        CodeClass::Service => "of the service",
        CodeClass::Warning => "warning",
        _ => panic!("the class {class:?} has no label"),
    }
}

#[test]
fn page_lists_every_code() {
    let mut table = String::from("| code | class | title | fix |\n|---|---|---|---|\n");
    for code in ErrorCode::ALL {
        let (title, fix) = (code.title(Language::English), code.fix(Language::English));
        table += &format!("| `{code}` | {} | {title} | {fix} |\n", class_label(code.class()));
    }
    assert_section(PAGE, "codes", &table);
}

#[test]
fn page_explains_every_code_once() {
    let text = std::fs::read_to_string(repository().join(PAGE)).unwrap();
    let headings = headings(&text);
    for code in ErrorCode::ALL {
        let count = headings.iter().filter(|heading| heading.level == 3 && heading.text == code.as_str()).count();
        assert_eq!(count, 1, "headings for {code}");
    }
}
