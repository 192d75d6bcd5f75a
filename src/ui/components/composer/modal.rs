//! A dialog that is on the page only while it is open.

use crate::ui::hooks::{close_dialog, show_dialog};
use crate::ui::prelude::*;
use leptos::html::Dialog;

/// The dialog around this; `closed` is called when it was closed, however that came about.
pub fn modal(
    title: impl Fn() -> String + Clone + Send + 'static,
    wide: bool,
    closed: impl Fn() + Clone + Send + 'static,
    inside: impl FnOnce(NodeRef<Dialog>) -> AnyView,
) -> AnyView {
    let t = messages();
    let dialog = NodeRef::<Dialog>::new();
    react(move |shown: Option<()>| {
        if shown.is_none() {
            show_dialog(dialog);
        }
    });
    let named = title.clone();
    let body = inside(dialog);
    view! {
        <dialog class="dialog" class:dialog--wide=wide node_ref=dialog aria-label=live(title) on:close=move |_| closed()>
            <div class="dialog__body">
                <div class="dialog__head">
                    <h2 class="dialog__title">{dynamic(named)}</h2>
                    <button type="button" class="icon-button" aria-label=t.viewing.close on:click=move |_| close_dialog(dialog)>
                        <Icon name="close"/>
                    </button>
                </div>
                {body}
            </div>
        </dialog>
    }
    .into_any()
}
