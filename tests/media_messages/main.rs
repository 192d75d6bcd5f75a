//! Files in messages, both ways, through the real binary: what is sent arrives as it was, once, and what comes is
//! fetched as it was sent.

#![cfg(feature = "ssr")]

mod coming;
mod elsewhere;
mod files;
#[path = "../support/s3.rs"]
mod s3;
mod sending;
#[path = "../support/mod.rs"]
mod support;
mod wires;
mod world;
