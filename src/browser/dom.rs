//! Measuring and moving what is on the page.

use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, HtmlElement, MutationObserver, MutationObserverInit, ResizeObserver};

/// Calls back whenever elements below the observed one came or went. Dropping it ends that.
pub struct ContentWatch {
    observer: MutationObserver,
    _closure: Closure<dyn FnMut()>,
}

impl ContentWatch {
    /// Watches what is below this element.
    #[must_use]
    pub fn new(element: &Element, call: impl FnMut() + 'static) -> Option<Self> {
        let closure = Closure::<dyn FnMut()>::new(call);
        let observer = MutationObserver::new(closure.as_ref().unchecked_ref()).ok()?;
        let what = MutationObserverInit::new();
        what.set_child_list(true);
        what.set_subtree(true);
        observer.observe_with_options(element, &what).ok()?;
        Some(Self { observer, _closure: closure })
    }
}

impl Drop for ContentWatch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// Calls back whenever one of the observed elements changes its size. Dropping it ends that.
pub struct SizeWatch {
    observer: ResizeObserver,
    _closure: Closure<dyn FnMut()>,
}

impl SizeWatch {
    /// Watches these elements.
    #[must_use]
    pub fn new(elements: &[&Element], call: impl FnMut() + 'static) -> Option<Self> {
        let closure = Closure::<dyn FnMut()>::new(call);
        let observer = ResizeObserver::new(closure.as_ref().unchecked_ref()).ok()?;
        for element in elements {
            observer.observe(element);
        }
        Some(Self { observer, _closure: closure })
    }
}

impl Drop for SizeWatch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// Puts the focus on the first element that this selector finds below `root`, or in the page.
pub fn focus(root: Option<&Element>, selector: &str) -> bool {
    let found = match root {
        Some(root) => root.query_selector(selector),
        None => match web_sys::window().and_then(|window| window.document()) {
            Some(document) => document.query_selector(selector),
            None => return false,
        },
    };
    let element = found.ok().flatten().and_then(|element| element.dyn_into::<HtmlElement>().ok());
    element.is_some_and(|element| element.focus().is_ok())
}

/// Whether this selector finds anything in the page.
#[must_use]
pub fn finds(selector: &str) -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_some_and(|document| document.query_selector(selector).ok().flatten().is_some())
}

/// The element that has the focus, or its nearest ancestor, if this selector finds it.
#[must_use]
pub fn focused_in(selector: &str) -> Option<HtmlElement> {
    let active = web_sys::window()?.document()?.active_element()?;
    active.closest(selector).ok()??.dyn_into().ok()
}

/// The neighbour of an element, before or after it, that this selector finds.
#[must_use]
pub fn neighbour(of: &Element, selector: &str, forward: bool) -> Option<HtmlElement> {
    let step = |element: &Element| {
        if forward { element.next_element_sibling() } else { element.previous_element_sibling() }
    };
    let mut next = step(of);
    while let Some(element) = next {
        if element.matches(selector).unwrap_or(false) {
            return element.dyn_into().ok();
        }
        next = step(&element);
    }
    None
}
