use super::*;

const IRIS: Schema<4, 3> = Schema {
    features: ["sepal_length", "sepal_width", "petal_length", "petal_width"],
    class: "species",
    classes: ["setosa", "versicolor", "virginica"],
};
const SHAPES: Schema<2, 2> =
    Schema { features: ["width", "height"], class: "kind", classes: ["flat", "tall"] };
const HEADER: &str = "width,height,kind";

fn refusal(text: &str) -> String {
    SHAPES.parse_csv(text, "t.csv").expect_err(text).to_string()
}

fn refusal_below_header(rows: &str) -> String {
    refusal(&format!("{HEADER}\n{rows}"))
}

#[test]
fn iris_has_fifty_of_each_species() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/iris.csv");
    let iris = IRIS.read_csv(path).unwrap();
    assert_eq!(iris.len(), 150);
    assert_eq!(iris.rows()[0], [5.1, 3.5, 1.4, 0.2]);
    assert_eq!(iris.rows()[149], [5.9, 3.0, 5.1, 1.8]);
    for class in 0..3 {
        assert_eq!(iris.labels().iter().filter(|&&label| label == class).count(), 50);
    }
    assert!(iris.ignored_columns().is_empty());
}

#[test]
fn columns_are_found_by_name_and_others_ignored() {
    let table = SHAPES
        .parse_csv("id,kind,note,height,width\n1,flat,a,2,3\n2,tall,\"b, c\",-4e1,+5.5\n", "t.csv")
        .unwrap();
    assert_eq!(table.rows(), [[3.0, 2.0], [5.5, -40.0]]);
    assert_eq!(table.labels(), [0, 1]);
    assert_eq!(table.ignored_columns(), ["id", "note"]);
    assert_eq!(table.feature_names(), &["width", "height"]);
}

#[test]
fn white_space_blank_lines_line_ends_and_byte_order_mark_are_no_matter() {
    let plain = SHAPES.parse_csv("width,height,kind\n1,2,flat\n3,4,tall\n", "t.csv").unwrap();
    for text in [
        "width,height,kind\r\n1,2,flat\r\n3,4,tall",
        "width,height,kind\r1,2,flat\r3,4,tall\r",
        "\u{feff}width, height ,kind\n\n\n 1 ,2, flat\n\r\n3,4,\"tall\"\n\n",
    ] {
        assert_eq!(SHAPES.parse_csv(text, "t.csv").unwrap(), plain, "{text:?}");
    }
}

#[test]
fn numbers_are_checked_with_line_and_column() {
    assert_eq!(
        refusal_below_header("1,2,flat\n1,two,flat\n"),
        "`t.csv`, line 3: column `height` holds `two`, which is not a number"
    );
    assert_eq!(refusal_below_header("1, ,flat\n"), "`t.csv`, line 2: column `height` is empty");
    assert_eq!(refusal_below_header("1,2,\n"), "`t.csv`, line 2: column `kind` is empty");
    for text in ["NaN", "inf", "-Infinity", "1e39"] {
        assert_eq!(
            refusal_below_header(&format!("{text},2,flat\n")),
            format!(
                "`t.csv`, line 2: column `width` holds `{text}`, which is not a finite number in single precision"
            )
        );
    }
    assert_eq!(
        refusal_below_header("\"1,5\",2,flat\n"),
        "`t.csv`, line 2: column `width` holds `1,5`, which is not a number"
    );
}

#[test]
fn lines_are_counted_as_an_editor_does() {
    for (rows, line) in [
        ("1,2,flat\n\n\nx,2,flat\n", 5),
        ("1,2,flat\r\n\r\nx,2,flat\r\n", 4),
        ("1,2,\"flat\"\n\rx,2,flat", 4),
        ("\nx,2,flat", 3),
    ] {
        let expected = format!("`t.csv`, line {line}: column `width` holds `x`, which is not a number");
        assert_eq!(refusal_below_header(rows), expected, "{rows:?}");
    }
}

#[test]
fn classes_must_be_known() {
    assert_eq!(
        refusal_below_header("1,2,Flat\n"),
        "`t.csv`, line 2: `Flat` is not a known class; the classes are `flat`, `tall`; was `flat` meant?"
    );
    assert_eq!(
        refusal_below_header("1,2,round\n"),
        "`t.csv`, line 2: `round` is not a known class; the classes are `flat`, `tall`"
    );
}

#[test]
fn columns_must_be_there_once() {
    assert_eq!(
        refusal("width,hieght,kind\n1,2,flat\n"),
        "`t.csv` has no column `height`; its columns are `width`, `hieght`, `kind`; was `hieght` meant?"
    );
    assert_eq!(
        refusal("150,4,setosa\n"),
        "`t.csv` has no column `width`; its columns are `150`, `4`, `setosa`"
    );
    assert_eq!(refusal("width,height,width,kind\n"), "`t.csv` has two columns `width`");
}

#[test]
fn rows_must_be_there_and_complete() {
    for text in ["", "\n\n", HEADER, "width,height,kind\n\n"] {
        assert_eq!(refusal(text), "`t.csv` has no rows", "{text:?}");
    }
    assert_eq!(
        refusal_below_header("1,2,flat\n1,2\n"),
        "`t.csv`, line 3: the header has 3 cells, but this line has 2"
    );
    assert_eq!(
        refusal_below_header("1,2,flat,4\n"),
        "`t.csv`, line 2: the header has 3 cells, but this line has 4"
    );
}

#[test]
fn files_must_be_text() {
    let path = std::env::temp_dir().join(format!("tensor-core-latin-{}.csv", std::process::id()));
    std::fs::write(&path, b"width,height,kind\n1,2,flat\n1,2,fl\xe4t\n").unwrap();
    let error = SHAPES.read_csv(&path).unwrap_err();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(error.to_string(), format!("`{}`, line 3: this is not UTF-8 text", path.display()));
}
