//! Whom a message reached and when, and its way there.

use super::tasks::done;
use crate::model::sandbox::Items;
use crate::model::text::{phone, plain, spans};
use crate::model::{DetailInput, PersonReceipt, Row, Trace, Watched};
use crate::protocol::{ChatId, GroupInfo, MessageId, MessageKind, MessageStatus, Millis, Problem};
use crate::ui::components::MomentText;
use crate::ui::components::detail::{again_when_live, not_loaded};
use crate::ui::components::modal::modal;
use crate::ui::hooks::{Verb, close_dialog, rest};
use crate::ui::prelude::*;
use leptos::html::Dialog;

/// The dialog.
pub fn info(client: Client, id: MessageId, chat: ChatId, group: bool) -> AnyView {
    let t = messages();
    let dialog = NodeRef::<Dialog>::new();
    let row = client.read(|model| Some(model.thread(model.open_chat()?)?.log.by_id(&id)?.clone()));
    let Some(row) = row else { return ().into_any() };
    let mine = row.from_me();
    let text = if row.text().is_empty() && row.kind() != MessageKind::Text {
        (t.kinds.name)(row.kind()).to_owned()
    } else {
        let mentions = row.details().map(|details| details.mentions.clone()).unwrap_or_default();
        plain(&spans(&client.read(|model| model.with_names(row.text(), &mentions))))
    };
    let first = if mine { t.about_message.sent } else { t.about_message.received };
    let content = view! {
        <p class="message-info__text" dir="auto">{text}</p>
        <dl class="facts message-info__facts">{fact(first, Some(row.at()))}</dl>
        {mine.then(|| receipts(client, &id, chat, group))}
        {way(&id, &row)}
        <div class="dialog__actions">
            <button type="button" class="button" on:click=move |_| close_dialog(dialog)>{t.details.close}</button>
        </div>
    }
    .into_any();
    modal(dialog, t.about_message.info.to_owned(), done(client), content)
}

fn fact(label: &'static str, at: Option<Millis>) -> AnyView {
    let t = messages();
    let when = match at {
        Some(at) => view! { <MomentText at/> }.into_any(),
        None => t.about_message.not_yet.into_any(),
    };
    view! { <div class="facts__row"><dt>{label}</dt><dd>{when}</dd></div> }.into_any()
}

/// Each person with when they got, read and played it; in a group, those whom it has not reached, too.
fn receipts(client: Client, id: &MessageId, chat: ChatId, group: bool) -> AnyView {
    let t = messages();
    let members = RwSignal::new(None::<GroupInfo>);
    let failed = RwSignal::new(false);
    let (path, message_id) = (format!("/messages/{id}/receipts"), id.clone());
    let (device, own, name) = client.read(|model| {
        let found = model.chat_key(&chat).and_then(|key| model.chat(key));
        let device = found.and_then(|state| model.device(&state.chat.device_id));
        (
            device.map(|state| state.device.id.clone()),
            device.and_then(|state| state.device.phone_number.clone()),
            found.map(|state| state.chat.name.clone()).unwrap_or_default(),
        )
    });
    let group_path = device.filter(|_| group).map(|device| format!("/devices/{device}/groups/{chat}"));
    let asked = StoredValue::new((message_id, path, group_path));
    let ask = move || {
        let Some((message_id, path, group_path)) = asked.try_get_value() else { return };
        failed.try_set(false);
        rest(Verb::Get, path, None, move |answer: Result<Items<PersonReceipt>, Problem>| match answer {
            Ok(all) => client.detail(DetailInput::Watch(Watched { message_id, people: all.items })),
            Err(_) => drop(failed.try_set(true)),
        });
        if let Some(path) = group_path {
            rest(Verb::Get, path, None, move |answer: Result<GroupInfo, Problem>| match answer {
                Ok(group) => drop(members.try_set(Some(group))),
                Err(_) => drop(failed.try_set(true)),
            });
        }
    };
    react(move |_| ask());
    again_when_live(client, move || {
        if failed.get_untracked() {
            ask();
        }
    });
    on_cleanup(move || client.detail(DetailInput::Unwatch));
    let people = move || {
        let mut people = client.watched.get()?.people;
        let members = members.get().map(|group| group.members).unwrap_or_default();
        for one in &members {
            let known = |shown: &PersonReceipt| is(&shown.person, &one.jid, one.phone_number.as_deref());
            if one.phone_number != own && !people.iter().any(known) {
                let person = one.phone_number.clone().unwrap_or_else(|| one.jid.clone());
                people.push(PersonReceipt { person, delivered_at: None, read_at: None, played_at: None });
            }
        }
        if people.is_empty() {
            return Some(
                view! { <p class="detail__note" role="status">{t.about_message.nobody_yet}</p> }.into_any(),
            );
        }
        // Who came furthest stands first.
        people.sort_by_key(|one| {
            (one.played_at.is_none(), one.read_at.is_none(), one.delivered_at.is_none(), one.person.clone())
        });
        let name = name.clone();
        let rows = people.into_iter().map(move |one| {
            let member =
                members.iter().find(|member| is(&one.person, &member.jid, member.phone_number.as_deref()));
            let name = match member {
                Some(member) => member.name.clone(),
                None if group => {
                    let known = client.read(|model| model.name_of(&one.person));
                    known.unwrap_or_else(|| phone(&one.person))
                }
                None => name.clone(),
            };
            person(&one, &name)
        });
        Some(view! { <ul class="message-info__people">{rows.collect_view()}</ul> }.into_any())
    };
    let why = move || failed.get().then(|| not_loaded(Box::new(ask)));
    view! { {dynamic(why)}{dynamic(people)} }.into_any()
}

fn is(person: &str, jid: &str, number: Option<&str>) -> bool {
    person == jid || number == Some(person)
}

fn person(one: &PersonReceipt, name: &str) -> AnyView {
    let t = messages();
    let shown = if name.bytes().all(|byte| byte.is_ascii_digit()) { phone(name) } else { name.to_owned() };
    let delivered = one.delivered_at.or(one.read_at).or(one.played_at);
    view! {
        <li class="message-info__person">
            <span class="message-info__name" dir="auto">{shown}</span>
            <dl class="facts message-info__facts">
                {fact(t.about_message.delivered, delivered)}
                {fact(t.about_message.read, one.read_at)}
                {one.played_at.map(|at| fact(t.about_message.played, Some(at)))}
            </dl>
        </li>
    }
    .into_any()
}

/// What happened to it, step by step: at once where something is wrong, else when it is asked for.
fn way(id: &MessageId, row: &Row) -> AnyView {
    let t = messages();
    let client = use_client();
    let clock = client.clock;
    let wrong = row.from_me() && row.status() <= MessageStatus::Failed;
    let asked = RwSignal::new(wrong);
    let steps = RwSignal::new(None::<Result<Trace, String>>);
    let path = StoredValue::new(format!("/messages/{id}/trace"));
    let ask = move || {
        let Some(path) = path.try_get_value() else { return };
        steps.try_set(None);
        rest(Verb::Get, path, None, move |answer: Result<Trace, Problem>| {
            steps.try_set(Some(answer.map_err(|problem| problem.detail)));
        });
    };
    react(move |_| {
        if asked.get() {
            ask();
        }
    });
    again_when_live(client, move || {
        if steps.with_untracked(|steps| matches!(steps, Some(Err(_)))) {
            ask();
        }
    });
    let part = move || {
        if !asked.get() {
            return view! {
                <button type="button" class="button" on:click=move |_| asked.set(true)>{t.about_message.show_way}</button>
            }
            .into_any();
        }
        match steps.get() {
            None => view! { <p class="detail__note" role="status">{t.common.loading}"…"</p> }.into_any(),
            Some(Err(detail)) => view! {
                <p class="form-error" role="alert"><Icon name="warn"/>{detail}</p>
                <button type="button" class="button" on:click=move |_| ask()>{t.common.try_again}</button>
            }
            .into_any(),
            Some(Ok(trace)) => {
                let said = trace
                    .steps
                    .into_iter()
                    .filter_map(|step| Some((step.at, (t.about_message.step)(&step)?, step.retry_at)));
                let lines = said.map(|(at, text, retry)| {
                    let again =
                        retry.map(|at| view! { <span class="tabular">" → "{clock.moment(at, t)}</span> });
                    view! { <li class="way__step"><MomentText at/><span>{text}{again}</span></li> }
                });
                view! {
                    <section class="way">
                        <h3 class="detail__heading">{t.about_message.way}</h3>
                        <p class="detail__note">{t.about_message.way_text}</p>
                        <ol class="way__steps">{lines.collect_view()}</ol>
                    </section>
                }
                .into_any()
            }
        }
    };
    view! { {dynamic(part)} }.into_any()
}
