//! The host's log on stderr: what plugins say, what was left out at start.

use super::failed::Failed;
use super::stderr::LogLines;
use super::terminal::Paint;
use tracing_subscriber::EnvFilter;

/// The variable that says what is shown.
const VARIABLE: &str = "FLOWHOST_LOG";

/// Shows the log from here on.
pub(super) fn start(verbose: u8) -> Result<(), Failed> {
    let default = match verbose {
        0 => "warn",
        1 => "warn,flowhost=info",
        _ => "warn,flowhost=debug",
    };
    let wanted = std::env::var(VARIABLE).ok().filter(|wanted| !wanted.is_empty() && verbose == 0);
    let filter = EnvFilter::try_new(wanted.as_deref().unwrap_or(default)).map_err(|error| {
        let hint = "write a level (error, warn, info, debug, trace), or levels by part: warn,flowhost::plugin=info";
        Failed::because(format!("{VARIABLE} can't be read: {error}")).with_hint(hint)
    })?;
    let paint = Paint::stderr();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || LogLines(paint)).with_target(false);
    log.with_ansi(paint.is_on()).without_time().init();
    Ok(())
}
