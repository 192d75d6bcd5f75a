//! Fingers on a picture.

use crate::model::{Fingers, Gesture};

#[test]
fn a_finger_that_goes_aside_means_the_next_and_one_that_goes_along_means_nothing() {
    for (x, y, expected) in [
        (40, 105, Gesture::Aside { right: false }),
        (160, 90, Gesture::Aside { right: true }),
        (155, 100, Gesture::Nothing),
        (180, 200, Gesture::Nothing),
    ] {
        let mut fingers = Fingers::default();
        fingers.down(1, 100, 100);
        assert_eq!(fingers.moved(1, x, y), Gesture::Drag(x - 100, y - 100));
        assert_eq!(fingers.up(1, x, y, 0), expected, "{x} {y}");
    }
}

#[test]
fn two_fingers_pinch_and_go_nowhere_when_they_are_lifted() {
    let mut fingers = Fingers::default();
    fingers.down(1, 100, 100);
    fingers.down(2, 200, 100);
    assert!(fingers.pinch());
    assert_eq!(fingers.moved(2, 300, 100), Gesture::Pinch(200));
    assert_eq!(fingers.moved(1, 250, 100), Gesture::Pinch(50));
    assert_eq!(fingers.up(2, 300, 100, 0), Gesture::Nothing);
    assert_eq!(fingers.moved(1, 100, 100), Gesture::Nothing, "one is left of two");
    assert_eq!(fingers.up(1, 20, 100, 0), Gesture::Nothing);
    // The next one is on its own again; one that was never put down is none.
    fingers.down(1, 100, 100);
    assert_eq!(fingers.moved(7, 0, 0), Gesture::Nothing);
    assert_eq!(fingers.up(1, 20, 100, 0), Gesture::Aside { right: false });
}

#[test]
fn two_taps_soon_after_each_other_on_one_place_are_one_wish() {
    let mut fingers = Fingers::default();
    let mut tap = |x: i32, at: i64| {
        fingers.down(1, x, 50);
        fingers.up(1, x + 2, 52, at)
    };
    assert_eq!(tap(50, 0), Gesture::Nothing);
    assert_eq!(tap(60, 200), Gesture::Twice);
    assert_eq!(tap(60, 300), Gesture::Nothing, "a third one begins anew");
    assert_eq!(tap(60, 900), Gesture::Nothing, "too late");
    assert_eq!(tap(160, 1_000), Gesture::Nothing, "elsewhere");
    assert_eq!(tap(160, 1_100), Gesture::Twice);
}
