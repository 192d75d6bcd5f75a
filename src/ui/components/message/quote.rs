//! The message that is answered, in short.

use super::show_message;
use crate::model::text::{hue, phone, plain, spans};
use crate::protocol::{ChatId, MessageKind, Quoted};
use crate::ui::components::message_row::kind_icon;
use crate::ui::prelude::*;

/// The quote; where the message is on the page, pressing it goes there.
pub fn quote(quoted: &Quoted, chat: &ChatId, t: &'static Messages) -> AnyView {
    let client = use_client();
    let who = if quoted.from_me {
        t.thread.you.to_owned()
    } else {
        client.read(|model| model.name_in(chat, &quoted.from)).unwrap_or_else(|| phone(&quoted.from))
    };
    let class = format!("quote hue-{}", hue(&quoted.from));
    let icon = kind_icon(quoted.kind).map(|icon| view! { <Icon name=icon/> });
    let text = if quoted.text.is_empty() && quoted.kind != MessageKind::Text {
        (t.kinds.name)(quoted.kind).to_owned()
    } else {
        plain(&spans(&client.read(|model| model.with_known_names(&quoted.text))))
    };
    let id = quoted.message_id.clone();
    let inner = view! {
        <span class="quote__who" dir="auto">{who}</span>
        <span class="quote__text" dir="auto">{icon}{text}</span>
    };
    match id {
        Some(id) => view! {
            <button type="button" class=class title=t.message.show_quoted on:click=move |_| show_message(client, id.clone())>{inner}</button>
        }
        .into_any(),
        None => view! { <span class=class>{inner}</span> }.into_any(),
    }
}
