//! The people and shops of the network. Their numbers look like real ones; nothing that is sent to them
//! ever leaves the process.

/// Somebody with a phone.
pub struct Person {
    pub number: &'static str,
    pub name: &'static str,
    pub about: &'static str,
    pub picture: &'static [u8],
    /// Answers by themselves.
    pub answers: bool,
    pub online: bool,
    /// Minutes before the world was made when they were last seen.
    pub seen: i64,
}

macro_rules! picture {
    ($name:literal) => {
        include_bytes!(concat!("../pictures/", $name, ".jpg"))
    };
}

pub const BODEGA: &str = "34600111222";
pub const SUPPORT: &str = "15550100100";
pub const LUCIA: &str = "34600222333";
pub const MARCUS: &str = "447700900123";
pub const PRIYA: &str = "15550100142";
pub const TOMAS: &str = "34600333444";
pub const HANNAH: &str = "4917605550123";
pub const CHLOE: &str = "33639980123";
pub const YUKI: &str = "818055501234";
pub const DIEGO: &str = "525555501234";

/// Everybody. The first two are meant to be linked by whoever uses the sandbox.
pub const PEOPLE: [Person; 10] = [
    Person {
        number: BODEGA,
        name: "La Bodega",
        about: "Wines, olives and good company. Tue–Sun 11–22 h",
        picture: picture!("bodega"),
        answers: false,
        online: true,
        seen: 0,
    },
    Person {
        number: SUPPORT,
        name: "Support desk",
        about: "We answer within the hour, Mon–Fri 9–18 h",
        picture: picture!("support"),
        answers: false,
        online: true,
        seen: 0,
    },
    Person {
        number: LUCIA,
        name: "Lucía Fernández",
        about: "☀️",
        picture: picture!("lucia"),
        answers: true,
        online: true,
        seen: 0,
    },
    Person {
        number: MARCUS,
        name: "Marcus Webb",
        about: "At the gym",
        picture: picture!("marcus"),
        answers: true,
        online: false,
        seen: 12,
    },
    Person {
        number: PRIYA,
        name: "Priya Natarajan",
        about: "Available",
        picture: picture!("priya"),
        answers: false,
        online: false,
        seen: 47,
    },
    Person {
        number: TOMAS,
        name: "Tomás Rivera",
        about: "En el campo 🍇",
        picture: picture!("tomas"),
        answers: false,
        online: false,
        seen: 95,
    },
    Person {
        number: HANNAH,
        name: "Hannah Vogel",
        about: "Can't talk, WhatsApp only",
        picture: picture!("hannah"),
        answers: false,
        online: false,
        seen: 660,
    },
    Person {
        number: CHLOE,
        name: "Chloé Martin",
        about: "Busy",
        picture: picture!("chloe"),
        answers: false,
        online: true,
        seen: 0,
    },
    Person {
        number: YUKI,
        name: "Yuki Tanaka",
        about: "Hey there! I am using WhatsApp.",
        picture: picture!("yuki"),
        answers: false,
        online: false,
        seen: 23,
    },
    Person {
        number: DIEGO,
        name: "Diego Morales",
        about: "🎸",
        picture: picture!("diego"),
        answers: false,
        online: false,
        seen: 180,
    },
];

/// How some are saved in address books, where that is not their own name: whose book, who, as what.
pub const SAVED_AS: [(&str, &str, &str); 3] = [
    (BODEGA, TOMAS, "Tomás (viñedo)"),
    (BODEGA, HANNAH, "Hannah, book club"),
    (SUPPORT, PRIYA, "Priya N. (Northwind)"),
];

pub const GROUP_SUBJECT: &str = "Weekend market 🧺";
pub const GROUP_PICTURE: &[u8] = picture!("market");
/// The first one made it.
pub const GROUP_MEMBERS: [&str; 5] = [LUCIA, BODEGA, TOMAS, CHLOE, DIEGO];
