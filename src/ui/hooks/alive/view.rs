//! A picture that somebody looks at: how large it is, and which part of it is in sight.

use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, PointerEvent};

/// How high a film's own controls are, at its lower edge, in pixels.
const CONTROLS: i32 = 72;

/// Shows the picture in this size, in percent of its place, which the styles know by a step. What is in the middle of the
/// place stays there.
pub fn set_zoom(stage: NodeRef<Div>, percent: u32, step: usize) {
    let Some(stage) = stage.get_untracked() else { return };
    let (width, height) = (f64::from(stage.client_width()), f64::from(stage.client_height()));
    let middle = |from: i32, seen: f64, all: i32| (f64::from(from) + seen / 2.0) / f64::from(all.max(1));
    let x = middle(stage.scroll_left(), width, stage.scroll_width());
    let y = middle(stage.scroll_top(), height, stage.scroll_height());
    // Refused only for names that do not exist.
    drop(web_sys::HtmlElement::style(&stage).set_property("--zoom", &format!("{percent}%")));
    drop(stage.set_attribute("data-zoom", &step.to_string()));
    stage.set_scroll_left(whole(x * f64::from(stage.scroll_width()) - width / 2.0));
    stage.set_scroll_top(whole(y * f64::from(stage.scroll_height()) - height / 2.0));
}

#[expect(clippy::cast_possible_truncation, reason = "pixels of a page")]
fn whole(pixels: f64) -> i32 {
    pixels.round() as i32
}

/// Draws the picture so far to the right and down.
pub fn pan(stage: NodeRef<Div>, right: i32, down: i32) {
    if let Some(stage) = stage.get_untracked() {
        stage.set_scroll_left(stage.scroll_left() - right);
        stage.set_scroll_top(stage.scroll_top() - down);
    }
}

/// Whether a finger is put down on a film's own controls.
pub fn on_controls(event: &PointerEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let film = target.filter(|target| target.tag_name() == "VIDEO");
    film.is_some_and(|film| film.client_height() - event.offset_y() < CONTROLS)
}
