//! Discovery, values, findings, restarts and tokens, against the sandbox where something is asked.

mod discovery;
mod restarts;
mod stage;
mod values;
