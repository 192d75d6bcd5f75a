//! What groups are, asked of WhatsApp, and who may add members to them. Version 0.7.0 of the client looks for the
//! latter among the words of the wire's dictionary only, where it never is: it is read off the answer beside it.

use std::collections::HashSet;
use whatsapp_rust::Jid;
use whatsapp_rust::anyhow::Result;
use whatsapp_rust::client::Client;
use whatsapp_rust::features::{GroupError, GroupMetadata, MemberAddMode};
use whatsapp_rust::wacore::iq::groups::{
    GroupInfoOutcome, GroupInfoResponse, GroupParticipatingIq, GroupQueryIq,
};
use whatsapp_rust::wacore::iq::spec::IqSpec;
use whatsapp_rust::wacore::request::InfoQuery;
use whatsapp_rust::wacore_binary::NodeRef;

/// How deep in an answer a group may stand: `<iq><groups><group>`.
const DEEP: u8 = 2;

/// A group as it is now.
pub(super) async fn group(client: &Client, jid: &Jid) -> Result<GroupMetadata, GroupError> {
    match client.execute(Read(GroupQueryIq::new(jid))).await? {
        (GroupInfoOutcome::Full(group), closed) => Ok(metadata(*group, &closed)),
        // Only said to whoever tells what they know.
        (GroupInfoOutcome::NotModified, _) => {
            Err(GroupError::InvalidRequest("WhatsApp does not say what the group is".to_owned()))
        }
    }
}

/// All groups that the account is in.
pub(super) async fn groups(client: &Client) -> Result<Vec<GroupMetadata>, GroupError> {
    let (all, closed) = client.execute(Read(GroupParticipatingIq::new())).await?;
    Ok(all.groups.into_iter().map(|group| metadata(group, &closed)).collect())
}

fn metadata(mut group: GroupInfoResponse, closed: &HashSet<String>) -> GroupMetadata {
    let only_admins = closed.contains(group.id.user.as_str());
    group.member_add_mode =
        Some(if only_admins { MemberAddMode::AdminAdd } else { MemberAddMode::AllMemberAdd });
    GroupMetadata::from(group)
}

/// A question of the client's, and with its answer the groups to which only administrators add members.
struct Read<S>(S);

impl<S: IqSpec> IqSpec for Read<S> {
    type Response = (S::Response, HashSet<String>);

    fn build_iq(&self) -> InfoQuery<'static> {
        self.0.build_iq()
    }

    fn encode_iq_direct(&self, request_id: &str, out: &mut Vec<u8>) -> Result<bool> {
        self.0.encode_iq_direct(request_id, out)
    }

    fn parse_response(&self, response: &NodeRef<'_>) -> Result<Self::Response> {
        let mut closed = HashSet::new();
        find(response, DEEP, &mut closed);
        Ok((self.0.parse_response(response)?, closed))
    }
}

fn find(node: &NodeRef<'_>, deep: u8, closed: &mut HashSet<String>) {
    for child in node.children().unwrap_or_default() {
        let mode = child.get_optional_child("member_add_mode").and_then(NodeRef::content_as_string);
        if mode.is_some_and(|mode| mode == "admin_add") {
            let id = child.attrs().optional_string("id").unwrap_or_default();
            closed.insert(id.split('@').next().unwrap_or_default().to_owned());
        }
        if deep > 1 {
            find(child, deep - 1, closed);
        }
    }
}
