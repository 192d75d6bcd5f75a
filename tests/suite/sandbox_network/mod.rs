//! The production client on the emulated network.

mod breaks;
mod chat;
mod crash;
mod edges;
mod groups;
mod kinds;
mod linking;
mod media;
mod once;
mod resend;
mod restart;
mod support;
mod sync;
mod world;
