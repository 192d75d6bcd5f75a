//! One dialog that asks before whatever cannot be taken back.

use crate::ui::hooks::{close_dialog, show_dialog};
use crate::ui::prelude::*;
use leptos::html::Dialog;
use std::sync::Arc;

#[derive(Clone)]
struct Question {
    title: String,
    text: &'static str,
    confirm: &'static str,
    run: Arc<dyn Fn() + Send + Sync>,
}

/// The dialog of a page. Copies are the same dialog.
#[derive(Clone, Copy)]
pub struct Ask {
    dialog: NodeRef<Dialog>,
    question: RwSignal<Option<Question>>,
}

impl Default for Ask {
    fn default() -> Self {
        Self::new()
    }
}

impl Ask {
    /// A dialog that has not been asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self { dialog: NodeRef::new(), question: RwSignal::new(None) }
    }

    /// Asks; `run` is what was agreed to.
    pub fn ask(
        self,
        title: String,
        text: &'static str,
        confirm: &'static str,
        run: impl Fn() + Send + Sync + 'static,
    ) {
        self.question.set(Some(Question { title, text, confirm, run: Arc::new(run) }));
        show_dialog(self.dialog);
    }

    /// Where it stands in the page.
    #[must_use]
    pub fn view(self) -> AnyView {
        let t = messages();
        let dialog = self.dialog;
        let title = memo(move || self.question.with(|asked| asked.as_ref().map(|asked| asked.title.clone())));
        let text = move || self.question.with(|asked| asked.as_ref().map(|asked| asked.text));
        let confirm = move || self.question.with(|asked| asked.as_ref().map(|asked| asked.confirm));
        let agree = move |_| {
            close_dialog(dialog);
            if let Some(question) = self.question.get_untracked() {
                (question.run)();
            }
        };
        view! {
            <dialog class="dialog" node_ref=dialog aria-label=live(move || title.get().unwrap_or_default())>
                <div class="dialog__body">
                    <h2 class="dialog__title" dir="auto">{dynamic(move || title.get())}</h2>
                    <p class="dialog__text">{dynamic(text)}</p>
                    <div class="dialog__actions">
                        <button type="button" class="button" autofocus=true on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
                        <button type="button" class="button button--bad" on:click=agree>{dynamic(confirm)}</button>
                    </div>
                </div>
            </dialog>
        }
        .into_any()
    }
}
