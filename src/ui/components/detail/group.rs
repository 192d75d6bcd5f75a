//! A group: what it is called and about, who may do what, and who is in it.

use super::person::face;
use super::place::Place;
use super::{invite, members};
use crate::model::Rights;
use crate::protocol::GroupSettings;
use crate::ui::prelude::*;
use serde_json::json;

/// The part of the details that groups have.
pub fn group(place: Place) -> AnyView {
    let t = messages();
    let client = place.client;
    let clock = client.clock;
    let group = memo(move || client.pane.with(|pane| pane.as_ref().and_then(|pane| pane.group.clone())));
    let account = memo(move || {
        let own = place.own();
        client.pane.with(|pane| pane.as_ref().map(|pane| pane.rights(own.as_deref())).unwrap_or_default())
    });
    // Whatever the account may do, it does for those who may send.
    let sends = client.may_send();
    let rights = memo(move || if sends { account.get() } else { Rights::default() });
    let editing = RwSignal::new(false);
    let head = move || {
        let group = group.get();
        let count = group.as_ref().map(|group| i64::try_from(group.members.len()).unwrap_or(0));
        let below = count.map_or_else(
            || t.details.group.to_owned(),
            |count| format!("{} · {}", t.details.group, (t.details.members)(count)),
        );
        view! { <p class="detail__below">{below}</p> }
    };
    let state = move || {
        let group = group.get()?;
        if group.left {
            return Some(
                view! { <p class="form-error" role="status"><Icon name="info"/>{t.details.left}</p> }
                    .into_any(),
            );
        }
        (!place.connected()).then(|| {
            let says = (t.details.as_of)(&clock.moment(group.as_of, t));
            view! { <p class="detail__note" role="status">{says}</p> }.into_any()
        })
    };
    let about = move || {
        if editing.get() {
            return Some(edit(place, editing));
        }
        let group = group.get()?;
        let description = group.description.filter(|text| !text.trim().is_empty()).map(|text| {
            view! { <div class="detail__text" dir="auto">{crate::ui::components::rich_text::rich_text(&text)}</div> }
        });
        let change = rights.get().edit.then(|| view! {
            <button type="button" class="detail__row" on:click=move |_| editing.set(true)><Icon name="edit"/><span>{t.details.edit}</span></button>
        });
        let created = group.created_at.map(|at| {
            view! { <p class="detail__note">{(t.details.created)(&clock.moment(at, t))}</p> }
        });
        Some(view! { <section class="detail__section">{description}{created}{change}</section> }.into_any())
    };
    let (admin, sees) = (memo(move || rights.get().admin), memo(move || account.get().admin));
    view! {
        <section class="detail__section detail__section--who">
            {face(place)}
            <h3 class="detail__name" dir="auto">{dynamic(move || place.name())}</h3>
            {dynamic(head)}
            {dynamic(state)}
        </section>
        {dynamic(about)}
        {dynamic(move || admin.get().then(|| settings(place)))}
        {dynamic(move || admin.get().then(|| invite::invite(place)))}
        {dynamic(move || sees.get().then(|| invite::requests(place)))}
        {members::members(place, rights)}
    }
    .into_any()
}

/// Another name and description.
fn edit(place: Place, editing: RwSignal<bool>) -> AnyView {
    let t = messages();
    let now = place.client.pane.with_untracked(|pane| {
        let group = pane.as_ref()?.group.as_ref()?;
        Some((group.subject.clone(), group.description.clone().unwrap_or_default()))
    });
    let (subject, description) = now.unwrap_or_default();
    let was = StoredValue::new((subject.clone(), description.clone()));
    let (subject, description) = (RwSignal::new(subject), RwSignal::new(description));
    let busy = RwSignal::new(false);
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (name, about) = (subject.get_untracked().trim().to_owned(), description.get_untracked());
        let (name_was, about_was) = was.get_value();
        if name.is_empty() || busy.get_untracked() {
            return;
        }
        let mut body = serde_json::Map::new();
        if name != name_was {
            body.insert("subject".to_owned(), json!(name));
        }
        if about != about_was {
            let about = about.trim();
            body.insert("description".to_owned(), if about.is_empty() { json!(null) } else { json!(about) });
        }
        if body.is_empty() {
            return editing.set(false);
        }
        busy.set(true);
        place.change_group(body.into(), move |done| {
            busy.try_set(false);
            if done {
                editing.try_set(false);
            }
        });
    };
    view! {
        <form class="detail__section form" on:submit=save>
            <label class="field">
                <span class="field__label">{t.details.subject}</span>
                <input
                    class="field__input" type="text" required=true maxlength="100" autocomplete="off" dir="auto"
                    prop:value=subject on:input=move |event| subject.set(event_target_value(&event))
                />
            </label>
            <label class="field">
                <span class="field__label">{t.details.description}</span>
                <textarea
                    class="field__input" rows="4" maxlength="2048" dir="auto"
                    prop:value=description on:input=move |event| description.set(event_target_value(&event))
                ></textarea>
            </label>
            <div class="dialog__actions">
                <button type="button" class="button" on:click=move |_| editing.set(false)>{t.common.cancel}</button>
                <button type="submit" class="button button--primary" disabled=busy>{t.common.save}</button>
            </div>
        </form>
    }
    .into_any()
}

/// Who may do what: for those who administer the group.
fn settings(place: Place) -> AnyView {
    let t = messages();
    let client = place.client;
    let now = memo(move || {
        client
            .pane
            .with(|pane| pane.as_ref().and_then(|pane| pane.group.as_ref()).map(|group| group.settings))
    });
    let again = RwSignal::new(0_u32);
    let switch = move |name: &'static str, label: &'static str, of: fn(&GroupSettings) -> bool| {
        let on = move || now.get().is_some_and(|settings| of(&settings));
        view! {
            <label class="detail__row detail__switch">
                <span>{label}</span>
                <input
                    type="checkbox" role="switch" checked=untrack(on) prop:checked=live(on)
                    on:change=move |event| {
                        let mut settings = serde_json::Map::new();
                        settings.insert(name.to_owned(), json!(event_target_checked(&event)));
                        place.change_group(json!({ "settings": settings }), move |done| {
                            if !done {
                                again.try_update(|again| *again += 1);
                            }
                        });
                    }
                />
            </label>
        }
    };
    // Made anew after a refusal: a switch that did not turn shows what is true.
    let switches = move || {
        again.track();
        view! {
            {switch("announce", t.details.announce, |settings| settings.announce)}
            {switch("locked", t.details.locked, |settings| settings.locked)}
            {switch("memberAdd", t.details.member_add, |settings| settings.member_add)}
            {switch("approval", t.details.approval, |settings| settings.approval)}
        }
    };
    view! {
        <section class="detail__section">
            <h3 class="detail__heading">{t.details.rights}</h3>
            {dynamic(switches)}
        </section>
    }
    .into_any()
}
