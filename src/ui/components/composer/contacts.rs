//! Sending cards of people whom the device knows.

use super::modal::modal;
use crate::model::text::phone;
use crate::protocol::{Contact, ContactCard, DeviceId, NewMessage};
use crate::ui::hooks::{ComposerState, close_dialog, host};
use crate::ui::prelude::*;

/// The dialog: finds people, several may be chosen.
pub fn contact_dialog(
    composer: ComposerState,
    device: Option<DeviceId>,
    closed: impl Fn() + Clone + Send + 'static,
) -> AnyView {
    let t = messages();
    let w = t.writing;
    let words = RwSignal::new(String::new());
    let found = RwSignal::new(None::<Vec<Contact>>);
    let failed = RwSignal::new(false);
    let chosen = RwSignal::new(Vec::<ContactCard>::new());
    react(move |_| {
        let asked = words.get();
        let Some(device) = device.clone() else { return };
        let of = asked.clone();
        host::find_contacts(&device, &asked, move |result| {
            // An answer to what is no longer asked is none.
            if words.try_get_untracked().is_some_and(|now| now == of) {
                failed.set(result.is_err());
                found.set(Some(result.unwrap_or_default()));
            }
        });
    });
    let title = || messages().writing.contact.to_owned();
    modal(title, false, closed, move |dialog| {
        let one = move |contact: Contact| {
            // Whoever has no number known has no card.
            let number = contact.phone_number?;
            let card = ContactCard {
                name: contact.name.clone(),
                phone_numbers: vec![number.clone()],
                vcard: String::new(),
            };
            let has = card.clone();
            let on = memo(move || chosen.with(|all| all.contains(&has)));
            Some(view! {
                <button
                    type="button" class="menu__item" aria-pressed=live(move || on.get().to_string())
                    on:click=move |_| chosen.update(|all| {
                        if on.get_untracked() {
                            all.retain(|other| *other != card);
                        } else {
                            all.push(card.clone());
                        }
                    })
                >
                    <span class="poll__mark" aria-hidden="true">{dynamic(move || on.get().then(|| view! { <Icon name="check"/> }))}</span>
                    <span><span dir="auto">{contact.name}</span><span class="menu__small tabular">{phone(&number)}</span></span>
                </button>
            })
        };
        let list = move || {
            if failed.get() {
                return view! { <p class="form-error" role="alert">{w.contacts_failed}</p> }.into_any();
            }
            match found.get() {
                None => ().into_any(),
                Some(all) if all.is_empty() => {
                    view! { <p class="menu__none" role="status">{w.no_contacts}</p> }.into_any()
                }
                Some(all) => all.into_iter().filter_map(one).collect_view().into_any(),
            }
        };
        let count = move || i64::try_from(chosen.with(Vec::len)).unwrap_or(0);
        let send = move |event: leptos::ev::SubmitEvent| {
            event.prevent_default();
            let contacts = chosen.get_untracked();
            if !contacts.is_empty() && composer.post(NewMessage { contacts, ..NewMessage::default() }) {
                close_dialog(dialog);
            }
        };
        view! {
            <form class="form" on:submit=send>
                <input
                    class="field__input" type="search" autocomplete="off" autofocus=true
                    placeholder=w.find_contact aria-label=w.find_contact
                    on:input=move |event| words.set(event_target_value(&event))
                />
                <div class="people">{dynamic(list)}</div>
                <div class="dialog__actions">
                    <button type="button" class="button" on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
                    <button type="submit" class="button button--primary" disabled=live(move || count() == 0)>
                        {dynamic(move || (w.send_contacts)(count()))}
                    </button>
                </div>
            </form>
        }
        .into_any()
    })
}
