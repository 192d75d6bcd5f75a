//! Native dialogs: the browser keeps the focus inside, closes on Escape and gives the focus back.

use leptos::html::Dialog;
use leptos::prelude::*;

/// Shows a dialog above the page.
pub fn show_dialog(dialog: NodeRef<Dialog>) {
    if let Some(dialog) = dialog.get_untracked()
        && !dialog.open()
    {
        // Refused only for a dialog that is no longer on the page.
        drop(dialog.show_modal());
    }
}

/// Closes it.
pub fn close_dialog(dialog: NodeRef<Dialog>) {
    if let Some(dialog) = dialog.get_untracked() {
        dialog.close();
    }
}
