//! Every relative link of every page leads to a file of the repository, and to a heading if it has an anchor.

use crate::generated::repository;
use crate::markdown::{anchors, links};
use std::fs;
use std::path::{Path, PathBuf};

/// Adds the Markdown files of a folder and its subfolders. Build folders and hidden folders are left out.
fn add_pages(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let (path, name) = (entry.path(), entry.file_name());
        let is_ignored = name == "target" || name.to_string_lossy().starts_with('.');
        if entry.file_type().unwrap().is_dir() && !is_ignored {
            add_pages(&path, pages);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
}

/// The reason why a link does not resolve. `None`: it does, or it leads to another site.
fn problem(root: &Path, page: &Path, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
    let path = if file.is_empty() { page.to_owned() } else { page.parent()?.join(file) };
    let Ok(path) = path.canonicalize() else { return Some("the file does not exist".to_owned()) };
    if !path.starts_with(root) {
        return Some("the file is outside the repository".to_owned());
    }
    let anchor = anchor?;
    let Ok(text) = fs::read_to_string(&path) else { return Some("the target has no headings".to_owned()) };
    (!anchors(&text).iter().any(|known| known == anchor)).then(|| format!("there is no heading for #{anchor}"))
}

#[test]
fn every_relative_link_resolves() {
    let root = repository().canonicalize().unwrap();
    let mut pages = Vec::new();
    add_pages(&root, &mut pages);
    assert!(pages.len() > 10, "{pages:?}");
    let mut problems = Vec::new();
    for page in pages {
        for link in links(&fs::read_to_string(&page).unwrap()) {
            let problem = problem(&root, &page, &link);
            let name = page.strip_prefix(&root).unwrap().display();
            problems.extend(problem.map(|problem| format!("{name}: {link}: {problem}")));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
