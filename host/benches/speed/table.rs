//! The table that a run ends with.

/// One line: what was measured, what came out, and what is to be reached.
pub(crate) struct Row {
    pub(crate) id: &'static str,
    pub(crate) what: String,
    pub(crate) measured: String,
    pub(crate) target: &'static str,
    pub(crate) met: bool,
    /// Whether a quick look on a busy machine may yield it.
    pub(crate) meets_ci_limit: bool,
}

impl Row {
    /// With another bound for a quick look.
    pub(crate) fn with_ci_limit(self, tolerable: bool) -> Self {
        Self { meets_ci_limit: tolerable, ..self }
    }
}

/// A row of a figure that must not exceed, or not fall below, the target.
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
