//! What is proved, what is refuted, what is left open, and every kind of error.

use super::super::Verdict::{Different, Equal, RustcKnows, Unproved};
use super::super::{DimErrorKind, Symbol};
use super::{compare, dim, error, relation, scope, size};

#[test]
fn names_are_told_apart() {
    let scope = scope("D", &[]);
    let symbol = |text: &str| scope.symbol(dim(text).names().next().unwrap()).unwrap();
    assert_eq!(symbol("D"), Symbol::Parameter("D".into()));
    assert_eq!(symbol("seq"), Symbol::Axis("seq".into()));
    assert_eq!(symbol("r#type"), Symbol::Axis("r#type".into()));
    assert_eq!(symbol("WIDTH_2"), Symbol::Constant("WIDTH_2".into()));
    assert_eq!(symbol("config::width"), Symbol::Constant("config::width".into()));
}

#[test]
fn a_camel_case_name_is_unknown() {
    let scope = super::Scope::new(["MODEL".to_owned(), "F".to_owned()]);
    let unknown = |name: &str, similar: Option<&str>| DimErrorKind::UnknownName {
        name: name.into(),
        similar: similar.map(String::from),
    };
    assert_eq!(error(&scope, "4 * Model"), unknown("Model", Some("MODEL")));
    assert_eq!(error(&scope, "Heads"), unknown("Heads", None));
}

#[test]
fn plain_numbers() {
    let scope = scope("", &[]);
    assert_eq!(size(&scope, "2 * (3 + 4) - 6 / 2").value(), Some(11));
    assert_eq!(size(&scope, "18446744073709551615").value(), Some(u64::MAX));
    assert_eq!(compare(&scope, "2 * 4", "8"), Equal);
    assert_eq!(compare(&scope, "9", "8"), Different);
}

#[test]
fn sizes_that_are_none() {
    let scope = scope("DHP", &["D % H == 0"]);
    let inexact = |dividend: &str, divisor: &str| DimErrorKind::Inexact {
        dividend: dividend.into(),
        divisor: divisor.into(),
    };
    let unproved = |dividend: &str, divisor: &str| DimErrorKind::UnprovedDivision {
        dividend: dividend.into(),
        divisor: divisor.into(),
    };
    assert_eq!(error(&scope, "0"), DimErrorKind::Zero);
    assert_eq!(error(&scope, "D - D"), DimErrorKind::Zero);
    assert_eq!(error(&scope, "4 - 8 + 6"), DimErrorKind::Negative { value: -4 });
    assert_eq!(error(&scope, "D - (D + 2)"), DimErrorKind::Negative { value: -2 });
    assert_eq!(error(&scope, "18446744073709551615 + 1"), DimErrorKind::TooLarge);
    let huge = ["18446744073709551615"; 3].join(" * ");
    assert_eq!(error(&scope, &huge), DimErrorKind::TooLarge);
    assert_eq!(error(&scope, "7 / 2"), inexact("7", "2"));
    assert_eq!(error(&scope, "(4 * D + 1) / 2"), inexact("4 * D + 1", "2"));
    assert_eq!(error(&scope, "D / 0"), DimErrorKind::DivisionByZero);
    assert_eq!(error(&scope, "D / (4 - 4)"), DimErrorKind::DivisionByZero);
    assert_eq!(error(&scope, "D / P"), unproved("D", "P"));
    assert_eq!(error(&scope, "(D + 1) / (2 * P)"), unproved("(D + 1)", "(2 * P)"));
    assert_eq!(error(&scope, "seq / 2"), unproved("seq", "2"));
    assert_eq!(error(&scope, "seq / WIDTH"), unproved("seq", "WIDTH"));
}

#[test]
fn errors_point_at_the_right_operand() {
    let scope = scope("D", &[]);
    for (text, column) in
        [("D * (7 / 2)", 9), ("1 + 4 - 8", 8), ("4 / (D - D)", 4), ("0 * D", 0), ("2 * Abc", 4)]
    {
        assert_eq!(scope.size(&dim(text)).unwrap_err().span.start().column, column, "{text}");
    }
}

#[test]
fn relations_substitute() {
    let scope = scope("DFG", &["F == 4 * D", "D == 64", "2 * F == G"]);
    assert_eq!(size(&scope, "F").value(), Some(256));
    assert_eq!(compare(&scope, "G", "512"), Equal);
    assert_eq!(compare(&scope, "G", "511"), Different);
}

#[test]
fn sums_and_products_substitute() {
    let sums = scope("ABC", &["A + B == C"]);
    assert_eq!(compare(&sums, "2 * C - B", "2 * A + B"), Equal);
    assert_eq!(compare(&sums, "A", "C"), Different);
    let products = scope("ABC", &["A * B == 12 * C"]);
    assert_eq!(compare(&products, "A * A * B", "12 * C * A"), Equal);
    assert_eq!(compare(&products, "A * B / 12", "C"), Equal);
    assert_eq!(compare(&products, "12 * C / A", "B"), Equal);
    assert_eq!(compare(&products, "A", "C"), Unproved);
}

#[test]
fn unsolved_relations_join() {
    let scope = scope("ABCD", &["2 * A + 3 * B == 4 * C", "2 * A == 3 * B", "B == 2"]);
    assert_eq!(size(&scope, "A").value(), Some(3));
    assert_eq!(compare(&scope, "C", "3"), Equal);
}

#[test]
fn divisions_follow_from_relations() {
    let scope = scope("DHKPWX", &["D % H == 0", "H % K == 0", "X % P == 0", "W % P == 0", "D % 64 == 0"]);
    for text in [
        "D / H",
        "2 * D / H",
        "D / K",
        "D * D / (H * K)",
        "(X / P) * (W / P)",
        "X * W / (P * P)",
        "D / 8",
        "(X + W) / P",
        "(X + 3 * P) / P",
        "4 * D / D",
        "6 * D / 3",
        "D / H / 1",
    ] {
        size(&scope, text);
    }
    for text in ["D / P", "H / D", "D / (H * K)", "(X + D) / P", "D / 128", "D / H / K"] {
        assert!(matches!(error(&scope, text), DimErrorKind::UnprovedDivision { .. }), "{text}");
    }
    assert_eq!(compare(&scope, "H * (D / H)", "D"), Equal);
    assert_eq!(compare(&scope, "(X / P) * (W / P) * P * P", "W * X"), Equal);
    let solved = super::scope("DHE", &["E * H == D"]);
    assert_eq!(compare(&solved, "D / H", "E"), Equal);
}

#[test]
fn divides() {
    let scope = scope("DH", &["D % H == 0"]);
    let divides = |divisor, dividend| scope.divides(&size(&scope, divisor), &size(&scope, dividend));
    assert_eq!(divides("H", "3 * D"), Equal);
    assert_eq!(divides("12", "768"), Equal);
    assert_eq!(divides("10", "768"), Different);
    assert_eq!(divides("D", "H"), Unproved);
    assert_eq!(divides("HEADS", "D"), RustcKnows);
    assert_eq!(divides("HEADS", "seq"), Unproved);
}

#[test]
fn at_most() {
    let scope = scope("ABN", &["N <= 512", "A < B", "seq <= N"]);
    let at_most = |left, right| scope.at_most(&size(&scope, left), &size(&scope, right));
    assert_eq!(at_most("4", "4"), Equal);
    assert_eq!(at_most("5", "4"), Different);
    assert_eq!(at_most("N", "512"), Equal);
    assert_eq!(at_most("4 * N", "2048"), Equal);
    assert_eq!(at_most("N * A", "512 * B"), Equal);
    assert_eq!(at_most("seq", "600"), Equal);
    assert_eq!(at_most("600", "N"), Different);
    assert_eq!(at_most("A + 1", "B"), Equal);
    assert_eq!(at_most("B", "A"), Different);
    assert_eq!(at_most("B", "2 * A"), Unproved);
    assert_eq!(at_most("N", "256"), Unproved);
    assert_eq!(at_most("n", "512"), Unproved);
    assert_eq!(at_most("N", "LENGTH"), RustcKnows);
    assert_eq!(compare(&scope, "N", "600"), Different);
}

#[test]
fn constants_are_left_to_rustc() {
    let scope = scope("DF", &["F == 4 * WIDTH"]);
    assert_eq!(compare(&scope, "WIDTH", "8"), RustcKnows);
    assert_eq!(compare(&scope, "WIDTH", "config::WIDTH"), RustcKnows);
    assert_eq!(compare(&scope, "D", "WIDTH"), RustcKnows);
    assert_eq!(compare(&scope, "F / 2", "WIDTH * 2"), Equal);
    assert_eq!(compare(&scope, "WIDTH + 1", "WIDTH"), Different);
    let text: Vec<_> = scope.divisions(&dim("D * (WIDTH / 3) + F / WIDTH + (D / HEADS)"));
    let text: Vec<_> = text.iter().map(|(dividend, divisor)| format!("{dividend} / {divisor}")).collect();
    assert_eq!(text, ["WIDTH / 3", "D / HEADS"]);
    assert!(scope.divisions(&dim("7 / 2 + WIDTH / 3")).is_empty());
}

#[test]
fn axes_are_only_equal_to_themselves() {
    let scope = scope("DE", &["m == 2 * n"]);
    assert_eq!(compare(&scope, "seq", "seq"), Equal);
    assert_eq!(compare(&scope, "n + n", "m"), Equal);
    for other in ["4", "other", "D", "WIDTH", "2 * seq", "seq + 1", "D * seq + 1"] {
        assert_eq!(compare(&scope, "seq", other), Different, "{other}");
    }
    assert_eq!(compare(&scope, "seq", "D * seq"), Unproved);
    assert_eq!(compare(&scope, "D * seq", "E * seq"), Unproved);
    assert_eq!(compare(&scope, "seq + D", "seq + E"), Unproved);
    assert_eq!(compare(&scope, "seq + WIDTH", "seq + 4"), Unproved);
}

#[test]
fn parameters_stand_in_for_sizes() {
    let scope = scope("DFH", &["F == 4 * D"]);
    let stand_in = |text| scope.parameter_equal_to(&size(&scope, text));
    assert_eq!(stand_in("4 * D").as_deref(), Some("F"));
    assert_eq!(stand_in("D").as_deref(), Some("D"));
    assert_eq!(stand_in("2 * D"), None);
    assert_eq!(stand_in("seq"), None);
}

#[test]
fn parameters_may_stay_open() {
    let scope = scope("DE", &[]);
    assert_eq!(compare(&scope, "D", "E"), Unproved);
    assert_eq!(compare(&scope, "D", "8"), Unproved);
    assert_eq!(compare(&scope, "D * E", "D * E + D"), Different);
    assert_eq!(compare(&scope, "2 * D", "2 * E + 1"), Different);
    assert_eq!(compare(&scope, "(D + E) * (D + E)", "D * D + 2 * D * E + E * E"), Equal);
}

#[test]
fn contradictions() {
    for (relations, broken, becomes) in [
        (&["F == 4 * D", "D == 64", "F == 100"][..], "F == 100", "256 == 100"),
        (&["D % H == 0", "D == 10", "H == 3"][..], "D % H == 0", "10 % 3 == 0"),
        (&["N <= 4", "N >= 8"][..], "N >= 8", "N >= 8"),
        (&["N == 9", "N < 9"][..], "N < 9", "9 < 9"),
        (&["D == 0"][..], "D == 0", "D == 0"),
        (&["D == D + 1"][..], "D == D + 1", "D == D + 1"),
        (&["2 * D == 2 * F + 1"][..], "2 * D == 2 * F + 1", "2 * D == 2 * F + 1"),
        (&["9 % 2 == 0"][..], "9 % 2 == 0", "9 % 2 == 0"),
        (&["D + F == N", "D == N"][..], "D == N", "D == D + F"),
    ] {
        let (last, first) = relations.split_last().unwrap();
        let mut scope = scope("DFHN", first);
        let kind = scope.relate(&relation(last)).unwrap_err().kind;
        let (relation, broken, becomes) = ((*last).into(), broken.into(), becomes.into());
        assert_eq!(kind, DimErrorKind::Contradiction { relation, broken, becomes });
    }
}

#[test]
fn relations_may_come_in_any_order() {
    let mut scope = super::Scope::new(["D", "H", "E"].map(String::from));
    let relations = ["E == D / H", "D % H == 0", "D / E == F"].map(relation);
    let errors = scope.relate_all(&relations);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(compare(&scope, "E * H", "D"), Equal);
}

#[test]
fn unusable_relations() {
    let mut scope = scope("DH", &[]);
    let mut kind = |text| scope.relate(&relation(text)).unwrap_err().kind;
    assert_eq!(kind("D % 0 == 0"), DimErrorKind::DivisionByZero);
    assert!(matches!(kind("H == D / 3"), DimErrorKind::UnprovedDivision { .. }));
    assert!(matches!(kind("H == Abc"), DimErrorKind::UnknownName { .. }));
}
