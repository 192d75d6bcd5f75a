//! What the stream brings is shown with the next paint: all that came since the last one together, so that a burst of
//! events is laid out as often as it is painted, and not as often as something happened. What comes alone does not wait.

use crate::browser::{BeforePaint, page, spawn};
use crate::model::Input;
use crate::ui::client::Client;
use std::cell::RefCell;

thread_local! {
    static GATHERED: RefCell<Vec<Input>> = const { RefCell::new(Vec::new()) };
    /// The paint before which the gathered is taken in; none, once one went by and nothing had been gathered.
    static PAINT: RefCell<Option<BeforePaint>> = const { RefCell::new(None) };
}

/// Takes this in: at once if nothing was taken in since the last paint, else before the next one.
pub(super) fn gather(client: Client, input: Input) {
    GATHERED.with_borrow_mut(|gathered| gathered.push(input));
    if PAINT.with_borrow(Option::is_none) {
        release(client);
    }
}

/// Takes in what was gathered, now.
pub(super) fn release(client: Client) {
    let inputs = GATHERED.take();
    if inputs.is_empty() {
        return;
    }
    if PAINT.with_borrow(Option::is_none) {
        await_paint(client);
    }
    super::stream::apply(client, inputs);
}

fn await_paint(client: Client) {
    PAINT.set(Some(BeforePaint::call(move || painting(client))));
}

fn painting(client: Client) {
    // Not from within its own callback: what calls is still held.
    let called = PAINT.take();
    spawn(async move { drop(called) });
    let inputs = GATHERED.take();
    if inputs.is_empty() {
        return;
    }
    // A hidden page is called by a timer, and browsers slow timers down that set each other.
    if page::visible() {
        await_paint(client);
    }
    super::stream::apply(client, inputs);
}
