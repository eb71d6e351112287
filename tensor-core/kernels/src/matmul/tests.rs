use super::*;

/// Numbers from a fixed row, between −1 and 1.
fn numbers(count: usize, start: usize) -> Vec<f32> {
    (start..start + count).map(|i| ((i * 7919 + 13) % 1021) as f32 / 510.5 - 1.0).collect()
}

impl Matrix<'_> {
    fn at(&self, row: usize, column: usize) -> f64 {
        f64::from(self.values[row * self.row_stride + column * self.column_stride])
    }
}

/// Compares with a loop in f64, whose target is two columns wider than the product.
fn check(level: Level, left: Matrix<'_>, right: Matrix<'_>, how: Into, threads: Threads) {
    let (row_stride, columns, scale) = (right.columns + 2, right.columns, 0.5);
    let before = numbers(left.rows * row_stride, 5);
    let mut y = before.clone();
    Product { row_stride, how, scale, left, columns, level, threads }.with(Rows::of(&mut y), right, None);
    for row in 0..left.rows {
        for column in 0..row_stride {
            let at = row * row_stride + column;
            let product: f64 =
                (0..left.columns).map(|i| left.at(row, i) * right.at(i, column.min(columns - 1))).sum();
            let old = f64::from(before[at]);
            let expected = match how {
                _ if column >= columns => old,
                Into::Replace => 0.5 * product,
                Into::Add => old + 0.5 * product,
            };
            let bound = 1e-6 * (left.columns as f64 + 2.0);
            assert!(
                (f64::from(y[at]) - expected).abs() <= bound,
                "{level:?} {} × {} × {columns} at ({row}, {column}): {} instead of {expected}",
                left.rows,
                left.columns,
                y[at],
            );
        }
    }
}

fn levels() -> impl Iterator<Item = Level> {
    #[cfg(target_arch = "x86_64")]
    let all = [Level::Avx512, Level::Avx2, Level::Plain];
    #[cfg(not(target_arch = "x86_64"))]
    let all = [Level::Plain];
    // Those after the best are there too.
    all.into_iter().skip_while(|&level| level != Level::best())
}

#[test]
fn products_of_all_sizes_and_strides_are_right() {
    let sizes = [
        (1, 1, 1),
        (1, 70, 9),
        (2, 64, 33),
        (3, 0, 5),
        (5, 33, 1),
        (7, 3, 17),
        (13, 300, 31),
        (31, 47, 64),
        (33, 16, 70),
        (40, 257, 40),
        (50, 800, 17),  // deeper than AVX2 works through at a time
        (20, 1700, 40), // deeper than AVX-512 does
        (37, 250, 70),  // with AVX-512, rows of this one and the next are packed
        (100, 40, 131),
        (200, 100, 37),
    ];
    // Miri takes a thousand times as long.
    let small =
        sizes.into_iter().filter(|(rows, depth, columns)| !cfg!(miri) || rows * depth * columns < 1000);
    for (rows, depth, columns) in small {
        let (a, b) = (
            numbers(rows * depth + 3 * rows.max(depth), 0),
            numbers(depth * columns + 9 * depth.max(columns), 3),
        );
        let lefts = [
            Matrix::new(&a, rows, depth),
            Matrix::strided(&a, rows, depth, depth + 3),
            Matrix::new(&a, depth, rows).transposed(),
        ];
        let rights = [
            Matrix::new(&b, depth, columns),
            Matrix::strided(&b, depth, columns, columns + 9),
            Matrix::new(&b, columns, depth).transposed(),
            Matrix::strided(&b, columns, depth, depth + 2).transposed(),
        ];
        for level in levels() {
            for left in lefts {
                for right in rights {
                    check(level, left, right, Into::Replace, Threads::All);
                    check(level, left, right, Into::Add, Threads::One);
                }
            }
        }
    }
}

/// Compares packed rows with those that they were; the processor has the instructions of `L`.
fn check_tiles<L: lanes::Lanes>() {
    for (rows, columns) in [(1, 1), (3, 20), (4, 4), (13, 37), (24, 32)] {
        let a = numbers(rows * columns + 3 * rows, 0);
        let lefts = [
            Matrix::new(&a, rows, columns),
            Matrix::strided(&a, rows, columns, columns + 3),
            Matrix::new(&a, columns, rows).transposed(),
        ];
        for left in lefts {
            let mut tiles = vec![f32::NAN; rows.next_multiple_of(L::ROWS) * columns];
            // SAFETY: the caller saw that the processor has the instructions.
            unsafe { pack::interleave::<L>(&mut tiles, left) };
            for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
                let (tile, place) = (row / L::ROWS, row % L::ROWS);
                let found = tiles[(tile * columns + column) * L::ROWS + place];
                assert_eq!(f64::from(found), left.at(row, column), "{rows} × {columns} at ({row}, {column})");
            }
        }
    }
}

#[test]
fn tiles_hold_the_numbers_of_a_column_side_by_side() {
    check_tiles::<lanes::Plain>();
    #[cfg(target_arch = "x86_64")]
    if Level::best() == Level::Avx512 {
        check_tiles::<lanes::Avx512<true>>();
    }
}

#[test]
fn rows_are_finished_once() {
    // Blocks of rows side by side, and columns side by side.
    for (rows, depth, columns) in [(150, 70, 50), (20, 300, 90)] {
        let (a, b) = (numbers(rows * depth, 0), numbers(depth * columns, 3));
        let (left, right) = (Matrix::new(&a, rows, depth), Matrix::new(&b, columns, depth).transposed());
        let mut panels = vec![0.0; packed_len(depth, columns)];
        let panels = pack(&mut panels, right);
        let mut expected = vec![0.0; rows * columns];
        multiply_packed(&mut expected, columns, Into::Replace, 1.0, left, panels);
        let each = expected.chunks_mut(columns).enumerate();
        each.for_each(|(row, y)| y.iter_mut().for_each(|y| *y += row as f32));
        let (mut y, mut twice, mut last) =
            (vec![f32::NAN; rows * columns], vec![f32::NAN; 2 * rows], vec![f32::NAN; rows]);
        let target = Rows { product: &mut y, beside: [(&mut twice, 2), (&mut last, 1)] };
        let finish = |first: usize, Rows { product, beside: [(twice, _), (last, _)] }: Rows<'_>| {
            let beside = twice.chunks_mut(2).zip(last);
            for (row, (y, (twice, last))) in product.chunks_mut(columns).zip(beside).enumerate() {
                y.iter_mut().for_each(|y| *y += (first + row) as f32);
                twice.fill((first + row) as f32);
                *last = y[columns - 1];
            }
        };
        multiply_rows_packed(target, 1.0, left, panels, Threads::All, &finish);
        assert_eq!(y, expected);
        assert!(twice.iter().enumerate().all(|(at, &twice)| twice == (at / 2) as f32));
        assert!(last.iter().zip(y.chunks(columns)).all(|(&last, y)| last == y[columns - 1]));
    }
}

#[test]
fn some_rows_and_columns_of_panels_are_multiplied() {
    for level in levels() {
        let (rows, depth, columns) = (14, 50, 3 * level.panel() + 5);
        let (a, b) = (numbers(rows * depth, 0), numbers(depth * columns, 3));
        let mut panels = vec![0.0; level.packed_len(depth, columns)];
        level.pack(&mut panels, Matrix::new(&b, depth, columns), 0);
        let whole = PanelView::of(level, &panels, depth, columns);
        for ((first_row, depth_here), (panel, count)) in
            [((0, 50), (0, 7)), ((7, 43), (1, level.panel() + 3)), ((49, 1), (3, 5)), ((50, 0), (3, 0))]
        {
            let first = panel * level.panel();
            let view = whole.rows_from(first_row, depth_here).columns_from(first, count);
            let left = Matrix::strided(&a, rows, depth_here, depth);
            let right = Matrix::strided(
                &b[(first_row * columns + first).min(b.len() - 1)..],
                depth_here,
                count,
                columns,
            );
            let mut y = vec![f32::NAN; rows * count];
            let product = Product {
                row_stride: count,
                how: Into::Replace,
                scale: 1.0,
                left,
                columns: count,
                level,
                threads: Threads::One,
            };
            product.with_panels(Rows::of(&mut y), view, None);
            for (at, y) in y.iter().enumerate() {
                let expected: f64 =
                    (0..depth_here).map(|i| left.at(at / count, i) * right.at(i, at % count)).sum();
                assert!((f64::from(*y) - expected).abs() < 1e-5, "{level:?} at {at}: {y} {expected}");
            }
        }
    }
}

#[test]
fn what_is_no_number_comes_through() {
    for rows in [2, 40] {
        let mut a = vec![0.0; rows * 64];
        let mut b = vec![1.0; 64 * 40];
        (a[3], b[64 + 7]) = (f32::NAN, f32::INFINITY); // column 1, since it is given by its columns
        let mut y = vec![0.0; rows * 40];
        let right = Matrix::new(&b, 40, 64).transposed();
        multiply(&mut y, 40, Into::Replace, 1.0, Matrix::new(&a, rows, 64), right, Threads::All);
        assert!(y[0].is_nan() && y[41].is_nan(), "0 · ∞ is no number either");
        assert_eq!(y[42], 0.0);
    }
}

#[test]
fn rows_meet_few_queries() {
    for level in levels() {
        for width in [1, 7, 8, 9, 16, 64, 100] {
            for (rows, queries) in [(0, 1), (1, 1), (2, 2), (3, 3), (5, 4), (4, 7), (7, 9)] {
                let (left, right) = (numbers(rows * width, 3), numbers(queries * (width + 2), 11));
                let (left, right) =
                    (Matrix::new(&left, rows, width), Matrix::strided(&right, queries, width, width + 2));
                let mut sums = vec![f32::NAN; rows * queries];
                level.dot(&mut sums, right, left.transposed(), 0);
                for row in 0..rows {
                    for query in 0..queries {
                        let expected: f64 = (0..width).map(|i| left.at(row, i) * right.at(query, i)).sum();
                        let found = f64::from(sums[row * queries + query]);
                        let bound = 1e-6 * (width as f64 + 2.0);
                        assert!((found - expected).abs() <= bound, "{level:?} {width}: {found} {expected}");
                    }
                }
            }
        }
    }
}
