//! Names for commands that no other client ever makes.

use crate::protocol::CommandId;
use std::fmt::Write as _;

/// A new command's id: 128 random bits.
#[must_use]
pub fn command_id() -> Option<CommandId> {
    let mut bytes = [0_u8; 16];
    web_sys::window()?.crypto().ok()?.get_random_values_with_u8_array(&mut bytes).ok()?;
    let mut text = String::from("c_");
    for byte in bytes {
        write!(text, "{byte:02x}").ok()?;
    }
    text.parse().ok()
}

/// A random number from 0 up to 1, for spreading attempts over time.
#[must_use]
pub fn chance() -> f64 {
    js_sys::Math::random()
}
