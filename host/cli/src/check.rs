//! `flowhost check`: checks a component or a flow.

use super::error::CliError;
use super::input::Input;
use super::options::Options;
use super::output::{Output, print_stderr};
use super::terminal::Style;
use super::{check_component, connect, project, run};
use clap::Args;
use flowhost::flow::PreparedFlow;
use flowhost::text::escape;
use flowhost::{Diagnostic, Severity};

/// Arguments of `flowhost check`.
#[derive(Debug, Args)]
#[command(
    about = "Check a component or a flow",
    long_about = "Checks a component (its validity, manifest and imports against this host's contract) or a flow (its \
                  nodes, parameters, expressions, wires and start). The exit code is 1 if there are errors.",
    after_help = "Examples:\n  flowhost check my-action.wasm\n  flowhost check flow.json --tenant acme"
)]
pub(super) struct Arguments {
    /// A component (.wasm) or a flow (.json); - reads stdin. The component of the project if absent
    file: Option<Input>,

    /// Also checks a flow's campaigns, categories and channels against this tenant's
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,

    /// The start node of the flow, by its id or name
    #[arg(long, value_name = "NODE")]
    start: Option<String>,

    /// Treats warnings as errors
    #[arg(long)]
    pub(super) strict: bool,

    /// Prints the functions that a component imports
    #[arg(long)]
    pub(super) imports: bool,

    /// Prints the result as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Runs the command.
pub(super) async fn run(options: &Options, arguments: Arguments) -> Result<(), CliError> {
    let file = match &arguments.file {
        Some(file) => file.clone(),
        None => Input::File(project::read(None)?.component()),
    };
    if is_flow(&file)? {
        check_flow(options, &file, &arguments).await
    } else {
        check_component::check_component(options, &file, &arguments).await
    }
}

/// Returns whether the input is a flow. The file's extension or first byte decides; stdin is always a flow.
fn is_flow(file: &Input) -> Result<bool, CliError> {
    let Input::File(path) = file else { return Ok(true) };
    match path.extension().and_then(std::ffi::OsStr::to_str) {
        Some("json") => Ok(true),
        Some("wasm") => Ok(false),
        _ => {
            use std::io::Read as _;
            let unreadable = |error| CliError::message(format!("can't read {file}: {error}"));
            // A pipe is rejected as a component. Opening it here could block forever.
            if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
                return Ok(false);
            }
            let mut first = [0; 1];
            std::fs::File::open(path).and_then(|mut file| file.read(&mut first)).map_err(unreadable)?;
            Ok(first != [0])
        }
    }
}

async fn check_flow(options: &Options, file: &Input, arguments: &Arguments) -> Result<(), CliError> {
    let Arguments { tenant, start, json, strict, .. } = arguments;
    let flow = run::read_flow(file)?;
    let host = match tenant {
        Some(_) => connect::open_host(options).await?,
        None => connect::open_host_without_store(options).await?,
    };
    let prepared_flow = PreparedFlow::new(&host, &flow, start.as_deref());
    let mut found = prepared_flow.diagnostics().to_vec();
    if let Some(tenant) = tenant {
        found.extend(prepared_flow.check_tenant(host.store().as_ref(), tenant).await?);
    }
    let mut output = Output::new();
    if *json {
        output.write_json(&found)?;
    } else {
        let style = Style::stdout();
        found.iter().try_for_each(|found| output.write_line(&format_diagnostic(found, style)))?;
    }
    output.flush()?;
    let errors = found.iter().filter(|found| found.severity == Severity::Error).count();
    let (nodes, warnings) = (prepared_flow.len(), found.len() - errors);
    print_stderr(&format!(
        "{file}: {}, {}, {}",
        count_noun(nodes, "action"),
        count_noun(errors, "error"),
        count_noun(warnings, "warning")
    ));
    if errors == 0 && !(*strict && warnings > 0) { Ok(()) } else { Err(CliError::AlreadyReported) }
}

/// Returns a diagnostic on one line.
pub(super) fn format_diagnostic(found: &Diagnostic, style: Style) -> String {
    let Diagnostic { path, code, message, severity, .. } = found;
    let severity = match severity {
        Severity::Error => style.red("error"),
        _ => style.yellow("warning"),
    };
    format!("{severity}: {}: {} {}", style.bold(&escape(path)), escape(message), style.dim(&format!("({code})")))
}

fn count_noun(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
