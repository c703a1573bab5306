//! `--show-config`: the settings in force, and where each comes from.

use clap::ArgMatches;
use clap::parser::ValueSource;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::Global;
use crate::failure::{Exit, Failure};
use crate::terminal::Terminal;

/// `wip-config/1`: the settings in force.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Config {
    #[schemars(extend("const" = "wip-config/1"))]
    format: &'static str,
    settings: Vec<Setting>,
}

/// One setting.
#[derive(Serialize, JsonSchema)]
struct Setting {
    /// The option that sets it.
    name: &'static str,
    /// What it is, in words where nothing sets it.
    value: String,
    /// `flag`, `variable` or `default`.
    from: &'static str,
}

/// Prints the settings if that is what was asked for; `None` where a command is to run.
pub(crate) fn shown(
    global: &Global,
    matches: &ArgMatches,
    terminal: &Terminal,
) -> Option<Result<Exit, Failure>> {
    if !global.show_config {
        return None;
    }
    let path = |path: &Option<std::path::PathBuf>, unset: &str| {
        path.as_ref()
            .map_or_else(|| unset.to_owned(), |path| path.display().to_string())
    };
    let text =
        |text: &Option<String>, unset: &str| text.clone().unwrap_or_else(|| unset.to_owned());
    let settings = [
        (
            "state",
            text(&global.state, "state, or the sandbox folder's state"),
        ),
        ("lock", text(&global.lock, "no")),
        ("sandbox", path(&global.sandbox, "no")),
        (
            "limits",
            global
                .limits
                .as_ref()
                .map_or_else(|| "reads=20,writes=10".to_owned(), ToString::to_string),
        ),
        ("log", path(&global.log, "no")),
        ("color", format!("{:?}", global.color).to_lowercase()),
        ("json", global.json.to_string()),
        ("verbose", global.verbose.to_string()),
    ]
    .map(|(name, value)| Setting {
        name,
        value,
        from: source(matches, name),
    });
    if terminal.json {
        let config = Config {
            format: "wip-config/1",
            settings: settings.into(),
        };
        return Some(terminal.print_json(&config).map(|()| Exit::Done));
    }
    for Setting { name, value, from } in settings {
        terminal.print(&format!("{name:8} {value}  ({from})"));
    }
    Some(Ok(Exit::Done))
}

/// A variable that is there and empty sets nothing, as in a pipeline whose own variable is not
/// set; a flag that is empty is a mistake.
///
/// # Errors
/// For such a flag.
pub(crate) fn without_empty(global: &mut Global, matches: &ArgMatches) -> Result<(), Failure> {
    for (name, value) in [("state", &mut global.state), ("lock", &mut global.lock)] {
        if value.as_deref() != Some("") {
            continue;
        }
        if source(matches, name) == "flag" {
            let heading = format!("--{name} is empty; nothing was done");
            let hint = "name a place, or leave the flag away";
            return Err(Failure::new("WIP0004", heading, hint));
        }
        *value = None;
    }
    Ok(())
}

/// Where a setting comes from; a subcommand's own matches know more than their parent's.
fn source(matches: &ArgMatches, name: &str) -> &'static str {
    let mut at = Some(matches);
    let mut found = None;
    while let Some(matches) = at {
        if let Ok(Some(_)) = matches
            .try_contains_id(name)
            .map(|there| there.then_some(()))
        {
            found = matches.value_source(name).or(found);
        }
        at = matches.subcommand().map(|(_, below)| below);
    }
    match found {
        Some(ValueSource::CommandLine) => "flag",
        Some(ValueSource::EnvVariable) => "variable",
        _ => "default",
    }
}
