//! What the stream brings is shown with the next paint: all that came since the last one together, so that a burst of
//! events is laid out as often as it is painted, and not as often as something happened. What comes alone does not wait.
//! Where that takes long, as much time is left to whoever writes or scrolls before the next is taken in.

use crate::browser::{BeforePaint, Timer, clock, page, spawn};
use crate::model::Input;
use crate::protocol::{CommandId, Millis, Outcome};
use crate::ui::client::Client;
use std::cell::{Cell, RefCell};

/// What a paint may take, with all that is taken in before it, until there is a rest after it, in milliseconds: as long as
/// nobody sees that the page was busy.
const LONG: Millis = 50;
/// The longest rest, in milliseconds.
const REST: Millis = 250;

/// For how long after a paint what comes is gathered for the next, in milliseconds: where more comes that soon, it goes on
/// coming, and there is time enough until the next paint. Less than a frame of a fast screen.
const SOON: Millis = 5;

/// What the stream brings.
pub(super) enum Came {
    /// Something happened.
    Input(Input),
    /// The server answered a command, after what happened before.
    Answer(CommandId, Outcome),
}

/// What what comes has to wait for. Held for what it calls.
enum Wait {
    Paint { _call: BeforePaint },
    Rest { _call: Timer },
}

thread_local! {
    static GATHERED: RefCell<Vec<Came>> = const { RefCell::new(Vec::new()) };
    /// None, once a paint went by and nothing had been gathered.
    static WAIT: RefCell<Option<Wait>> = const { RefCell::new(None) };
    /// Whether what is taken in is painted right after.
    static PAINTS: Cell<bool> = const { Cell::new(false) };
}

/// Takes this in: at once if nothing was taken in since the last paint, else before the next one.
pub(super) fn gather(client: Client, came: Came) {
    GATHERED.with_borrow_mut(|gathered| gathered.push(came));
    if WAIT.with_borrow(Option::is_none) {
        await_paint(client);
        super::stream::take_in(client, GATHERED.take());
    }
}

fn await_paint(client: Client) {
    wait(Some(Wait::Paint { _call: BeforePaint::call(move || painting(client)) }));
}

fn wait(next: Option<Wait>) {
    // Not from within its own callback: what calls is still held.
    let called = WAIT.replace(next);
    spawn(async move { drop(called) });
}

fn painting(client: Client) {
    let came = GATHERED.take();
    // A hidden page is called by a timer, and browsers slow timers down that set each other.
    if came.is_empty() || !page::visible() {
        wait(None);
    } else {
        let begun = clock::now();
        PAINTS.set(true);
        wait(Some(Wait::Rest { _call: Timer::after(0, move || painted(client, begun)) }));
    }
    if !came.is_empty() {
        super::stream::take_in(client, came);
    }
}

/// The first timer after a paint.
fn painted(client: Client, begun: Millis) {
    PAINTS.set(false);
    let took = clock::now().saturating_sub(begun);
    let rest = if took > LONG { took.min(REST) } else { SOON };
    wait(Some(Wait::Rest { _call: Timer::after(rest, move || rested(client)) }));
}

/// Whatever has come since is painted with the next frame. Where nothing has, none is asked for: what comes right then
/// would have to wait for the one behind it.
fn rested(client: Client) {
    if GATHERED.with_borrow(Vec::is_empty) {
        wait(None);
    } else {
        await_paint(client);
    }
}

/// Whether a paint is under way, and what changes now is in it.
pub(super) fn paints() -> bool {
    PAINTS.get()
}
