//! The host's log on stderr: what plugins say, what was left out at start.

use super::error::CliError;
use super::stderr::LogWriter;
use super::terminal::Style;
use tracing_subscriber::EnvFilter;

/// The variable that says what is shown.
const LOG_VARIABLE: &str = "FLOWHOST_LOG";

/// Shows the log from here on.
pub(super) fn init(verbose: u8) -> Result<(), CliError> {
    let default = match verbose {
        0 => "warn",
        1 => "warn,flowhost=info",
        _ => "warn,flowhost=debug",
    };
    let wanted = std::env::var(LOG_VARIABLE).ok().filter(|wanted| !wanted.is_empty() && verbose == 0);
    let filter = EnvFilter::try_new(wanted.as_deref().unwrap_or(default)).map_err(|error| {
        let hint = "write a level (error, warn, info, debug, trace), or levels by part: warn,flowhost::plugin=info";
        CliError::message(format!("{LOG_VARIABLE} can't be read: {error}")).with_hint(hint)
    })?;
    let style = Style::stderr();
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || LogWriter(style)).with_target(false);
    log.with_ansi(style.is_on()).without_time().init();
    Ok(())
}
