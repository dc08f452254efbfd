//! The table of differences between a component and the contract, which `check` and `pack` print.

use super::error::CliError;
use super::output::Output;
use super::terminal::Style;
use flowhost::catalog::ContractMismatch;
use serde_json::{Value as Json, json};

/// Writes the table for people.
pub(super) fn write_table(differences: &[ContractMismatch], output: &mut Output) -> Result<(), CliError> {
    for ContractMismatch { component_item, host_item, what, differs, .. } in differences {
        let host_item = if host_item.is_empty() { "nothing" } else { host_item };
        output.write_line(&Style::stdout().bold(what))?;
        output.write_line(&format!("  the component: {component_item}"))?;
        output.write_line(&format!("  this host:     {host_item}"))?;
        if let Some(differs) = differs {
            output.write_line(&format!("  differs: {differs}"))?;
        }
    }
    Ok(())
}

/// Returns the table as JSON.
pub(super) fn table_json(differences: &[ContractMismatch]) -> Json {
    let row = |ContractMismatch { component_item, host_item, what, differs, .. }: &ContractMismatch| json!({ "wanted": component_item, "offered": host_item, "what": what, "differs": differs });
    differences.iter().map(row).collect()
}
