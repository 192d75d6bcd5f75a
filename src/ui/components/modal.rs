//! Dialogs that are on the page only while they are open: what is in them is made when it is asked for.

use crate::ui::hooks::{close_dialog, show_dialog};
use crate::ui::prelude::*;
use leptos::html::Dialog;

/// What is told when a dialog was closed, in whatever way; it is to take it from the page.
type Closed = Box<dyn Fn() + Send>;

/// A dialog that opens as soon as it is on the page.
pub fn modal(dialog: NodeRef<Dialog>, title: String, closed: Closed, content: AnyView) -> AnyView {
    let heading = view! { <h2 class="dialog__title" dir="auto">{title.clone()}</h2> }.into_any();
    frame(dialog, Box::new(move || title.clone()), false, closed, view! { {heading}{content} }.into_any())
}

/// A dialog to do something in: its title may change, and a button beside it closes it.
pub fn tool(
    title: impl Fn() -> String + Clone + Send + 'static,
    wide: bool,
    closed: impl Fn() + Send + 'static,
    inside: impl FnOnce(NodeRef<Dialog>) -> AnyView,
) -> AnyView {
    let t = messages();
    let dialog = NodeRef::<Dialog>::new();
    let named = title.clone();
    let content = inside(dialog);
    let content = view! {
        <div class="dialog__head">
            <h2 class="dialog__title">{dynamic(named)}</h2>
            <button type="button" class="icon-button" aria-label=t.viewing.close on:click=move |_| close_dialog(dialog)>
                <Icon name="close"/>
            </button>
        </div>
        {content}
    }
    .into_any();
    frame(dialog, Box::new(title), wide, Box::new(closed), content)
}

fn frame(
    dialog: NodeRef<Dialog>,
    label: Box<dyn FnMut() -> String + Send>,
    wide: bool,
    closed: Closed,
    content: AnyView,
) -> AnyView {
    react(move |_| {
        if dialog.get().is_some() {
            show_dialog(dialog);
        }
    });
    view! {
        <dialog class="dialog" class:dialog--wide=wide node_ref=dialog aria-label=label on:close=move |_| closed()>
            <div class="dialog__body">{content}</div>
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
