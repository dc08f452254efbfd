//! `flowhost check` for a component: contract, manifest, size, limits and imports.

use super::check::{Arguments, format_diagnostic};
use super::contract_table::{table_json, write_table};
use super::error::CliError;
use super::input::Input;
use super::options::Options;
use super::output::Output;
use super::progress::Progress;
use super::terminal::Style;
use super::{component, connect};
use flowhost::{Action, Host, Limits, LoadError};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Checks a component and prints the result.
pub(super) async fn check_component(options: &Options, file: &Input, arguments: &Arguments) -> Result<(), CliError> {
    let Arguments { json, strict, imports, .. } = arguments;
    let host = connect::open_host_without_store(options).await?;
    let bytes = component::read_input(file, host.limits().component_bytes)?;
    let mut output = Output::new();
    match inspect(&host, &bytes) {
        Ok(action) => {
            if *json {
                output.write_pretty_json(&component_json(&action, host.limits()))?;
            } else {
                print_component(&action, host.limits(), *imports, &mut output)?;
            }
            output.flush()?;
            if *strict && !action.findings.is_empty() {
                let message = format!("{file}: the manifest has warnings, which --strict does not permit");
                return Err(CliError::message(message));
            }
            Ok(())
        }
        Err(refusal) => {
            if *json {
                output.write_pretty_json(&refusal_json(&refusal))?;
            } else {
                write_table(&refusal.differences, &mut output)?;
                print_findings(&refusal.findings, &mut output)?;
            }
            output.flush()?;
            Err(CliError::message(format!("{file}: {}", refusal.message)).with_code(refusal.code))
        }
    }
}

fn inspect(host: &Host, bytes: &[u8]) -> Result<Arc<Action>, LoadError> {
    let _progress = Progress::start("compiling");
    host.inspect(bytes)
}

fn print_component(action: &Action, limits: &Limits, imports: bool, output: &mut Output) -> Result<(), CliError> {
    let (manifest, style) = (&action.manifest, Style::stdout());
    let title = manifest.title.get("en").map_or("", String::as_str);
    output.write_line(&format!("{} {} {title}", style.bold(&manifest.id), manifest.version))?;
    let required = manifest.parameters.iter().filter(|parameter| parameter.required).count();
    let counts = action.counts();
    for (what, value) in [
        ("size", format!("{} bytes, compiled {} bytes", action.bytes, action.code_bytes())),
        ("digest", format!("sha256:{}", action.digest)),
        ("contract", format!("built against {}, needs {}", action.built_contract(), action.needed_contract())),
        ("memories", format!("{} of {}", counts.memories, limits.memories)),
        ("instances", format!("{} of {}", counts.core_instances, limits.core_instances)),
        ("tables", format!("{} of {}", counts.tables, limits.tables)),
        ("category", manifest.category.clone()),
        ("ports", manifest.ports.join(", ")),
        ("parameters", format!("{} ({required} required)", manifest.parameters.len())),
        ("uses", manifest.uses.join(", ")),
    ] {
        output.write_line(&format!("  {what:<11} {value}"))?;
    }
    let wasi = action.wasi_interfaces().into_iter().map(|(interface, gets)| format!("{interface}: {gets}"));
    print_list("wasi", wasi, output)?;
    if imports {
        print_list("imports", action.imports().iter().cloned(), output)?;
    }
    print_findings(&action.findings, output)
}

/// Prints one line for each value, and the label on the first.
fn print_list(what: &str, values: impl Iterator<Item = String>, output: &mut Output) -> Result<(), CliError> {
    for (index, value) in values.enumerate() {
        output.write_line(&format!("  {:<11} {value}", if index == 0 { what } else { "" }))?;
    }
    Ok(())
}

fn print_findings(findings: &[flowhost::Diagnostic], output: &mut Output) -> Result<(), CliError> {
    let style = Style::stdout();
    findings.iter().try_for_each(|finding| output.write_line(&format_diagnostic(finding, style)))
}

fn component_json(action: &Action, limits: &Limits) -> Json {
    let counts = action.counts();
    let wasi = action.wasi_interfaces().into_iter();
    json!({
        "id": action.manifest.id,
        "version": action.manifest.version,
        "bytes": action.bytes,
        "digest": action.digest,
        "imports": action.imports(),
        "manifest": *action.manifest,
        "contract": { "built": action.built_contract(), "needs": action.needed_contract() },
        "wasi": wasi.map(|(interface, gets)| json!({ "interface": interface, "gets": gets })).collect::<Vec<_>>(),
        "limits": {
            "memories": [counts.memories, limits.memories],
            "core_instances": [counts.core_instances, limits.core_instances],
            "tables": [counts.tables, limits.tables],
        },
        "findings": action.findings,
        "changes": [],
    })
}

fn refusal_json(refusal: &LoadError) -> Json {
    json!({
        "error": { "code": refusal.code, "message": refusal.message },
        "differences": table_json(&refusal.differences),
        "findings": refusal.findings,
    })
}
