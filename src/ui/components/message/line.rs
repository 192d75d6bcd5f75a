//! A message in one line, where it stands among others or above them.

use crate::model::text::{plain, spans};
use crate::protocol::{Message, MessageKind};
use crate::ui::components::message_row::kind_icon;
use crate::ui::prelude::*;

/// What it says, without marks and with the names of those whom it names; where it says nothing, what kind it is.
pub fn line(message: &Message, client: Client, t: &'static Messages) -> AnyView {
    let icon = kind_icon(message.kind).map(|icon| view! { <Icon name=icon/> });
    let text = if message.text.is_empty() && message.kind != MessageKind::Text {
        (t.kinds.name)(message.kind).to_owned()
    } else {
        plain(&spans(&client.read(|model| model.with_names(&message.text, &message.details.mentions))))
    };
    view! { {icon}{text} }.into_any()
}
