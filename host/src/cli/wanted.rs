//! A request as it stands on a line of `invoke --batch`.

use flowhost::{Failure, Host, Request, Session};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    action: String,
    session: Json,
    #[serde(default)]
    parameters: Map<String, Json>,
    #[serde(default)]
    key: Option<String>,
}

/// Reads a line and prepares what it asks for.
pub(super) fn request(host: &Host, line: &str) -> Result<Request, Failure> {
    let Wanted { action, session, parameters, key } =
        serde_json::from_str(line).map_err(|error| Failure::new("request-invalid", format!("the request: {error}")))?;
    let node = host.prepare(&action, &parameters)?;
    let request = Request::new(node, Session::from_value(session)?);
    Ok(key.into_iter().fold(request, Request::with_key))
}
