//! Exported flows: read, checked, and run where they can be.

use crate::world::{Lender, TENANT, contents, now, session, with_actions};
use crate::{watch, words};
use flowhost::diagram::{Diagram, Flow, Run, Stop};
use flowhost::invocation::codes::{Class, class};
use flowhost::{Host, Session};

static HOST: Lender = Lender::new(with_actions);

pub(crate) fn parse(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let flow = match watch::lengthy("the flow", || Flow::parse(text)) {
        Ok(flow) => flow,
        Err(error) => {
            words::message(&error.message);
            words::code(error.code(), &[Class::Failure]);
            if let Some((line, column)) = error.line.zip(error.column) {
                words::json_place(text, line, column);
            }
            return;
        }
    };
    HOST.lend(|host| check_and_run(host, &flow));
}

fn check_and_run(host: &Host, flow: &Flow) {
    let diagram = watch::lengthy("the flow's checks", || Diagram::new(host, flow, None));
    let of_tenant = now(diagram.check_tenant(host.store().as_ref(), TENANT)).unwrap();
    for found in diagram.diagnostics().iter().chain(&of_tenant) {
        assert!(!found.path.is_empty());
        words::message(&found.message);
        words::code(found.code, &[Class::Flow, Class::Refusal, Class::Warning]);
    }
    let session = session();
    let first = run(host, &diagram, &session, false);
    let after = contents(host.store().as_ref());
    let second = run(host, &diagram, &session, true);
    assert_eq!(second, first);
    assert_eq!(contents(host.store().as_ref()), after, "the second run did something");
    assert_eq!(diagram.faults().next().is_some(), matches!(first.stop, Some(Stop::Faulty { .. })));
}

fn run(host: &Host, diagram: &Diagram, session: &Session, again: bool) -> Run {
    let run = diagram.run(host, session.clone(), |step| {
        let error = step.outcome.error.as_ref();
        assert!(step.action.manifest.ports.contains(&step.outcome.port));
        assert_eq!(step.outcome.port == "error", error.is_some());
        if let Some(error) = error {
            words::message(&error.message);
            words::code(&error.code, &[Class::Refusal, Class::Fault]);
        }
        let is_kept = error.is_none_or(|error| class(&error.code) == Some(Class::Refusal));
        assert_eq!(step.outcome.replayed, again && is_kept);
    });
    let run = now(run);
    if let Some(stop) = &run.stop {
        words::message(&stop.to_string());
    }
    run
}
