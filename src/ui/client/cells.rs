//! One signal for each row and chat that is on the page.

use crate::model::{Changes, ChatKey, ChatState, Model, Row, RowKey, Shape, Slot};
use leptos::prelude::*;
use std::collections::HashMap;

/// A chat of the list.
pub type ChatCell = ArcRwSignal<ChatState>;

/// A row of the thread.
#[derive(Clone)]
pub struct RowCell {
    pub row: ArcRwSignal<Row>,
    pub shape: ArcRwSignal<Shape>,
}

/// A cell, and how many have asked for it: the same chat may be in the list and above the thread.
struct Held<T> {
    cell: T,
    holders: usize,
}

/// The cells of what is on the page.
#[derive(Default)]
pub struct Cells {
    chats: HashMap<ChatKey, Held<ChatCell>>,
    rows: HashMap<RowKey, Held<RowCell>>,
}

impl Cells {
    /// The cell of a chat, made on first use.
    pub fn chat(&mut self, key: ChatKey, state: ChatState) -> ChatCell {
        let new = || Held { cell: ArcRwSignal::new(state), holders: 0 };
        let held = self.chats.entry(key).or_insert_with(new);
        held.holders += 1;
        held.cell.clone()
    }

    /// The cell of a row, made on first use.
    pub fn row(&mut self, key: RowKey, row: Row, shape: Shape) -> RowCell {
        let new = || Held {
            cell: RowCell { row: ArcRwSignal::new(row), shape: ArcRwSignal::new(shape) },
            holders: 0,
        };
        let held = self.rows.entry(key).or_insert_with(new);
        held.holders += 1;
        held.cell.clone()
    }

    pub fn let_chat_go(&mut self, key: ChatKey) {
        if let Some(held) = self.chats.get_mut(&key) {
            held.holders -= 1;
            if held.holders == 0 {
                self.chats.remove(&key);
            }
        }
    }

    pub fn let_row_go(&mut self, key: RowKey) {
        if let Some(held) = self.rows.get_mut(&key) {
            held.holders -= 1;
            if held.holders == 0 {
                self.rows.remove(&key);
            }
        }
    }

    /// Writes what changed to the cells of what is on the page.
    pub fn refresh(&self, model: &Model, changes: &Changes) {
        for (key, held) in &self.chats {
            if (changes.all || changes.chats.contains(key))
                && let Some(state) = model.chat(*key)
                && held.cell.with_untracked(|shown| shown != state)
            {
                held.cell.set(state.clone());
            }
        }
        let Some(open) = model.open_chat() else { return };
        for (key, held) in &self.rows {
            if (changes.all || changes.rows.contains(key))
                && let Some(row) = model.row(open, *key)
                && held.cell.row.with_untracked(|shown| shown != row)
            {
                held.cell.row.set(row.clone());
            }
        }
    }

    /// Writes how the rows stand among their neighbours.
    pub fn shape(&self, slots: &[Slot]) {
        for slot in slots {
            if let Slot::Row { key, shape } = slot
                && let Some(held) = self.rows.get(key)
                && held.cell.shape.get_untracked() != *shape
            {
                held.cell.shape.set(*shape);
            }
        }
    }
}
