//! Files that somebody chose, dropped or pasted. The pages know them by number; the bytes stay here.

use crate::model::Picked;
use std::cell::{Cell, RefCell};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;
use web_sys::{Blob, DataTransfer, File, FileList, HtmlInputElement, Url};

struct Held {
    key: u32,
    file: Blob,
    url: String,
}

/// A field for files, and what it does with the choice.
type Chooser = (HtmlInputElement, Closure<dyn FnMut()>);

thread_local! {
    static NEXT: Cell<u32> = const { Cell::new(1) };
    static HELD: RefCell<Vec<Held>> = const { RefCell::new(Vec::new()) };
    /// The field that a choice is made in: it has to live until somebody chose.
    static CHOOSER: RefCell<Option<Chooser>> = const { RefCell::new(None) };
}

/// Keeps bytes until they are forgotten, and says what is known of them.
pub fn hold(file: Blob, name: String) -> Picked {
    let key = NEXT.replace(NEXT.get() + 1);
    // Without an address there is no preview, and nothing else is missing.
    let url = Url::create_object_url_with_blob(&file).unwrap_or_default();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size in bytes")]
    let size = file.size() as u64;
    let picked = Picked { key, name, size, content_type: file.type_(), url: url.clone() };
    HELD.with_borrow_mut(|held| held.push(Held { key, file, url }));
    picked
}

/// The bytes of a file that is held.
#[must_use]
pub fn bytes(key: u32) -> Option<Blob> {
    HELD.with_borrow(|all| all.iter().find(|held| held.key == key).map(|held| held.file.clone()))
}

/// Lets go of a file.
pub fn forget(key: u32) {
    let gone = HELD.with_borrow_mut(|all| {
        let place = all.iter().position(|held| held.key == key)?;
        Some(all.remove(place))
    });
    if let Some(held) = gone {
        // Refused only for an address that is none.
        drop(Url::revoke_object_url(&held.url));
    }
}

fn all(list: Option<FileList>) -> Vec<Picked> {
    let Some(list) = list else { return Vec::new() };
    let files = (0..list.length()).filter_map(|place| list.item(place));
    files.map(|file: File| hold(file.clone().unchecked_into(), file.name())).collect()
}

/// What a drop or a paste brought.
#[must_use]
pub fn brought(data: Option<DataTransfer>) -> Vec<Picked> {
    all(data.and_then(|data| data.files()))
}

/// Whether something that is dragged is files.
#[must_use]
pub fn are_files(data: Option<&DataTransfer>) -> bool {
    data.is_some_and(|data| data.types().includes(&"Files".into(), 0))
}

/// Lets somebody choose files of these kinds, or one of them.
pub fn choose(accept: &str, several: bool, then: impl Fn(Vec<Picked>) + 'static) {
    let document = web_sys::window().and_then(|window| window.document());
    let input = document.and_then(|document| document.create_element("input").ok());
    let Some(input) = input.and_then(|input| input.dyn_into::<HtmlInputElement>().ok()) else { return };
    input.set_type("file");
    input.set_multiple(several);
    input.set_accept(accept);
    let chosen = input.clone();
    let closure = Closure::<dyn FnMut()>::new(move || then(all(chosen.files())));
    input.set_onchange(Some(closure.as_ref().unchecked_ref()));
    input.click();
    CHOOSER.set(Some((input, closure)));
}
