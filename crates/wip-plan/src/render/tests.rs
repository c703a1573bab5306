//! Tests of the renderers: plans in, text out.

mod documents;
mod markdown;
mod sample;
mod text;
