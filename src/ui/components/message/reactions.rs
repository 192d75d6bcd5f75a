//! What people answered with one emoji, beneath the bubble.

use crate::model::Row;
use crate::ui::prelude::*;

/// Each emoji once, with how many chose it.
pub fn reactions(row: &Row, t: &'static Messages) -> Option<AnyView> {
    let details = row.details().filter(|details| details.revoked_at.is_none())?;
    let all = Some(details.reactions.as_slice()).filter(|all| !all.is_empty())?;
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for reaction in all {
        match counts.iter_mut().find(|(emoji, _)| *emoji == reaction.emoji) {
            Some((_, count)) => *count += 1,
            None => counts.push((&reaction.emoji, 1)),
        }
    }
    let parts = counts.into_iter().map(|(emoji, count)| {
        let count = (count > 1).then(|| view! { <span class="tabular">{count.to_string()}</span> });
        view! { <span class="reactions__one">{emoji.to_owned()}{count}</span> }
    });
    Some(view! { <p class="reactions" aria-label=t.message.reactions>{parts.collect_view()}</p> }.into_any())
}
