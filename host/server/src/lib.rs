//! The HTTP service: routes, keys, limits, TLS and drain around one [`Host`](flowhost::Host).
//!
//! [`Server::bind`] opens the listeners, and [`Server::run`] serves until its drain has ended. The crate contains
//! neither SQL nor WebAssembly: it uses the public API of `flowhost`.

mod access;
mod answer;
mod app;
mod body;
mod catalogue;
mod checks;
mod connection;
mod drain;
mod expressions;
mod flow_runs;
mod health;
mod invocations;
mod json_body;
mod key_text;
mod keyed;
mod keys;
mod layers;
mod lines;
mod listener;
mod ndjson;
mod problem;
mod query;
mod router;
mod server;
mod settings;
mod stream;
mod tenant_requests;
mod tls;

pub use drain::Drain;
pub use key_text::NewKey;
pub use keys::key_json;
pub use server::{ServeError, Server};
pub use settings::{Settings, TlsFiles};
