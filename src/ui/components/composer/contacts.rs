//! Sending cards of people whom the device knows.

use crate::model::DeviceState;
use crate::protocol::{ContactCard, NewMessage};
use crate::ui::components::modal::tool;
use crate::ui::components::picker::{Pick, Pool, picker};
use crate::ui::hooks::{ComposerState, close_dialog};
use crate::ui::prelude::*;

/// The dialog: finds people, several may be chosen. Whoever has no number known has no card.
pub fn contact_dialog(
    composer: ComposerState,
    device: Signal<Option<DeviceState>>,
    closed: impl Fn() + Send + 'static,
) -> AnyView {
    let t = messages();
    let w = &t.writing;
    let chosen = RwSignal::new(Vec::<Pick>::new());
    let device = Signal::derive(move || device.with(|state| Some(state.as_ref()?.device.id.clone())));
    tool(
        || messages().writing.contact.to_owned(),
        false,
        closed,
        move |dialog| {
            let count = move || i64::try_from(chosen.with(Vec::len)).unwrap_or(0);
            let card = |pick: Pick| ContactCard {
                name: pick.name,
                phone_numbers: pick.number.into_iter().collect(),
                vcard: String::new(),
            };
            let send = move |event: leptos::ev::SubmitEvent| {
                event.prevent_default();
                let contacts: Vec<ContactCard> = chosen.get_untracked().into_iter().map(card).collect();
                if !contacts.is_empty() && composer.post(NewMessage { contacts, ..NewMessage::default() }) {
                    close_dialog(dialog);
                }
            };
            view! {
            <form class="form" on:submit=send>
                {picker(Pool::Numbers, device, true, chosen, Vec::new())}
                <div class="dialog__actions">
                    <button type="button" class="button" on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
                    <button type="submit" class="button button--primary" disabled=live(move || count() == 0)>
                        {dynamic(move || (w.send_contacts)(count()))}
                    </button>
                </div>
            </form>
        }
        .into_any()
        },
    )
}
