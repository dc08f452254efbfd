//! Runs the actions of a self-service flow as WebAssembly components: isolated, limited, each in one transaction.
//!
//! [`Host`] runs actions. A node is prepared once and invoked for every session that arrives at it:
//!
//! ```
//! use flowhost::store::{MemoryStore, apply};
//! use flowhost::{Host, Request, Session};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let tenants = r#"{"tenants": [{"id": "acme", "name": "Acme", "time_zone": "America/Santiago", "phone_region": "CL",
//!     "channels": ["whatsapp"]}]}"#;
//! let store = MemoryStore::new();
//! apply(&store, tenants).await?;
//! let host = Host::builder().open(store).await?;
//! let parameters = serde_json::json!({ "CONTACT_NAME_EXPRESSION": "'Ana'", "CONTACT_IDENTIFIER_ENTITY": "contact_id" });
//! let node = host.prepare("campaign-contact-manager@1", parameters.as_object().ok_or("not an object")?)?;
//! let outcome = host.invoke(Request::new(node, Session::new("acme", "whatsapp", "56987654321"))).await?;
//! assert_eq!(outcome.port, "next");
//! # Ok(())
//! # }
//! ```
//!
//! The crates behind this one are internal: only the paths of this crate are stable.

pub use flowhost_domain as domain;
pub use flowhost_engine::{Limits, LoadError, compile_for_parent};
pub use flowhost_error::{CodeClass, ErrorCode, Language, text};
pub use flowhost_expression as expression;
pub use flowhost_flow as flow;
pub use flowhost_host_functions::{Session, SessionError, Warning};
pub use flowhost_invocation as invocation;
pub use flowhost_invocation::catalog::{Action, Catalog};
pub use flowhost_invocation::{Failure, Host, HostBuilder, OpenError, Outcome, PreparedNode, Request, Usage};
pub use flowhost_manifest::{Diagnostic, Manifest, Severity};

/// The store of tenants, campaigns, contacts and records: traits, the store in memory, and the store in a SQLite file.
pub mod store {
    pub use flowhost_store::*;
    #[cfg(feature = "sqlite")]
    pub use flowhost_store_sqlite as sqlite;
    #[cfg(feature = "sqlite")]
    pub use flowhost_store_sqlite::{SqliteOptions, SqliteStore};
}

/// Test cases of actions: JSON files that a host runs, each in a store of its own.
#[cfg(feature = "testing")]
pub mod testing {
    pub use flowhost_testing::*;
}

/// Recordings of invocations: the format, its files, and the comparison with replays.
pub mod recording {
    pub use flowhost_host_functions::Recorder;
    pub use flowhost_invocation::{RedactError, Replay};
    pub use flowhost_recording::*;
}

/// Actions: their manifests, versions and components.
pub mod catalog {
    pub use flowhost_built_in_actions::built_in;
    pub use flowhost_engine::{
        CONTRACT_VERSION, ContractMismatch, LoadError, ReadError, WIT_FILES, pack, read_component,
    };
    pub use flowhost_invocation::catalog::*;
    pub use flowhost_manifest as manifest;
    pub use flowhost_manifest::{Manifest, Parameter, ParameterKind};
}

/// The functions that a plugin may call.
pub mod host_functions {
    pub use flowhost_host_functions::*;
}
