//! Dialogs that are on the page only while they are open: what is in them is made when it is asked for.

use crate::ui::hooks::{close_dialog, show_dialog};
use crate::ui::prelude::*;
use leptos::html::Dialog;

/// A dialog that opens as soon as it is on the page. `closed` is told when it was closed, in whatever way, and is to
/// take it from the page.
pub fn modal(
    dialog: NodeRef<Dialog>,
    title: String,
    closed: Box<dyn Fn() + Send + Sync>,
    content: AnyView,
) -> AnyView {
    react(move |_| {
        if dialog.get().is_some() {
            show_dialog(dialog);
        }
    });
    let label = title.clone();
    view! {
        <dialog class="dialog" node_ref=dialog aria-label=label on:close=move |_| closed()>
            <div class="dialog__body"><h2 class="dialog__title" dir="auto">{title}</h2>{content}</div>
        </dialog>
    }
    .into_any()
}

/// What is asked before something that cannot be taken back, while `asked` holds what it is about.
pub fn confirm<T: Clone + PartialEq + Send + Sync + 'static>(
    asked: RwSignal<Option<T>>,
    title: impl Fn(&T) -> String + Send + 'static,
    text: &'static str,
    label: &'static str,
    yes: impl Fn(T) + Send + Sync + 'static,
) -> AnyView {
    let yes = StoredValue::new(yes);
    let part = move || {
        let what = asked.get()?;
        let says = title(&what);
        let act: Box<dyn Fn() + Send + Sync> = Box::new(move || yes.with_value(|yes| yes(what.clone())));
        Some(question(
            says,
            text,
            label,
            act,
            Box::new(move || {
                asked.try_set(None);
            }),
        ))
    };
    view! { {dynamic(part)} }.into_any()
}

/// The dialog that asks it.
pub fn question(
    title: String,
    text: &'static str,
    label: &'static str,
    yes: Box<dyn Fn() + Send + Sync>,
    closed: Box<dyn Fn() + Send + Sync>,
) -> AnyView {
    let t = messages();
    let dialog = NodeRef::<Dialog>::new();
    let doit = move |_| {
        // First: what follows may take the whole part from the page.
        close_dialog(dialog);
        yes();
    };
    let content = view! {
        <p class="dialog__text">{text}</p>
        <div class="dialog__actions">
            <button type="button" class="button" autofocus=true on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
            <button type="button" class="button button--bad" on:click=doit>{label}</button>
        </div>
    }
    .into_any();
    modal(dialog, title, closed, content)
}
