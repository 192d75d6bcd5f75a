//! What addresses lead to.

mod chats;
mod device;
mod devices;
mod error;
mod offline;
mod sandbox;
mod settings;
mod sign_in;

pub use chats::{ChatsPage, HomePage};
pub use device::DevicePage;
pub use devices::DevicesPage;
pub use error::{NotFoundPage, TroublePage};
pub use offline::OfflinePage;
pub use sandbox::SandboxPage;
pub use settings::SettingsPage;
pub use sign_in::{LoginPage, WelcomePage};
