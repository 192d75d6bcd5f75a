//! What was said before anybody looked.

use super::people::{BODEGA, CHLOE, DIEGO, HANNAH, LUCIA, MARCUS, PRIYA, SUPPORT, TOMAS, YUKI};

/// One message: minutes before the world was made, who wrote it, what.
pub type Line = (i64, &'static str, &'static str);

/// A chat of two.
pub struct Talk {
    pub between: (&'static str, &'static str),
    pub lines: &'static [Line],
    /// How many of the other's last messages the first one has not read yet.
    pub unread: usize,
}

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

pub const TALKS: &[Talk] = &[
    Talk {
        between: (BODEGA, LUCIA),
        unread: 2,
        lines: &[
            (2 * DAY + 3 * HOUR, LUCIA, "Hola! Do you still have that Albariño from last month?"),
            (
                2 * DAY + 3 * HOUR - 6,
                BODEGA,
                "Hola Lucía! Yes, nine bottles left. Shall I put some aside for you?",
            ),
            (2 * DAY + 3 * HOUR - 9, LUCIA, "Six, please 🙏"),
            (2 * DAY + 3 * HOUR - 11, BODEGA, "Done. They wait for you behind the counter."),
            (5 * HOUR, LUCIA, "I can come by this evening around 19:00, is that okay?"),
            (4 * HOUR + 52, BODEGA, "Perfect, we are here until 22:00."),
            (18, LUCIA, "One more thing: could you add a bottle of the good olive oil?"),
            (16, LUCIA, "And a gift bag, it's for my mother 😊"),
        ],
    },
    Talk {
        between: (BODEGA, MARCUS),
        unread: 0,
        lines: &[
            (3 * DAY + 70, MARCUS, "Hi, I'd like to book the tasting on Friday. Four people."),
            (3 * DAY + 61, BODEGA, "Hi Marcus, Friday 20:00 is free. Any allergies we should know about?"),
            (3 * DAY + 58, MARCUS, "One of us doesn't eat nuts, otherwise all good."),
            (3 * DAY + 40, BODEGA, "Noted. Booked for four, Friday 20:00. See you then!"),
            (DAY + 2 * HOUR, MARCUS, "Quick question: is there parking nearby?"),
            (DAY + 2 * HOUR - 20, BODEGA, "Yes, the square behind the church is free after 19:00."),
            (DAY + 2 * HOUR - 22, MARCUS, "Great, thanks a lot!"),
        ],
    },
    Talk {
        between: (BODEGA, TOMAS),
        unread: 0,
        lines: &[
            (4 * DAY, TOMAS, "Buenos días, ya tenemos el rosado nuevo. ¿Te mando dos cajas de muestra?"),
            (4 * DAY - 12, BODEGA, "¡Buenos días, Tomás! Sí, por favor. ¿Para cuándo?"),
            (4 * DAY - 30, TOMAS, "El jueves por la mañana, con el reparto de siempre."),
            (4 * DAY - 33, BODEGA, "Perfecto."),
            (DAY + 5 * HOUR, BODEGA, "Han llegado las cajas, muchas gracias. Está buenísimo."),
            (DAY + 4 * HOUR + 30, TOMAS, "¡Me alegro! Dime cuántas quieres para mayo."),
            (95, BODEGA, "Doce cajas, si puede ser."),
        ],
    },
    Talk {
        between: (BODEGA, HANNAH),
        unread: 0,
        lines: &[
            (5 * DAY + 4 * HOUR, HANNAH, "Thank you for last night, the whole book club loved it!"),
            (5 * DAY + 3 * HOUR, BODEGA, "It was a pleasure. Come back soon, all of you."),
            (11 * HOUR, HANNAH, "We'd like to. Is the back room free on the 14th?"),
            (11 * HOUR - 25, BODEGA, "The 14th is free. I'll pencil you in."),
        ],
    },
    Talk {
        between: (BODEGA, CHLOE),
        unread: 1,
        lines: &[
            (DAY + 9 * HOUR, CHLOE, "Bonjour! Do you deliver to the old town?"),
            (DAY + 8 * HOUR + 50, BODEGA, "We do, free from 40 euros on. Same day if you write before noon."),
            (DAY + 8 * HOUR + 41, CHLOE, "Lovely. Two Ribera and a box of the lemon biscuits then."),
            (DAY + 8 * HOUR + 30, BODEGA, "On its way this afternoon 🚲"),
            (38, CHLOE, "The biscuits are gone already 😅 Can you send two more boxes?"),
        ],
    },
    Talk {
        between: (SUPPORT, PRIYA),
        unread: 0,
        lines: &[
            (DAY + 6 * HOUR, PRIYA, "Hello, our export stopped working this morning."),
            (DAY + 6 * HOUR - 4, SUPPORT, "Hi Priya, sorry to hear that. Which error do you see?"),
            (DAY + 6 * HOUR - 7, PRIYA, "\"Quota exceeded\", but we are on the large plan."),
            (
                DAY + 6 * HOUR - 19,
                SUPPORT,
                "Found it: a limit of ours was set too low. It is raised now. Could you try again?",
            ),
            (DAY + 6 * HOUR - 24, PRIYA, "Works. That was fast, thank you!"),
            (DAY + 6 * HOUR - 25, SUPPORT, "Glad to hear it. Ticket 4711 is closed."),
        ],
    },
    Talk {
        between: (SUPPORT, YUKI),
        unread: 2,
        lines: &[
            (3 * HOUR, YUKI, "Hi, I can't sign in since the update."),
            (2 * HOUR + 55, SUPPORT, "Hi Yuki, do you use the app or the browser?"),
            (2 * HOUR + 50, YUKI, "The app, on Android."),
            (2 * HOUR + 40, SUPPORT, "Please update to 4.2.1, it came out an hour ago and fixes this."),
            (25, YUKI, "I did, and now it asks for a code that never arrives."),
            (23, YUKI, "Could you have a look?"),
        ],
    },
    Talk {
        between: (SUPPORT, DIEGO),
        unread: 0,
        lines: &[
            (2 * DAY + 7 * HOUR, DIEGO, "Buenas, ¿me pueden enviar la factura de marzo?"),
            (2 * DAY + 6 * HOUR + 48, SUPPORT, "Claro, Diego. ¿Al mismo correo de siempre?"),
            (2 * DAY + 6 * HOUR + 45, DIEGO, "Sí, gracias."),
            (2 * DAY + 6 * HOUR + 30, SUPPORT, "Enviada. Que tengas buen día."),
        ],
    },
    Talk {
        between: (SUPPORT, MARCUS),
        unread: 0,
        lines: &[
            (6 * DAY, MARCUS, "Is there a way to add a second user?"),
            (6 * DAY - 8, SUPPORT, "Yes: Settings → Team → Invite. They get an e-mail."),
            (6 * DAY - 15, MARCUS, "Got it, thanks!"),
        ],
    },
    Talk {
        between: (LUCIA, CHLOE),
        unread: 0,
        lines: &[
            (8 * HOUR, LUCIA, "Are you coming to the market on Saturday?"),
            (7 * HOUR + 50, CHLOE, "Of course! I'll bring the little table."),
        ],
    },
];

/// What was said in the group, with how many of its last messages La Bodega has not read.
pub const GROUP_LINES: &[Line] = &[
    (3 * DAY, LUCIA, "Hi all! Who has a stall this Saturday?"),
    (3 * DAY - 15, TOMAS, "Yo, con los vinos. Número 12."),
    (3 * DAY - 22, BODEGA, "We are at number 9, with olives and cheese."),
    (3 * DAY - 60, CHLOE, "I'll come by for breakfast 🥐"),
    (DAY + HOUR, DIEGO, "I can play from 11 to 13 if somebody has power for the amp."),
    (DAY + 45, BODEGA, "Power is no problem, come to our stall."),
    (DAY + 40, DIEGO, "You're the best!"),
    (65, LUCIA, "Weather looks great ☀️ See you all at 9?"),
    (52, TOMAS, "A las 8:30 para montar. ¡Hasta el sábado!"),
    (44, CHLOE, "Perfect, I'll bring the coffee."),
];
pub const GROUP_UNREAD: usize = 3;
