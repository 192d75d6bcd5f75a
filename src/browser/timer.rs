//! One thing to do later. Dropping the timer takes it back.

use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;

/// A call that is due once.
pub struct Timer {
    handle: Option<i32>,
    _closure: Closure<dyn FnMut()>,
}

impl Timer {
    /// Calls back after so many milliseconds.
    #[must_use]
    pub fn after(milliseconds: i64, call: impl FnOnce() + 'static) -> Self {
        let closure = Closure::once(call);
        let delay = i32::try_from(milliseconds.max(0)).unwrap_or(i32::MAX);
        let handle = web_sys::window().and_then(|window| {
            let callback = closure.as_ref().unchecked_ref();
            window.set_timeout_with_callback_and_timeout_and_arguments_0(callback, delay).ok()
        });
        Self { handle, _closure: closure }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let (Some(handle), Some(window)) = (self.handle, web_sys::window()) {
            window.clear_timeout_with_handle(handle);
        }
    }
}
