//! What people answered with one emoji: beneath the bubble, and person by person.

use super::tasks::{done, react_with};
use crate::model::text::phone;
use crate::model::{Row, Shape};
use crate::protocol::{ChatId, MessageId, Reaction};
use crate::ui::chunks;
use crate::ui::components::modal::{modal, tool};
use crate::ui::hooks::close_dialog;
use crate::ui::prelude::*;
use leptos::html::Dialog;

/// Each emoji once, with how many chose it. The feed hears when it is pressed.
pub fn reactions(row: &Row, t: &'static Messages) -> Option<AnyView> {
    let details = row.details().filter(|details| details.revoked_at.is_none())?;
    let all = Some(details.reactions.as_slice()).filter(|all| !all.is_empty())?;
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for reaction in all {
        match counts.iter_mut().find(|(emoji, _)| *emoji == reaction.emoji) {
            Some((_, count)) => *count += 1,
            None => counts.push((&reaction.emoji, 1)),
        }
    }
    let mut says = format!("{}:", t.message.reactions);
    let mut parts = Vec::with_capacity(counts.len());
    for (emoji, count) in counts {
        let number = (count > 1).then(|| count.to_string());
        for word in [Some(emoji), number.as_deref()].into_iter().flatten() {
            says.push(' ');
            says.push_str(word);
        }
        let number = number.map(|number| view! { <span class="tabular">{number}</span> });
        parts.push(view! { <span class="reactions__one">{emoji.to_owned()}{number}</span> });
    }
    Some(
        view! { <button type="button" class="reactions" tabindex="-1" aria-haspopup="dialog" aria-label=says>{parts}</button> }
            .into_any(),
    )
}

/// Who reacted, and with what. The own reaction can be taken back, wherever it was set.
pub fn reacted(client: Client, id: MessageId, chat: ChatId) -> AnyView {
    let t = messages();
    let dialog = NodeRef::<Dialog>::new();
    let key = client.read(|model| Some(model.thread(model.open_chat()?)?.log.by_id(&id)?.key));
    let Some(cell) = key.and_then(|key| client.row_cell(key, Shape::default())) else {
        return ().into_any();
    };
    let row = RwSignal::from(cell.row);
    let one = move |reaction: &Reaction| {
        let who = if reaction.from_me {
            t.thread.you.to_owned()
        } else {
            let name = client.read(|model| model.name_in(&chat, &reaction.from));
            name.unwrap_or_else(|| phone(&reaction.from))
        };
        let remove = (reaction.from_me && client.may_send()).then(|| {
            let (chat, id) = (chat.clone(), id.clone());
            view! {
                <button type="button" class="link-button" on:click=move |_| {
                    react_with(client, chat.clone(), id.clone(), String::new());
                    close_dialog(dialog);
                }>{t.about_message.react_remove}</button>
            }
        });
        view! {
            <li class="reacted__one">
                <span class="reacted__who" dir="auto">{who}</span>
                {remove}
                <span class="reacted__emoji">{reaction.emoji.clone()}</span>
            </li>
        }
        .into_any()
    };
    let list = move || {
        row.with(|row| {
            let all = row.details().map(|details| details.reactions.as_slice()).unwrap_or_default();
            let items: Vec<AnyView> = all.iter().map(&one).collect();
            view! { <ul class="reacted">{items}</ul> }
        })
    };
    let content = view! {
        {dynamic(list)}
        <div class="dialog__actions">
            <button type="button" class="button" autofocus=true on:click=move |_| close_dialog(dialog)>{t.details.close}</button>
        </div>
    }
    .into_any();
    modal(dialog, t.message.reactions.to_owned(), done(client), content)
}

/// Reacting with any emoji.
pub fn react(client: Client, id: MessageId, chat: ChatId) -> AnyView {
    let t = messages();
    let title = move || t.about_message.react_more.to_owned();
    tool(title, false, done(client), move |dialog| {
        let choose = Callback::new(move |emoji: String| {
            react_with(client, chat.clone(), id.clone(), emoji);
            close_dialog(dialog);
        });
        view! {
            <div class="emoji-choice">{later(chunks::composer(), move |tools| (tools.emoji_for)(choose))}</div>
        }
        .into_any()
    })
}
