//! `flowhost test`: runs the cases of a component.

use super::error::CliError;
use super::options::Options;
use super::output::{Output, print_stderr};
use super::progress::Progress;
use super::record::RecordArguments;
use super::{connect, project};
use clap::Args;
use flowhost::testing::{CaseError, Cases, RecordingMode, Report, Requirement, RunError};
use flowhost::{ErrorCode, Limits};
use flowhost_author::{Plugin, PluginName, RecordFolder, default_cases, find_missing, junit_report};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Arguments of `flowhost test`.
#[derive(Debug, Args)]
#[command(
    about = "Run the test cases of a component",
    long_about = "Runs the test cases of a component: JSON files that state what is given and what is expected. Each case \
                  has its own store in memory, the default limits, and the exact bytes that ship. The exit code is 1 if \
                  a case fails.",
    after_help = "Examples:\n  flowhost test dist/acme-loyalty-tier.wasm\n  \
                  flowhost test campaign-dnd-validator cases/first.json --require ports,codes"
)]
pub(super) struct Arguments {
    /// A component (.wasm), or the id of a shipped action; that of the project if absent
    plugin: Option<String>,

    /// Files of cases, or folders with them; `cases` of the project or beside the component if absent
    cases: Vec<PathBuf>,

    /// Runs only the cases whose FILE: NAME contains the text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,

    /// Writes the observed values into the cases that fail or lack them
    #[arg(long)]
    update: bool,

    /// Fails unless the cases reach every port, declared code, parameter and function
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = parse_requirement)]
    require: Vec<Requirement>,

    /// Prints the report as JSON
    #[arg(long)]
    json: bool,

    /// Also writes the report to this file, in the format of JUnit
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,

    #[command(flatten)]
    recording: RecordArguments,
}

fn parse_requirement(name: &str) -> Result<Requirement, String> {
    Requirement::from_name(name).ok_or_else(|| {
        let names = Requirement::ALL.map(Requirement::as_str).join(", ");
        format!("it is not one of {names}")
    })
}

/// Runs the command.
pub(super) async fn run(options: &Options, arguments: Arguments) -> Result<(), CliError> {
    let folder = arguments.recording.folder()?;
    let result = test(options, &arguments).await;
    let mut output = Output::new();
    let report = match result {
        Ok(report) => report,
        Err(cli_error) => {
            if let (true, CliError::Message(reason)) = (arguments.json, &cli_error) {
                output.write_json(&json!({ "error": { "code": reason.code, "message": reason.message } }))?;
                output.flush()?;
            }
            return Err(cli_error);
        }
    };
    if arguments.json {
        output.write_json(&report.to_json())?;
    } else {
        output.write_text(&report.to_string())?;
    }
    output.flush()?;
    if let Some(file) = &arguments.junit {
        let written = std::fs::write(file, junit_report(&report));
        written.map_err(|error| CliError::message(format!("can't write {}: {error}", file.display())))?;
    }
    if let Some(folder) = &folder {
        write_recordings(&report, folder)?;
    }
    if let Some(missing) = find_missing(&report.coverage, &arguments.require) {
        return Err(CliError::message(missing)
            .with_code(ErrorCode::Coverage)
            .with_hint("add a case for each of them, or shorten --require"));
    }
    if report.failed() == 0 { Ok(()) } else { Err(CliError::AlreadyReported) }
}

/// Writes the recordings of the failing cases, numbered by case.
fn write_recordings(report: &Report, folder: &RecordFolder) -> Result<(), CliError> {
    let mut first = Ok(());
    for (index, case) in report.cases.iter().enumerate().filter(|(_, case)| !case.has_passed()) {
        let written = match &case.recording {
            Some(Ok(recording)) => folder.write(index + 1, recording).map_err(CliError::from),
            Some(Err(error)) => Err(error.clone().into()),
            None => Ok(()),
        };
        first = first.and(written);
    }
    first
}

async fn test(options: &Options, arguments: &Arguments) -> Result<Report, CliError> {
    let (name, paths) = select_input(arguments)?;
    let plugin = name.read(Limits::default().component_bytes)?;
    let cases = read_cases(&paths, arguments)?;
    let report = run_cases(options, &cases, &plugin, &arguments.recording).await?;
    if !arguments.update {
        return Ok(report);
    }
    let changed = cases.update(&report);
    let changed = changed.map_err(|error| CliError::message(format!("can't update the cases: {error}")))?;
    changed.iter().for_each(|file| print_stderr(&format!("updated {}", file.display())));
    run_cases(options, &read_cases(&paths, arguments)?, &plugin, &arguments.recording).await
}

/// Returns the plugin and the paths of its cases. Without a plugin, both are those of the project. A first argument that
/// is a folder or a JSON file is one of the cases.
fn select_input(arguments: &Arguments) -> Result<(PluginName, Vec<PathBuf>), CliError> {
    let Arguments { plugin, cases, .. } = arguments;
    let is_case = |name: &String| name.ends_with(".json") || Path::new(name).is_dir();
    if let Some(name) = plugin.as_ref().filter(|name| !is_case(name)) {
        let name = PluginName::new(name);
        let paths = if cases.is_empty() { vec![default_folder(&name)?] } else { cases.clone() };
        return Ok((name, paths));
    }
    let project = project::read(None)?;
    let first = plugin.iter().map(PathBuf::from);
    let mut paths: Vec<_> = first.chain(cases.iter().cloned()).collect();
    if paths.is_empty() {
        paths.push(project.cases());
    }
    Ok((PluginName::File(project.component()), paths))
}

fn default_folder(name: &PluginName) -> Result<PathBuf, CliError> {
    let folder = match name {
        PluginName::File(path) => default_cases(path),
        PluginName::BuiltIn(_) => None,
    };
    folder.ok_or_else(|| {
        CliError::message("there is no folder `cases` beside the component")
            .with_code(ErrorCode::CaseNone)
            .with_hint("name files of cases, or a folder with them")
    })
}

fn read_cases(paths: &[PathBuf], arguments: &Arguments) -> Result<Cases, CliError> {
    let cases = if arguments.update { Cases::read_incomplete(paths) } else { Cases::read(paths) };
    let cases = match &arguments.filter {
        Some(text) => cases.and_then(|cases| cases.filter(text)),
        None => cases,
    };
    Ok(cases?)
}

async fn run_cases(
    options: &Options,
    cases: &Cases,
    plugin: &Plugin,
    recording: &RecordArguments,
) -> Result<Report, CliError> {
    let _progress = Progress::start("running the cases");
    let builder = connect::builder_without_plugins(options);
    let builder = plugin.built_in_id.iter().fold(builder, flowhost::HostBuilder::replace_built_in);
    let mode = match recording {
        RecordArguments { record: None, .. } => RecordingMode::Off,
        RecordArguments { redact: false, .. } => RecordingMode::Plain,
        RecordArguments { redact: true, .. } => RecordingMode::Redacted,
    };
    Ok(cases.run_with(builder, &plugin.bytes, mode).await?)
}

impl From<CaseError> for CliError {
    fn from(error: CaseError) -> Self {
        Self::message(error.to_string()).with_code(error.code)
    }
}

impl From<RunError> for CliError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Case(error) => error.into(),
            RunError::Load(error) => error.into(),
            RunError::Open(error) => error.into(),
            error => Self::message(error.to_string()),
        }
    }
}
