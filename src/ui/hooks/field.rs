//! The text of a field and the part of it that is selected.

use crate::model::writing::Part;
use leptos::html::Textarea;
use leptos::prelude::*;

/// The selected part, in UTF-16; where the caret stands if nothing is selected.
#[must_use]
pub fn selected(field: NodeRef<Textarea>) -> Part {
    let Some(field) = field.get_untracked() else { return (0, 0) };
    let place = |place: Option<u32>| place.and_then(|place| usize::try_from(place).ok());
    let end = place(field.selection_end().ok().flatten()).unwrap_or(0);
    (place(field.selection_start().ok().flatten()).unwrap_or(end), end)
}

/// Writes a text and selects a part of it.
pub fn write_field(field: NodeRef<Textarea>, text: &str, (from, to): Part) {
    let Some(field) = field.get_untracked() else { return };
    field.set_value(text);
    let unit = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    // Refused only for fields that have no text.
    drop(field.set_selection_range(unit(from), unit(to)));
}
