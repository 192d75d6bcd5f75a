//! A plain event stream whose events only say that there is something new to ask for.

use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;
use web_sys::{EventSource, MessageEvent};

/// An open stream of hints. The browser reconnects it by itself; dropping it ends it.
pub struct Hints {
    source: EventSource,
    _message: Closure<dyn FnMut(MessageEvent)>,
}

impl Hints {
    /// Calls back with each event's data.
    #[must_use]
    pub fn open(path: &str, call: impl Fn(String) + 'static) -> Option<Self> {
        let source = EventSource::new(path).ok()?;
        let closure = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                call(text);
            }
        });
        source.set_onmessage(Some(closure.as_ref().unchecked_ref()));
        Some(Self { source, _message: closure })
    }
}

impl Drop for Hints {
    fn drop(&mut self) {
        self.source.set_onmessage(None);
        self.source.close();
    }
}
