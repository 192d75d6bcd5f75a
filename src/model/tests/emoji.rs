//! Emoji by group and by words, and the files of their names.

use crate::model::emoji::{EmojiGroup, emoji_groups, emoji_like, recent, recent_named};
use std::collections::BTreeSet;

const LANGUAGES: [&str; 5] = ["en", "es", "pt", "ar", "de"];

fn file(name: &str) -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("public/emoji/{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn named_in(language: &str) -> Vec<EmojiGroup> {
    emoji_groups(&file("faces"), &file(language)).unwrap_or_else(|| panic!("{language} names others"))
}

fn found(groups: &[EmojiGroup], words: &str) -> Vec<String> {
    emoji_like(groups, words, 80).into_iter().map(|(face, _)| face).collect()
}

#[test]
fn every_language_names_the_same_emoji_each_of_them() {
    let faces = |groups: &[EmojiGroup]| -> Vec<String> {
        groups.iter().flat_map(|group| &group.all).map(|one| one.face.clone()).collect()
    };
    let english = faces(&named_in("en"));
    assert!(english.len() > 1_800, "{}", english.len());
    assert_eq!(english.iter().collect::<BTreeSet<_>>().len(), english.len(), "each stands there once");
    for language in LANGUAGES {
        let groups = named_in(language);
        assert_eq!(faces(&groups), english, "{language}");
        for group in groups {
            assert!(!group.name.trim().is_empty(), "{language}: a group without a name");
            for one in group.all {
                assert!(
                    !one.face.is_empty() && one.name.trim() == one.name && !one.name.is_empty(),
                    "{one:?}"
                );
            }
        }
    }
}

#[test]
fn emoji_are_found_in_every_language_without_case_and_accents() {
    let first = |language: &str, words: &str| found(&named_in(language), words).first().cloned();
    let heart = Some("❤️".to_owned());
    assert_eq!(first("en", "Red HEART"), heart);
    assert_eq!(first("es", "corazon rojo"), heart);
    assert_eq!(first("pt", "CORAÇÃO vermelho"), heart);
    assert_eq!(first("de", "Rotes herz"), heart);
    assert_eq!(first("ar", "قلب احمر"), heart, "without the hamza");
    assert_eq!(first("ar", "قلب أحمر"), heart);
    assert!(found(&named_in("es"), "corazon").contains(&"❤️".to_owned()));
    // By what is no part of the name.
    assert!(found(&named_in("es"), "gracias").contains(&"🙏".to_owned()));
    assert!(found(&named_in("es"), "thanks").is_empty(), "nobody asked for English");
}

#[test]
fn who_is_called_so_comes_before_who_is_found_so() {
    let faces = ["😀 😺 🏀 🔥".to_owned()];
    let names = ["Alles|Lachen;ball froh|Katze;lachen|Basketball|Feuer und Öl;heiß".to_owned()];
    let groups = emoji_groups(&faces, &names).unwrap();
    assert_eq!(groups[0].name, "Alles");
    assert_eq!(found(&groups, "ball"), ["😀", "🏀"], "a word that begins so, then one that has it within");
    assert_eq!(found(&groups, "lach"), ["😀", "😺"]);
    assert_eq!(found(&groups, "feu ol"), ["🔥"]);
    assert_eq!(found(&groups, "heiß"), ["🔥"]);
    assert!(found(&groups, "feuer wasser").is_empty());
    assert_eq!(emoji_like(&groups, "lach", 1), [("😀".to_owned(), "Lachen".to_owned())]);
}

#[test]
fn names_of_other_emoji_are_not_taken() {
    let faces = ["😀 🙏".to_owned()];
    let of = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|one| (*one).to_owned()).collect();
        emoji_groups(&faces, &names)
    };
    assert!(of(&["Smileys|grinning face|folded hands;thanks"]).is_some());
    for other in [&["Smileys|grinning face"][..], &["Smileys|a|b|c"], &["Smileys"], &[], &["a|b|c", "d|e|f"]]
    {
        assert!(of(other).is_none(), "{other:?}");
    }
}

#[test]
fn recent_emoji_are_kept_as_text_and_shown_with_their_names() {
    assert_eq!(recent("a b c", "c"), "c a b");
    assert_eq!(recent("", "a"), "a");
    let groups =
        emoji_groups(&["😀 🙏".to_owned()], &["Smileys|grinning face|folded hands".to_owned()]).unwrap();
    let named = recent_named(&groups, "🙏 ?");
    assert_eq!(named, [("🙏".to_owned(), "folded hands".to_owned()), ("?".to_owned(), "?".to_owned())]);
}
