//! What users are promised, tried on the built command.

mod architecture;
mod destinations;
mod reproducible;
mod run;
mod support;
mod toolchain;
mod transcripts;
