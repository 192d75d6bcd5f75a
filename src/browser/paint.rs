//! One thing to do right before the page is painted next.

use super::{Timer, page};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;

/// By when it is done where the browser paints late, in milliseconds.
const LATE: i64 = 100;
/// After how long it is done on a page that is hidden: such pages are not painted.
const HIDDEN: i64 = 16;

type Call = Rc<Cell<Option<Box<dyn FnOnce()>>>>;

/// A call that is due once, right before the next paint. Dropping it takes it back.
pub struct BeforePaint {
    frame: Option<i32>,
    _closure: Closure<dyn FnMut()>,
    _timer: Timer,
}

impl BeforePaint {
    /// Calls back before the next paint, or soon where there is none.
    #[must_use]
    pub fn call(call: impl FnOnce() + 'static) -> Self {
        let call: Box<dyn FnOnce()> = Box::new(call);
        let call: Call = Rc::new(Cell::new(Some(call)));
        // Whichever of both is first.
        let once = |call: Call| {
            move || {
                if let Some(call) = call.take() {
                    call();
                }
            }
        };
        let visible = page::visible();
        let closure = Closure::once(once(Rc::clone(&call)));
        let window = web_sys::window().filter(|_| visible);
        let frame =
            window.and_then(|window| window.request_animation_frame(closure.as_ref().unchecked_ref()).ok());
        let timer = Timer::after(if visible { LATE } else { HIDDEN }, once(call));
        Self { frame, _closure: closure, _timer: timer }
    }
}

impl Drop for BeforePaint {
    fn drop(&mut self) {
        if let (Some(frame), Some(window)) = (self.frame, web_sys::window()) {
            // One that was there already is none.
            drop(window.cancel_animation_frame(frame));
        }
    }
}
