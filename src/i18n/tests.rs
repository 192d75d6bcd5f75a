//! Every language says everything, with the same things put in.

use super::Locale;
use super::english::{MESSAGES, MORE};
use super::locale::flatten;
use super::shapes::{Group as _, key};
use std::collections::{BTreeMap, BTreeSet};

/// Codes that texts are told for by name; an entry is asked for each, and those that it does not know are left.
pub const CODES: &[&str] = &[
    "incoming_call",
    "missed_call",
    "answered_call",
    "rejected_call",
    "drop",
    "blackhole",
    "latency",
    "refuse",
    "pending",
    "delivered",
    "dead",
    "expired",
    "comfortable",
    "compact",
    "green",
    "blue",
    "violet",
    "rose",
    "amber",
    "slate",
    "dots",
    "plain",
    "paper",
    "grid",
    "waves",
    "weave",
    "message",
    "sent",
    "error",
    "connection",
];

const FILES: [Locale; 4] = [Locale::Spanish, Locale::Portuguese, Locale::Arabic, Locale::German];

fn english() -> BTreeMap<String, String> {
    let mut texts = Vec::new();
    MESSAGES.probe(&mut texts);
    MORE.probe(&mut texts);
    texts.into_iter().collect()
}

fn file(locale: Locale) -> BTreeMap<String, String> {
    let tree = serde_json::from_str(locale.file().unwrap()).unwrap();
    let mut texts = Vec::new();
    flatten(String::new(), &tree, &mut texts);
    texts.into_iter().collect()
}

#[test]
fn every_language_has_every_text_and_no_other() {
    let english = english();
    assert!(english.len() > 500, "{}", english.len());
    for locale in FILES {
        let file = file(locale);
        let missing: Vec<_> = english.keys().filter(|key| !file.contains_key(*key)).collect();
        assert!(missing.is_empty(), "{} lacks {missing:#?}", locale.tag());
        // A verb may follow whether one did it oneself: that English does not tell apart.
        let more = file.keys().filter(|key| !english.contains_key(*key) && !key.ends_with("_you"));
        let more: Vec<_> = more.collect();
        assert!(more.is_empty(), "{} says what nobody asks for: {more:#?}", locale.tag());
        for (key, text) in &file {
            let empty = english.get(key).is_some_and(String::is_empty);
            assert!(empty || !text.trim().is_empty(), "{} has nothing for {key}", locale.tag());
        }
    }
}

/// What is put into a text: the numbers of its braces, as they stand.
fn put_in(text: &str) -> BTreeSet<u8> {
    let bytes = text.as_bytes();
    let opened = bytes.windows(2).filter(|pair| pair[0] == b'{' && pair[1].is_ascii_digit());
    opened.map(|pair| pair[1]).collect()
}

#[test]
fn every_language_puts_the_same_things_in() {
    for (key, english) in english() {
        let wanted: BTreeSet<u8> =
            english.split('\u{1}').skip(1).filter_map(|rest| rest.bytes().next()).collect();
        for locale in FILES {
            let Some(text) = file(locale).remove(&key) else { continue };
            let words: BTreeSet<u8> = put_in(&text);
            assert!(
                wanted.is_subset(&words),
                "{} {key}: {text:?} leaves out what {english:?} puts in",
                locale.tag()
            );
            let counts = !wanted.is_empty() || english.bytes().any(|byte| byte.is_ascii_digit());
            assert!(counts || words.is_empty(), "{} {key}: {text:?} puts in more than English", locale.tag());
        }
    }
}

#[test]
fn every_plural_has_every_form_of_its_language() {
    for locale in FILES {
        for (key, text) in file(locale) {
            let open = text.matches('{').count();
            assert_eq!(open, text.matches('}').count(), "{} {key}: {text}", locale.tag());
            let Some((_, forms)) = text.split_once(", plural,") else { continue };
            for form in locale.plural().forms() {
                assert!(forms.contains(&format!("{form} {{")), "{} {key} has no form {form}", locale.tag());
            }
        }
    }
}

#[test]
fn every_language_names_the_emoji_by_itself() {
    for locale in FILES.into_iter().chain([Locale::English]) {
        assert_eq!(locale.messages().writing.emoji_language, locale.tag());
        let file = format!("{}/public/emoji/{}.json", env!("CARGO_MANIFEST_DIR"), locale.tag());
        assert!(std::path::Path::new(&file).is_file(), "{file}");
    }
}

#[test]
fn no_two_keys_have_the_same_number() {
    let mut numbers = BTreeMap::new();
    for name in FILES.into_iter().flat_map(|locale| file(locale).into_keys()).chain(english().into_keys()) {
        let before = numbers.insert(key(&name), name.clone());
        assert!(before.is_none_or(|before| before == name), "{name}");
    }
}

#[test]
fn numbers_inflect() {
    let t = Locale::default().messages();
    assert_eq!((t.thread.new_messages)(1), "1 new message");
    assert_eq!((t.thread.new_messages)(2), "2 new messages");
    assert_eq!((t.connection.queued)(1), "1 message waits to be sent.");
}

#[test]
fn languages_do_not_get_into_each_others_way() {
    let [es, pt, ar, de] = FILES.map(Locale::messages);
    assert_eq!([es, pt, ar, de].map(|t| t.common.cancel), ["Cancelar", "Cancelar", "إلغاء", "Abbrechen"]);
    assert_eq!((de.thread.new_messages)(1), "1 neue Nachricht");
    assert_eq!((de.thread.new_messages)(3), "3 neue Nachrichten");
    assert_eq!((es.thread.new_messages)(3), "3 mensajes nuevos");
    assert_eq!((ar.thread.new_messages)(2), "رسالتان جديدتان");
    assert_eq!((ar.thread.new_messages)(5), "5 رسائل جديدة");
    assert_eq!((ar.thread.new_messages)(11), "11 رسالة جديدة");
    assert_eq!((de.times.long_date)(2026, de.times.months[2], 7), "7. März 2026");
    assert_eq!((de.times.short_date)(2026, 3, 7), "07.03.26");
    assert_eq!((de.thread.label)("Ana", "10:00", "", "Hallo"), "Ana, 10:00: Hallo");
    assert_eq!((de.link.valid_for)(125), "Noch 2:05 gültig");
}

#[test]
fn notices_are_sentences_in_every_language() {
    let said = |locale: Locale, code: &str, ours: bool, people: &[&str], value: &str| {
        let notice = crate::protocol::Notice {
            code: code.into(),
            by: Some("1".into()),
            people: people.iter().map(|person| (*person).to_owned()).collect(),
            value: (!value.is_empty()).then(|| value.to_owned()),
        };
        locale.messages().notice(&notice, ours, &|address| format!("P{address}"))
    };
    let de = |code, ours, people, value| said(Locale::German, code, ours, people, value);
    assert_eq!(de("members_added", false, &["2", "3", "4"], ""), "P1 hat P2, P3 und P4 hinzugefügt");
    assert_eq!(de("members_added", true, &["2"], ""), "Du hast P2 hinzugefügt");
    assert_eq!(de("missed_call", false, &[], "video"), "Verpasster Videoanruf");
    assert_eq!(de("other", false, &[], "community_create"), "Hinweis: community create");
    assert_eq!(said(Locale::Spanish, "member_left", true, &["1"], ""), "Saliste del grupo");
    for locale in FILES {
        for code in ["members_added", "subject_changed", "member_left", "disappearing_on", "from_the_future"]
        {
            let text = said(locale, code, false, &["2"], "604800");
            assert!(!text.is_empty() && !text.contains('{'), "{} {code}: {text}", locale.tag());
        }
    }
}
