//! Who is in a group, and what can be done with each.

use super::place::Place;
use crate::model::Rights;
use crate::model::members::member_name;
use crate::model::sandbox::Items;
use crate::model::text::phone;
use crate::protocol::{Command, CommandResult, GroupMember, GroupRole, read_record};
use crate::ui::client::Tone;
use crate::ui::components::modal::{confirm, modal};
use crate::ui::components::picker::{Pick, Pool, picker};
use crate::ui::hooks::{Verb, close_dialog, host};
use crate::ui::prelude::*;
use leptos::html::Dialog;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use serde_json::{Value, json};

/// How many are shown at first.
const FEW: usize = 12;

/// What became of one person.
struct Outcome {
    jid: String,
    done: bool,
    error: Option<String>,
}

read_record!(Outcome { jid: "jid", done: "done", error: "error" });

/// Asks for a change of members or requests, shows who was refused, and reads the group again.
pub fn change_members(place: Place, below: &str, body: Value, names: Vec<(String, String)>) {
    let t = messages();
    let client = place.client;
    place.ask(Verb::Post, place.group_path(below), Some(body), move |answer: Option<Items<Outcome>>| {
        let refused = answer.into_iter().flat_map(|all| all.items).filter(|one| !one.done);
        for one in refused {
            let name = names.iter().find(|(id, _)| *id == one.jid).map(|(_, name)| name.clone());
            let name = name.unwrap_or_else(|| phone(one.jid.split('@').next().unwrap_or_default()));
            let code = one.error.unwrap_or_default();
            let says = match code.as_str() {
                "403" => (t.details.unwilling)(&name),
                "404" => (t.details.unknown)(&name),
                "409" => (t.details.member_already)(&name),
                code => (t.details.refused)(&name, code),
            };
            client.toast(Tone::Bad, says);
        }
        place.load_group();
    });
}

/// The list of members.
pub fn members(place: Place, rights: Memo<Rights>) -> AnyView {
    let t = messages();
    let client = place.client;
    let all = RwSignal::new(false);
    let adding = RwSignal::new(false);
    let removing = RwSignal::new(None::<(String, String)>);
    let people = memo(move || {
        let own = place.own();
        client.pane.with(|pane| {
            let mut people = pane.as_ref()?.group.as_ref()?.members.clone();
            let ours = |one: &GroupMember| own.is_some() && one.phone_number == own;
            people.sort_by_key(|one| (!ours(one), one.role == GroupRole::Member, one.name.to_lowercase()));
            Some(people)
        })
    });
    let list = move || {
        let people = people.get()?;
        let count = people.len();
        let shown = if all.get() { count } else { FEW.min(count) };
        let own = untrack(|| place.own());
        let rows = people.into_iter().take(shown).map(|one| {
            let ours = own.is_some() && one.phone_number == own;
            member(place, one, ours, rights, removing)
        });
        let rest = (shown < count).then(|| {
            view! {
                <button type="button" class="detail__row" on:click=move |_| all.set(true)>
                    <Icon name="down"/><span>{(t.details.show_all)(i64::try_from(count).unwrap_or(0))}</span>
                </button>
            }
        });
        let add = rights.get().add.then(|| view! {
            <button type="button" class="detail__row" on:click=move |_| adding.set(true)><Icon name="plus"/><span>{t.details.add_members}</span></button>
        });
        Some(view! {
            <section class="detail__section">
                <h3 class="detail__heading">{t.details.member_list}</h3>
                {add}
                <ul class="detail__members">{rows.collect_view()}</ul>
                {rest}
            </section>
        })
    };
    view! {
        {dynamic(list)}
        {dynamic(move || adding.get().then(|| add(place, adding)))}
        {confirm(removing, |who| (t.details.remove_title)(&who.1), t.details.remove_text, t.details.remove, move |who: (String, String)| {
            let body = json!({ "remove": [who.0] });
            change_members(place, "/members", body, vec![who]);
        })}
    }
    .into_any()
}

fn member(
    place: Place,
    one: GroupMember,
    ours: bool,
    rights: Memo<Rights>,
    removing: RwSignal<Option<(String, String)>>,
) -> AnyView {
    let t = messages();
    let name = if ours { t.thread.you.to_owned() } else { member_name(&one) };
    let role = match one.role {
        GroupRole::Owner => Some(t.details.owner),
        GroupRole::Admin => Some(t.details.admin),
        GroupRole::Member => None,
    };
    let number = one.phone_number.as_deref().map(phone).filter(|number| *number != name);
    let label = (t.details.member_actions)(&name);
    let (seed, face, picture) = (one.jid.clone(), one.name.clone(), one.picture.clone());
    let actions = (!ours && place.client.may_send()).then(|| {
        let said = name.clone();
        view! {
            <details class="member__more" name="member">
                <summary class="icon-button" aria-label=label><Icon name="more"/></summary>
                {dynamic(move || actions(place, &one, &said, rights.get().admin, removing))}
            </details>
        }
    });
    view! {
        <li class="member">
            <Avatar name=face seed picture size="avatar--small"/>
            <span class="pick__who">
                <span class="pick__name" dir="auto">{name}</span>
                <span class="pick__below tabular">{number}</span>
            </span>
            {role.map(|role| view! { <span class="member__role">{role}</span> })}
            {actions}
        </li>
    }
    .into_any()
}

fn actions(
    place: Place,
    one: &GroupMember,
    name: &str,
    admin: bool,
    removing: RwSignal<Option<(String, String)>>,
) -> AnyView {
    let t = messages();
    let go = StoredValue::new(use_navigate());
    let client = place.client;
    let jid = one.jid.clone();
    let write = move |_| {
        let open = Command::OpenChat { device_id: place.device(), to: jid.clone() };
        host::ask(open, move |result| match result {
            Ok(CommandResult::Chat(chat)) => {
                go.try_with_value(|go| go(&format!("/chats/{}", chat.id), NavigateOptions::default()));
            }
            Ok(_) => {}
            Err(problem) => client.toast(Tone::Bad, problem.detail),
        });
    };
    let who = (one.jid.clone(), name.to_owned());
    let admins = (admin && one.role != GroupRole::Owner).then(|| {
        let (what, label) = match one.role {
            GroupRole::Member => ("promote", t.details.promote),
            _ => ("demote", t.details.demote),
        };
        let (turned, gone) = (who.clone(), who);
        view! {
            <button type="button" class="menu__item" on:click=move |_| {
                let mut body = serde_json::Map::new();
                body.insert(what.to_owned(), json!([turned.0]));
                change_members(place, "/members", body.into(), vec![turned.clone()]);
            }><Icon name="star"/>{label}</button>
            <button type="button" class="menu__item menu__item--bad" on:click=move |_| removing.set(Some(gone.clone()))>
                <Icon name="trash"/>{t.details.remove}
            </button>
        }
    });
    view! {
        <div class="member__actions">
            <button type="button" class="menu__item" on:click=write><Icon name="chat"/>{t.details.write_to}</button>
            {admins}
        </div>
    }
    .into_any()
}

/// The dialog that adds people.
fn add(place: Place, adding: RwSignal<bool>) -> AnyView {
    let t = messages();
    let dialog = NodeRef::<Dialog>::new();
    let chosen = RwSignal::new(Vec::<Pick>::new());
    let hidden = place.client.pane.with_untracked(|pane| {
        let group = pane.as_ref().and_then(|pane| pane.group.as_ref());
        group.map(|group| group.members.iter().map(|one| one.jid.clone()).collect::<Vec<_>>())
    });
    let device = Signal::derive(move || Some(place.device()));
    let doit = move |_| {
        let picks = chosen.get_untracked();
        let ids: Vec<String> = picks.iter().map(|pick| pick.id.clone()).collect();
        let names = picks.into_iter().map(|pick| (pick.id, pick.name)).collect();
        change_members(place, "/members", json!({ "add": ids }), names);
        close_dialog(dialog);
    };
    let content = view! {
        {picker(Pool::People, device, true, chosen, hidden.unwrap_or_default())}
        <div class="dialog__actions">
            <button type="button" class="button" on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
            <button type="button" class="button button--primary" disabled=live(move || chosen.with(Vec::is_empty)) on:click=doit>{t.details.add}</button>
        </div>
    }
    .into_any();
    modal(
        dialog,
        t.details.add_members.to_owned(),
        Box::new(move || {
            adding.try_set(false);
        }),
        content,
    )
}
