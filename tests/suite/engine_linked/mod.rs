//! A linked device against the sandbox: the engine that production runs, on real keys and real sessions.

mod chat;
mod durability;
mod ends;
mod media;
mod pairing;
mod running;
mod support;
