//! The little calendar, and the life of a code.

use crate::model::Life;
use crate::model::time::{clock_of, date_of, day_of, iso, weekday_of};
use proptest::prelude::*;

#[test]
fn known_moments() {
    assert_eq!(iso(0), "1970-01-01T00:00:00Z");
    assert_eq!(iso(951_782_400_000), "2000-02-29T00:00:00Z");
    assert_eq!(iso(1_795_262_400_000), "2026-11-21T12:00:00Z");
    assert_eq!(weekday_of(day_of(1_795_262_400_000, 0)), 5, "a Saturday");
    assert_eq!(date_of(-1), (1969, 12, 31));
    assert_eq!(clock_of(1_795_262_400_000, -90), (10, 30));
    assert_eq!(day_of(1_795_262_400_000, 720), day_of(1_795_262_400_000, 0) + 1);
}

#[test]
fn a_code_lives_its_whole_life_and_no_longer() {
    assert_eq!(Life::left(0, 20_000, 0), Life { seconds: 20, permille: 1000 });
    assert_eq!(Life::left(0, 20_000, 5_500), Life { seconds: 15, permille: 725 });
    assert_eq!(Life::left(0, 20_000, 19_999), Life { seconds: 1, permille: 0 });
    assert!(Life::left(0, 20_000, 20_000).is_over());
    // Clocks that disagree.
    assert_eq!(Life::left(0, 20_000, -90_000), Life { seconds: 20, permille: 1000 });
    assert!(Life::left(5, 5, i64::MAX).is_over());
}

proptest! {
    #[test]
    fn days_follow_each_other(day in -1_000_000_i64..1_000_000) {
        let (one, next) = (date_of(day), date_of(day + 1));
        prop_assert!(next > one);
        prop_assert!((1..=12).contains(&one.1) && (1..=31).contains(&one.2));
        prop_assert!(next.2 == one.2 + 1 || (next.2 == 1 && one.2 >= 28));
        prop_assert_eq!((weekday_of(day) + 1) % 7, weekday_of(day + 1));
    }

    #[test]
    fn no_moment_panics(at in any::<i64>(), offset in any::<i32>(), other in any::<i64>()) {
        let _ = (day_of(at, offset), clock_of(at, offset), iso(at), Life::left(at, other, at));
        let _ = Life::left(other, at, other);
    }
}
