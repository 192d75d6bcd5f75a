//! Jumping into the midst of a thread: to a message that was quoted or found, or to a date.

use super::input::Changes;
use super::messages::note;
use super::row::RowKey;
use super::state::Model;
use super::thread::Hold;
use super::window::Window;
use crate::protocol::{MessageId, ThreadRun};

impl Model {
    /// Brings a message of the open thread to the reader's eye, `offset` pixels below the top edge. The answer is its
    /// row; `None` if it is not held.
    pub fn show_message(&mut self, id: &MessageId, offset: i32) -> Option<RowKey> {
        let thread = self.open_thread()?;
        let key = thread.log.by_id(id)?.key;
        if !thread.window.rows(&thread.log).contains(&key) {
            thread.window = Window::around(&thread.log, thread.log.place(id)?);
        }
        thread.hold(Hold::Anchored { key, offset });
        Some(key)
    }

    pub(super) fn take_newer(&mut self, run: ThreadRun, changes: &mut Changes) {
        let Some(key) = self.chats.key(&run.page.chat_id) else { return };
        let Some(thread) = self.threads.get_mut(&key).filter(|thread| thread.loaded) else { return };
        let inserted = thread.log.merge_newer(run, &mut self.keys);
        let following = thread.hold == Hold::Pinned;
        thread.window.settle(&thread.log, following);
        note(inserted, key, changes);
        self.refresh_echo(key, changes);
    }

    pub(super) fn take_around(&mut self, run: ThreadRun, changes: &mut Changes) {
        let Some(key) = self.chats.key(&run.page.chat_id) else { return };
        let Some(thread) = self.threads.get_mut(&key).filter(|thread| thread.loaded) else { return };
        let inserted = thread.log.merge_around(run, &mut self.keys);
        // Where the run is another one now, the window's ends are nowhere in it.
        if thread.window.rows(&thread.log).is_empty() || thread.log.has_newer() {
            thread.window = Window::end(&thread.log);
        }
        note(inserted, key, changes);
        self.refresh_echo(key, changes);
    }
}
