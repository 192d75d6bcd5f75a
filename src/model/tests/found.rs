//! Marking what was searched for.

use crate::model::found::{excerpt, hits, small};

fn text(parts: &[(bool, String)]) -> String {
    parts.iter().map(|(hit, part)| if *hit { format!("[{part}]") } else { part.clone() }).collect()
}

#[test]
fn words_are_marked_without_regard_to_case_and_marks() {
    assert_eq!(text(&hits("¿Vienes mañana a Sevilla?", "MANANA sev")), "¿Vienes [mañana] a [Sev]illa?");
    assert_eq!(text(&hits("La Bodega", "dega")), "La Bo[dega]", "within a word where none begins so");
    assert_eq!(text(&hits("a banana", "a")), "[a] banana", "else at the beginnings only");
    assert_eq!(text(&hits("İstanbul", "i")), "[İ]stanbul");
    assert_eq!(text(&hits("قلب أحمر", "احمر")), "قلب [أحمر]");
    assert_eq!(text(&hits("nothing here", "x")), "nothing here");
    assert_eq!(text(&hits("all of it", "")), "all of it");
    assert_eq!(text(&hits("", "x")), "");
}

#[test]
fn a_long_text_is_cut_around_the_first_hit() {
    let long = format!("{} order {}", "word ".repeat(40), "more ".repeat(60));
    let cut = text(&excerpt(&long, "ord"));
    assert!(cut.starts_with('…') && cut.contains("[ord]er"), "{cut}");
    assert!(cut.chars().count() < 180 && cut.ends_with('…'), "{cut}");
    assert_eq!(text(&excerpt("a short order", "ord")), "a short [ord]er");
}

#[test]
fn small_letters_are_those_of_the_standard_library() {
    let of_one = |letter: char| Some(letter.to_lowercase()).filter(|small| small.len() == 1)?.next();
    for letter in (char::MIN..=char::MAX).filter(|letter| small(*letter) != *letter && *letter != 'İ') {
        assert_eq!(of_one(letter), Some(small(letter)), "{letter} ({:#x})", u32::from(letter));
    }
    let name = "ÅNGSTRÖM ŁÓDŹ ΑΘΉΝΑ МОСКВА ЇЖАК ԵՐԵՎԱՆ HÀ NỘI ƁAƊE ƐWE";
    assert_eq!(name.chars().map(small).collect::<String>(), name.to_lowercase());
}
