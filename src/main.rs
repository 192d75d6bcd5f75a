//! The binary: reads the settings, serves, and stops in order when it is asked to.

#![forbid(unsafe_code)]

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use switchboard::server::auth;
use switchboard::server::config::{Config, SETTINGS};
use switchboard::server::journal::Journal;
use switchboard::server::run::Server;
use switchboard::server::source::Source;
use switchboard::server::storage::{self, Database};
use switchboard::server::telemetry;

/// A self-hosted WhatsApp switchboard. Without a command, it serves.
#[derive(Parser)]
#[command(version, after_help = settings_help())]
struct Arguments {
    /// The file with the settings; found by itself in the working folder or beside the binary.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Write the log as JSON lines.
    #[arg(long, global = true)]
    log_json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve (the default).
    Serve,
    /// Write a consistent copy of the embedded database, also while the server runs.
    Backup {
        /// Where to; it must not exist yet.
        file: PathBuf,
    },
    /// Print a new one-time sign-in link, also while the server runs.
    SignInLink,
}

fn settings_help() -> String {
    let mut help =
        "Settings (in Leptos.toml under [switchboard], or in the environment or .env, which win):\n"
            .to_owned();
    for setting in SETTINGS {
        let default =
            if setting.default.is_empty() { String::new() } else { format!(" [{}]", setting.default) };
        help.push_str(&format!(
            "  SWITCHBOARD_{:<20} {}{default}\n",
            setting.name.to_uppercase(),
            setting.meaning
        ));
    }
    help
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    telemetry::init(arguments.log_json);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&error),
    };
    let code = runtime.block_on(run(arguments));
    // Everything that matters has ended: requests to somebody else's slow servers must not hold us up.
    runtime.shutdown_background();
    code
}

async fn run(arguments: Arguments) -> ExitCode {
    let config = match Config::load(arguments.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return refuse(&error),
    };
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => serve(config).await,
        Command::Backup { file } => match storage::backup(&config.database, &file).await {
            Ok(()) => {
                println!("The database was copied to {}.", file.display());
                ExitCode::SUCCESS
            }
            Err(error) => refuse(&error),
        },
        Command::SignInLink => match sign_in_link(&config).await {
            Ok(path) => {
                println!("Sign in, once and within a day: {}{path}", base_url(config.addr));
                ExitCode::SUCCESS
            }
            Err(error) => refuse(&error),
        },
    }
}

async fn serve(config: Config) -> ExitCode {
    if !config.site.is_built() {
        eprintln!(
            "switchboard: the web client was not found in {}. Build it with `make build`.",
            config.site.leptos.site_root
        );
        return ExitCode::FAILURE;
    }
    let server = match Server::start(config, Source::system()).await {
        Ok(server) => server,
        Err(error) => return refuse(&error),
    };
    let base = base_url(server.addr);
    println!("Switchboard is ready at {base}");
    if let Some(path) = &server.sign_in {
        println!("Sign in, once and within a day: {base}{path}");
    }
    wait_for_stop().await;
    println!("Stopping …");
    server.stop().await;
    ExitCode::SUCCESS
}

async fn sign_in_link(config: &Config) -> Result<String, storage::StorageError> {
    let source = Source::system();
    let journal = Journal::start(Database::open(&config.database).await?, source.clone()).await?;
    let workspace = auth::first_workspace(&journal, &source).await?;
    let token = auth::owner_link(&journal, &source, &workspace).await?;
    Ok(format!("/sign-in?token={token}"))
}

/// An address that a browser on this computer can open.
fn base_url(addr: std::net::SocketAddr) -> String {
    if addr.ip().is_unspecified() {
        format!("http://localhost:{}", addr.port())
    } else {
        format!("http://{addr}")
    }
}

async fn wait_for_stop() {
    let interrupt = tokio::signal::ctrl_c();
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = interrupt => {}
        () = terminate => {}
    }
}

fn refuse(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("switchboard: {error}");
    ExitCode::FAILURE
}
