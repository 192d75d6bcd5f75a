//! A picture that is to be sent as a sticker: what becomes of it, before it goes.

use crate::model::stickers::{Made, Unfit};
use crate::model::{Picked, Sending};
use crate::protocol::MessageKind;
use crate::ui::components::modal::tool;
use crate::ui::hooks::{ComposerState, close_dialog, host};
use crate::ui::prelude::*;

/// The dialog.
pub fn sticker_dialog(
    composer: ComposerState,
    picture: Picked,
    closed: impl Fn() + Send + 'static,
) -> AnyView {
    let t = messages();
    let s = &t.stickers;
    let name = (t.kinds.name)(MessageKind::Sticker);
    let made = RwSignal::new(None::<Result<Made, Unfit>>);
    let ready = memo(move || made.with(|made| matches!(made, Some(Ok(_)))));
    react(move |ran: Option<()>| {
        if ran.is_none() {
            host::make_sticker(picture.clone(), move |result| {
                // Whoever closed the dialog meanwhile sends none.
                if let Some(late) = made.try_set(Some(result)) {
                    forget(late);
                }
            });
        }
    });
    on_cleanup(move || {
        if let Some(left) = made.try_update(Option::take) {
            forget(left);
        }
    });
    let done = move || {
        closed();
        host::focus_to_write("#composer");
    };
    let title = move || name.to_owned();
    tool(title, false, done, move |dialog| {
        let send = move |event: leptos::ev::SubmitEvent| {
            event.prevent_default();
            if let Some(Some(Ok(sticker))) = made.try_update(Option::take) {
                let quoted = composer.take_quoted();
                let sending = Sending::sticker(composer.chat_id(), sticker.picked, quoted);
                host::send_files(composer.client, vec![sending]);
                close_dialog(dialog);
            }
        };
        let shown = move || {
            made.with(|made| match made {
                None => says(t.common.loading),
                Some(Ok(sticker)) => {
                    let url = sticker.picked.url.clone();
                    let stilled = sticker.stilled.then(|| says(s.stilled));
                    view! { <img class="sticker-preview__picture" src=url alt=name/>{stilled} }.into_any()
                }
                Some(Err(unfit)) => {
                    let why = if *unfit == Unfit::Browser { s.no_webp } else { s.unreadable };
                    view! { <p class="form-error" role="alert"><Icon name="warn"/>{why}</p> }.into_any()
                }
            })
        };
        view! {
            <form class="sticker-preview" on:submit=send>
                {dynamic(shown)}
                <div class="dialog__actions">
                    <button type="button" class="button" on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
                    <button type="submit" class="button button--primary" disabled=live(move || !ready.get())>{t.composer.send}</button>
                </div>
            </form>
        }
        .into_any()
    })
}

fn says(text: &'static str) -> AnyView {
    view! { <p class="sticker-preview__says" role="status">{text}</p> }.into_any()
}

/// Lets go of a sticker that is not sent.
fn forget(made: Option<Result<Made, Unfit>>) {
    if let Some(Ok(sticker)) = made {
        host::forget_files(&[sticker.picked.key]);
    }
}
