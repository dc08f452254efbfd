//! The kit for authors of flow actions.
//!
//! An action is a WebAssembly component that says what it is (its manifest) and runs once for each time a session comes
//! to its node. This crate turns typed declarations and one function into such a component: parameters are declared
//! once, the manifest is derived from them, and an error names the parameter that the designer has to mend. It holds no
//! rule of the outbound domain; those are the host's, behind [`contacts`], [`campaigns`], [`records`] and [`dnd`].
//!
//! # A whole action
//!
//! ```
//! use flow_sdk::prelude::*;
//!
//! flow_sdk::parameters! {
//!     const CONTACT: Parameter<EntityIn<ContactId>> = presets::CONTACT;
//!     const GREETING: Parameter<EntityOut<String>> = Parameter::required("GREETING_ENTITY")
//!         .title("Entity for the greeting", "Entidad para el saludo")
//!         .help("Where the greeting goes. Example: greeting.", "Dónde queda el saludo. Ejemplo: greeting.");
//! }
//!
//! const MANIFEST: Manifest = Manifest {
//!     id: "acme-greeting",
//!     version: "1.0.0",
//!     category: "Acme",
//!     title: LocalizedText { en: "Greeting", es: "Saludo" },
//!     description: LocalizedText { en: "Greets a contact by name.", es: "Saluda a un contacto por su nombre." },
//!     icon: "hand-wave",
//!     parameters: PARAMETERS,
//!     ports: &[NEXT],
//!     uses: capabilities![contacts::name],
//! };
//!
//! flow_sdk::action!(MANIFEST, run);
//!
//! fn run() -> Result<Port, Error> {
//!     let contact = CONTACT.get()?;
//!     let name = contacts::name(&contact)?;
//!     GREETING.set(format!("Hello, {name}"))?;
//!     Ok(NEXT)
//! }
//! # fn main() {}
//! ```
//!
//! # How to build it
//!
//! The crate is a library of the type `cdylib` that depends on this one alone:
//!
//! ```toml
//! [lib]
//! crate-type = ["cdylib"]
//!
//! [profile.release]
//! opt-level = "s"
//! lto = true
//! panic = "abort"
//! strip = "debuginfo"
//! ```
//!
//! The shortest way gives a component at once, of about 65 KB, with imports of WASI that the host answers emptily:
//!
//! ```text
//! cargo build --release --target wasm32-wasip2
//! ```
//!
//! The leanest gives one of about 30 KB that imports only what it uses, and starts fastest. A stack of 32 KiB lets it
//! run in the first page of its memory; an action that parses deep JSON wants 65536:
//!
//! ```text
//! RUSTFLAGS="-C link-arg=-zstack-size=32768" cargo build --release --target wasm32-unknown-unknown
//! flowhost pack target/wasm32-unknown-unknown/release/acme_greeting.wasm -o acme-greeting.wasm
//! ```
//!
//! `flowhost check acme-greeting.wasm` says whether a host would take it, and `flowhost --plugins .` runs it.
//!
//! # What to know
//!
//! - Every invocation gets a fresh instance: a `static` never outlives it.
//! - What an action writes takes effect when it returns `Ok`, all at once. On `Err`, a panic or a timeout nothing does.
//! - A host function that the manifest's `uses` lacks is refused when it is called.
//! - A panic's words go to the operator's log.

// The macros name this crate from inside it as well.
extern crate self as flow_sdk;

#[doc(hidden)]
pub mod action;
#[cfg(any(test, all(target_arch = "wasm32", target_os = "unknown")))]
mod allocator;
#[doc(hidden)]
pub mod bindings;
pub mod campaigns;
pub mod contacts;
pub mod dnd;
mod error;
pub mod expressions;
mod from_parameter;
pub mod json;
pub mod kind;
pub mod log;
pub mod manifest;
mod manifest_json;
mod parameter;
pub mod prelude;
pub mod presets;
pub mod records;
pub mod session;
mod value;

pub use error::Error;
pub use from_parameter::FromParameter;
pub use json::Json;
pub use manifest::{Manifest, NEXT, Port};
pub use parameter::{Optional, OptionalParameter, Parameter, PerChannel, PerChannelParameter, Required};
pub use value::{CampaignId, ContactId, EntityType, RecordId, Value};

#[doc(hidden)]
pub use wit_bindgen::rt as wit_bindgen_runtime;
