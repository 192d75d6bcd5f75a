//! This browser's time: what time it is, how far from UTC it counts, and how it writes the hour.

use super::page;
use crate::protocol::Millis;
use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use std::cell::RefCell;
use wasm_bindgen::{JsCast as _, JsValue};

/// A minute, in milliseconds.
const MINUTE: Millis = 60_000;

thread_local! {
    // A formatter costs more to make than a thousand times to use.
    static CLOCK: Option<Function> = formatter(&[("hour", "2-digit"), ("minute", "2-digit")]);
    static DATE: Option<Function> = formatter(&[("day", "2-digit"), ("month", "2-digit"), ("year", "2-digit")]);
    /// The minute that was written last, and how: a row says its time twice, and its neighbours the same.
    static WRITTEN: RefCell<Option<(Millis, String)>> = const { RefCell::new(None) };
}

/// The present moment.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "whole milliseconds, far below the limit")]
pub fn now() -> Millis {
    Date::now() as Millis
}

/// Minutes east of UTC at that moment, summer time included.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "at most 14 hours of minutes")]
pub fn utc_offset(at: Millis) -> i32 {
    -date(at).get_timezone_offset() as i32
}

/// When a day begins here: of a date as `2026-11-26`.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "whole milliseconds, far below the limit")]
pub fn midnight(day: &str) -> Option<Millis> {
    let at = Date::parse(&format!("{day}T00:00:00"));
    at.is_finite().then_some(at as Millis)
}

/// Hours and minutes as this browser's region writes them.
#[must_use]
pub fn clock_text(at: Millis) -> Option<String> {
    let minute = at.div_euclid(MINUTE);
    let known = WRITTEN.with_borrow(|written| written.clone().filter(|(of, _)| *of == minute));
    if let Some((_, text)) = known {
        return Some(text);
    }
    let text = CLOCK.with(|format| write(format.as_ref(), at))?;
    WRITTEN.set(Some((minute, text.clone())));
    Some(text)
}

/// A short date as this browser's region writes it.
#[must_use]
pub fn date_text(at: Millis) -> Option<String> {
    DATE.with(|format| write(format.as_ref(), at))
}

/// A number as the page's language writes it.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "what is counted is far below the limit")]
pub fn number_text(number: i64) -> Option<String> {
    Some(written(number as f64))
}

/// A number of tenths as the page's language writes it.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "shares are small numbers")]
pub fn tenths_text(tenths: i64) -> Option<String> {
    Some(written(tenths as f64 / 10.0))
}

fn written(number: f64) -> String {
    let language = habits().unwrap_or_else(|| "default".to_owned());
    String::from(js_sys::Number::from(number).to_locale_string(&language))
}

/// Whose habits count: the browser's own for an English page (`None`), else those of the page's language as
/// this browser's region has it. Digits are the same all over the page, which the server began.
fn habits() -> Option<String> {
    let language = page::language().filter(|language| language != "en")?;
    let own = web_sys::window().map(|window| window.navigator().languages());
    let own = own.and_then(|own| {
        own.iter()
            .filter_map(|tag| tag.as_string())
            .find(|tag| tag.split('-').next() == Some(language.as_str()))
    });
    Some(format!("{}-u-nu-latn", own.unwrap_or(language)))
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of any date that is shown are exact")]
fn date(at: Millis) -> Date {
    Date::new(&JsValue::from_f64(at as f64))
}

fn write(format: Option<&Function>, at: Millis) -> Option<String> {
    format?.call1(&JsValue::NULL, &date(at)).ok()?.as_string()
}

fn formatter(parts: &[(&str, &str)]) -> Option<Function> {
    let options = Object::new();
    for (name, value) in parts {
        Reflect::set(&options, &JsValue::from_str(name), &JsValue::from_str(value)).ok()?;
    }
    let languages = Array::new();
    if let Some(language) = habits() {
        languages.push(&JsValue::from_str(&language));
    }
    let format = Intl::DateTimeFormat::new(&languages, &options);
    Reflect::get(&format, &JsValue::from_str("format")).ok()?.dyn_into().ok()
}
