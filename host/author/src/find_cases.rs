//! The place of the cases of a component.

use std::path::{Path, PathBuf};

/// The name of the folder with cases.
const FOLDER: &str = "cases";

/// Returns the folder `cases` beside a component, or in the nearest folder above it. `None`: there is no such folder.
pub fn default_cases(component: &Path) -> Option<PathBuf> {
    let folders = component.ancestors().skip(1);
    // The component of a project is in `dist`, and its cases are in the project.
    folders.take(2).map(|folder| folder.join(FOLDER)).find(|cases| cases.is_dir())
}
