//! What notices say in English.

use super::messages::Notices;
use super::notice::Said;

pub const NOTICES: Notices = Notices { you: "You", somebody: "Somebody", and, say };

fn and(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn say(said: &Said<'_>) -> String {
    let Said { code, by, people, value } = *said;
    let call = if value == "video" { "video call" } else { "voice call" };
    match code {
        "group_created" if value.is_empty() => format!("{by} created this group"),
        "group_created" => format!("{by} created the group “{value}”"),
        "group_deleted" => format!("{by} deleted this group"),
        "members_added" => format!("{by} added {people}"),
        "members_removed" => format!("{by} removed {people}"),
        "member_joined" if people.is_empty() => format!("{by} joined by the invitation"),
        "member_joined" => format!("{people} joined by the invitation"),
        "member_left" if people.is_empty() => format!("{by} left"),
        "member_left" if by == "You" => "You left".to_owned(),
        "member_left" => format!("{people} left"),
        "members_promoted" => format!("{by} made {people} an admin"),
        "members_demoted" => format!("{by} made {people} an admin no longer"),
        "subject_changed" => format!("{by} changed the subject to “{value}”"),
        "description_changed" => format!("{by} changed the description"),
        "description_removed" => format!("{by} removed the description"),
        "picture_changed" => format!("{by} changed the picture"),
        "group_locked" => format!("{by} lets only admins change this group"),
        "group_unlocked" => format!("{by} lets everybody change this group"),
        "announce_on" => format!("{by} lets only admins write"),
        "announce_off" => format!("{by} lets everybody write"),
        "approval_on" => format!("{by} lets nobody join without an admin"),
        "approval_off" => format!("{by} lets everybody join by the invitation"),
        "admins_add" => format!("{by} lets only admins add members"),
        "everybody_adds" => format!("{by} lets everybody add members"),
        "join_requested" => format!("{people} asks to join"),
        "invite_reset" => format!("{by} made a new invitation: the one before is worthless"),
        "disappearing_on" => {
            format!("{by} turned on disappearing messages: new ones disappear after {}", time(value))
        }
        "disappearing_off" => format!("{by} turned off disappearing messages"),
        "number_changed" if value.is_empty() => format!("{people} changed their number"),
        "number_changed" => format!("{people} changed their number to +{value}"),
        "security_code_changed" => "The security code of this chat changed".to_owned(),
        "message_pinned" => format!("{by} pinned a message"),
        "incoming_call" => format!("Incoming {call}"),
        "missed_call" => format!("Missed {call}"),
        "rejected_call" => format!("Declined {call}"),
        "answered_call" => "Call answered on another device".to_owned(),
        "call" => "Call".to_owned(),
        "other" => format!("Notice: {}", value.replace('_', " ")),
        code => format!("Notice: {}", code.replace('_', " ")),
    }
}

fn time(seconds: &str) -> String {
    match seconds.parse::<u64>() {
        Ok(86_400) => "24 hours".to_owned(),
        Ok(seconds) if seconds >= 86_400 => format!("{} days", seconds / 86_400),
        Ok(seconds) => format!("{seconds} seconds"),
        Err(_) => "some time".to_owned(),
    }
}
