//! The commands for authors of actions, without their arguments and exit codes.
//!
//! The harness that runs test cases is `flowhost::testing`. This crate selects its input and writes its results.

mod find_cases;
mod junit;
mod plugin;
mod requirements;

pub use find_cases::default_cases;
pub use flowhost::testing::CASE_SCHEMA;
pub use junit::junit_report;
pub use plugin::{Plugin, PluginName};
pub use requirements::find_missing;
