//! The server: everything that runs on the operator's machine.

pub mod auth;
pub mod config;
pub mod crash;
pub mod devices;
pub mod engine;
pub mod gateway;
pub mod journal;
pub mod media;
pub mod push;
pub mod reach;
pub mod run;
pub mod sandbox;
pub mod source;
pub mod storage;
pub mod telemetry;
pub mod webhooks;
