use super::*;

fn numbers(count: usize, start: usize) -> Vec<f32> {
    (start..start + count).map(|i| ((i * 7919 + 13) % 1021) as f32 / 510.5 - 1.0).collect()
}

/// One query of one head by the definition, in f64: its scores' shares.
fn shares(
    heads: &Heads,
    pass: &Pass<'_>,
    q: &[f64],
    k: &[f64],
    (sequence, head, query): (usize, usize, usize),
) -> Vec<f64> {
    let [n, m] = heads.positions;
    let (dim, group) = (heads.head_dim, heads.group(head));
    let q = &q[((sequence * n + query) * heads.heads + head) * dim..][..dim];
    let at = pass.start + query;
    let sees = |key: usize| {
        let causal = !heads.causal || key <= at && heads.window.is_none_or(|window| at - key < window);
        causal && (pass.mask.is_empty() || pass.mask[sequence * m + key] == 1.0)
    };
    let score = |key: usize| {
        let k = &k[((sequence * m + key) * heads.kv_heads + group) * dim..][..dim];
        q.iter().zip(k).map(|(q, k)| q * k).sum::<f64>() / (dim as f64).sqrt()
    };
    let raised: Vec<f64> = (0..m).map(|key| if sees(key) { score(key).exp() } else { 0.0 }).collect();
    let sum: f64 = raised.iter().sum();
    raised.into_iter().map(|x| x / sum).collect()
}

/// Σ weights · output by the definition.
fn reference(heads: &Heads, pass: &Pass<'_>, [q, k, v]: [&[f64]; 3], weights: &[f64]) -> (Vec<f64>, f64) {
    let [n, m] = heads.positions;
    let dim = heads.value_dim;
    let mut y = Vec::new();
    for place in 0..heads.sequences * n * heads.heads {
        let (row, head) = (place / heads.heads, place % heads.heads);
        let (sequence, query) = (row / n, row % n);
        let shares = shares(heads, pass, q, k, (sequence, head, query));
        let value =
            |key: usize, i: usize| v[((sequence * m + key) * heads.kv_heads + heads.group(head)) * dim + i];
        y.extend((0..dim).map(|i| (0..m).map(|key| shares[key] * value(key, i)).sum::<f64>()));
    }
    let total = y.iter().zip(weights).map(|(y, w)| y * w).sum();
    (y, total)
}

/// Compares values with the definition, and gradients with its central differences at some places.
fn check(heads: Heads, pass: Pass<'_>) {
    let [n, m] = heads.positions;
    let q = numbers(heads.sequences * n * heads.heads * heads.head_dim, 1);
    let k = numbers(heads.sequences * m * heads.kv_heads * heads.head_dim, 2);
    let v = numbers(heads.sequences * m * heads.kv_heads * heads.value_dim, 3);
    let g = numbers(heads.sequences * n * heads.heads * heads.value_dim, 4);
    let mut y = vec![f32::NAN; g.len()];
    let mut sums = vec![f32::NAN; heads.sums_len()];
    attend(&heads, &pass, [&q, &k, &v], &mut y, &mut sums);
    let [q64, k64, v64, g64] = [&q, &k, &v, &g].map(|x| x.iter().map(|&x| f64::from(x)).collect::<Vec<_>>());
    let (expected, _) = reference(&heads, &pass, [&q64, &k64, &v64], &g64);
    for (place, (y, e)) in y.iter().zip(&expected).enumerate() {
        assert!((f64::from(*y) - e).abs() < 2e-6, "{heads:?}: y[{place}] is {y}, not {e}");
    }
    let mut gradients = [vec![f32::NAN; q.len()], vec![f32::NAN; k.len()], vec![f32::NAN; v.len()]];
    let taken = Taken { q: &q, k: &k, v: &v, y: &y, sums: &sums, g: &g };
    attend_back(&heads, &pass, taken, gradients.each_mut().map(|x| x.as_mut_slice()));
    let inputs = [q64, k64, v64];
    for which in 0..3 {
        for place in (0..inputs[which].len()).step_by(inputs[which].len() / 7 + 1) {
            let moved = |by: f64| {
                let mut inputs = inputs.clone();
                inputs[which][place] += by;
                reference(&heads, &pass, [&inputs[0], &inputs[1], &inputs[2]], &g64).1
            };
            let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            let found = f64::from(gradients[which][place]);
            assert!(
                (found - slope).abs() < 2e-5 * (1.0 + slope.abs()),
                "{heads:?}: {which} at {place}: {found}, not {slope}"
            );
        }
        assert!(gradients[which].iter().all(|g| g.is_finite()));
    }
}

const PLAIN: Heads = Heads {
    sequences: 1,
    positions: [5, 5],
    heads: 1,
    kv_heads: 1,
    head_dim: 3,
    value_dim: 3,
    causal: false,
    window: None,
};

#[test]
fn sizes_and_groups_of_all_kinds_are_right() {
    check(PLAIN, Pass::default());
    check(Heads { positions: [1, 1], ..PLAIN }, Pass::default());
    check(Heads { positions: [1, 40], heads: 2, kv_heads: 2, ..PLAIN }, Pass::default());
    check(Heads { positions: [7, 13], heads: 4, kv_heads: 2, value_dim: 5, ..PLAIN }, Pass::default());
    check(
        Heads { sequences: 3, positions: [30, 30], heads: 6, kv_heads: 1, head_dim: 17, ..PLAIN },
        Pass::default(),
    );
}

#[test]
fn tiles_are_right_where_there_are_several() {
    let several = forward::KEYS.max(backward::KEYS) + 44;
    let large =
        Heads { positions: [130, several], heads: 2, kv_heads: 1, head_dim: 8, value_dim: 4, ..PLAIN };
    check(large, Pass::default());
    let causal = Heads { positions: [several, several], causal: true, ..large };
    check(causal, Pass::default());
    check(Heads { window: Some(40), ..causal }, Pass::default());
    check(Heads { positions: [130, several], ..causal }, Pass { start: several - 130, ..Pass::default() });
    check(Heads { sequences: 5, positions: [77, 77], ..large }, Pass::default());
}

#[test]
fn what_is_masked_has_no_part() {
    let mask: Vec<f32> = (0..2 * 280).map(|i| if i % 3 == 1 || i % 280 > 258 { 0.0 } else { 1.0 }).collect();
    let heads = Heads { sequences: 2, positions: [20, 280], heads: 2, kv_heads: 2, ..PLAIN };
    check(heads, Pass { mask: &mask, ..Pass::default() });
    let causal = Heads { positions: [9, 29], causal: true, ..heads };
    check(causal, Pass { start: 20, ..Pass::default() });
    check(Heads { window: Some(6), ..causal }, Pass { start: 20, ..Pass::default() });
}

#[test]
fn dropped_shares_keep_the_mean_and_are_dropped_again_going_back() {
    // All values 1: the output is the sum of what is left of the shares.
    let heads = Heads {
        sequences: 2,
        positions: [64, 300],
        heads: 4,
        kv_heads: 4,
        head_dim: 2,
        value_dim: 1,
        ..PLAIN
    };
    let (q, k, v) = (vec![0.0; 2 * 64 * 8], vec![0.0; 2 * 300 * 8], vec![1.0; 2 * 300 * 4]);
    let pass = Pass { dropout: Some((0.25, 7)), ..Pass::default() };
    let (mut y, mut sums) = (vec![0.0; 2 * 64 * 4], vec![0.0; heads.sums_len()]);
    attend(&heads, &pass, [&q, &k, &v], &mut y, &mut sums);
    let mean = y.iter().sum::<f32>() / y.len() as f32;
    assert!((mean - 1.0).abs() < 0.01, "{mean}");
    assert!(y.iter().any(|y| (y - 1.0).abs() > 0.01));
    // Σ of the values' gradients is Σ y, since y is linear in them.
    let mut gradients = [vec![0.0; q.len()], vec![0.0; k.len()], vec![0.0; v.len()]];
    let g = vec![1.0; y.len()];
    let taken = Taken { q: &q, k: &k, v: &v, y: &y, sums: &sums, g: &g };
    attend_back(&heads, &pass, taken, gradients.each_mut().map(|x| x.as_mut_slice()));
    let (back, forth) = (gradients[2].iter().sum::<f32>(), y.iter().sum::<f32>());
    assert!((back - forth).abs() < 1e-3 * forth, "{back} {forth}");
}

#[test]
fn a_query_becomes_nan_by_what_it_sees_alone() {
    let (keys, several) = (forward::KEYS, forward::KEYS + 44);
    let heads = Heads { positions: [several, several], head_dim: 8, value_dim: 8, causal: true, ..PLAIN };
    let whole = numbers(several * 8, 1);
    // The one key of the first query, one amid a tile, the first one of the next tile; and scores of infinity.
    for (bad, number) in [(0, f32::NAN), (70, f32::NAN), (keys, f32::NAN), (70, f32::INFINITY)] {
        let mut k = whole.clone();
        k[bad * 8] = number;
        let (mut y, mut sums) = (vec![0.0; whole.len()], vec![0.0; several]);
        attend(&heads, &Pass::default(), [&vec![1.0; whole.len()], &k, &whole], &mut y, &mut sums);
        for (query, (y, sum)) in y.chunks(8).zip(&sums).enumerate() {
            let nan = query >= bad;
            assert!(sum.is_nan() == nan && y.iter().all(|y| y.is_nan() == nan), "{bad}: {query} is {y:?}");
        }
    }
}

#[test]
fn few_queries_over_rows_with_room_between_are_the_same() {
    let sizes = [
        Heads { positions: [1, 1], causal: true, ..PLAIN },
        Heads {
            sequences: 2,
            positions: [3, 21],
            heads: 4,
            kv_heads: 2,
            value_dim: 5,
            causal: true,
            ..PLAIN
        },
        Heads {
            sequences: 3,
            positions: [1, 300],
            heads: 6,
            kv_heads: 6,
            head_dim: 64,
            value_dim: 64,
            causal: true,
            ..PLAIN
        },
    ];
    for heads in sizes.into_iter().flat_map(|heads| [None, Some(4)].map(|window| Heads { window, ..heads })) {
        let [n, m] = heads.positions;
        let [keys_width, values_width] = [heads.head_dim, heads.value_dim].map(|dim| heads.kv_heads * dim);
        let q = numbers(heads.sequences * n * heads.heads * heads.head_dim, 1);
        let k = numbers(heads.sequences * m * keys_width, 2);
        let v = numbers(heads.sequences * m * values_width, 3);
        let mut expected = vec![f32::NAN; heads.sequences * n * heads.heads * heads.value_dim];
        let mut found = expected.clone();
        let mut sums = vec![f32::NAN; heads.sums_len()];
        let pass = Pass { start: m - n, ..Pass::default() };
        attend(&heads, &pass, [&q, &k, &v], &mut expected, &mut sums);
        let room = m + 5;
        let with_room = |x: &[f32], width: usize| {
            let each = x.chunks(m * width).map(|x| [x, &vec![f32::NAN; (room - m) * width]].concat());
            each.collect::<Vec<_>>().concat()
        };
        let (keys, values) = (with_room(&k, keys_width), with_room(&v, values_width));
        let kept = Kept { keys: &keys, values: &values, room };
        attend_few(&heads, m - n, &q, kept, &mut found);
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 2e-6, "{heads:?}: {found}, not {expected}");
        }
    }
}
