//! The log: one span per run, step and call, with the clouds' request ids; never bodies or tokens.

use std::fs::OpenOptions;
use std::sync::Mutex;

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::args::Global;
use crate::failure::Failure;

/// Starts the log if one is asked for: `--log FILE`, filtered by `WIP_LOG` (default: `debug` of
/// wip's own crates, so that no library below can write a header or a body into it).
pub(crate) fn start(global: &Global) -> Result<(), Failure> {
    let Some(path) = &global.log else {
        return Ok(());
    };
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(|error| Failure::file("write the log", path, &error))?;
    let level = std::env::var("WIP_LOG").unwrap_or_else(|_| "debug".to_owned());
    let level: LevelFilter = level.parse().map_err(|error| {
        Failure::new(
            "WIP0003",
            format!("WIP_LOG={level} is no log level"),
            "use error, warn, info, debug or trace",
        )
        .because(&error as &tracing_subscriber::filter::LevelParseError)
    })?;
    let crates = [
        "wip",
        "wip_engine",
        "wip_provider",
        "wip_aws",
        "wip_azure",
        "wip_gcp",
        "wip_kube",
        "wip_rest",
        "wip_state",
    ];
    let filter: Targets = crates.map(|name| (name, level)).into_iter().collect();
    let layer = tracing_subscriber::fmt::layer()
        .json()
        // A span is one line, written when it ends: only then its request id is known.
        .with_span_events(FmtSpan::CLOSE)
        .with_writer(Mutex::new(file));
    // A second start in one process is the only way to fail, and there is none.
    let _ = tracing_subscriber::registry()
        .with(layer.with_filter(filter))
        .try_init();
    Ok(())
}
