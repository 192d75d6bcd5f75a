//! In which order the page's language has names.

use super::page;
use js_sys::{Array, Function, Intl, Object};
use std::cmp::Ordering;
use wasm_bindgen::JsValue;

thread_local! {
    // A collator costs more to make than a thousand times to use.
    static COMPARE: Function = {
        let languages = Array::new();
        if let Some(language) = page::language() {
            languages.push(&JsValue::from_str(&language));
        }
        Intl::Collator::new(&languages, &Object::new()).compare()
    };
}

/// Which of two names comes first.
#[must_use]
pub fn name_order(one: &str, other: &str) -> Ordering {
    let (one, other) = (JsValue::from_str(one), JsValue::from_str(other));
    let compared = COMPARE.with(|compare| compare.call2(&JsValue::NULL, &one, &other).ok()?.as_f64());
    compared.and_then(|compared| compared.partial_cmp(&0.0)).unwrap_or(Ordering::Equal)
}
