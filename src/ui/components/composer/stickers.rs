//! The stickers at hand: those that were sent from here, and those that somebody put there.

use super::emoji::{PANEL, step};
use crate::model::stickers::Sticker;
use crate::protocol::{MediaInfo, MediaState, NewMessage, Problem, ProblemCode};
use crate::ui::hooks::{ComposerState, Verb, drop_sticker, host, keep_sticker, rest, stickers_at_hand};
use crate::ui::prelude::*;

/// What finds the stickers.
pub const STICKER: &str = ".emoji__sticker";
/// How many stand in a row, as the styles have it.
const ROW: usize = 4;

/// Each as a button that sends it. `search` is the id of the field that stands above.
pub fn sticker_grid(composer: ComposerState, search: &'static str) -> AnyView {
    let s = &messages().stickers;
    let client = composer.client;
    let all = memo(move || stickers_at_hand(client));
    let one = move |(place, sticker): (usize, Sticker)| {
        let name = (s.numbered)(i64::try_from(place + 1).unwrap_or(0));
        let picture = picture(client, &sticker);
        view! {
            <button type="button" class="emoji__sticker" aria-label=name.clone() title=name on:click=move |_| send(composer, &sticker)>
                {picture}
            </button>
        }
    };
    let shown = move || {
        let all = all.get();
        if all.is_empty() {
            return view! { <p class="menu__none" role="status">{s.none}</p> }.into_any();
        }
        view! {
            <div
                class="emoji__all emoji__all--stickers" role="group" aria-label=s.all
                on:keydown=move |event| {
                    if step(&event.key(), STICKER, ROW, search) {
                        event.prevent_default();
                    }
                }
            >
                {all.into_iter().enumerate().map(one).collect_view()}
            </div>
        }
        .into_any()
    };
    dynamic(shown).into_any()
}

/// It is here already: only its message is sent, and kept until then.
fn send(composer: ComposerState, sticker: &Sticker) {
    // First: the focus goes back to where it was before, and not with the button.
    host::hide_popover(PANEL);
    let message = NewMessage { quoted: composer.take_quoted(), ..sticker.message() };
    if host::send_message(composer.client, &composer.chat_id(), message, Some(sticker.info())) {
        keep_sticker(composer.client, sticker.clone());
    }
}

fn picture(client: Client, sticker: &Sticker) -> AnyView {
    let address = format!("/api/v1/media/{}/thumbnail", sticker.id);
    let failed = RwSignal::new(false);
    let sticker = sticker.clone();
    dynamic(move || {
        if failed.get() {
            return view! { <Icon name="sticker"/> }.into_any();
        }
        let missing = sticker.clone();
        let on_error = move |_| {
            failed.set(true);
            look_for(client, missing.clone());
        };
        view! { <img src=address.clone() alt="" width="160" height="160" decoding="async" on:error=on_error/> }
            .into_any()
    })
    .into_any()
}

/// A picture that does not come may be of a file that nobody has any more: then it is none to be sent either.
fn look_for(client: Client, sticker: Sticker) {
    rest(Verb::Get, format!("/media/{}", sticker.id), None, move |found: Result<MediaInfo, Problem>| {
        let gone = match found {
            Ok(info) => matches!(info.state, MediaState::Expired | MediaState::Refused),
            Err(problem) => matches!(problem.code, ProblemCode::NotFound | ProblemCode::Gone),
        };
        if gone {
            drop_sticker(client, &sticker);
        }
    });
}
