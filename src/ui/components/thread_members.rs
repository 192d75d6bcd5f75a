//! The line below the name of a group: who is in it, or who types.

use super::chat_row::typing_text;
use crate::model::members::member_names;
use crate::model::{ChatState, DeviceState};
use crate::protocol::{ChatKind, DeviceStatus};
use crate::ui::client::Line;
use crate::ui::hooks::host;
use crate::ui::prelude::*;

/// How many names are on the page: no line is so long.
const MOST: usize = 60;

/// The line. Who is in the group is asked for once the thread is on the page and the browser has nothing else to do.
pub fn members_line(client: Client, cell: RwSignal<ChatState>, device: Memo<Option<DeviceState>>) -> AnyView {
    let t = messages();
    let members = memo(move || cell.with(|state| state.members.clone()));
    // Asked for again where events were missed; and where it was not known, once the device can tell.
    let due = memo(move || {
        let lacks = members.with(|members| members.as_ref().is_none_or(|members| members.old));
        let shown = client.thread.with(|view| view.loaded) && client.line.with(|line| *line == Line::Live);
        let connected = |state: &DeviceState| state.device.status == DeviceStatus::Connected;
        (lacks && shown).then(|| device.with(|state| state.as_ref().is_some_and(connected)))
    });
    let ids = cell.with_untracked(|state| (state.chat.id.clone(), state.chat.device_id.clone()));
    react(move |_| {
        if due.get().is_some() {
            let (chat, device) = ids.clone();
            host::when_idle(move || host::load_members(client, &device, chat));
        }
    });
    let own = memo(move || device.with(|state| state.as_ref()?.device.phone_number.clone()));
    let names = memo(move || {
        let own = own.get();
        members.with(|members| {
            let all = members.as_ref().map(|members| members.all.as_slice()).unwrap_or_default();
            member_names(all, own.as_deref(), t.thread.you, host::name_order)
        })
    });
    let typing = memo(move || {
        cell.with(|state| state.typing.as_ref().map(|typing| typing_text(typing, ChatKind::Group, t)))
    });
    dynamic(move || match typing.get() {
        Some(text) => view! { <span class="thread__typing">{text}</span> }.into_any(),
        None => names.with(|names| listed(names, t)),
    })
    .into_any()
}

/// The names in one line, each in its own direction; of a group of which they are not known, what it is.
fn listed(names: &[String], t: &'static Messages) -> AnyView {
    if names.is_empty() {
        return view! { <span>{t.thread.group}</span> }.into_any();
    }
    let name = |(place, name): (usize, &String)| {
        let between = (place > 0).then_some(t.thread.comma);
        view! { {between}<bdi>{name.clone()}</bdi> }
    };
    let shown = names.iter().take(MOST).enumerate().map(name).collect_view();
    let more = (names.len() > MOST).then_some("…");
    view! { <span class="thread__members">{shown}{more}</span> }.into_any()
}
