//! What is found is what sorting all scores finds.

use dfdx::prelude::*;
use proptest::prelude::*;
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::search::{Hit, Index, Metric, cosine, dot, norm, pairwise_cosine};

pub(super) fn random<const D: usize>(rows: usize, seed: u64) -> Vec<[f32; D]> {
    let mut random = StdRng::seed_from_u64(seed);
    (0..rows).map(|_| std::array::from_fn(|_| random.gen_range(-1.0..1.0))).collect()
}

pub(super) fn index<const D: usize>(metric: Metric, rows: &Vec<[f32; D]>) -> Index<D> {
    let mut index = Index::new(metric);
    index.extend(rows, (0..rows.len()).map(|row| format!("note {row}"))).unwrap();
    index
}

/// Hits are in order, each row once, with its note and nearly the score that `measure` gives; no other row is better by more
/// than rounding.
fn check<const D: usize>(
    hits: &[Hit<'_>],
    k: usize,
    rows: &[[f32; D]],
    query: &[f32; D],
    measure: impl Fn(&[f32; D], &[f32; D]) -> f32,
) {
    let scores: Vec<f32> = rows.iter().map(|row| measure(row, query)).collect();
    assert_eq!(hits.len(), k.min(rows.len()));
    for hit in hits {
        assert!((hit.score - scores[hit.row]).abs() < 1e-5, "{hit:?} {}", scores[hit.row]);
        assert_eq!(hit.note, format!("note {}", hit.row));
    }
    for pair in hits.windows(2) {
        assert!(
            pair[0].score > pair[1].score || (pair[0].score == pair[1].score && pair[0].row < pair[1].row)
        );
    }
    let Some(worst) = hits.last() else { return };
    for (row, &score) in scores.iter().enumerate() {
        assert!(hits.iter().any(|hit| hit.row == row) || score <= worst.score + 1e-5, "row {row} is missing");
    }
}

#[test]
fn what_is_found_is_the_best_for_all_sizes() {
    let rows = random::<37>(1000, 0);
    for metric in [Metric::Cosine, Metric::Dot] {
        let measure = |a: &[f32; 37], b: &[f32; 37]| match metric {
            Metric::Cosine => cosine(a, b),
            Metric::Dot => dot(a, b),
        };
        for count in [1, 5, 95, 96, 97, 1000] {
            let rows = rows[..count].to_vec();
            let index = index(metric, &rows);
            for queries in [1, 2, 4, 5, 33, 256, 300] {
                let queries = random::<37>(queries, 1);
                for k in [1, 10, 100, 2000] {
                    let found = index.search_batch(&queries, k).unwrap();
                    assert_eq!(found.len(), queries.len());
                    for (hits, query) in found.iter().zip(&queries) {
                        check(hits, k, &rows, query, measure);
                    }
                }
            }
        }
    }
}

#[test]
fn many_threads_find_what_one_finds() {
    let (rows, queries) = (random::<64>(20_000, 2), random::<64>(40, 3));
    let index = index(Metric::Cosine, &rows);
    for queries in [queries[..1].to_vec(), queries] {
        let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let one = pool(1).install(|| index.search_batch(&queries, 25).unwrap());
        for threads in [2, 3, 8] {
            assert_eq!(pool(threads).install(|| index.search_batch(&queries, 25).unwrap()), one);
        }
    }
}

#[test]
fn equal_scores_are_in_the_order_of_rows() {
    // Blocks, tiles and groups of queries all end somewhere in here.
    let rows = vec![[0.3, -0.7, 0.2]; 5003];
    let index = index(Metric::Cosine, &rows);
    for queries in [1, 3, 5, 17, 300] {
        let queries = random::<3>(queries, 4);
        for hits in index.search_batch(&queries, 50).unwrap() {
            let found: Vec<usize> = hits.iter().map(|hit| hit.row).collect();
            assert_eq!(found, (0..50).collect::<Vec<_>>());
        }
    }
}

#[test]
fn zeros_are_like_nothing_and_nan_comes_last() {
    let mut cosines = Index::<2>::new(Metric::Cosine);
    cosines.extend(&[[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]], ["against", "nothing", "with"]).unwrap();
    let hits = cosines.search(&[2.0, 0.0], 3).unwrap();
    assert_eq!(
        hits.iter().map(|hit| (hit.note, hit.score)).collect::<Vec<_>>(),
        [("with", 1.0), ("nothing", 0.0), ("against", -1.0)]
    );
    assert!(cosines.search(&[0.0, 0.0], 3).unwrap().iter().all(|hit| hit.score == 0.0));

    // ∞ − ∞, from ends of the row that are summed apart.
    let ends = |first: f32, last: f32| {
        let mut row = [0.0; 300];
        (row[0], row[299]) = (first, last);
        row
    };
    let mut dots = Index::<300>::new(Metric::Dot);
    let rows = [ends(3e38, -3e38), ends(-3e38, 0.0), ends(1.0, 1.0), ends(3e38, 3e38)];
    dots.extend(&rows, ["nan", "low", "middle", "high"]).unwrap();
    for copies in [1, 7] {
        for hits in dots.search_batch(&vec![ends(1e3, 1e3); copies], 4).unwrap() {
            assert_eq!(hits.iter().map(|hit| hit.note).collect::<Vec<_>>(), ["high", "middle", "low", "nan"]);
            assert!(hits[0].score == f32::INFINITY && hits[2].score == f32::NEG_INFINITY);
            assert!(hits[3].score.is_nan());
        }
    }
    let nans = index(Metric::Dot, &vec![ends(3e38, -3e38); 500]);
    let hits = nans.search(&ends(1e3, 1e3), 3).unwrap();
    assert_eq!(hits.iter().map(|hit| hit.row).collect::<Vec<_>>(), [0, 1, 2]);
}

#[test]
fn huge_and_tiny_vectors_have_cosines() {
    let mut index = Index::<2>::new(Metric::Cosine);
    index.extend(&[[3e38, 3e38], [1e-42, 0.0]], ["huge", "tiny"]).unwrap();
    let hits = index.search(&[2e38, 2e38], 2).unwrap();
    assert!((hits[0].score - 1.0).abs() < 1e-6 && hits[0].note == "huge");
    assert!((hits[1].score - 0.5f32.sqrt()).abs() < 1e-6);
    assert!((cosine(&[3e38, 3e38], &[1e-42, 0.0]) - 0.5f32.sqrt()).abs() < 1e-6);
    assert!(cosine(&[f32::NAN, 1.0], &[1.0, 1.0]).is_nan());
    assert!(cosine(&[f32::INFINITY, 1.0], &[1.0, 1.0]).is_nan());
    assert_eq!(norm(&[0.0; 3]), 0.0);
}

#[test]
fn tensors_are_vectors_too() {
    let device = Cpu::seed_from_u64(0);
    let rows: Tensor<(usize, Const<5>), f32, _> = device.sample_normal_like(&(20, Const));
    let mut index = Index::<5>::new(Metric::Dot);
    index.extend(&rows, (0..20).map(|row| row.to_string())).unwrap();
    let query: Tensor<Rank1<5>, f32, _> = device.sample_normal();
    let expected: Vec<f32> = rows.clone().matmul(query.clone()).as_vec();
    for hit in index.search(&query, 20).unwrap() {
        assert!((hit.score - expected[hit.row]).abs() < 1e-5);
    }
    let none: Tensor<(usize, Const<5>), f32, _> = device.zeros_like(&(0, Const));
    assert!(index.search_batch(&none, 3).unwrap().is_empty());
    let product = dot(&query, &query.array());
    assert!((product - norm(&query).powi(2)).abs() < 1e-4);
    assert!((cosine(&query, &query) - 1.0).abs() < 1e-6);
}

#[test]
fn nothing_in_nothing_is_nothing() {
    let index = Index::<4>::new(Metric::Cosine);
    assert!(index.is_empty() && index.row(0).is_none() && index.note(0).is_none());
    assert_eq!(index.search(&[1.0; 4], 3).unwrap(), []);
    assert_eq!(index.search_batch(&[[1.0; 4]; 2], 3).unwrap(), [[], []]);
    let one = super::finding::index(Metric::Cosine, &vec![[0.0, 3.0]]);
    assert_eq!(one.search(&[1.0; 2], 0).unwrap(), []);
    assert_eq!(one.row(0), Some(&[0.0, 1.0]));
    assert!(pairwise_cosine::<3>(&[[1.0; 3]; 0], &[[1.0; 3]; 2]).is_empty());
}

#[test]
fn what_is_not_finite_or_uneven_is_refused_and_changes_nothing() {
    let mut index = index(Metric::Dot, &random::<3>(4, 5));
    let said = |error: crate::search::SearchError| error.to_string();
    let rows = [[1.0, 2.0, 3.0], [1.0, f32::INFINITY, 2.0]];
    assert_eq!(
        said(index.extend(&rows, ["a", "b"]).unwrap_err()),
        "row 1 has inf at place 1, where a finite number is wanted"
    );
    assert_eq!(
        said(index.extend(&[[1.0; 3]; 2], ["a"]).unwrap_err()),
        "2 rows need a note each, but 1 notes are given"
    );
    assert_eq!(
        said(index.search(&[0.0, 0.0, f32::NAN], 1).unwrap_err()),
        "query 0 has NaN at place 2, where a finite number is wanted"
    );
    assert_eq!(index.len(), 4);
    assert_eq!(index.note(3), Some("note 3"));
}

proptest! {
    #[test]
    fn pairs_have_the_cosines_of_the_definition(
        left in prop::collection::vec(prop::array::uniform7(-10.0f32..10.0), 0..40),
        right in prop::collection::vec(prop::array::uniform7(-10.0f32..10.0), 0..40),
    ) {
        let cosines = pairwise_cosine(&left, &right);
        prop_assert_eq!(cosines.len(), left.len() * right.len());
        for (i, a) in left.iter().enumerate() {
            for (j, b) in right.iter().enumerate() {
                prop_assert!((cosines[i * right.len() + j] - cosine(a, b)).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn few_different_scores_are_sorted_by_row(
        rows in prop::collection::vec(prop::array::uniform2(-2i8..3), 0..400),
        query in prop::array::uniform2(-2i8..3),
        copies in 1usize..9,
        k in 0usize..50,
    ) {
        // Whole numbers, whose products are exact.
        let rows: Vec<[f32; 2]> = rows.into_iter().map(|row| row.map(f32::from)).collect();
        let query = query.map(f32::from);
        let mut expected: Vec<(usize, f32)> = rows.iter().map(|row| dot(row, &query)).enumerate().collect();
        expected.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        expected.truncate(k);
        let index = index(Metric::Dot, &rows);
        for hits in index.search_batch(&vec![query; copies], k).unwrap() {
            let found: Vec<(usize, f32)> = hits.iter().map(|hit| (hit.row, hit.score)).collect();
            prop_assert_eq!(&found, &expected);
        }
    }
}
