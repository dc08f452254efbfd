//! The host's log on stderr, including the plugins' lines.

use super::error::CliError;
use super::stderr::LogWriter;
use super::terminal::Style;
use tracing_subscriber::EnvFilter;

/// The environment variable for the levels of the log.
const LOG_VARIABLE: &str = "FLOWHOST_LOG";

/// Starts the log.
pub(super) fn init(verbose: u8) -> Result<(), CliError> {
    let default = match verbose {
        0 => "warn",
        1 => "warn,flowhost=info",
        _ => "warn,flowhost=debug",
    };
    let levels = std::env::var(LOG_VARIABLE).ok().filter(|levels| !levels.is_empty() && verbose == 0);
    let filter = EnvFilter::try_new(levels.as_deref().unwrap_or(default)).map_err(|error| {
        let hint = "use a level (error, warn, info, debug, trace), or levels by target: warn,flowhost::plugin=info";
        CliError::message(format!("{LOG_VARIABLE} is not valid: {error}")).with_hint(hint)
    })?;
    let style = Style::stderr();
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || LogWriter(style)).with_target(false);
    log.with_ansi(style.is_on()).without_time().init();
    Ok(())
}
