//! Pictures that become stickers.

use crate::browser::{files, spawn, stickers};
use crate::model::Picked;
use crate::model::stickers::{Made, Unfit, file_name};

/// Makes a sticker of a picture that somebody chose, and lets go of the picture.
pub fn make_sticker(picture: Picked, then: impl FnOnce(Result<Made, Unfit>) + 'static) {
    spawn(async move {
        let made = match files::bytes(picture.key) {
            Some(file) => stickers::make(&file).await,
            None => Err(Unfit::Picture),
        };
        files::forget(picture.key);
        let hold = |(file, stilled)| Made { picked: files::hold(file, file_name(&picture.name)), stilled };
        then(made.map(hold));
    });
}
