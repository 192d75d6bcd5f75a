//! Files in messages, both ways, through the real binary: what is sent arrives as it was, once, and what comes is
//! fetched as it was sent.

mod coming;
mod elsewhere;
mod files;
#[path = "../../support/s3.rs"]
mod s3;
mod sending;
mod wires;
mod world;
