//! Seed 2: instances over Socket.IO. An instance is a device, a subscription a workspace.
//!
//! On connecting, a socket joins `subscription:<workspace>`: it is told of every instance that it may see, until it
//! chooses. From its first `subscribe:instance` on it is told of those alone that it is subscribed to; each event comes
//! once, in however many rooms a socket is. `subscribe:instance` and `unsubscribe:instance`, with
//! an id or `{instanceId}`, join and leave `instance:<id>`; through the acknowledgement they answer
//! `{success: true, instanceId}` or `{success: false, instanceId, error, code}`, and the latter as `instance:error`,
//! too. An id of somebody else is answered like one that nobody has: `not_found`.
//!
//! | event | payload | to whom |
//! |---|---|---|
//! | `instance:status:changed` | `instanceId`, `oldStatus`, `newStatus`, `metadata` | whoever subscribed to the instance, or to none yet |
//! | `instance:qr:generated` | `instanceId`, `qrCode` (the raw text), `expiry`, `attempt` | the same |
//! | `instance:connected` | `instanceId`, `phone`, `displayName` | the same |
//! | `instance:disconnected` | `instanceId`, `reason`, `code` | the same |
//! | `instance:error` | `instanceId`, `error`, `code` | the same: it cannot go on without a person |
//! | `subscription:stats:updated` | `subscriptionId`, `stats` | everybody who may see all of the workspace |
//!
//! Statuses are in capitals; `expiry` is in milliseconds since 1970. `metadata` has `timestamp`, `name`, `phone`,
//! `displayName` and `cause`.
//!
//! Whoever subscribes is told the present state at once, in the same events: `instance:status:changed` with
//! `metadata.current: true` and `oldStatus` equal to `newStatus`, then `instance:connected`, or the code that waits
//! to be scanned. It stands in the stream where it holds: what follows is newer.
//!
//! The numbers are sent on connecting and when they have changed, once a second at most, and less often where
//! counting takes long.

mod events;
mod requests;
mod stats;

pub use events::{concerns, present, said};
pub use requests::{answer, hears, room};
pub use stats::StatsBoard;
