//! Storage: one schema, one SQL text, two databases.
//!
//! Reads go to a pool; every write goes through one task that groups commits ([`Store::write`]).
//! Whoever writes state notes its event in the same transaction ([`Tx::note`]); the journal gives the
//! notes their place in the log before the commit and publishes them after it.

mod backup;
mod database;
mod error;
mod lock;
mod migrations;
mod query;
pub mod read;
pub mod search;
mod sqlite;
mod steps;
#[cfg(test)]
pub mod testing;
mod value;
mod writer;

#[cfg(test)]
mod tests;

pub use backup::backup;
pub use database::{Connection, Database, Kind, Location};
pub use error::StorageError;
pub use lock::DataLock;
pub use query::{MAX_ARGUMENTS, Query, query, rows_per_statement};
pub use steps::{KEPT_STEPS, Step, StepDetail, StepKind, add_step, steps};
pub use value::{Row, Value};
pub use writer::{NoRecorder, Note, Publish, Recorder, Store, Tx};
