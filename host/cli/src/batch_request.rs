//! The format of a line of `invoke --batch`.

use flowhost::domain::json::{self, IntegerCheck, MAX_TREE_BYTES};
use flowhost::{ErrorCode, Failure, Host, Request, Session};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchRequest<'l> {
    action: String,
    #[serde(borrow)]
    session: &'l RawValue,
    #[serde(default)]
    parameters: Map<String, Json>,
    #[serde(default)]
    key: Option<String>,
}

/// Parses a line and prepares its request.
pub(super) fn parse_request(host: &Host, line: &str) -> Result<Request, Failure> {
    let invalid =
        |problem: &dyn std::fmt::Display| Failure::new(ErrorCode::RequestInvalid, format!("the request: {problem}"));
    let bytes = json::tree_bytes(line);
    if bytes > MAX_TREE_BYTES {
        let message = format!(
            "the request's lists and objects need {bytes} bytes of memory; at most {MAX_TREE_BYTES} are allowed"
        );
        return Err(Failure::new(ErrorCode::RequestTooLarge, message));
    }
    let BatchRequest { action, session, parameters, key } =
        serde_json::from_str(line).map_err(|error| invalid(&error))?;
    if let Some(found) = json::inspect(line, IntegerCheck::Nowhere).duplicate {
        return Err(invalid(&found));
    }
    let session = Session::from_json(session.get())?;
    let request = Request::new(host.prepare(&action, &parameters)?, session);
    Ok(key.into_iter().fold(request, Request::with_key))
}
