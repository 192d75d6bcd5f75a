//! One dialog that asks before whatever cannot be taken back.

use super::modal::question;
use crate::ui::prelude::*;
use std::sync::Arc;

#[derive(Clone)]
struct Question {
    title: String,
    text: &'static str,
    confirm: &'static str,
    run: Arc<dyn Fn() + Send + Sync>,
}

/// The dialog of a page, which is on it only while it asks. Copies are the same dialog.
#[derive(Clone, Copy)]
pub struct Ask {
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
        Self { question: RwSignal::new(None) }
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
    }

    /// Where it stands in the page.
    #[must_use]
    pub fn view(self) -> AnyView {
        let asked = self.question;
        let part = move || {
            let Question { title, text, confirm, run } = asked.get()?;
            let closed = move || {
                asked.try_set(None);
            };
            Some(question(title, text, confirm, Box::new(move || run()), Box::new(closed)))
        };
        view! { {dynamic(part)} }.into_any()
    }
}
