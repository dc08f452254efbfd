//! Errors as `application/problem+json` (RFC 9457).

use crate::layers::RequestId;
use axum::http::header::{self, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use flowhost::store::StoreError;
use flowhost::{ErrorCode, Failure, Language, SessionError};
use serde_json::{Map, Value as Json};

/// An error of a request: a status, a code, a message and further members.
#[derive(Debug)]
pub(crate) struct Problem(Box<Content>);

#[derive(Debug)]
struct Content {
    status: StatusCode,
    code: ErrorCode,
    detail: String,
    retryable: bool,
    members: Map<String, Json>,
    headers: HeaderMap,
}

/// The media type of a problem.
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

impl Problem {
    /// Creates a problem with the usual status of the code.
    pub(crate) fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        let status = status_of(code);
        let retryable = matches!(
            code,
            ErrorCode::RateLimited
                | ErrorCode::Overloaded
                | ErrorCode::StoreUnavailable
                | ErrorCode::StoreConflict
                | ErrorCode::ServiceTimeout
        );
        let detail = flowhost::text::single_line(detail.into());
        Self(Box::new(Content { status, code, detail, retryable, members: Map::new(), headers: HeaderMap::new() }))
    }

    /// Creates the problem `request-invalid`.
    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::RequestInvalid, detail)
    }

    /// Sets the status, where it differs from the usual one.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    /// Adds a member.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a header.
    pub(crate) fn with_header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// Returns the members of the problem's object, except the id of the request.
    pub(crate) fn to_members(&self) -> Map<String, Json> {
        let mut object = self.0.members.clone();
        object.insert("type".to_owned(), format!("urn:flowhost:problem:{}", self.0.code).into());
        object.insert("title".to_owned(), self.0.code.title(Language::English).into());
        object.insert("status".to_owned(), self.0.status.as_u16().into());
        object.insert("detail".to_owned(), self.0.detail.as_str().into());
        object.insert("code".to_owned(), self.0.code.as_str().into());
        object.insert("retryable".to_owned(), self.0.retryable.into());
        object
    }

    /// Returns the response. A layer adds the id of the request.
    fn into_answer(self) -> Response {
        let members = self.to_members();
        let Content { status, headers, retryable, .. } = *self.0;
        let mut response = (status, headers).into_response();
        if retryable
            && matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
            && !response.headers().contains_key(header::RETRY_AFTER)
        {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response.extensions_mut().insert(ProblemMembers(members));
        response
    }
}

/// The members of a problem, until the outermost layer writes them with the id of the request.
#[derive(Debug, Clone)]
pub(crate) struct ProblemMembers(Map<String, Json>);

impl ProblemMembers {
    /// Writes the body of a response with these members.
    pub(crate) fn write(mut self, response: &mut Response, id: &RequestId) {
        self.0.insert("request_id".to_owned(), id.as_str().into());
        *response.body_mut() = Json::Object(self.0).to_string().into();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, MEDIA_TYPE);
        // The length of the empty body, which the router may have set.
        headers.remove(header::CONTENT_LENGTH);
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.into_answer()
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let code = ErrorCode::find(&failure.code).unwrap_or(ErrorCode::Internal);
        let mut problem = Self::new(code, failure.message);
        problem.0.retryable = failure.retryable;
        problem
    }
}

impl From<SessionError> for Problem {
    fn from(error: SessionError) -> Self {
        Self::new(ErrorCode::SessionInvalid, error.to_string())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Failure::from(error).into()
    }
}

/// Returns the usual status of a code.
fn status_of(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::RequestInvalid | ErrorCode::SessionInvalid | ErrorCode::TenantRequired => StatusCode::BAD_REQUEST,
        ErrorCode::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden => StatusCode::FORBIDDEN,
        ErrorCode::NotFound
        | ErrorCode::ActionNotFound
        | ErrorCode::KeyNotFound
        | ErrorCode::RecordNotFound
        | ErrorCode::TenantNotFound => StatusCode::NOT_FOUND,
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::MediaTypeUnsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
        ErrorCode::RequestTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::AmbiguousContact => StatusCode::CONFLICT,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Overloaded
        | ErrorCode::StoreUnavailable
        | ErrorCode::StoreConflict
        | ErrorCode::StoreReadOnly
        | ErrorCode::StoreFull
        | ErrorCode::StoreNewer
        | ErrorCode::StoreUnsupported => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::ServiceTimeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
