//! `flowhost serve`: serves flow runtimes over HTTP.

use super::connect;
use super::error::CliError;
use super::options::Options;
use super::output::{Output, print_stderr};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _};
use flowhost_server::{Drain, Server, Settings, TlsFiles};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

/// Arguments of `flowhost serve`.
#[derive(Debug, Args)]
#[command(
    about = "Serve flow runtimes over HTTP",
    long_about = "Serves flow runtimes over HTTP. Prints the address of each listener on stdout when it accepts \
                  connections. A first SIGTERM or SIGINT starts the drain: requests in progress end, and then the \
                  process. A second one ends the process at once.",
    after_help = "Examples:\n  flowhost keys create --role operator --name me\n  flowhost serve --listen 127.0.0.1:8080\n  \
                  flowhost serve --listen 0.0.0.0:8443 --tls-cert cert.pem --tls-key key.pem"
)]
pub(super) struct Arguments {
    /// The address to listen on; port 0 lets the system choose; repeatable [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", env = "FLOWHOST_LISTEN")]
    listen: Vec<SocketAddr>,

    /// The certificate with its chain, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The private key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Permits an address that is not loopback without TLS
    #[arg(long)]
    allow_plaintext: bool,

    /// The maximum number of connections
    #[arg(long, value_name = "N", default_value_t = 10_240)]
    max_connections: usize,

    /// The maximum number of requests at once
    #[arg(long, value_name = "N", default_value_t = 8_192)]
    max_requests: usize,

    /// The maximum size of a body, bytes
    #[arg(long, value_name = "BYTES", default_value_t = 8 << 20)]
    max_body: usize,

    /// The maximum time for the header of a request
    #[arg(long, value_name = "TIME", default_value = "10s")]
    header_timeout: Time,

    /// The maximum time without a byte of a body
    #[arg(long, value_name = "TIME", default_value = "10s")]
    body_timeout: Time,

    /// The maximum time without a request on a connection
    #[arg(long, value_name = "TIME", default_value = "75s")]
    idle_timeout: Time,

    /// The maximum time of a request; in a stream of each line
    #[arg(long, value_name = "TIME", default_value = "30s")]
    request_timeout: Time,

    /// Requests per second of one key; 0: no limit
    #[arg(long, value_name = "N", default_value_t = 0)]
    rate_limit: u32,

    /// Time between the start of a drain and the end of new connections
    #[arg(long, value_name = "TIME", default_value = "0s")]
    drain_delay: Time,

    /// The maximum time of the requests in progress after that
    #[arg(long, value_name = "TIME", default_value = "30s")]
    drain_timeout: Time,
}

/// A duration: `500ms`, `10s`, `5m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Time(Duration);

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let milliseconds = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            _ => return Err("use a number with a unit: 500ms, 10s or 5m".to_owned()),
        };
        let number: u32 = number.parse().map_err(|_| "the number is missing or too large; use 10s".to_owned())?;
        Ok(Self(Duration::from_millis(u64::from(number) * milliseconds)))
    }
}

/// Runs the command.
pub(super) fn run(options: &Options, arguments: Arguments) -> Result<(), CliError> {
    check_plaintext(&arguments)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("flowhost-http").build();
    let runtime = runtime.map_err(|error| CliError::message(format!("can't start threads: {error}")))?;
    let settings = settings(arguments);
    serve(&runtime, options, settings)
}

/// An address that is not loopback needs TLS, or the explicit permission to do without.
fn check_plaintext(arguments: &Arguments) -> Result<(), CliError> {
    let is_remote = |address: &&SocketAddr| !address.ip().is_loopback();
    match arguments.listen.iter().find(is_remote) {
        Some(address) if arguments.tls_cert.is_none() && !arguments.allow_plaintext => {
            let message =
                format!("{address} is not a loopback address; add --tls-cert and --tls-key, or --allow-plaintext");
            Err(CliError::usage(super::Arguments::command().error(ErrorKind::ValueValidation, message)))
        }
        _ => Ok(()),
    }
}

fn settings(arguments: Arguments) -> Settings {
    let mut settings = Settings::default();
    if !arguments.listen.is_empty() {
        settings.listen = arguments.listen;
    }
    settings.tls = arguments.tls_cert.zip(arguments.tls_key).map(|(certificate, key)| TlsFiles { certificate, key });
    settings.max_connections = arguments.max_connections;
    settings.max_requests = arguments.max_requests;
    settings.max_body = arguments.max_body;
    settings.header_timeout = arguments.header_timeout.0;
    settings.body_timeout = arguments.body_timeout.0;
    settings.idle_timeout = arguments.idle_timeout.0;
    settings.request_timeout = arguments.request_timeout.0;
    settings.rate_limit = arguments.rate_limit;
    settings.drain_delay = arguments.drain_delay.0;
    settings.drain_timeout = arguments.drain_timeout.0;
    settings
}

fn serve(runtime: &Runtime, options: &Options, settings: Settings) -> Result<(), CliError> {
    runtime.block_on(async {
        let host = Arc::new(connect::open_host(options).await?);
        let server = Server::bind(Arc::clone(&host), settings).await;
        let server = server.map_err(|error| CliError::message(error.to_string()))?;
        handle_signals(server.drain(), server.reload_tls())?;
        let mut output = Output::new();
        for url in server.urls() {
            output.write_line(&url)?;
        }
        output.flush()?;
        server.run().await;
        // All connections have ended, so this is the last reference.
        match Arc::into_inner(host) {
            Some(host) => Ok(host.close().await?),
            None => Ok(()),
        }
    })
}

/// Starts the drain at the first signal, and ends the process at the second.
#[cfg(unix)]
fn handle_signals(drain: Drain, reload_tls: impl Fn() + Send + 'static) -> Result<(), CliError> {
    use tokio::signal::unix::{SignalKind, signal};
    let cli_error = |error: std::io::Error| CliError::message(format!("can't listen to signals: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cli_error)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(cli_error)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(cli_error)?;
    tokio::spawn(async move {
        let mut is_draining = false;
        loop {
            tokio::select! {
                Some(()) = hangup.recv() => reload_tls(),
                Some(()) = interrupt.recv() => is_draining = stop(&drain, is_draining),
                Some(()) = terminate.recv() => is_draining = stop(&drain, is_draining),
                else => return,
            }
        }
    });
    Ok(())
}

#[cfg(not(unix))]
fn handle_signals(drain: Drain, _: impl Fn() + Send + 'static) -> Result<(), CliError> {
    tokio::spawn(async move {
        let mut is_draining = false;
        while tokio::signal::ctrl_c().await.is_ok() {
            is_draining = stop(&drain, is_draining);
        }
    });
    Ok(())
}

/// Reacts to a signal that ends the service. Returns true.
fn stop(drain: &Drain, is_draining: bool) -> bool {
    if is_draining {
        std::process::exit(1);
    }
    print_stderr("the service drains; a second signal ends the process at once");
    drain.start();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_number_and_a_unit() {
        for (text, milliseconds) in [("500ms", 500), ("10s", 10_000), ("5m", 300_000), ("0s", 0)] {
            assert_eq!(text.parse(), Ok(Time(Duration::from_millis(milliseconds))));
        }
        for text in ["", "10", "s", "1h", "-1s", "1.5s", "99999999999s", "10 s"] {
            assert!(text.parse::<Time>().is_err(), "{text}");
        }
    }
}
