//! The API keeps what its document promises.

#![cfg(feature = "ssr")]

mod document;
#[path = "../support/mod.rs"]
mod support;
