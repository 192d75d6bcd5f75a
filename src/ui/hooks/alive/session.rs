//! Whose page this is. A browser has one session for all of its tabs: somebody may sign in as another user in one of
//! them, and a page that was loaded before is then nobody's. It notices by what the stream says of whose it is, by what
//! other tabs say, and by the server, which refuses what is asked for in another's name.

use crate::browser::{http, page, storage, stream};
use crate::protocol::{Millis, UserId};
use crate::ui::client::Client;
use std::cell::Cell;

/// Where tabs tell each other who is signed in, as the server said it to one of them.
const NAME: &str = "user";
/// How often a page that stays open uses its session, so that neither it nor its cookie ends.
const USE_EVERY: Millis = 6 * 3_600_000;

thread_local! {
    static USED_AT: Cell<Millis> = const { Cell::new(0) };
}

/// From here on, the page is its user's and nobody else's.
pub(super) fn start(client: Client) {
    USED_AT.set(super::now());
    let own = client.me().user_id;
    http::speak_for(own.clone());
    // What another tab heard is a hint: the server is asked, once for each user that is told of.
    let mut told = None;
    page::on_window(&["storage"], move |_| {
        let says = storage::load(NAME);
        let other = says.as_deref().is_some_and(|says| own.as_ref().is_some_and(|own| own.as_str() != says));
        if other && told != says {
            stream::check_session();
        }
        told = says;
    });
}

/// Whether a user that the server names is this page's. Where one of the two is a program, nobody can be told apart.
pub(super) fn is_ours(client: Client, user: Option<&UserId>) -> bool {
    let own = client.me().user_id;
    let (Some(own), Some(user)) = (own, user) else { return true };
    let ours = own == *user;
    if ours && storage::load(NAME).as_deref() != Some(own.as_str()) {
        storage::keep(NAME, own.as_str());
    }
    ours
}

/// Uses the session if it was not used for long.
pub(super) fn keep() {
    let now = super::now();
    if now - USED_AT.get() >= USE_EVERY {
        USED_AT.set(now);
        stream::check_session();
    }
}
