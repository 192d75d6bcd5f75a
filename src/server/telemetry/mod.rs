//! What the server says of itself while it runs.

mod metrics;

pub use metrics::{Metrics, Open, SocketIoLoad, Wire};

use tracing_subscriber::EnvFilter;

/// Ours at `info`; of the libraries only what went wrong.
const DEFAULT: &str =
    "warn,switchboard=info,whatsapp_rust=error,wacore=error,wacore_libsignal=off,Client=error";
/// Whatever is asked for: the engine names pairing codes in this target, and the HTTP client whole addresses,
/// which may have secrets in them.
const NEVER: [&str; 3] = ["Client/PairCode=warn", "ureq=info", "ureq_proto=info"];

/// Sends the log to standard error: readable lines, or JSON where it is collected. `RUST_LOG` chooses
/// what is said.
pub fn init(json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let never = NEVER.iter().filter_map(|directive| directive.parse().ok());
    let filter = never.fold(filter, EnvFilter::add_directive);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let result = if json { builder.json().try_init() } else { builder.compact().try_init() };
    // A test may have set one up already: that one stays.
    drop(result);
}
