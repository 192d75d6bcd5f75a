//! Files that wait for their captions.

use crate::model::{MAX_FILES, Picked, Tray, TrayItem, bytes, kind_of};
use crate::protocol::{MAX_TEXT_LENGTH, MediaKind};
use crate::ui::components::modal::tool;
use crate::ui::hooks::{ComposerState, close_dialog, host};
use crate::ui::prelude::*;

fn count(tray: &Tray) -> i64 {
    i64::try_from(tray.items.len()).unwrap_or(0)
}

/// The dialog.
pub fn tray_dialog(composer: ComposerState, tray: RwSignal<Tray>) -> AnyView {
    let t = messages();
    let w = &t.writing;
    let several = memo(move || tray.with(|tray| tray.items.len() > 1));
    let ready = memo(move || tray.with(Tray::ready));
    let clear = move || {
        let keys: Vec<u32> =
            tray.with_untracked(|tray| tray.items.iter().map(|item| item.picked.key).collect());
        if !keys.is_empty() {
            host::forget_files(&keys);
            tray.update(Tray::empty);
        }
        host::focus("#composer");
    };
    let title = move || (w.files_title)(tray.with(count));
    tool(title, true, clear, move |dialog| {
        let send = move |event: leptos::ev::SubmitEvent| {
            event.prevent_default();
            if !ready.get_untracked() {
                return;
            }
            let quoted = composer.take_quoted();
            let all = tray.try_update(|tray| tray.take(&composer.chat_id(), quoted.as_ref()));
            host::send_files(composer.client, all.unwrap_or_default());
            host::focus("#composer");
        };
        let about = move || {
            tray.with(|tray| {
                let limit = tray.limit.map(|limit| (w.at_most)(&bytes(limit)));
                let most = i64::try_from(MAX_FILES).unwrap_or(0);
                let left = i64::try_from(tray.left_out).unwrap_or(0);
                let left = (left > 0).then(|| (w.left_out)(left, most));
                [limit, left].into_iter().flatten().collect::<Vec<_>>().join(" ")
            })
        };
        let more = move |_| host::pick_files("", move |picked| super::attach::take(tray, picked));
        let choice = move |label: &'static str, now: bool, set: fn(&mut Tray, bool)| {
            view! {
                <label class="check-line">
                    <input type="checkbox" prop:checked=now on:change=move |event| {
                        let checked = event_target_checked(&event);
                        tray.update(|tray| set(tray, checked));
                    }/>
                    <span>{label}</span>
                </label>
            }
        };
        let keys = move || tray.with(|tray| tray.items.iter().map(|item| item.picked.key.into()).collect());
        let row = move |key: u64| {
            let of = |item: &&TrayItem| u64::from(item.picked.key) == key;
            let picked =
                tray.with_untracked(|tray| tray.items.iter().find(of).map(|item| item.picked.clone()));
            picked.map(|picked| tray_item(tray, picked)).into_any()
        };
        let documents = tray.with_untracked(|tray| tray.documents);
        let together = move || {
            let now = tray.with_untracked(|tray| tray.together);
            several.get().then(|| choice(w.one_caption, now, |tray, on| tray.together = on))
        };
        view! {
            <form class="tray" on:submit=send>
                <ul class="tray__items">
                    {each(keys, row)}
                </ul>
                <p class="tray__about" role="status">{about}</p>
                {choice(w.as_files, documents, |tray, on| tray.documents = on)}
                {dynamic(together)}
                <div class="dialog__actions">
                    <button type="button" class="button" on:click=more>{w.add_more}</button>
                    <button type="button" class="button" on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
                    <button type="submit" class="button button--primary" disabled=live(move || !ready.get())>{t.composer.send}</button>
                </div>
            </form>
        }
        .into_any()
    })
}

fn tray_item(tray: RwSignal<Tray>, picked: Picked) -> AnyView {
    let w = &messages().writing;
    let key = picked.key;
    let (name, size) = (picked.name.clone(), bytes(picked.size));
    let (remove, caption) = ((w.remove)(&name), (w.caption_for)(&name));
    let refused = {
        let picked = picked.clone();
        memo(move || {
            tray.with(|tray| {
                tray.refuses(&picked).then(|| match tray.limit {
                    Some(limit) if picked.size > limit => (w.too_large)(&bytes(limit)),
                    _ => w.empty_file.to_owned(),
                })
            })
        })
    };
    // One caption for all is the first one's.
    let silent = memo(move || {
        tray.with(|tray| tray.together && tray.items.first().is_some_and(|first| first.picked.key != key))
    });
    let away = move |_| {
        tray.update(|tray| tray.remove(key));
        host::forget_files(&[key]);
    };
    view! {
        <li class="tray__item">
            {preview(&picked)}
            <div class="tray__what">
                <p class="tray__name" dir="auto">{name}</p>
                <p class="tray__size tabular">{size}</p>
                {dynamic(move || refused.get().map(|why| view! { <p class="tray__refused" role="alert">{why}</p> }))}
                {dynamic(move || (!silent.get()).then(|| {
                    let text = tray.with_untracked(|tray| {
                        tray.items.iter().find(|item| item.picked.key == key).map(|item| item.caption.clone())
                    });
                    view! {
                        <input
                            class="field__input" type="text" autocomplete="off" dir="auto" maxlength=MAX_TEXT_LENGTH
                            placeholder=w.caption aria-label=caption.clone() prop:value=text.unwrap_or_default()
                            on:input=move |event| tray.update(|tray| tray.caption(key, event_target_value(&event)))
                        />
                    }
                }))}
            </div>
            <button type="button" class="icon-button" aria-label=remove on:click=away><Icon name="trash"/></button>
        </li>
    }
    .into_any()
}

/// The picture itself, a still of a film, or what kind of file it is.
pub fn preview(picked: &Picked) -> AnyView {
    let url = picked.url.clone();
    match kind_of(&picked.content_type) {
        MediaKind::Image => view! { <img class="tray__preview" src=url alt=""/> }.into_any(),
        MediaKind::Video => {
            view! { <video class="tray__preview" src=url preload="metadata" muted=true aria-hidden="true"></video> }
                .into_any()
        }
        kind => {
            let icon = if kind == MediaKind::Audio { "mic" } else { "file" };
            view! { <span class="tray__preview"><Icon name=icon/></span> }.into_any()
        }
    }
}
