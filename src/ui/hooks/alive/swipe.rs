//! A finger that draws a message aside answers it; one that draws the whole page in from its edge goes back.

use crate::browser::page;
use crate::model::RowKey;
use std::cell::RefCell;
use std::thread::LocalKey;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, PointerEvent};

/// How far something is drawn until it counts, and at most, in pixels.
const ENOUGH: i32 = 56;
const MOST: i32 = 72;
/// Whoever goes further up or down than this meanwhile, scrolls.
const STRAY: i32 = 28;
/// What is drawn itself: a sound's position.
const DRAWN: &str = "input, .player";
/// A finger that is put down nearer to the leading edge than this draws the page, in pixels.
const EDGE: f64 = 24.0;

struct Swipe {
    drawn_thing: HtmlElement,
    /// The property by which the styles move it.
    property: &'static str,
    x: i32,
    y: i32,
    /// Towards which side: 1 where lines run from left to right.
    way: i32,
    drawn: i32,
}

type Held = LocalKey<RefCell<Option<Swipe>>>;

thread_local! {
    static SWIPE: RefCell<Option<Swipe>> = const { RefCell::new(None) };
    static BACK: RefCell<Option<Swipe>> = const { RefCell::new(None) };
}

impl Swipe {
    fn new(drawn_thing: HtmlElement, property: &'static str, event: &PointerEvent) -> Self {
        let way = if rtl() { -1 } else { 1 };
        Self { drawn_thing, property, x: event.client_x(), y: event.client_y(), way, drawn: 0 }
    }

    fn show(&self) {
        let style = self.drawn_thing.style();
        // Refused only for a property that does not exist.
        if self.drawn == 0 {
            drop(style.remove_property(self.property));
        } else {
            drop(style.set_property(self.property, &format!("{}px", self.drawn * self.way)));
        }
    }
}

fn rtl() -> bool {
    page::root_attribute("dir").as_deref() == Some("rtl")
}

/// What this selector finds around the place where a finger was put down.
fn touched(event: &PointerEvent, selector: &str) -> Option<HtmlElement> {
    let target = event.target().filter(|_| event.pointer_type() == "touch")?;
    target.dyn_into::<Element>().ok()?.closest(selector).ok()??.dyn_into().ok()
}

/// The pane that a finger at the edge of a phone draws.
fn at_edge(event: &PointerEvent) -> Option<HtmlElement> {
    let pane = touched(event, ".thread, .detail").filter(|_| page::phone())?;
    let (place, x) = (pane.get_bounding_client_rect(), f64::from(event.client_x()));
    let inwards = if rtl() { place.right() - x } else { x - place.left() };
    (0.0..=EDGE).contains(&inwards).then_some(pane)
}

/// A finger is put down on the thread. At the edge it means another swipe.
pub fn swipe_begins(event: &PointerEvent) {
    let row = if at_edge(event).is_some() { None } else { touched(event, "article.message-row") };
    let row = row.filter(|_| touched(event, DRAWN).is_none());
    SWIPE.set(row.map(|row| Swipe::new(row, "--swipe", event)));
}

/// It moves.
pub fn swipe_moves(event: &PointerEvent) {
    moves(&SWIPE, event);
}

/// It is lifted, or taken for something else: the message goes back. The row that was drawn far enough.
pub fn swipe_ends() -> Option<RowKey> {
    let swipe = ends(&SWIPE)?;
    let key = swipe.drawn_thing.get_attribute("data-row")?.parse().ok()?;
    Some(RowKey(key))
}

/// A finger is put down, perhaps at the edge.
pub fn back_swipe_begins(event: &PointerEvent) {
    BACK.set(at_edge(event).map(|pane| Swipe::new(pane, "--swipe-back", event)));
}

/// It moves.
pub fn back_swipe_moves(event: &PointerEvent) {
    moves(&BACK, event);
}

/// It is lifted, or taken for something else: the pane is where it was. `true` if it was drawn far enough.
pub fn back_swipe_ends() -> bool {
    ends(&BACK).is_some()
}

fn moves(held: &'static Held, event: &PointerEvent) {
    let strays = held.with_borrow_mut(|swipe| {
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
        ends(held);
    }
}

/// What was drawn is where it was again; the answer is it, if it was drawn far enough.
fn ends(held: &'static Held) -> Option<Swipe> {
    let mut swipe = held.take()?;
    let far = swipe.drawn >= ENOUGH;
    swipe.drawn = 0;
    swipe.show();
    far.then_some(swipe)
}
