//! The place of the cases of a component.

use std::path::{Path, PathBuf};

/// The name of the folder with cases.
const FOLDER: &str = "cases";

/// The folder of a project with its component.
const COMPONENT_FOLDER: &str = "dist";

/// Returns the folder `cases` beside a component, or beside its folder `dist`. `None`: there is no such folder.
pub fn default_cases(component: &Path) -> Option<PathBuf> {
    let folder = component.parent()?;
    let project = folder.parent().filter(|_| folder.ends_with(COMPONENT_FOLDER));
    std::iter::once(folder).chain(project).map(|folder| folder.join(FOLDER)).find(|cases| cases.is_dir())
}
