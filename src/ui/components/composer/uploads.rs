//! Files on their way out of this chat.

use super::tray::preview;
use crate::model::{Sending, SendingState};
use crate::protocol::ChatId;
use crate::ui::hooks::host;
use crate::ui::prelude::*;

/// Each upload with how far it is, and what can be done about it.
pub fn uploads_list(client: Client, chat: ChatId) -> AnyView {
    let keys = move || {
        client.uploads.with(|all| {
            all.iter().filter(|one| one.chat_id == chat).map(|one| one.picked.key.into()).collect()
        })
    };
    let row = move |key: u64| {
        let of = |one: &&Sending| u64::from(one.picked.key) == key;
        let one = client.uploads.with_untracked(|all| all.iter().find(of).cloned());
        one.map(|one| upload(client, &one)).into_any()
    };
    view! { <ul class="uploads">{each(keys, row)}</ul> }.into_any()
}

fn upload(client: Client, one: &Sending) -> AnyView {
    let t = messages();
    let w = &t.writing;
    let key = one.picked.key;
    let name = if one.waveform.is_some() {
        (t.kinds.name)(crate::protocol::MessageKind::Audio).to_owned()
    } else {
        one.picked.name.clone()
    };
    let cancel = (w.cancel_upload)(&name);
    let state = memo(move || {
        client.uploads.with(|all| all.iter().find(|one| one.picked.key == key).map(|one| one.state.clone()))
    });
    let shown = name.clone();
    let way = move || {
        state.get().map(|state| match state {
            SendingState::Waiting => view! { <span class="uploads__state">{w.waiting}</span> }.into_any(),
            SendingState::Uploading(percent) => {
                let label = (w.uploading)(&name, percent.into());
                view! { <progress class="uploads__bar" max="100" value=percent.to_string() aria-label=label></progress> }
                    .into_any()
            }
            // That it is tried again by itself is no reason to wait for it.
            SendingState::Failed(why) | SendingState::Later { why, .. } => view! {
                <span class="uploads__state uploads__state--bad" role="alert">{why}</span>
                <button type="button" class="link-button" on:click=move |_| host::retry_upload(client, key)>{t.common.try_again}</button>
            }
            .into_any(),
        })
    };
    view! {
        <li class="uploads__one">
            {preview(&one.picked)}
            <span class="uploads__name" dir="auto">{shown}</span>
            <span class="uploads__way">{dynamic(way)}</span>
            <button type="button" class="icon-button" aria-label=cancel on:click=move |_| host::cancel_upload(client, key)>
                <Icon name="close"/>
            </button>
        </li>
    }
    .into_any()
}
