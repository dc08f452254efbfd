//! `flowhost check`: what is wrong with a component or a flow.

use super::failed::Failed;
use super::input::Input;
use super::options::Options;
use super::output::{Output, say};
use super::progress::Progress;
use super::terminal::Paint;
use super::{component, open, run};
use clap::Args;
use flowhost::catalog::Difference;
use flowhost::diagram::Diagram;
use flowhost::domain::escape::escape;
use flowhost::{Action, Diagnostic, Host, LoadError, Severity};
use serde_json::{Value as Json, json};

/// What to check.
#[derive(Debug, Args)]
#[command(
    about = "Check a component or a flow",
    long_about = "Checks a component (does it fit this host's contract, what it is, what it imports) or a flow (its nodes, \
                  parameters, expressions, wires and start). Exit code 1 when anything is an error.",
    after_help = "Examples:\n  flowhost check my-action.wasm\n  flowhost check flow.json --tenant acme"
)]
pub(super) struct Arguments {
    /// A component (.wasm) or a flow (.json); - reads stdin
    file: Input,

    /// Also checks a flow's campaigns, categories and channels against this tenant's
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,

    /// The node at which the flow is to start, by its id or name
    #[arg(long, value_name = "NODE")]
    start: Option<String>,

    /// Prints the findings as JSON
    #[arg(long)]
    json: bool,
}

/// Checks, prints.
pub(super) async fn run(options: &Options, arguments: Arguments) -> Result<(), Failed> {
    if is_flow(&arguments.file)? { flow(options, &arguments).await } else { check_component(options, &arguments).await }
}

/// A flow is named so; what comes through stdin is one.
fn is_flow(file: &Input) -> Result<bool, Failed> {
    let Input::File(path) = file else { return Ok(true) };
    match path.extension().and_then(std::ffi::OsStr::to_str) {
        Some("json") => Ok(true),
        Some("wasm") => Ok(false),
        _ => {
            use std::io::Read as _;
            let unreadable = |error| Failed::because(format!("can't read {file}: {error}"));
            // A pipe is refused as a component: to open it here could wait for ever.
            if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
                return Ok(false);
            }
            let mut first = [0; 1];
            std::fs::File::open(path).and_then(|mut file| file.read(&mut first)).map_err(unreadable)?;
            Ok(first != [0])
        }
    }
}

async fn flow(options: &Options, Arguments { file, tenant, start, json }: &Arguments) -> Result<(), Failed> {
    let flow = run::read_flow(file)?;
    let host = match tenant {
        Some(_) => open::host(options).await?,
        None => open::host_without_store(options).await?,
    };
    let diagram = Diagram::new(&host, &flow, start.as_deref());
    let mut found = diagram.diagnostics().to_vec();
    if let Some(tenant) = tenant {
        found.extend(diagram.check_tenant(host.store().as_ref(), tenant).await?);
    }
    let mut output = Output::new();
    if *json {
        output.json(&found)?;
    } else {
        let paint = Paint::stdout();
        found.iter().try_for_each(|found| output.line(&line(found, paint)))?;
    }
    output.flush()?;
    let errors = found.iter().filter(|found| found.severity == Severity::Error).count();
    let (nodes, warnings) = (diagram.len(), found.len() - errors);
    say(&format!("{file}: {}, {}, {}", count(nodes, "action"), count(errors, "error"), count(warnings, "warning")));
    if errors == 0 { Ok(()) } else { Err(Failed::Said) }
}

/// A finding on one line.
pub(super) fn line(Diagnostic { path, code, message, severity }: &Diagnostic, paint: Paint) -> String {
    let severity = match severity {
        Severity::Error => paint.red("error"),
        Severity::Warning => paint.yellow("warning"),
    };
    format!("{severity}: {}: {} {}", paint.bold(&escape(path)), escape(message), paint.dim(&format!("({code})")))
}

async fn check_component(options: &Options, Arguments { file, json, .. }: &Arguments) -> Result<(), Failed> {
    let host = open::host_without_store(options).await?;
    let bytes = component::read(file, host.limits().component_bytes)?;
    let mut output = Output::new();
    match inspect(&host, &bytes) {
        Ok(action) => {
            if *json {
                output.pretty(&of_component(&action))?
            } else {
                describe(&action, &mut output)?
            }
            output.flush()
        }
        Err(LoadError { code, message, differences }) => {
            let failed = Failed::because(format!("{file}: {message}")).with_code(code);
            if *json {
                let differences: Vec<_> = differences.iter().map(of_difference).collect();
                output.pretty(&json!({ "error": { "code": code, "message": message }, "differences": differences }))?;
            } else {
                differences.iter().try_for_each(|difference| show(difference, &mut output))?;
            }
            output.flush()?;
            Err(failed)
        }
    }
}

fn inspect(host: &Host, bytes: &[u8]) -> Result<std::sync::Arc<Action>, LoadError> {
    let _progress = Progress::begin("compiling");
    host.inspect(bytes)
}

fn describe(action: &Action, output: &mut Output) -> Result<(), Failed> {
    let (manifest, paint) = (&action.manifest, Paint::stdout());
    let title = manifest.title.get("en").map_or("", String::as_str);
    output.line(&format!("{} {} {title}", paint.bold(&manifest.id), manifest.version))?;
    let required = manifest.parameters.iter().filter(|parameter| parameter.required).count();
    for (what, value) in [
        ("size", format!("{} bytes", action.bytes)),
        ("digest", format!("sha256:{}", action.digest)),
        ("category", manifest.category.clone()),
        ("ports", manifest.ports.join(", ")),
        ("parameters", format!("{} ({required} required)", manifest.parameters.len())),
        ("uses", manifest.uses.join(", ")),
    ] {
        output.line(&format!("  {what:<11} {value}"))?;
    }
    for (place, import) in action.imports.iter().enumerate() {
        output.line(&format!("  {:<11} {import}", if place == 0 { "imports" } else { "" }))?;
    }
    Ok(())
}

fn show(Difference { wanted, offered, what }: &Difference, output: &mut Output) -> Result<(), Failed> {
    let offered = if offered.is_empty() { "nothing" } else { offered };
    output.line(&Paint::stdout().bold(what))?;
    output.line(&format!("  the component: {wanted}"))?;
    output.line(&format!("  this host:     {offered}"))
}

fn of_component(action: &Action) -> Json {
    json!({
        "id": action.manifest.id,
        "version": action.manifest.version,
        "bytes": action.bytes,
        "digest": action.digest,
        "imports": action.imports,
        "manifest": *action.manifest,
    })
}

fn of_difference(Difference { wanted, offered, what }: &Difference) -> Json {
    json!({ "wanted": wanted, "offered": offered, "what": what })
}

fn count(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
