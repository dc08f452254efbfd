//! Test cases of actions, as data. A case is a JSON object: what is given, and what is expected.
//!
//! ```no_run
//! use flowhost_testing::Cases;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let component = std::fs::read("dist/acme-loyalty-tier.wasm")?;
//! let report = Cases::read(["cases"])?.run(&component).await?;
//! report.assert_passed();
//! # Ok(())
//! # }
//! ```
//!
//! Each case has its own store in memory and the default limits. One run that is not reported comes first, so the
//! figures are those of a warm instance. The crate `flowhost` exports this crate as `flowhost::testing`. It stands below
//! `flowhost`, because a crate that depends on `flowhost` cannot be exported by it.

mod case_file;
mod case_store;
mod cases;
mod compare;
mod contents;
mod coverage;
mod document;
mod error;
mod expectation;
mod given;
mod matcher;
mod merge_patch;
mod migration_case;
mod observation;
mod pattern;
mod report;
mod run;
mod shape;
mod store_changes;
mod update;

pub use cases::Cases;
pub use coverage::{Coverage, Requirement};
pub use error::{CaseError, RunError};
pub use matcher::Difference;
pub use migration_case::MigrationReport;
pub use observation::Observation;
pub use report::{CaseReport, LimitShares, PluginFacts, Report};
pub use run::{CaseRecording, RecordingMode};

/// The JSON Schema of a file of cases.
pub const CASE_SCHEMA: &str = include_str!("case.schema.json");
