//! How people come into a group by themselves: its link, and who asks to be let in.

use super::members::change_members;
use super::place::Place;
use crate::model::DetailInput;
use crate::model::sandbox::Items;
use crate::protocol::{GroupRequest, Problem, read_record};
use crate::ui::client::Tone;
use crate::ui::components::modal::confirm;
use crate::ui::hooks::{Verb, host, rest};
use crate::ui::prelude::*;
use serde_json::json;

struct Invite {
    link: String,
}

read_record!(Invite { link: "link" });

/// The link, for those who administer the group.
pub fn invite(place: Place) -> AnyView {
    let t = messages();
    let client = place.client;
    let link = RwSignal::new(None::<String>);
    let asked = RwSignal::new(None::<()>);
    let fetch = move |verb: Verb| {
        place.ask(verb, place.group_path("/invite"), None, move |invite: Option<Invite>| {
            if let Some(invite) = invite {
                link.try_set(Some(invite.link));
            }
        });
    };
    let copy = move |text: String| {
        host::copy_text(&text, move |done| {
            let (tone, says) =
                if done { (Tone::Good, t.details.copied) } else { (Tone::Bad, t.details.not_copied) };
            client.toast(tone, says);
        });
    };
    let part = move || {
        match link.get() {
        None => view! {
            <button type="button" class="detail__row" on:click=move |_| fetch(Verb::Get)><Icon name="link"/><span>{t.details.show_invite}</span></button>
        }
        .into_any(),
        Some(link) => {
            let copied = link.clone();
            view! {
                <p class="detail__link" dir="ltr">{link}</p>
                <div class="detail__buttons">
                    <button type="button" class="button" on:click=move |_| copy(copied.clone())><Icon name="copy"/>{t.details.copy}</button>
                    <button type="button" class="button" on:click=move |_| asked.set(Some(()))><Icon name="refresh"/>{t.details.reset}</button>
                </div>
            }
            .into_any()
        }
    }
    };
    view! {
        <section class="detail__section">
            <h3 class="detail__heading">{t.details.invite}</h3>
            <p class="detail__note">{t.details.invite_text}</p>
            {dynamic(part)}
        </section>
        {confirm(asked, |()| t.details.reset_title.to_owned(), t.details.reset_text, t.details.reset, move |()| fetch(Verb::Post))}
    }
    .into_any()
}

/// Who asks to be let in, and the answers.
pub fn requests(place: Place) -> AnyView {
    let t = messages();
    let client = place.client;
    let sends = client.may_send();
    let approval = memo(move || {
        let group =
            client.pane.with(|pane| pane.as_ref()?.group.as_ref().map(|group| group.settings.approval));
        group == Some(true)
    });
    react(move |_| {
        if approval.get() && untrack(|| place.connected()) {
            let chat = place.chat();
            rest(
                Verb::Get,
                place.group_path("/requests"),
                None,
                move |answer: Result<Items<GroupRequest>, Problem>| {
                    if let Ok(all) = answer {
                        client.detail(DetailInput::Requests(chat, all.items));
                    }
                },
            );
        }
    });
    let waiting = memo(move || client.pane.with(|pane| pane.as_ref().map(|pane| pane.requests.clone())));
    let answer = move |verdict: &'static str, jid: String, name: String| {
        let mut body = serde_json::Map::new();
        body.insert(verdict.to_owned(), json!([jid]));
        change_members(place, "/requests", body.into(), vec![(jid.clone(), name)]);
        let left = waiting.get_untracked().unwrap_or_default();
        let left = left.into_iter().filter(|one| one.jid != jid).collect();
        client.detail(DetailInput::Requests(place.chat(), left));
    };
    let row = move |one: GroupRequest| {
        let (name, jid) = (one.name, one.jid);
        let (yes, no) = ((jid.clone(), name.clone()), (jid.clone(), name.clone()));
        let answers = sends.then(|| view! {
            <button type="button" class="icon-button" aria-label=(t.details.approve)(&name) on:click=move |_| answer("approve", yes.0.clone(), yes.1.clone())><Icon name="check"/></button>
            <button type="button" class="icon-button" aria-label=(t.details.refuse)(&name) on:click=move |_| answer("reject", no.0.clone(), no.1.clone())><Icon name="close"/></button>
        });
        view! {
            <li class="member">
                <Avatar name=name.clone() seed=jid size="avatar--small"/>
                <span class="pick__who"><span class="pick__name" dir="auto">{name}</span></span>
                {answers}
            </li>
        }
    };
    let part = move || {
        let all = waiting.get().filter(|all| !all.is_empty())?;
        Some(view! {
            <section class="detail__section">
                <h3 class="detail__heading">{t.details.requests}</h3>
                <ul class="detail__members">{all.into_iter().map(row).collect_view()}</ul>
            </section>
        })
    };
    view! { {dynamic(part)} }.into_any()
}
