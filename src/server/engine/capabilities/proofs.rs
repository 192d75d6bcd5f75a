//! Which test proves each thing that linked devices do. Whoever adds an operation adds a line: without one, this does
//! not compile.

use super::{CAPABILITIES, EngineKind, Operation, Support};

/// The file and the test that proves it; `None` where it is not done.
#[rustfmt::skip]
fn proof(operation: Operation) -> Option<(&'static str, &'static str)> {
    use Operation as O;
    Some(match operation {
        O::LinkByQr => ("tests/suite/engine_linked/pairing.rs", "a_scan_links_the_device"),
        O::LinkByCode => ("tests/suite/engine_linked/pairing.rs", "a_code_for_the_phone_links_the_device"),
        O::Connect => ("tests/suite/engine_linked/running.rs", "a_linked_device_comes_back_on_its_stored_keys"),
        O::LogOut => ("tests/suite/engine_linked/ends.rs", "logged_out_by_us"),
        O::History => ("tests/suite/history.rs", "all_of_it_comes_in_order_and_older_messages_can_be_asked_for"),
        O::OlderMessages => ("tests/suite/history.rs", "all_of_it_comes_in_order_and_older_messages_can_be_asked_for"),
        O::SendText => ("tests/suite/engine_linked/chat.rs", "texts_go_both_ways_and_their_ticks_come_back"),
        O::SendMedia => ("tests/suite/media_messages/sending.rs", "every_kind_arrives_on_the_phone_as_it_was"),
        O::ReceiveMedia => ("tests/suite/media_messages/coming.rs", "every_kind_is_fetched_as_it_was_sent_when_somebody_asks"),
        O::SendLocation | O::SendContact => ("tests/suite/message_kinds.rs", "answers_places_cards_and_links_arrive_as_they_were_sent"),
        O::SendPoll | O::Vote => ("tests/suite/message_kinds.rs", "votes_are_counted_on_both_sides"),
        O::Forward => ("tests/suite/message_kinds.rs", "what_is_passed_on_says_so_and_nothing_is_done_to_what_is_not_there"),
        O::React | O::Edit | O::Revoke => ("tests/suite/message_kinds.rs", "reactions_edits_and_revocations_reach_the_other_side"),
        O::PinMessage => ("tests/suite/message_actions.rs", "a_pin_is_everybodys_until_its_time_is_over"),
        O::Star => ("tests/suite/message_actions.rs", "a_star_stands_on_every_device_of_the_account_and_nowhere_else"),
        O::DeleteForMe => ("tests/suite/message_actions.rs", "what_is_deleted_for_oneself_is_gone_on_every_device_and_stays_away"),
        O::Disappear => ("tests/suite/notices.rs", "messages_disappear_after_the_time_of_their_chat"),
        O::SendTemplate => return None,
        O::Retry => ("tests/suite/trace.rs", "a_message_that_does_not_arrive_says_why"),
        O::MarkRead => ("tests/suite/receipts.rs", "a_message_of_a_group_is_read_when_everybody_read_it"),
        O::MarkPlayed => ("tests/suite/receipts.rs", "a_voice_note_is_played_and_its_sender_hears_of_it_on_every_wire"),
        O::Typing => ("tests/suite/presence.rs", "typing_and_recording_pass_both_ways_through_every_wire"),
        O::Presence => ("tests/suite/presence.rs", "a_presence_is_followed_through_breaks_and_restarts_until_it_is_left"),
        O::SetPresence => ("tests/suite/presence.rs", "the_account_hides_and_shows_itself_for_good"),
        O::Receipts => ("tests/suite/receipts.rs", "a_message_of_a_group_is_read_when_everybody_read_it"),
        O::Trace => ("tests/suite/trace.rs", "a_message_that_arrives_tells_its_whole_way_and_that_of_its_events"),
        O::IncomingCalls => ("tests/suite/calls.rs", "a_call_that_nobody_takes_is_missed"),
        O::RejectCall => ("tests/suite/calls.rs", "we_decline_a_call"),
        O::ArchiveChat | O::PinChat | O::MuteChat | O::MarkUnread => ("tests/suite/chat_state.rs", "what_is_set_here_stands_on_the_phone"),
        O::ClearChat | O::DeleteChat => ("tests/suite/chat_state.rs", "cleared_and_deleted_chats_are_so_on_every_device"),
        O::FindNumber => ("tests/suite/chat_socket/chatting.rs", "two_numbers_talk"),
        O::CheckNumbers | O::SaveContact | O::BlockContact | O::About => ("tests/suite/people.rs", "people_are_looked_up_blocked_and_saved"),
        O::Groups => ("tests/suite/chat.rs", "a_group_both_ways"),
        O::CreateGroup | O::GroupMembers | O::GroupRoles | O::GroupSettings | O::GroupInvite | O::JoinGroup | O::LeaveGroup => ("tests/suite/groups.rs", "a_group_from_its_making_to_its_leaving"),
        O::GroupPicture => ("tests/suite/groups.rs", "a_group_gets_a_picture_and_loses_it_for_everybody"),
        O::GroupRequests => ("tests/suite/groups.rs", "whoever_joins_waits_for_an_administrator_and_settings_say_who_may_what"),
        O::Profile => ("tests/suite/people.rs", "whoever_is_blocked_and_what_people_say_of_themselves_is_told"),
        O::Labels => ("tests/suite/labels.rs", "labels_pass_between_devices_and_chats_are_found_by_them"),
        O::Drafts => ("tests/suite/labels.rs", "a_draft_is_its_writers_on_every_device_and_goes_with_its_message"),
        O::Contacts => ("tests/suite/sandbox_network/sync.rs", "contacts_of_the_phone_reach_its_devices"),
        O::Pictures => ("tests/suite/groups.rs", "a_group_gets_a_picture_and_loses_it_for_everybody"),
        O::Search => ("tests/suite/search.rs", "what_was_sent_and_what_came_is_found_and_goes_with_its_device"),
        O::Export => ("tests/suite/export.rs", "an_export_has_everything_in_order_and_one_that_was_cut_shows_it"),
        O::Calls => return None,
    })
}

#[test]
fn whatever_linked_devices_do_is_proved_by_a_test_that_there_is() {
    for row in CAPABILITIES {
        let done = row.of(EngineKind::Linked) == Support::Yes;
        let proof = proof(row.operation);
        assert_eq!(done, proof.is_some(), "{}", row.name);
        if let Some((file, test)) = proof {
            let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(text.contains(&format!("fn {test}(")), "{}: {file} has no {test}", row.name);
        }
    }
}
