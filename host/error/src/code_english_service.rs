//! The English texts of the codes of the HTTP service.

use crate::code::CodeText;

pub(crate) const UNAUTHENTICATED: CodeText =
    CodeText { title: "no valid key", fix: "give a key in the header Authorization: Bearer fh_…" };

pub(crate) const FORBIDDEN: CodeText =
    CodeText { title: "the key may not do this", fix: "use a key with another role, or of that tenant" };

pub(crate) const TENANT_REQUIRED: CodeText =
    CodeText { title: "the request names no tenant", fix: "add ?tenant=ID, or session.tenant in an invocation" };

pub(crate) const NOT_FOUND: CodeText =
    CodeText { title: "the route does not exist", fix: "look up the routes at /docs" };

pub(crate) const KEY_NOT_FOUND: CodeText =
    CodeText { title: "the key does not exist, or is revoked", fix: "list the keys with GET /v1/keys" };

pub(crate) const METHOD_NOT_ALLOWED: CodeText =
    CodeText { title: "the route does not have this method", fix: "use a method that the header Allow names" };

pub(crate) const MEDIA_TYPE_UNSUPPORTED: CodeText = CodeText {
    title: "the route does not accept the media type of the body",
    fix: "send application/json without a content encoding",
};

pub(crate) const REQUEST_TIMEOUT: CodeText =
    CodeText { title: "the request was not complete in time", fix: "send the body without long pauses" };

pub(crate) const FLOW_INVALID: CodeText =
    CodeText { title: "the flow has errors", fix: "correct the flow as the diagnostics say" };

pub(crate) const RATE_LIMITED: CodeText =
    CodeText { title: "the key sends too many requests", fix: "send the request again after the time in Retry-After" };

pub(crate) const STORE_UNSUPPORTED: CodeText = CodeText {
    title: "the database has a version or setting that is not supported",
    fix: "use a supported version of the database",
};

pub(crate) const SERVICE_TIMEOUT: CodeText =
    CodeText { title: "the request took too long", fix: "send the request again" };

pub(crate) const INTERNAL: CodeText =
    CodeText { title: "the service has a defect", fix: "report the request id of the response" };
