//! Error codes with their texts, diagnostics, display of untrusted text, and suggestions of the nearest name.
//!
//! This crate depends on no other crate of the workspace, and does no I/O.

mod class;
mod code;
mod code_english;
mod code_english_migration;
mod code_english_service;
mod code_spanish;
mod code_spanish_migration;
mod code_spanish_service;
mod diagnostic;
mod nearest;
pub mod text;

pub use class::{CodeClass, is_refusal_code, is_well_formed_code};
pub use code::{ErrorCode, Language};
pub use diagnostic::{Diagnostic, Severity};
pub use nearest::{comparison_steps, nearest_name};
