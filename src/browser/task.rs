//! Work that goes on while the page stays responsive.

use std::pin::Pin;

/// Runs a future on this page. Behind a pointer: what polls it is compiled once, not once for each caller.
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    let future: Pin<Box<dyn Future<Output = ()>>> = Box::pin(future);
    wasm_bindgen_futures::spawn_local(future);
}
