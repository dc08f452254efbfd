//! The SDK for authors of flow actions.
//!
//! An action is a WebAssembly component that describes itself with a manifest, and runs once each time a session
//! reaches its node. This crate makes a component from typed declarations and one function. It derives the manifest
//! from the declarations of the parameters, and an error names the parameter that the designer has to correct. The
//! rules of the outbound domain are in the host, behind [`contacts`], [`campaigns`], [`records`] and [`dnd`].
//!
//! # A complete action
//!
//! ```
//! use flow_sdk::prelude::*;
//!
//! flow_sdk::parameters! {
//!     const CONTACT: Parameter<EntityIn<ContactId>> = presets::CONTACT;
//!     const GREETING: Parameter<EntityOut<String>> = Parameter::required("GREETING_ENTITY")
//!         .title("Entity for the greeting", "Entidad para el saludo")
//!         .help(
//!             "The entity that receives the greeting. Example: greeting.",
//!             "La entidad que recibe el saludo. Ejemplo: greeting.",
//!         );
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
//!     errors: &[],
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
//! # Build
//!
//! The crate of an action is a library of the type `cdylib` that depends only on this crate:
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
//! The target `wasm32-wasip2` gives a component of about 65 KB. It imports WASI, for which the host has only stubs:
//!
//! ```text
//! cargo build --release --target wasm32-wasip2
//! ```
//!
//! The target `wasm32-unknown-unknown` gives a component of about 30 KB that imports only the functions that it uses,
//! and that starts fastest. With a stack of 32 KiB, it runs in the first page of its memory. An action that parses deep
//! JSON needs 65536:
//!
//! ```text
//! RUSTFLAGS="-C link-arg=-zstack-size=32768" cargo build --release --target wasm32-unknown-unknown
//! flowhost pack target/wasm32-unknown-unknown/release/acme_greeting.wasm -o acme-greeting.wasm
//! ```
//!
//! `flowhost check acme-greeting.wasm` reports whether a host would load it. The option `--plugins .` loads it.
//!
//! # Rules
//!
//! - Every invocation gets a new instance: a `static` does not survive it.
//! - The writes of an action take effect together when it returns `Ok`. On `Err`, a panic or an exceeded limit, none
//!   does.
//! - A call of a host function that is not in the manifest's `uses` ends the action with `plugin-contract`.
//! - The message of a panic goes to the operator's log.

// The macros use this name of the crate inside the crate, too.
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
pub mod formats;
mod from_parameter;
mod imports;
pub mod json;
pub mod kind;
pub mod log;
pub mod manifest;
mod manifest_json;
pub mod outcome;
#[cfg(not(target_family = "wasm"))]
mod outside;
mod parameter;
pub mod prelude;
pub mod presets;
pub mod records;
pub mod session;
pub mod tenant;
mod value;

pub use error::Error;
pub use from_parameter::FromParameter;
pub use json::Json;
pub use manifest::{Manifest, NEXT, Port};
pub use parameter::{Optional, OptionalParameter, Parameter, PerChannel, PerChannelParameter, Required};
pub use value::{CampaignId, ContactId, EntityType, RecordId, Value};

#[doc(hidden)]
pub use wit_bindgen::rt as wit_bindgen_runtime;
