//! The server over real connections.

mod dialect;
mod lives;
mod site;
mod wires;
