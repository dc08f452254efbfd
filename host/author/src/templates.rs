//! The templates of projects, from `actions/templates`.

use crate::project::ProjectLanguage;
use flowhost::catalog::WIT_FILES;
use flowhost::recording::RECORDING_SCHEMA;
use flowhost::testing::CASE_SCHEMA;

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

/// Returns the files of a project in this language, without the contract.
pub(crate) fn template(language: ProjectLanguage) -> &'static [TemplateFile] {
    match language {
        ProjectLanguage::Rust => RUST,
        ProjectLanguage::Python => PYTHON,
        ProjectLanguage::Javascript => JAVASCRIPT,
    }
}

/// Returns the paths and texts of the contract, as `flowhost wit` writes them.
pub fn wit_files() -> impl Iterator<Item = (&'static str, &'static str)> {
    WIT_FILES.into_iter().chain([("case.schema.json", CASE_SCHEMA), ("recording.schema.json", RECORDING_SCHEMA)])
}

const RUST: &[TemplateFile] = template_files! { "rust":
    ".cargo/config.toml" from ".cargo/config.toml",
    ".gitignore" from "gitignore",
    "Cargo.toml" from "Cargo.toml",
    "README.md" from "README.md",
    "cases/first.json" from "cases/first.json",
    "flowhost.toml" from "flowhost.toml",
    "src/lib.rs" from "src/lib.rs",
};

const PYTHON: &[TemplateFile] = template_files! { "python":
    ".gitignore" from "gitignore",
    "README.md" from "README.md",
    "cases/first.json" from "cases/first.json",
    "flow.py" from "flow.py",
    "flowhost.toml" from "flowhost.toml",
    "manifest.json" from "manifest.json",
    "plugin.py" from "plugin.py",
    "requirements.txt" from "requirements.txt",
};

const JAVASCRIPT: &[TemplateFile] = template_files! { "javascript":
    ".gitignore" from "gitignore",
    "README.md" from "README.md",
    "cases/first.json" from "cases/first.json",
    "flow.js" from "flow.js",
    "flowhost.toml" from "flowhost.toml",
    "manifest.js" from "manifest.js",
    "package.json" from "package.json",
    "plugin.js" from "plugin.js",
};

#[cfg(test)]
#[allow(clippy::panic, reason = "tests")]
mod tests {
    use super::*;

    fn text(language: ProjectLanguage, path: &str) -> &'static str {
        template(language).iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path}")).text
    }

    #[test]
    fn the_helpers_are_short() {
        for (language, path) in [(ProjectLanguage::Python, "flow.py"), (ProjectLanguage::Javascript, "flow.js")] {
            let lines = text(language, path).lines().count();
            assert!(lines <= 200, "{path}: {lines}");
        }
    }

    #[test]
    fn a_template_is_in_the_order_of_its_paths() {
        for language in [ProjectLanguage::Rust, ProjectLanguage::Python, ProjectLanguage::Javascript] {
            assert!(template(language).is_sorted_by_key(|file| file.path));
        }
    }

    #[test]
    fn the_build_commands_use_the_world_of_the_contract() {
        for language in [ProjectLanguage::Python, ProjectLanguage::Javascript] {
            let settings = text(language, "flowhost.toml");
            assert!(settings.contains("wit/outbound") && settings.contains("outbound-action"), "{settings}");
        }
        let world = wit_files().find(|(path, _)| *path == "outbound/outbound.wit").map(|(_, text)| text);
        assert!(world.is_some_and(|text| text.contains("world outbound-action ")));
    }
}
