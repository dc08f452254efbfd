//! The templates of projects, from `actions/templates`.

/// A file of a template.
pub(crate) struct TemplateFile {
    /// The path in the project.
    pub(crate) path: &'static str,
    /// The text with placeholders.
    pub(crate) text: &'static str,
}

macro_rules! template_files {
    ($folder:literal: $($path:literal from $source:literal,)+) => {
        &[$(TemplateFile {
            path: $path,
            text: include_str!(concat!("../../../actions/templates/", $folder, "/", $source)),
        },)+]
    };
}

/// A project in Rust.
pub(crate) const RUST: &[TemplateFile] = template_files! { "rust":
    ".cargo/config.toml" from ".cargo/config.toml",
    ".gitignore" from "gitignore",
    "Cargo.toml" from "Cargo.toml",
    "README.md" from "README.md",
    "cases/first.json" from "cases/first.json",
    "flowhost.toml" from "flowhost.toml",
    "src/lib.rs" from "src/lib.rs",
};
