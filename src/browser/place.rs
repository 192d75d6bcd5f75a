//! Where this machine is, if its user lets the page know.

use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::Position;

/// Asks once. `None` if it is refused or not known.
pub fn locate(then: impl FnOnce(Option<(f64, f64)>) + 'static) {
    let once = Rc::new(RefCell::new(Some(then)));
    let tell = move |place: Option<(f64, f64)>| {
        if let Some(then) = once.borrow_mut().take() {
            then(place);
        }
    };
    let failed = tell.clone();
    let found = Closure::once_into_js(move |position: Position| {
        let coordinates = position.coords();
        tell(Some((coordinates.latitude(), coordinates.longitude())));
    });
    let refused = {
        let failed = failed.clone();
        Closure::once_into_js(move |_: JsValue| failed(None))
    };
    let geolocation = web_sys::window().and_then(|window| window.navigator().geolocation().ok());
    let asked = geolocation.is_some_and(|geolocation| {
        let (found, refused) = (found.unchecked_ref(), refused.unchecked_ref());
        geolocation.get_current_position_with_error_callback(found, Some(refused)).is_ok()
    });
    if !asked {
        failed(None);
    }
}
