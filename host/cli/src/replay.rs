//! `flowhost replay`: replays recordings.

use super::connect;
use super::error::CliError;
use super::options::Options;
use super::output::Output;
use super::progress::{Progress, progress_counter};
use super::replay_report::{Counts, FileReport, Replayed};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _};
use flowhost::catalog::{Action, built_in};
use flowhost::recording::{Recording, RecordingError};
use flowhost::store::MemoryStore;
use flowhost::{ErrorCode, Failure, Host, HostBuilder, Limits};
use flowhost_author::{PluginName, RecordFile, find_recordings};
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// Arguments of `flowhost replay`.
#[derive(Debug, Args)]
#[command(
    about = "Replay recordings of invocations and report the first difference",
    long_about = "Runs the component of a recording without a store and without a network: the recording answers each \
                  host call. Reports the first call, end or outcome that differs. With a folder or several files, \
                  replays all of them in parallel. The exit code is 1 if one of them differs or is not valid.",
    after_help = "Examples:\n  flowhost replay bug.recording.json --explain\n  \
                  flowhost replay recordings --plugin dist/acme-loyalty-tier.wasm"
)]
pub(super) struct Arguments {
    /// Recordings, or folders with files *.recording.json
    #[arg(required = true)]
    paths: Vec<PathBuf>,

    /// Replays with this component (.wasm), whatever its id and digest
    #[arg(long, value_name = "FILE.wasm")]
    plugin: Option<String>,

    /// Names the data that each conflict invalidated
    #[arg(long)]
    explain: bool,

    /// Prints the result as JSON
    #[arg(long)]
    json: bool,

    /// Writes a recording of the replay to this new file
    #[arg(long, value_name = "OUT")]
    record: Option<PathBuf>,
}

/// Runs the command.
pub(super) async fn run(options: &Options, arguments: Arguments) -> Result<(), CliError> {
    let is_single = matches!(arguments.paths.as_slice(), [path] if !path.is_dir());
    if arguments.record.is_some() && !is_single {
        let message = "--record needs exactly one recording, and not a folder";
        let error = super::Arguments::command().error(ErrorKind::ArgumentConflict, message);
        return Err(CliError::usage(error));
    }
    let record = arguments.record.as_deref().map(RecordFile::new).transpose()?;
    let files = find_recordings(&arguments.paths)?;
    let replayer = Replayer::open(options, arguments.plugin.as_deref()).await?;
    let result = match files.as_slice() {
        [file] if is_single => replay_one(&replayer, file, &arguments, record).await,
        files => replay_many(&replayer, files, &arguments).await,
    };
    replayer.host.close().await?;
    result
}

async fn replay_one(
    replayer: &Replayer,
    file: &Path,
    arguments: &Arguments,
    record: Option<RecordFile>,
) -> Result<(), CliError> {
    let mut output = Output::new();
    let Replayed { recorded, replay, action } = match replayer.replay(file).await {
        Ok(replayed) => replayed,
        Err(error) => {
            if arguments.json {
                output.write_json(&json!({ "error": { "code": error.code, "message": error.message } }))?;
                output.flush()?;
            }
            let message = format!("{}: {}", file.display(), error.message);
            return Err(CliError::message(message).with_code(error.code));
        }
    };
    let replayed = Replayed { recorded, replay, action };
    if arguments.json {
        output.write_json(&replayed.to_json(arguments.explain))?;
    } else {
        output.write_text(&replayed.to_text(arguments.explain))?;
    }
    output.flush()?;
    if let Some(record) = record {
        let recording = replayed.replay.recording.as_ref().ok_or_else(|| {
            CliError::message("the replay stopped before its end, so it has no recording")
                .with_code(ErrorCode::RecordFailed)
        })?;
        record.write(recording)?;
    }
    if replayed.replay.divergence.is_none() { Ok(()) } else { Err(CliError::AlreadyReported) }
}

async fn replay_many(replayer: &Replayer, files: &[PathBuf], arguments: &Arguments) -> Result<(), CliError> {
    let started = Instant::now();
    let parallel = std::thread::available_parallelism().map_or(1, usize::from) * 2;
    let replays = stream::iter(files).map(|file| async move { (file, replayer.replay(file).await) });
    let mut replays = replays.buffered(parallel);
    let (mut output, progress) = (Output::new(), progress_counter("recordings replayed"));
    let (mut counts, mut reports) = (Counts::default(), Vec::new());
    while let Some((file, result)) = replays.next().await {
        progress.iter().for_each(Progress::advance);
        counts.add(&result);
        let report = FileReport { file, result: &result };
        if arguments.json {
            reports.extend(report.to_json());
        } else {
            output.write_text(&report.to_text(arguments.explain))?;
        }
    }
    if arguments.json {
        output.write_json(&counts.to_json(reports))?;
    } else {
        output.write_line(&format!("{counts} in {:.1} s", started.elapsed().as_secs_f64()))?;
    }
    output.flush()?;
    if counts.are_all_same() { Ok(()) } else { Err(CliError::AlreadyReported) }
}

/// A host for replays, and the components that it has.
struct Replayer {
    host: Host,
    /// The component of `--plugin`.
    plugin: Option<Arc<Action>>,
    /// The components by their digests.
    actions: HashMap<String, Arc<Action>>,
}

impl Replayer {
    async fn open(options: &Options, plugin: Option<&str>) -> Result<Self, CliError> {
        let Some(name) = plugin else {
            let host = connect::open_host_without_store(options).await?;
            let actions = host.catalog().all().map(|action| (action.digest.clone(), Arc::clone(action))).collect();
            return Ok(Self { host, plugin: None, actions });
        };
        let component = PluginName::new(name).read(Limits::default().component_bytes)?;
        // The component may have the id of a shipped action.
        let builder = connect::builder_without_plugins(options).without_built_in_actions();
        let builder = built_in().map(|(id, _)| id).fold(builder, HostBuilder::replace_built_in);
        let host = builder.open(MemoryStore::new()).await?;
        let plugin = Some(host.load(&component.bytes)?);
        Ok(Self { host, plugin, actions: HashMap::new() })
    }

    async fn replay(&self, file: &Path) -> Result<Replayed, RecordingError> {
        let path = file.to_owned();
        let read = tokio::task::spawn_blocking(move || flowhost::recording::read(&path)).await;
        let invalid = |message: String| RecordingError::new(ErrorCode::RecordingInvalid, message);
        let recorded = Arc::new(read.map_err(|error| invalid(error.to_string()))??);
        let action = self.find_action(&recorded)?;
        let node = self.host.prepare_action(Arc::clone(&action), &recorded.parameters);
        let replay = self.host.replay(node, Arc::clone(&recorded)).await;
        let replay = replay.map_err(|Failure { message, .. }| invalid(format!("it can't be replayed: {message}")))?;
        Ok(Replayed { recorded, replay, action })
    }

    fn find_action(&self, recorded: &Recording) -> Result<Arc<Action>, RecordingError> {
        if let Some(plugin) = &self.plugin {
            return Ok(Arc::clone(plugin));
        }
        let digest = &recorded.action.digest;
        let found = digest.strip_prefix("sha256:").and_then(|digest| self.actions.get(digest));
        found.map(Arc::clone).ok_or_else(|| {
            let shown = |text: &str| flowhost::text::truncate(text, 128).into_owned();
            let (id, version) = (shown(&recorded.action.id), shown(&recorded.action.version));
            let message = format!("the component {id} {version} {} is not available; give --plugin", shown(digest));
            RecordingError::new(ErrorCode::RecordingComponent, message)
        })
    }
}
