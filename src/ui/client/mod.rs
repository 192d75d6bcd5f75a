//! What the pages show: the model, and a signal for each thing on the page that can change.
//!
//! The model is plain data. After each input the changes that it names are written to the signals of what
//! is on the page, and to nothing else: a receipt wakes one row, not the thread. Rows and chats have their
//! cells only while they are mounted.

mod cells;
mod clock;
mod may;
mod views;

pub use cells::{ChatCell, RowCell};
pub use clock::{Clock, Zone};
pub use views::{Composing, Found, Line, Load, Owner, Task, ThreadView, Toast, Tone};

use super::context::{Theme, Viewer};
use crate::model::{
    Changes, ChatFilter, ChatKey, DetailInput, DeviceState, Exhibit, Hold, Input, Model, Pane, Pins, RowKey,
    Sending, Slot, Watched,
};
use crate::protocol::{ChatId, DeviceId, Label, Me, MessageId, Millis, Network};
use crate::ui::prelude::memo;
use cells::Cells;
use leptos::prelude::*;

/// The client of this page.
#[derive(Clone, Copy)]
pub struct Client {
    model: StoredValue<Model>,
    cells: StoredValue<Cells>,
    pub clock: Clock,
    pub theme: RwSignal<Theme>,
    pub devices: RwSignal<Vec<DeviceState>>,
    pub filter: RwSignal<ChatFilter>,
    /// The devices that the list's rows name; none where all rows are of one.
    pub owners: Memo<Vec<Owner>>,
    /// The chats that pass the filter, in order.
    pub chats: RwSignal<Vec<ChatKey>>,
    /// Whether the server has chats that are not loaded.
    pub more_chats: RwSignal<bool>,
    /// How many pages of chats have come, or were given up: whoever shows a list looks then whether it lacks another.
    pub pages: RwSignal<u32>,
    /// How many chats are put away.
    pub archived: RwSignal<usize>,
    /// What the search found beside the chats of the list.
    pub found: RwSignal<Found>,
    /// What was looked for last within one chat, and in which.
    pub sought: RwSignal<(Option<ChatId>, String)>,
    /// The labels that accounts have, and whose they are.
    pub labels: RwSignal<Vec<(DeviceId, Label)>>,
    /// The chat whose menu is open.
    pub chosen_chat: RwSignal<Option<ChatKey>>,
    /// How many chats have unread messages.
    pub unread: RwSignal<usize>,
    /// The open thread: what surrounds its rows.
    pub thread: RwSignal<ThreadView>,
    /// The open thread's rows as they are laid out.
    pub slots: RwSignal<Vec<Slot>>,
    /// What is pinned in the open chat.
    pub pins: RwSignal<Pins>,
    /// What the composer does instead of writing a new message.
    pub composing: RwSignal<Option<Composing>>,
    /// The row whose menu is open.
    pub chosen: RwSignal<Option<RowKey>>,
    /// What is done with a message in a dialog.
    pub task: RwSignal<Option<Task>>,
    /// What stands beside the thread, once it was asked for.
    pub pane: RwSignal<Option<Pane>>,
    /// The receipts that somebody looks at.
    pub watched: RwSignal<Option<Watched>>,
    /// Files on their way, of all chats.
    pub uploads: RwSignal<Vec<Sending>>,
    /// How often the stickers that are at hand have changed.
    pub stickers: RwSignal<u32>,
    /// The message whose picture or film is looked at.
    pub viewing: RwSignal<Option<MessageId>>,
    /// What it is looked at among, oldest first; nothing where that is the open thread.
    pub gallery: RwSignal<Vec<Exhibit>>,
    /// The connection to the server, in words that a banner needs.
    pub line: RwSignal<Line>,
    /// Whether the state is one that was kept of an earlier visit, and was not brought up to date yet.
    pub kept: RwSignal<bool>,
    /// How many texts wait to be sent.
    pub waiting: RwSignal<usize>,
    /// What a screen reader is told next.
    pub said: RwSignal<String>,
    pub toasts: RwSignal<Vec<Toast>>,
    /// Whether the page is alive: false on the server and for the first render in the browser, which have
    /// to agree.
    pub alive: RwSignal<bool>,
}

/// The client of this page.
///
/// # Panics
/// On a page for which nobody is signed in; such pages do not ask.
#[must_use]
pub fn use_client() -> Client {
    expect_context::<Client>()
}

impl Client {
    /// A client that starts from this state.
    #[must_use]
    pub fn new(model: Model, viewer: Viewer, theme: Theme) -> Self {
        let clock = Clock::new(viewer);
        let slots = model.slots(|at| clock.day_of(at));
        let chats = model.visible_chats(&ChatFilter::default());
        let devices = RwSignal::new(model.devices().to_vec());
        let filter = RwSignal::new(ChatFilter::default());
        let owners = memo(move || devices.with(|all| filter.with(|filter| Owner::all(all, filter))));
        Self {
            clock,
            theme: RwSignal::new(theme),
            devices,
            filter,
            owners,
            chats: RwSignal::new(chats),
            more_chats: RwSignal::new(model.next_chats().is_some()),
            pages: RwSignal::new(0),
            archived: RwSignal::new(model.archived_chats()),
            found: RwSignal::new(Found::default()),
            sought: RwSignal::new((None, String::new())),
            labels: RwSignal::new(Vec::new()),
            chosen_chat: RwSignal::new(None),
            unread: RwSignal::new(model.unread_chats()),
            thread: RwSignal::new(ThreadView::of(&model, None, &ThreadView::default())),
            slots: RwSignal::new(slots),
            pins: RwSignal::new(Pins::default()),
            composing: RwSignal::new(None),
            chosen: RwSignal::new(None),
            task: RwSignal::new(None),
            pane: RwSignal::new(None),
            watched: RwSignal::new(None),
            uploads: RwSignal::new(Vec::new()),
            stickers: RwSignal::new(0),
            viewing: RwSignal::new(None),
            gallery: RwSignal::new(Vec::new()),
            line: RwSignal::new(Line::Starting),
            kept: RwSignal::new(false),
            waiting: RwSignal::new(0),
            said: RwSignal::new(String::new()),
            toasts: RwSignal::new(Vec::new()),
            alive: RwSignal::new(false),
            model: StoredValue::new(model),
            cells: StoredValue::new(Cells::default()),
        }
    }

    /// Reads the model.
    pub fn read<T>(&self, read: impl FnOnce(&Model) -> T) -> T {
        self.model.with_value(read)
    }

    /// Tells the model something, and shows what it changed.
    pub fn apply(&self, input: Input) -> Changes {
        let changes = self.model.try_update_value(|model| model.apply(input)).unwrap_or_default();
        self.show(&changes);
        changes
    }

    /// Tells the model several things at once, and shows what they changed together.
    pub fn apply_all(&self, inputs: Vec<Input>) -> Changes {
        let changes = self.model.try_update_value(|model| model.apply_all(inputs)).unwrap_or_default();
        self.show(&changes);
        changes
    }

    /// The state is one that was kept: until it is brought up to date, the page says that it is not.
    pub fn begin_from_kept(&self) {
        self.kept.set(true);
        self.line.set(Line::CatchingUp);
    }

    /// Tells the model something of what stands beside the thread.
    pub fn detail(&self, input: DetailInput) {
        self.apply(Input::Detail(Box::new(input)));
    }

    /// Who is signed in.
    #[must_use]
    pub fn me(&self) -> Me {
        self.read(|model| model.me().clone())
    }

    #[must_use]
    pub fn network(&self) -> Network {
        self.read(Model::network)
    }

    /// What was announced last, and how it looks: a line that goes away by itself.
    pub fn toast(&self, tone: Tone, text: impl Into<String>) {
        self.notice(tone, text.into(), None);
    }

    /// The same with a place that it leads to.
    pub fn notice(&self, tone: Tone, text: String, href: Option<String>) {
        self.toasts.update(|toasts| {
            let id = toasts.iter().map(|toast| toast.id).max().map_or(1, |id| id + 1);
            views::show_toast(toasts, Toast { id, tone, text, href });
        });
    }

    /// A device of the list, as a signal of its own.
    pub fn device(&self, id: DeviceId) -> Memo<Option<DeviceState>> {
        let devices = self.devices;
        memo(move || devices.with(|all| all.iter().find(|state| state.device.id == id).cloned()))
    }

    /// Opens a chat. What is loaded of it is on the page with this render already.
    pub fn open(&self, id: &ChatId) {
        self.change_thread(|model| {
            model.open(id);
        });
        self.thread.update(|view| {
            *view = self.read(|model| ThreadView::of(model, Some(id), &ThreadView::default()))
        });
        self.show_pins();
        self.filter.update(|filter| filter.keep = self.read(Model::open_chat));
        self.show_chats();
    }

    /// A chat is likely to be opened next. Its id, if its messages are not here.
    pub fn expect(&self, key: ChatKey) -> Option<ChatId> {
        let missing = self.model.try_update_value(|model| model.expect(key)).unwrap_or(false);
        missing.then(|| self.read(|model| model.chat(key).map(|state| state.chat.id.clone()))).flatten()
    }

    /// No chat is on the page any more.
    pub fn close(&self) {
        self.change_thread(Model::close);
        // What was pinned in it stays as it was: the bar is being taken down, and who opens the next one is shown its own.
        self.thread.set(ThreadView::default());
    }

    /// The reader looks at this part of the thread.
    pub fn hold(&self, hold: Hold) {
        let changed = self.model.try_update_value(|model| model.hold(hold)).is_some();
        if changed {
            self.show_thread_view();
        }
    }

    /// Slides the thread's window. `true` if it moved.
    pub fn slide(&self, older: bool) -> bool {
        let moved = self.model.try_update_value(|model| model.slide(older)).unwrap_or(false);
        if moved {
            self.show_thread();
        }
        moved
    }

    /// Shows the thread's newest messages.
    pub fn jump_to_end(&self) {
        self.change_thread(Model::jump_to_end);
    }

    /// Lays the thread out around one of its messages, `offset` pixels below the top. The answer is its row; `None` if
    /// the message is not loaded.
    pub fn show_message(&self, id: &MessageId, offset: i32) -> Option<RowKey> {
        let shown = self.model.try_update_value(|model| model.show_message(id, offset)).flatten();
        if shown.is_some() {
            self.show_thread();
        }
        shown
    }

    /// The chats that waited to be read and no longer do, each time once.
    pub fn take_read(&self) -> Vec<ChatId> {
        self.model.try_update_value(Model::take_read).unwrap_or_default()
    }

    /// Says whether somebody looks at the page.
    pub fn attend(&self, attending: bool) {
        self.model.update_value(|model| model.attend(attending));
    }

    /// How loading the thread, or older messages of it, goes.
    pub fn set_load(&self, id: &ChatId, change: impl FnOnce(&mut ThreadView)) {
        self.thread.update(|view| {
            if view.chat_id.as_ref() == Some(id) {
                change(view);
            }
        });
    }

    /// Lays the chat list out anew.
    pub fn show_chats(&self) {
        let filter = self.filter.get_untracked();
        let (chats, more) = self.read(|model| (model.visible_chats(&filter), model.has_more(&filter)));
        set_if_new(self.chats, chats);
        set_if_new(self.more_chats, more);
        set_if_new(self.unread, self.read(Model::unread_chats));
        set_if_new(self.archived, self.read(Model::archived_chats));
    }

    /// Lays the open thread out anew: after a change of the reader's clock, too.
    pub fn show_thread(&self) {
        let slots = self.read(|model| model.slots(|at| self.clock.day_of(at)));
        self.cells.with_value(|cells| cells.shape(&slots));
        let same = self.slots.with_untracked(|shown| {
            shown.len() == slots.len()
                && shown.iter().zip(&slots).all(|(one, other)| one.key() == other.key())
        });
        if !same {
            self.slots.set(slots);
        }
        self.show_thread_view();
    }

    /// The cell of a chat, for as long as the caller's owner lives.
    #[must_use]
    pub fn chat_cell(&self, key: ChatKey) -> Option<ChatCell> {
        let state = self.read(|model| model.chat(key).cloned())?;
        let cells = self.cells;
        let cell = cells.try_update_value(|cells| cells.chat(key, state))?;
        on_cleanup(move || {
            cells.try_update_value(|cells| cells.let_chat_go(key));
        });
        Some(cell)
    }

    /// The cell of a row of the open thread, for as long as the caller's owner lives.
    #[must_use]
    pub fn row_cell(&self, key: RowKey, shape: crate::model::Shape) -> Option<RowCell> {
        let row = self.read(|model| model.row(model.open_chat()?, key).cloned())?;
        let cells = self.cells;
        let cell = cells.try_update_value(|cells| cells.row(key, row, shape))?;
        on_cleanup(move || {
            cells.try_update_value(|cells| cells.let_row_go(key));
        });
        Some(cell)
    }

    /// The time from the server's clock, for words such as 'today'.
    pub fn set_clock(&self, zone: Zone, now: Millis) {
        if self.clock.set(zone, now) {
            self.show_thread();
        }
        if self.read(|model| model.pins_over(now)) {
            self.apply(Input::Clock(now));
        }
    }

    /// The page is of this height, in pixels.
    pub fn fit(&self, height: usize) {
        self.model.update_value(|model| model.fit(height));
    }

    fn change_thread(&self, change: impl FnOnce(&mut Model)) {
        self.model.update_value(change);
        self.show_thread();
    }

    fn show_pins(&self) {
        set_if_new(self.pins, self.read(|model| model.pins().cloned().unwrap_or_default()));
    }

    fn show_thread_view(&self) {
        let view = self.thread.with_untracked(|before| {
            let id = before.chat_id.clone();
            self.read(|model| ThreadView::of(model, id.as_ref(), before))
        });
        set_if_new(self.thread, view);
    }

    fn show(&self, changes: &Changes) {
        if changes.all || changes.devices {
            set_if_new(self.devices, self.read(|model| model.devices().to_vec()));
        }
        if changes.labels {
            set_if_new(self.labels, self.read(Model::labels));
        }
        // What changes in a chat and leaves its place wakes its row alone.
        if changes.all || changes.order {
            self.show_chats();
        }
        if changes.all || changes.details {
            set_if_new(self.pane, self.read(|model| model.pane().cloned()));
            set_if_new(self.watched, self.read(|model| model.watched().cloned()));
        }
        if changes.all || changes.pins {
            self.show_pins();
        }
        self.read(|model| self.cells.with_value(|cells| cells.refresh(model, changes)));
        let open = self.read(Model::open_chat);
        if changes.all || open.is_some_and(|open| changes.threads.contains(&open)) {
            self.show_thread();
        } else if open.is_some_and(|open| changes.chats.contains(&open)) {
            self.show_thread_view();
        }
    }
}

/// Sets a signal only to something new, so that nobody wakes for nothing.
fn set_if_new<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|shown| *shown != value) {
        signal.set(value);
    }
}

/// The language's table, outside of components.
#[must_use]
pub fn words() -> &'static crate::i18n::Messages {
    crate::i18n::spoken()
}
