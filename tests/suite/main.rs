//! The whole server from outside, with the real binary for each test. One program: each more would be linked with all
//! that the server is made of, and run after the one before it.

#![cfg(feature = "ssr")]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod calls;
mod chat;
mod chat_socket;
mod chat_state;
mod connection_status;
mod device_namespace;
mod engine_linked;
mod export;
mod faults;
mod groups;
mod history;
mod http;
mod identity;
mod isolation;
mod kill;
#[cfg(debug_assertions)]
mod kill_points;
mod labels;
mod leases;
mod media;
mod media_messages;
mod message_actions;
mod message_kinds;
mod metrics;
mod notices;
mod people;
mod pins;
mod presence;
mod push;
mod receipts;
mod rest_contract;
mod resume;
mod rooms;
mod sandbox_network;
mod scripts;
mod search;
mod site;
mod stream;
mod trace;
mod trust;
mod unanswered;
mod webhooks;
