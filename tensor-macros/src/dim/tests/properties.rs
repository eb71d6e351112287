//! The normal form and the proofs against plain evaluation of the tree.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::{Dim, DimErrorKind, Relation, Scope, Size, Symbol, Verdict};

const NAMES: [&str; 4] = ["A", "B", "C", "D"];

type Values = [i128; 4];

#[derive(Clone, Debug)]
enum Tree {
    Number(i128),
    Name(usize),
    Operation(char, Box<Tree>, Box<Tree>),
}

impl Tree {
    /// The value in Rust's `usize`, where division has to be exact: `None` where it has none.
    fn value(&self, values: &Values) -> Option<i128> {
        match self {
            Tree::Number(value) => Some(*value),
            Tree::Name(name) => Some(values[*name]),
            Tree::Operation(sign, left, right) => {
                let (left, right) = (left.value(values)?, right.value(values)?);
                match sign {
                    '+' => Some(left + right),
                    '-' => (left >= right).then(|| left - right),
                    '*' => Some(left * right),
                    _ => (right != 0 && left % right == 0).then(|| left / right),
                }
            }
        }
    }

    fn text(&self) -> String {
        match self {
            Tree::Number(value) => value.to_string(),
            Tree::Name(name) => NAMES[*name].to_owned(),
            Tree::Operation(sign, left, right) => format!("({} {sign} {})", left.text(), right.text()),
        }
    }

    fn dim(&self) -> Dim {
        syn::parse_str(&self.text()).unwrap()
    }

    /// The same tree, built by [`Dim`]'s own constructors.
    fn built(&self) -> Dim {
        match self {
            Tree::Number(_) | Tree::Name(_) => self.dim(),
            Tree::Operation(sign, left, right) => match sign {
                '+' => left.built().add(right.built()),
                '-' => left.built().sub(right.built()),
                '*' => left.built().mul(right.built()),
                _ => left.built().div(right.built()),
            },
        }
    }

    /// The same value, written otherwise; each bit of `choices` decides at one place.
    fn shuffled(&self, choices: &mut u64) -> Tree {
        let Tree::Operation(sign, left, right) = self else { return self.clone() };
        let mut choose = || {
            *choices = choices.rotate_right(1);
            *choices & 1 == 1
        };
        let (swap, distribute) = (choose(), choose());
        let (left, right) = (left.shuffled(choices), right.shuffled(choices));
        let join = |sign, left: Tree, right: Tree| Tree::Operation(sign, Box::new(left), Box::new(right));
        match (sign, left, right) {
            ('*', left, Tree::Operation('+', a, b)) if distribute => {
                join('+', join('*', left.clone(), *a), join('*', *b, left))
            }
            ('+', Tree::Operation('+', a, b), right) if distribute => join('+', *a, join('+', *b, right)),
            ('+' | '*', left, right) if swap => join(*sign, right, left),
            (_, left, right) => join(*sign, left, right),
        }
    }
}

fn tree(signs: &'static [char]) -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![(0i128..7).prop_map(Tree::Number), (0usize..4).prop_map(Tree::Name)];
    leaf.prop_recursive(4, 16, 2, move |part| {
        (proptest::sample::select(signs), part.clone(), part)
            .prop_map(|(sign, left, right)| Tree::Operation(sign, Box::new(left), Box::new(right)))
    })
}

fn values() -> impl Strategy<Value = Values> {
    proptest::array::uniform4(1i128..13)
}

/// All names are const items, so that divisions by them are left to rustc.
fn open() -> Scope {
    Scope::new([])
}

fn closed() -> Scope {
    Scope::new(NAMES.map(String::from))
}

/// Numerator and denominator.
fn evaluate(size: &Size, values: &Values) -> (i128, i128) {
    let names: BTreeMap<String, i128> = NAMES.map(String::from).into_iter().zip(*values).collect();
    let number =
        |symbol: &Symbol| names.get(&symbol.to_string()).copied().map(super::super::poly::Poly::number);
    let part = |poly: &super::super::poly::Poly| poly.replace(number).unwrap().as_number().unwrap();
    (part(size.numerator()), part(size.denominator()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn normal_form_agrees_with_evaluation(
        tree in tree(&['+', '-', '*', '/']),
        samples in proptest::collection::vec(values(), 20),
    ) {
        let found: Vec<_> = samples.iter().filter_map(|values| Some((values, tree.value(values)?))).collect();
        match open().size(&tree.dim()) {
            Ok(size) => for (values, value) in found {
                let (above, below) = evaluate(&size, values);
                prop_assert_eq!(above, value * below, "{} is not {}", size, tree.text());
                prop_assert!(size.value().is_none_or(|number| i128::from(number) == value));
            },
            Err(error) => for (_, value) in found {
                prop_assert!(error.kind == DimErrorKind::Zero && value == 0, "{:?}, yet {}", error, value);
            },
        }
    }

    #[test]
    fn built_dims_mean_the_same(tree in tree(&['+', '-', '*', '/']), values in values()) {
        let again: Dim = syn::parse_str(&tree.built().to_string()).unwrap();
        if let (Ok(size), Some(value)) = (open().size(&again), tree.value(&values)) {
            let (above, below) = evaluate(&size, &values);
            prop_assert_eq!(above, value * below, "{:?} is not {}", again, tree.text());
        }
    }

    #[test]
    fn shuffled_trees_are_equal(tree in tree(&['+', '-', '*', '/', '+', '*']), mut choices in any::<u64>()) {
        let other = tree.shuffled(&mut choices);
        let (left, right) = (open().size(&tree.dim()), open().size(&other.dim()));
        if let (Ok(left), Ok(right)) = (left, right) {
            prop_assert_eq!(open().compare(&left, &right), Verdict::Equal, "{} and {}", tree.text(), other.text());
            prop_assert!(left == right);
        }
    }

    #[test]
    fn verdicts_without_relations_are_right(
        left in tree(&['+', '-', '*']),
        right in tree(&['+', '-', '*']),
        samples in proptest::collection::vec(values(), 20),
    ) {
        if let (Ok(a), Ok(b)) = (closed().size(&left.dim()), closed().size(&right.dim())) {
            check(&closed(), (&left, &a), (&right, &b), &samples)?;
        }
    }

}

proptest! {
    // Each case asks some hundred questions.
    #![proptest_config(ProptestConfig::with_cases(30))]

    /// The relations are made true for one set of values; whatever is concluded from them must be true for it too.
    #[test]
    fn verdicts_under_relations_are_right(
        values in values(),
        said in proptest::collection::vec((tree(&['+', '-', '*', '/']), tree(&['+', '*']), any::<bool>()), 1..5),
        asked in proptest::collection::vec(tree(&['+', '-', '*', '/']), 2..5),
    ) {
        let mut scope = closed();
        for (left, right, divides) in &said {
            if let Some(text) = true_relation(left, right, *divides, &values) {
                let relation: Relation = syn::parse_str(&text).unwrap();
                if let Err(error) = scope.relate(&relation) {
                    let wrong = matches!(error.kind, DimErrorKind::Contradiction { .. } | DimErrorKind::Negative { .. });
                    prop_assert!(!wrong, "{text}: {error:?}");
                }
            }
        }
        let asked = || asked.iter().chain(said.iter().flat_map(|(left, right, _)| [left, right]));
        let sizes: Vec<_> = asked().filter_map(|tree| Some((tree, scope.size(&tree.dim()).ok()?))).collect();
        for (left, a) in &sizes {
            for (right, b) in &sizes {
                check(&scope, (left, a), (right, b), &[values])?;
            }
        }
    }
}

fn true_relation(left: &Tree, right: &Tree, divides: bool, values: &Values) -> Option<String> {
    let (a, b) = (left.value(values)?, right.value(values)?);
    let (left, right) = (left.text(), right.text());
    Some(if divides && b != 0 && a % b == 0 {
        format!("{left} % {right} == 0")
    } else if divides && a != b {
        format!("{left} {} {right}", if a < b { "<" } else { ">=" })
    } else if a >= b {
        format!("{left} == {right} + {}", a - b)
    } else {
        format!("{left} + {} == {right}", b - a)
    })
}

/// What the scope says of two trees, against their values.
fn check(
    scope: &Scope,
    (left, a): (&Tree, &Size),
    (right, b): (&Tree, &Size),
    samples: &[Values],
) -> Result<(), TestCaseError> {
    let (equal, at_most, divides) = (scope.compare(a, b), scope.at_most(a, b), scope.divides(b, a));
    for values in samples {
        let (Some(x), Some(y)) = (left.value(values), right.value(values)) else { continue };
        let mut answers = vec![("==", equal, x == y), ("<=", at_most, x <= y)];
        // A verdict takes its sizes to be positive.
        answers.extend((y > 0).then(|| ("divided by", divides, x % y == 0)));
        for (question, verdict, answer) in answers {
            let wrong = if answer { Verdict::Different } else { Verdict::Equal };
            let (left, right) = (left.text(), right.text());
            prop_assert!(verdict != wrong, "{left} {question} {right}: {verdict:?}, with {values:?}");
        }
    }
    Ok(())
}
