//! What fingers do on a picture: one goes aside to the next or drags what is larger than the screen, two pinch, and two
//! taps on the same place are a wish to see more of it, or less.

use crate::protocol::Millis;

/// How far a finger goes aside until it means the next picture, in pixels; as for the answer to a message.
const ENOUGH: i32 = 56;
/// A finger that moves less than this taps.
const TAP: i32 = 10;
/// How long after a tap another one makes two of it, and how far beside it.
const TWICE: Millis = 300;
const BESIDE: i32 = 40;

/// Where a finger is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Finger {
    id: i32,
    x: i32,
    y: i32,
}

/// What that means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gesture {
    Nothing,
    /// One finger moved so far, to the right and down.
    Drag(i32, i32),
    /// Two fingers are now so far apart, in percent of what they were at first.
    Pinch(u32),
    /// One finger went aside and was lifted: to the right, or to the left.
    Aside {
        right: bool,
    },
    /// Two taps on one place.
    Twice,
}

/// The fingers on a picture.
#[derive(Debug, Clone, Default)]
pub struct Fingers {
    down: Vec<Finger>,
    /// Where the first one was put down.
    from: Option<Finger>,
    /// How far two were apart at first.
    apart: u32,
    /// There was more than one since the first: whatever is lifted then, goes nowhere.
    several: bool,
    /// Where and when it was last tapped.
    tapped: Option<(Finger, Millis)>,
}

impl Fingers {
    /// One is put down.
    pub fn down(&mut self, id: i32, x: i32, y: i32) {
        let finger = Finger { id, x, y };
        self.down.retain(|other| other.id != id);
        if self.down.is_empty() {
            self.from = Some(finger);
            self.several = false;
        }
        self.down.push(finger);
        if let [one, other] = self.down.as_slice() {
            self.several = true;
            self.apart = distance(*one, *other);
        }
    }

    /// Whether two are down: a pinch may begin or goes on.
    #[must_use]
    pub fn pinch(&self) -> bool {
        self.down.len() == 2
    }

    /// One moved.
    pub fn moved(&mut self, id: i32, x: i32, y: i32) -> Gesture {
        let Some(finger) = self.down.iter_mut().find(|finger| finger.id == id) else {
            return Gesture::Nothing;
        };
        let (right, down) = (x - finger.x, y - finger.y);
        (finger.x, finger.y) = (x, y);
        match self.down.as_slice() {
            [_] if !self.several => Gesture::Drag(right, down),
            [one, other] if self.apart > 0 => Gesture::Pinch(distance(*one, *other) * 100 / self.apart),
            _ => Gesture::Nothing,
        }
    }

    /// One is lifted.
    pub fn up(&mut self, id: i32, x: i32, y: i32, at: Millis) -> Gesture {
        let was = self.down.len();
        self.down.retain(|finger| finger.id != id);
        let Some(from) = self.from.filter(|_| was == 1 && self.down.is_empty() && !self.several) else {
            return Gesture::Nothing;
        };
        let (aside, along) = (x - from.x, y - from.y);
        if aside.abs() < TAP && along.abs() < TAP {
            return self.tap(Finger { id, x, y }, at);
        }
        self.tapped = None;
        if aside.abs() >= ENOUGH && along.abs() < aside.abs() {
            return Gesture::Aside { right: aside > 0 };
        }
        Gesture::Nothing
    }

    fn tap(&mut self, finger: Finger, at: Millis) -> Gesture {
        let near = |(before, then): (Finger, Millis)| {
            at - then <= TWICE
                && (before.x - finger.x).abs() <= BESIDE
                && (before.y - finger.y).abs() <= BESIDE
        };
        if self.tapped.take().is_some_and(near) {
            return Gesture::Twice;
        }
        self.tapped = Some((finger, at));
        Gesture::Nothing
    }

    /// The browser takes them for something else.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

fn distance(one: Finger, other: Finger) -> u32 {
    let (x, y) = (one.x.abs_diff(other.x), one.y.abs_diff(other.y));
    x.saturating_mul(x).saturating_add(y.saturating_mul(y)).isqrt()
}
