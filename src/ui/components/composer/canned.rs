//! Short replies: kept in this browser for whoever is signed in, called up with `/`.

use crate::model::writing::{Canned, read_canned, write_canned};
use crate::ui::components::modal::tool;
use crate::ui::hooks::host;
use crate::ui::prelude::*;

/// Under which name a user's replies are kept.
fn place(client: Client) -> String {
    let user = client.me().user_id.map_or_else(|| "key".to_owned(), String::from);
    format!("canned.{user}")
}

/// This user's replies.
#[must_use]
pub fn canned(client: Client) -> Vec<Canned> {
    host::kept(&place(client)).map(|kept| read_canned(&kept)).unwrap_or_default()
}

/// The dialog in which they are made and deleted.
pub fn canned_dialog(closed: impl Fn() + Clone + Send + 'static) -> AnyView {
    let client = use_client();
    let w = &messages().writing;
    let all = RwSignal::new(canned(client));
    let (name, text) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let keep = move || host::keep(&place(client), &write_canned(&all.get_untracked()));
    let title = || messages().writing.replies.to_owned();
    tool(title, false, closed, move |_| {
        let one = move |reply: Canned| {
            let label = (w.delete_reply)(&reply.name);
            let gone = reply.name.clone();
            view! {
                <li class="reply">
                    <span class="reply__what">
                        <span class="reply__name" dir="auto">"/"{reply.name}</span>
                        <span class="menu__small" dir="auto">{reply.text}</span>
                    </span>
                    <button
                        type="button" class="icon-button" aria-label=label
                        on:click=move |_| {
                            all.update(|all| all.retain(|other| other.name != gone));
                            keep();
                        }
                    ><Icon name="trash"/></button>
                </li>
            }
        };
        let list = move || {
            let all = all.get();
            if all.is_empty() {
                return view! { <p class="menu__none">{w.no_replies}</p> }.into_any();
            }
            view! { <ul class="replies">{all.into_iter().map(one).collect_view()}</ul> }.into_any()
        };
        let add = move |event: leptos::ev::SubmitEvent| {
            event.prevent_default();
            let called = name.get_untracked().trim().trim_start_matches('/').to_owned();
            let says = text.get_untracked().trim().to_owned();
            if called.is_empty() || says.is_empty() {
                return;
            }
            all.update(|all| {
                all.retain(|other| other.name != called);
                all.push(Canned { name: called, text: says });
            });
            keep();
            name.set(String::new());
            text.set(String::new());
        };
        view! {
            <p class="dialog__text">{w.replies_text}</p>
            {dynamic(list)}
            <form class="form" on:submit=add>
                <label class="field">
                    <span class="field__label">{w.reply_name}</span>
                    <input
                        class="field__input" type="text" autocomplete="off" dir="auto" maxlength="30" required=true
                        prop:value=name on:input=move |event| name.set(event_target_value(&event))
                    />
                </label>
                <label class="field">
                    <span class="field__label">{w.reply_text}</span>
                    <textarea
                        class="field__input" rows="3" dir="auto" maxlength="4096" required=true
                        prop:value=text on:input=move |event| text.set(event_target_value(&event))
                    ></textarea>
                </label>
                <div class="dialog__actions">
                    <button type="submit" class="button button--primary">{w.add_reply}</button>
                </div>
            </form>
        }
        .into_any()
    })
}
