//! The table of results.

/// One row: the measured quantity, the result and the target.
pub(crate) struct Row {
    pub(crate) id: &'static str,
    pub(crate) what: String,
    pub(crate) measured: String,
    pub(crate) target: &'static str,
    pub(crate) met: bool,
    /// Whether the result is within the wide limit of `--check`, which a busy machine meets, too.
    pub(crate) meets_ci_limit: bool,
}

impl Row {
    /// Sets whether the result is within the limit of `--check`.
    pub(crate) fn with_ci_limit(self, tolerable: bool) -> Self {
        Self { meets_ci_limit: tolerable, ..self }
    }
}

/// A row without a limit for `--check`.
pub(crate) fn row(id: &'static str, what: impl Into<String>, measured: String, target: &'static str, met: bool) -> Row {
    Row { id, what: what.into(), measured, target, met, meets_ci_limit: true }
}

/// Prints the table as Markdown.
pub(crate) fn print(rows: &[Row]) {
    println!("\n| | what | measured | target |\n|---|---|---|---|");
    for Row { id, what, measured, target, met, .. } in rows {
        println!("| {id} | {what} | {measured} | {target}{} |", if *met { "" } else { ": **missed**" });
    }
}
