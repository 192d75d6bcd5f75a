//! What notices say in a language that is a file of texts.
//!
//! A code may have several texts, told apart by the end of their key: `_you` where this account did it (verbs
//! follow whom they are about), `_value` where something new is named, `_alone` where nobody is named to whom it
//! was done. The most special one that there is counts.

use super::notice::Said;
use super::pattern::{Arg, write};
use super::shapes::{TEXTS, extend, find};

/// The notice. What has no text of its own is told by its code.
pub fn say(shelf: usize, key: u32, said: &Said<'_>) -> String {
    let Some(texts) = TEXTS.get(shelf).and_then(|texts| texts.get()) else { return String::new() };
    let below = |name: &str| extend(extend(key, "."), name);
    let you = find(shelf, below("you")).is_some_and(|you| you == said.by);
    let end_of_you = if you { "_you" } else { "" };
    let end = match said.code {
        _ if said.value == "video" => "_video",
        "group_created" | "number_changed" if !said.value.is_empty() => "_value",
        "member_joined" | "member_left" if said.people.is_empty() || (you && said.code == "member_left") => {
            "_alone"
        }
        _ => "",
    };
    let ends = [[end, end_of_you], [end, ""], ["", end_of_you], ["", ""]];
    let special = ends.iter().find_map(|[one, two]| find(shelf, extend(extend(below(said.code), one), two)));
    let (text, value) = match special {
        Some(text) if said.code == "disappearing_on" => (text, time(shelf, below("time"), said.value)),
        Some(text) if said.code != "other" => (text, said.value.to_owned()),
        _ => {
            let what = if said.code == "other" { said.value } else { said.code };
            (find(shelf, below("other")).unwrap_or_default(), what.replace('_', " "))
        }
    };
    write(text, &[Arg::Word(said.by), Arg::Word(said.people), Arg::Word(&value)], texts.plural)
}

/// How long messages stay: `.hours`, `.days`, `.seconds` or `.some` below the key.
fn time(shelf: usize, key: u32, seconds: &str) -> String {
    let (name, count) = match seconds.parse::<i64>() {
        Ok(86_400) => (".hours", 24),
        Ok(seconds) if seconds >= 86_400 => (".days", seconds / 86_400),
        Ok(seconds) => (".seconds", seconds),
        Err(_) => (".some", 0),
    };
    let plural = TEXTS.get(shelf).and_then(|texts| texts.get()).map(|texts| texts.plural).unwrap_or_default();
    find(shelf, extend(key, name)).map(|text| write(text, &[Arg::Number(count)], plural)).unwrap_or_default()
}

/// Every notice that has to have a text; each is found in English by a scene of its own in `notice`.
#[cfg(test)]
pub fn probe(key: &str, into: &mut Vec<(String, String)>) {
    let by = "group_created group_deleted description_changed description_removed picture_changed group_locked \
        group_unlocked announce_on announce_off approval_on approval_off admins_add everybody_adds invite_reset \
        disappearing_off message_pinned member_left_alone member_joined_alone";
    for code in by.split_whitespace() {
        into.push((format!("{key}.{code}"), "\u{1}0".to_owned()));
    }
    for code in ["members_added", "members_removed", "members_promoted", "members_demoted"] {
        into.push((format!("{key}.{code}"), "\u{1}0\u{1}1".to_owned()));
    }
    for code in ["group_created_value", "subject_changed", "disappearing_on"] {
        into.push((format!("{key}.{code}"), "\u{1}0\u{1}2".to_owned()));
    }
    for code in ["member_joined", "member_left", "join_requested", "number_changed"] {
        into.push((format!("{key}.{code}"), "\u{1}1".to_owned()));
    }
    into.push((format!("{key}.number_changed_value"), "\u{1}1\u{1}2".to_owned()));
    into.push((format!("{key}.other"), "\u{1}2".to_owned()));
    let plain = "security_code_changed incoming_call incoming_call_video missed_call missed_call_video rejected_call \
        rejected_call_video answered_call call you time.some";
    for code in plain.split_whitespace() {
        into.push((format!("{key}.{code}"), String::new()));
    }
    for unit in ["hours", "days", "seconds"] {
        into.push((format!("{key}.time.{unit}"), "2".to_owned()));
    }
}
