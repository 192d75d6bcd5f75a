//! What only a browser can do: sockets, storage, clocks, the page itself.
//!
//! Compiled for the browser alone. Nothing here knows Leptos or the pages: whoever starts something hands
//! in what is to be called back. The user interface comes here through its hooks only.

pub mod clock;
pub mod dom;
pub mod drafts;
pub mod files;
pub mod hints;
pub mod http;
pub mod ids;
pub mod kept;
pub mod order;
pub mod outbox;
pub mod page;
mod paint;
pub mod parcels;
pub mod place;
pub mod recorder;
pub mod sound;
pub mod storage;
pub mod stream;
mod task;
pub mod texts;
mod timer;
pub mod upload;

pub use paint::BeforePaint;
pub use task::spawn;
pub use timer::Timer;
