//! Similarities and searches against scikit-learn's and NumPy's: `fixtures/make_search.py`.
#![cfg(feature = "search")]

use safetensors::SafeTensors;
use tensor_core::search::{Index, Metric, cosine, dot, pairwise_cosine};

const WIDTH: usize = 24;

struct Fixture(Vec<u8>);

impl Fixture {
    fn open() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/search/similarities.safetensors");
        Fixture(std::fs::read(path).expect("the fixture is here"))
    }

    fn words(&self, name: &str) -> Vec<[u8; 4]> {
        let tensors = SafeTensors::deserialize(&self.0).expect("the fixture is whole");
        tensors.tensor(name).expect("it has this tensor").data().as_chunks::<4>().0.to_vec()
    }

    fn numbers(&self, name: &str) -> Vec<f32> {
        self.words(name).into_iter().map(f32::from_le_bytes).collect()
    }

    fn vectors(&self, name: &str) -> Vec<[f32; WIDTH]> {
        self.numbers(name).as_chunks::<WIDTH>().0.to_vec()
    }

    /// Ten rows for each query.
    fn best(&self, name: &str) -> Vec<[usize; 10]> {
        let rows: Vec<usize> =
            self.words(name).into_iter().map(|row| u32::from_le_bytes(row) as usize).collect();
        rows.as_chunks::<10>().0.to_vec()
    }
}

#[test]
fn similarities_are_scikit_learns() {
    let fixture = Fixture::open();
    let (rows, queries) = (fixture.vectors("rows"), fixture.vectors("queries"));
    let (cosines, dots) = (fixture.numbers("cosines"), fixture.numbers("dots"));
    let pairs = pairwise_cosine(&queries, &rows);
    for (i, query) in queries.iter().enumerate() {
        for (j, row) in rows.iter().enumerate() {
            let at = i * rows.len() + j;
            assert!((cosine(query, row) - cosines[at]).abs() < 1e-7, "{i} {j}");
            assert!((pairs[at] - cosines[at]).abs() < 1e-6, "{i} {j}");
            assert!((dot(query, row) - dots[at]).abs() <= 1e-6 * dots[at].abs().max(1.0), "{i} {j}");
        }
    }
}

#[test]
fn the_best_rows_are_numpys() {
    let fixture = Fixture::open();
    let (rows, queries) = (fixture.vectors("rows"), fixture.vectors("queries"));
    for (metric, name) in [(Metric::Cosine, "best_by_cosine"), (Metric::Dot, "best_by_dot")] {
        let mut index = Index::<WIDTH>::new(metric);
        index.extend(&rows, rows.iter().map(|_| "")).expect("the numbers are finite");
        let expected = fixture.best(name);
        let found = index.search_batch(&queries, 10).expect("the numbers are finite");
        for ((hits, expected), query) in found.iter().zip(&expected).zip(&queries) {
            let rows: Vec<usize> = hits.iter().map(|hit| hit.row).collect();
            assert_eq!(rows, expected);
            let alone = index.search(query, 10).expect("the numbers are finite");
            assert_eq!(alone.iter().map(|hit| hit.row).collect::<Vec<_>>(), expected);
        }
    }
}
