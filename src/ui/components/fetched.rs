//! What stands where a list of the server's is: its shape while it comes, why it did not come, or what it holds.

use super::Empty;
use crate::ui::hooks::Fetched;
use crate::ui::prelude::*;

/// The place. `shown` is asked once the list is there.
pub fn fetched(
    state: RwSignal<Fetched>,
    again: impl Fn() + Clone + Send + Sync + 'static,
    shown: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let t = messages();
    let state = memo(move || state.get());
    view! {
        {dynamic(move || match state.get() {
            Fetched::Ready => shown(),
            Fetched::Loading => view! {
                <div class="waiting" role="status"><span class="visually-hidden">{t.common.loading}</span><span class="waiting__row"></span><span class="waiting__row"></span><span class="waiting__row"></span></div>
            }.into_any(),
            Fetched::Failed(why) => {
                let again = again.clone();
                view! {
                    <Empty icon="warn" title=t.manage.failed_title text=why>
                        <button type="button" class="button" on:click=move |_| again()>{t.common.try_again}</button>
                    </Empty>
                }.into_any()
            }
        })}
    }
    .into_any()
}
