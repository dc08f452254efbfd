//! The commands for authors of actions, without their arguments and exit codes.
//!
//! The harness that runs test cases is `flowhost::testing`. This crate selects its input and writes its results, and it
//! creates, builds and checks projects.

mod build_project;
mod doctor;
mod error;
mod find_cases;
mod find_recordings;
mod junit;
mod new_project;
mod plugin;
mod project;
mod record_folder;
mod requirements;
mod templates;

pub use build_project::BuiltComponent;
pub use doctor::{Check, LoadId, check_setup};
pub use error::AuthorError;
pub use find_cases::default_cases;
pub use find_recordings::find_recordings;
pub use junit::junit_report;
pub use new_project::NewProject;
pub use plugin::{Plugin, PluginName};
pub use project::{BuildSettings, PluginSettings, Project, ProjectLanguage, ProjectSettings};
pub use record_folder::{RecordFile, RecordFolder};
pub use requirements::find_missing;
pub use templates::wit_files;
