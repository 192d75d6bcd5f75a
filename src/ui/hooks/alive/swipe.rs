//! A finger that draws a message aside answers it.

use crate::model::RowKey;
use std::cell::RefCell;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, PointerEvent};

/// How far a message is drawn until it counts, and at most, in pixels.
const ENOUGH: i32 = 56;
const MOST: i32 = 72;
/// Whoever goes further up or down than this meanwhile, scrolls.
const STRAY: i32 = 28;
/// What is drawn itself: a sound's position.
const DRAWN: &str = "input, .player";

struct Swipe {
    row: HtmlElement,
    x: i32,
    y: i32,
    /// Towards which side: 1 where lines run from left to right.
    way: i32,
    drawn: i32,
}

thread_local! {
    static SWIPE: RefCell<Option<Swipe>> = const { RefCell::new(None) };
}

impl Swipe {
    fn show(&self) {
        let style = self.row.style();
        // Refused only for a property that does not exist.
        if self.drawn == 0 {
            drop(style.remove_property("--swipe"));
        } else {
            drop(style.set_property("--swipe", &format!("{}px", self.drawn * self.way)));
        }
    }
}

/// A finger is put down.
pub fn swipe_begins(event: &PointerEvent) {
    let touched = (event.pointer_type() == "touch").then(|| event.target()).flatten();
    let row = touched
        .and_then(|target| target.dyn_into::<Element>().ok())
        .filter(|element| !matches!(element.closest(DRAWN), Ok(Some(_))))
        .and_then(|element| element.closest("article.message-row").ok()?)
        .and_then(|row| row.dyn_into::<HtmlElement>().ok());
    let rtl = row
        .as_ref()
        .is_some_and(|row| matches!(row.closest("[dir=rtl]"), Ok(Some(root)) if root.tag_name() == "HTML"));
    let way = if rtl { -1 } else { 1 };
    SWIPE.set(row.map(|row| Swipe { row, x: event.client_x(), y: event.client_y(), way, drawn: 0 }));
}

/// It moves.
pub fn swipe_moves(event: &PointerEvent) {
    let strays = SWIPE.with_borrow_mut(|swipe| {
        let Some(swipe) = swipe else { return false };
        if (event.client_y() - swipe.y).abs() > STRAY && swipe.drawn < STRAY {
            return true;
        }
        let drawn = ((event.client_x() - swipe.x) * swipe.way).clamp(0, MOST);
        if drawn != swipe.drawn {
            swipe.drawn = drawn;
            swipe.show();
        }
        false
    });
    if strays {
        swipe_ends();
    }
}

/// It is lifted, or taken for something else: the message goes back. The row that was drawn far enough.
pub fn swipe_ends() -> Option<RowKey> {
    let mut swipe = SWIPE.take()?;
    let far = swipe.drawn >= ENOUGH;
    swipe.drawn = 0;
    swipe.show();
    let key = swipe.row.get_attribute("data-row")?.parse().ok()?;
    far.then_some(RowKey(key))
}
