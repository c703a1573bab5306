//! Tests of the planner: single decisions, and laws over random worlds.

mod adopting;
mod bound;
mod deciding;
mod destroying;
mod laws;
mod limits;
mod parts;
mod renames;
mod rooms;
mod world;
