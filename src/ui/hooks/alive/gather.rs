//! What the stream brings is shown with the next paint. The first few events since the last one are taken in at once, as
//! the time until the next paint is there to be used; all that follow, together right before it, so that a burst is laid
//! out as often as it is painted, and not as often as something happened.

use crate::browser::{BeforePaint, page, spawn};
use crate::model::Input;
use crate::ui::client::Client;
use std::cell::{Cell, RefCell};

/// How many are taken in at once between two paints.
const AT_ONCE: usize = 4;

thread_local! {
    /// How many were since the last paint.
    static TAKEN: Cell<usize> = const { Cell::new(0) };
    static GATHERED: RefCell<Vec<Input>> = const { RefCell::new(Vec::new()) };
    /// The paint before which the gathered is taken in, and from which on more are taken in at once.
    static PAINT: RefCell<Option<BeforePaint>> = const { RefCell::new(None) };
}

/// Takes this in: at once if it is among the first since the last paint, else before the next one.
pub(super) fn gather(client: Client, input: Input) {
    let waiting = GATHERED.with_borrow_mut(|gathered| {
        gathered.push(input);
        gathered.len() > 1
    });
    let taken = TAKEN.get();
    if !waiting && taken < AT_ONCE {
        TAKEN.set(taken + 1);
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
        PAINT.set(Some(BeforePaint::call(move || painting(client))));
    }
    super::stream::apply(client, inputs);
}

fn painting(client: Client) {
    // Not from within its own callback: what calls is still held.
    let called = PAINT.take();
    spawn(async move { drop(called) });
    TAKEN.set(0);
    let inputs = GATHERED.take();
    if inputs.is_empty() {
        return;
    }
    // Amid a burst, what comes before the next paint waits for it as well. Not on a hidden page: it is called by a timer,
    // and browsers slow timers down that set each other.
    if inputs.len() > AT_ONCE && page::visible() {
        TAKEN.set(AT_ONCE);
        PAINT.set(Some(BeforePaint::call(move || painting(client))));
    }
    super::stream::apply(client, inputs);
}
