//! Two workspaces on one server: nobody sees or changes what is the other's, whatever they show and wherever they
//! ask. The routes are read off the API's own document, so that a new one is tried without being named here.

mod attempts;
mod routes;
mod wires;
mod world;
