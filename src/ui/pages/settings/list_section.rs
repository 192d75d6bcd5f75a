//! What the sections share that manage a list of the server's: the button that adds, the dialog that makes one and
//! then shows what is shown once, and the question before one is removed.

use crate::protocol::Problem;
use crate::ui::client::Tone;
use crate::ui::components::{Ask, form_error, secret};
use crate::ui::hooks::{Verb, close_dialog, rest, show_dialog};
use crate::ui::prelude::*;
use leptos::html::Dialog;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// What is shown once, in place of the form that made it.
#[derive(Clone, Default)]
pub struct Made {
    pub title: String,
    /// A title that is an address is written from left to right in every language.
    pub ltr: bool,
    /// What to do with it; nothing is said where it is empty.
    pub text: &'static str,
    pub label: String,
    pub secret: String,
}

/// Such a section. Copies are the same section. It does not know what its list holds, so that all share one code.
#[derive(Clone, Copy)]
pub struct ListSection {
    pub client: Client,
    pub ask: Ask,
    /// Fetches the list again.
    changed: Callback<()>,
    dialog: NodeRef<Dialog>,
    busy: RwSignal<bool>,
    error: RwSignal<Option<String>>,
    made: RwSignal<Option<Made>>,
}

impl ListSection {
    /// A section whose list is fetched again by `changed`.
    pub fn new(client: Client, changed: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            client,
            ask: Ask::new(),
            changed: Callback::new(move |()| changed()),
            dialog: NodeRef::new(),
            busy: RwSignal::new(false),
            error: RwSignal::new(None),
            made: RwSignal::new(None),
        }
    }

    /// The button that opens the dialog.
    pub fn add_button(self, label: &'static str) -> AnyView {
        let dialog = self.dialog;
        view! { <button type="button" class="button button--primary" on:click=move |_| show_dialog(dialog)><Icon name="plus"/>{label}</button> }
            .into_any()
    }

    /// Does something to what is listed, and shows it as it is then. `good` is said if it worked, unless it is empty.
    pub fn act(self, verb: Verb, path: String, body: Option<Value>, good: &'static str) {
        let Self { client, changed, .. } = self;
        rest::<Value>(verb, path, body, move |done| match done {
            Ok(_) => {
                if !good.is_empty() {
                    client.toast(Tone::Good, good);
                }
                // The page may have been left meanwhile.
                changed.try_run(());
            }
            Err(problem) => client.toast(Tone::Bad, problem.detail),
        });
    }

    /// Asks, and then deletes what is at this path.
    pub fn remove(self, title: String, text: &'static str, confirm: &'static str, path: String) {
        self.ask.ask(title, text, confirm, move || self.act(Verb::Delete, path.clone(), None, ""));
    }

    /// Says in the form why it is not sent.
    pub fn refuse(self, why: &'static str) {
        self.error.set(Some(why.to_owned()));
    }

    /// Sends the form. `made` says what is shown of the answer; it is called outside of the page, where
    /// [`messages`] knows no language.
    pub fn create<T: DeserializeOwned + 'static>(
        self,
        path: &'static str,
        body: Value,
        made: impl FnOnce(T) -> Made + 'static,
    ) {
        self.busy.set(true);
        rest::<T>(Verb::Post, path.to_owned(), Some(body), move |answer| self.answered(answer.map(made)));
    }

    fn answered(self, answer: Result<Made, Problem>) {
        self.busy.try_set(false);
        match answer {
            Ok(made) => {
                self.error.try_set(None);
                self.made.try_set(Some(made));
                self.changed.try_run(());
            }
            Err(problem) => {
                self.error.try_set(Some(problem.detail));
            }
        }
    }

    /// Opens the dialog with what is shown once; the list has changed by it.
    pub fn show(self, made: Made) {
        self.made.try_set(Some(made));
        show_dialog(self.dialog);
        self.changed.try_run(());
    }

    /// The dialog: the form, and then what came of it. `send` is what the form's `button` does, and `cleared` takes
    /// back what was filled in: what was made is gone from the page with the dialog that showed it, too.
    pub fn form(
        self,
        title: &'static str,
        button: &'static str,
        fields: impl Fn() -> AnyView + Send + Sync + 'static,
        send: impl Fn() + Send + Sync + 'static,
        cleared: impl Fn() + Send + Sync + 'static,
    ) -> AnyView {
        self.frame(title, button, Box::new(fields), Arc::new(send), Box::new(cleared))
    }

    fn frame(
        self,
        title: &'static str,
        button: &'static str,
        fields: Box<dyn Fn() -> AnyView + Send + Sync>,
        send: Arc<dyn Fn() + Send + Sync>,
        cleared: Box<dyn Fn() + Send + Sync>,
    ) -> AnyView {
        let t = messages();
        let Self { dialog, busy, error, made, .. } = self;
        let form = move || {
            let send = send.clone();
            let submit = move |event: leptos::ev::SubmitEvent| {
                event.prevent_default();
                if !busy.get_untracked() {
                    send();
                }
            };
            view! {
                <form class="dialog__body" on:submit=submit>
                    <h2 class="dialog__title">{title}</h2>
                    {fields()}
                    {form_error(error)}
                    <div class="dialog__actions">
                        <button type="button" class="button" on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
                        <button type="submit" class="button button--primary" disabled=busy>{button}</button>
                    </div>
                </form>
            }
            .into_any()
        };
        let closed = move |_| {
            made.set(None);
            error.set(None);
            cleared();
        };
        view! {
            <dialog class="dialog" node_ref=dialog aria-label=title on:close=closed>
                {dynamic(move || match made.get() {
                    Some(made) => shown_once(dialog, made),
                    None => form(),
                })}
            </dialog>
        }
        .into_any()
    }
}

fn shown_once(dialog: NodeRef<Dialog>, made: Made) -> AnyView {
    let t = messages();
    let text = made.text;
    view! {
        <div class="dialog__body">
            <h2 class="dialog__title" dir=if made.ltr { "ltr" } else { "auto" }>{made.title}</h2>
            {(!text.is_empty()).then(|| view! { <p class="dialog__text">{text}</p> })}
            {secret(made.label, made.secret)}
            <div class="dialog__actions"><button type="button" class="button button--primary" on:click=move |_| close_dialog(dialog)>{t.manage.done}</button></div>
        </div>
    }
    .into_any()
}
