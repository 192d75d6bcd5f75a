//! Whom a direct chat is with.

use super::place::Place;
use crate::model::DetailInput;
use crate::model::text::phone;
use crate::protocol::Contact;
use crate::ui::components::modal::confirm;
use crate::ui::hooks::Verb;
use crate::ui::prelude::*;

/// The large picture at the head of the details; one that is a photo opens by itself.
pub fn face(place: Place) -> AnyView {
    let t = messages();
    let seed = place.cell.with_untracked(|state| state.chat.jid.clone());
    let face = memo(move || place.cell.with(|state| (state.chat.name.clone(), state.chat.picture.clone())));
    let part = move || {
        let (name, picture) = face.get();
        let seed = seed.clone();
        let label = (t.details.picture)(&name);
        let address = picture.clone();
        let shown = view! { <Avatar name seed picture size="avatar--huge"/> };
        match address {
            Some(address) => view! {
                <a class="detail__picture" href=address target="_blank" rel="noopener external" aria-label=label>{shown}</a>
            }
            .into_any(),
            None => shown.into_any(),
        }
    };
    view! { {dynamic(part)} }.into_any()
}

/// A person: picture, name, number, what they say of themselves, and whether they are blocked.
pub fn person(place: Place) -> AnyView {
    let t = messages();
    let client = place.client;
    let contact = memo(move || client.pane.with(|pane| pane.as_ref().and_then(|pane| pane.contact.clone())));
    let (number, jid) =
        place.cell.with_untracked(|state| (state.chat.phone_number.clone(), state.chat.jid.clone()));
    let number = number.map(|number| phone(&number));
    let own_name = move || {
        let name = contact.get()?.push_name?;
        (name != place.name()).then(|| view! { <p class="detail__below" dir="auto">"~"{name}</p> })
    };
    let about = move || {
        let about = contact.get()?.about.filter(|about| !about.trim().is_empty())?;
        Some(view! {
            <section class="detail__section">
                <h3 class="detail__heading">{t.details.about}</h3>
                <p dir="auto">{about}</p>
            </section>
        })
    };
    let blocked = memo(move || contact.with(|contact| contact.as_ref().map(|contact| contact.blocked)));
    let asked = RwSignal::new(None::<String>);
    let path = StoredValue::new(jid);
    let set = move |on: bool| {
        let what = if on { "block" } else { "unblock" };
        let path = path.with_value(|jid| format!("/devices/{}/contacts/{jid}/{what}", place.device()));
        place.ask(Verb::Post, path, None, move |done: Option<()>| {
            let known = contact.try_get_untracked().flatten();
            if let (Some(()), Some(contact)) = (done, known) {
                client.detail(DetailInput::Contact(Contact { blocked: on, ..contact }));
            }
        });
    };
    let sends = client.may_send();
    let blocking = move || {
        let blocked = blocked.get()?;
        let says = blocked.then(|| {
            view! { <p class="form-error" role="status"><Icon name="warn"/>{t.details.blocked}</p> }
        });
        let change = sends.then(|| {
            if blocked {
                return view! {
                    <button type="button" class="detail__row" on:click=move |_| set(false)><Icon name="check"/><span>{t.details.unblock}</span></button>
                }
                .into_any();
            }
            view! {
                <button type="button" class="detail__row detail__row--bad" on:click=move |_| asked.set(Some(untrack(|| place.name())))>
                    <Icon name="block"/><span>{t.details.block}</span>
                </button>
            }
            .into_any()
        });
        (blocked || sends).then(|| view! { <section class="detail__section">{says}{change}</section> })
    };
    view! {
        <section class="detail__section detail__section--who">
            {face(place)}
            <h3 class="detail__name" dir="auto">{dynamic(move || place.name())}</h3>
            {number.map(|number| view! { <p class="detail__below tabular">{number}</p> })}
            {dynamic(own_name)}
        </section>
        {dynamic(about)}
        {dynamic(blocking)}
        {confirm(asked, |name| (t.details.block_title)(name), t.details.block_text, t.details.block, move |_| set(true))}
    }
    .into_any()
}
