//! Every command in a block `sh` of a page runs, in the order of the page, or is listed with a reason.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod folder;
mod page;

use folder::PageFolder;
use page::{Block, Page, comparable};
use std::fs;
use std::path::{Path, PathBuf};

/// Beginnings of commands that do not run here, each with the reason.
const NOT_RUN: [(&str, &str); 15] = [
    ("(cd actions && cargo test", "it runs the tests of another workspace"),
    (".ci/run", "it runs all checks of CI, and this test with them"),
    ("FLOWHOST_ALL_LOSSES=1 cargo test", "a test does not run other tests"),
    ("RUSTDOCFLAGS=", "it builds the documentation; CI runs it"),
    ("UPDATE_DOCS=1 cargo test", "it writes to the repository"),
    ("cargo bench", "it takes minutes, and other processes disturb it"),
    ("cargo build --release --workspace", "the helper of this test builds the workspace"),
    ("cargo clippy", "it checks the sources; CI runs it"),
    ("cargo fmt", "it checks the sources; CI runs it"),
    ("cargo fuzz", "it needs a nightly compiler, and runs without an end"),
    ("cargo install", "it installs a program"),
    ("cargo new", "the folder of the page is the crate, from the page's own blocks"),
    ("cargo test", "a test does not run other tests"),
    ("for name in domain", "it compiles a program with more than 400 dependencies"),
    ("rustup target add", "it installs targets, which other tests need before"),
];

/// The root of the repository.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The pages of the repository, sorted. Build folders, hidden folders and templates are left out.
fn page_names() -> Vec<String> {
    let (root, mut names) = (repository(), Vec::new());
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            if entry.file_type().unwrap().is_dir()
                && !["target", "templates"].contains(&&*name)
                && !name.starts_with('.')
            {
                folders.push(entry.path());
            } else if name.ends_with(".md") {
                names.push(entry.path().strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    names.sort();
    names
}

/// The commands of a block that are not in the table. Marks the rows of the others as used.
fn select_commands(block: &str, used: &mut [bool]) -> String {
    let mut script = String::new();
    // A backslash at the end continues a command on the next line.
    let block = block.replace("\\\n", " ");
    for command in block.lines().filter(|line| !line.trim().is_empty()) {
        match NOT_RUN.iter().position(|(beginning, _)| command.starts_with(beginning)) {
            Some(row) => used[row] = true,
            None => script.extend([command, "\n"]),
        }
    }
    script
}

/// Runs commands and compares their output. `Err`: they fail, or the page shows another output.
fn run(folder: &PageFolder, script: &str, output: Option<&Block>) -> Result<(), String> {
    let printed = folder.run(script);
    if printed.code != 0 {
        return Err(format!("exit code {}\n{}{}", printed.code, printed.stdout, printed.stderr));
    }
    let Some(output) = output else { return Ok(()) };
    let printed = if output.language == "json" { printed.stdout } else { printed.stderr };
    let (shown, printed) = (comparable(&output.text), comparable(&printed));
    if shown == printed { Ok(()) } else { Err(format!("the page shows\n{shown}\nthe commands print\n{printed}")) }
}

#[test]
fn documented_commands() {
    let mut used = [false; NOT_RUN.len()];
    let (mut ran, mut problems) = (0, Vec::new());
    for name in page_names() {
        let page = Page::parse(&fs::read_to_string(repository().join(&name)).unwrap());
        let scripts: Vec<_> =
            page.commands().map(|commands| (select_commands(&commands.block.text, &mut used), commands)).collect();
        if scripts.iter().all(|(script, _)| script.is_empty()) {
            continue;
        }
        let folder = PageFolder::new(&name, &page);
        for (script, commands) in scripts.iter().filter(|(script, _)| !script.is_empty()) {
            ran += 1;
            let result = run(&folder, script, commands.output);
            problems.extend(result.err().map(|problem| format!("{name}:{}: {problem}", commands.block.line)));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
    assert!(ran >= 9, "only {ran} blocks ran");
    let unused: Vec<_> = NOT_RUN.iter().zip(used).filter(|(_, used)| !used).map(|(row, _)| row.0).collect();
    assert_eq!(unused, Vec::<&str>::new(), "no page has these commands; remove them from the table");
}
