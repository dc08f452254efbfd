//! Exported flows: parsed, checked, and run if they have no blocking diagnostics.

use crate::fixture::{HostPool, TENANT, block_on, dump, session, with_actions};
use crate::{message_checks, time_limit};
use flowhost::flow::{FlowFile, FlowRun, PreparedFlow, StopReason};
use flowhost::{CodeClass, ErrorCode};
use flowhost::{Host, Session};

static HOST: HostPool = HostPool::new(with_actions);

pub(crate) fn parse(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let flow = match time_limit::within_slow_time_limit("the flow", || FlowFile::parse(text)) {
        Ok(flow) => flow,
        Err(error) => {
            message_checks::check_message(&error.message);
            message_checks::check_code(error.code().as_str(), &[CodeClass::Failure]);
            if let Some((line, column)) = error.line.zip(error.column) {
                message_checks::check_json_position(text, line, column);
            }
            return;
        }
    };
    HOST.with_host(|host| check_and_run(host, &flow));
}

fn check_and_run(host: &Host, flow: &FlowFile) {
    let prepared_flow = time_limit::within_slow_time_limit("the flow's checks", || PreparedFlow::new(host, flow, None));
    let of_tenant = block_on(prepared_flow.check_tenant(host.store().as_ref(), TENANT)).unwrap();
    for found in prepared_flow.diagnostics().iter().chain(&of_tenant) {
        assert!(!found.path.is_empty());
        message_checks::check_message(&found.message);
        message_checks::check_code(found.code.as_str(), &[CodeClass::Flow, CodeClass::Refusal, CodeClass::Warning]);
    }
    let session = session();
    let first = run(host, &prepared_flow, &session, false);
    let after = dump(host.store().as_ref());
    let second = run(host, &prepared_flow, &session, true);
    assert_eq!(second, first);
    assert_eq!(dump(host.store().as_ref()), after, "the second run changed the store");
    assert_eq!(
        prepared_flow.blocking_diagnostics().next().is_some(),
        matches!(first.stop, Some(StopReason::InvalidFlow { .. }))
    );
}

fn run(host: &Host, prepared_flow: &PreparedFlow, session: &Session, again: bool) -> FlowRun {
    let run = prepared_flow.run(host, session.clone(), |step| {
        let error = step.outcome.error.as_ref();
        assert!(step.action.manifest.ports.contains(&step.outcome.port));
        assert_eq!(step.outcome.port == "error", error.is_some());
        if let Some(error) = error {
            message_checks::check_message(&error.message);
            message_checks::check_code(&error.code, &[CodeClass::Refusal, CodeClass::Fault]);
        }
        let is_kept =
            error.is_none_or(|error| ErrorCode::find(&error.code).map(ErrorCode::class) == Some(CodeClass::Refusal));
        assert_eq!(step.outcome.replayed, again && is_kept);
    });
    let run = block_on(run);
    if let Some(stop) = &run.stop {
        message_checks::check_message(&stop.to_string());
    }
    run
}
