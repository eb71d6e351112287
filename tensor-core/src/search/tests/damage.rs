//! Files: what is saved is what is read; what is damaged is refused, and never believed.

use std::path::PathBuf;

use super::finding::{index, random};
use crate::search::{Index, Metric, SearchError};

/// A file that goes away with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("tensor-core-index-{name}-{}.safetensors", std::process::id());
        Scratch(std::env::temp_dir().join(name))
    }

    fn holding(name: &str, bytes: &[u8]) -> Self {
        let scratch = Self::new(name);
        std::fs::write(&scratch.0, bytes).unwrap();
        scratch
    }

    fn load<const D: usize>(&self) -> Result<Index<D>, SearchError> {
        Index::load(&self.0)
    }

    fn map<const D: usize>(&self) -> Result<Index<D>, SearchError> {
        // SAFETY: nobody else knows the file, and the tests write it before they map it.
        unsafe { Index::map(&self.0) }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn bytes_of<const D: usize>(index: &Index<D>, name: &str) -> Vec<u8> {
    let scratch = Scratch::new(name);
    index.save(&scratch.0).unwrap();
    std::fs::read(&scratch.0).unwrap()
}

fn same<const D: usize>(a: &Index<D>, b: &Index<D>) {
    assert_eq!((a.len(), a.metric()), (b.len(), b.metric()));
    for row in 0..=a.len() {
        assert_eq!((a.row(row), a.note(row)), (b.row(row), b.note(row)));
    }
    let queries = random::<D>(7, 9);
    assert_eq!(a.search_batch(&queries, 5).unwrap(), b.search_batch(&queries, 5).unwrap());
    assert_eq!(a.search(&queries[0], 5).unwrap(), b.search(&queries[0], 5).unwrap());
}

#[test]
fn what_is_saved_is_read_mapped_and_added_to() {
    for metric in [Metric::Cosine, Metric::Dot] {
        for count in [0, 1, 200] {
            let rows = random::<19>(count, 6);
            let mut whole = index(metric, &rows);
            let scratch = Scratch::new(&format!("whole-{metric:?}-{count}"));
            whole.save(&scratch.0).unwrap();
            let (mut loaded, mut mapped) = (scratch.load().unwrap(), scratch.map().unwrap());
            same(&whole, &loaded);
            same(&whole, &mapped);
            for index in [&mut whole, &mut loaded, &mut mapped] {
                index.extend(&random::<19>(150, 7), (0..150).map(|row| format!("später {row}"))).unwrap();
                index.push(&[0.0; 19], "").unwrap();
            }
            same(&whole, &mapped);
            mapped.save(&scratch.0).unwrap();
            same(&whole, &mapped); // the old file is still there for whom it is mapped
            same(&whole, &scratch.load().unwrap());
            same(&whole, &scratch.map().unwrap());
            assert_eq!(bytes_of(&whole, "whole"), bytes_of(&mapped, "mapped"));
        }
    }
}

#[test]
fn the_usual_mistakes_have_their_sentence() {
    let absent = Scratch::new("absent");
    assert!(absent.load::<3>().unwrap_err().to_string().starts_with("can't read `"));
    assert!(matches!(absent.map::<3>(), Err(SearchError::Io { what: "read", .. })));
    let nowhere = index(Metric::Dot, &random::<3>(2, 0)).save("no/such/folder/index");
    assert!(matches!(nowhere, Err(SearchError::Io { what: "write", .. })));

    let file = Scratch::holding("width", &bytes_of(&index(Metric::Dot, &random::<3>(2, 0)), "three"));
    for error in [file.load::<4>().unwrap_err(), file.map::<4>().unwrap_err()] {
        assert!(matches!(error, SearchError::Width { expected: 4, found: 3, .. }), "{error}");
    }

    for (name, bytes) in [("empty", &b""[..]), ("text", b"a,b,c\n1,2,3\n"), ("png", b"\x89PNG\r\n\x1a\n0000")]
    {
        let file = Scratch::holding(name, bytes);
        for error in [file.load::<3>().unwrap_err(), file.map::<3>().unwrap_err()] {
            // An empty file can't be mapped everywhere.
            assert!(matches!(error, SearchError::Format { .. } | SearchError::Io { .. }), "{error}");
        }
    }
}

#[test]
fn a_file_that_ends_early_is_refused_wherever_it_ends() {
    let whole = bytes_of(&index(Metric::Cosine, &random::<3>(5, 0)), "early");
    for length in 0..whole.len() {
        let file = Scratch::holding("cut", &whole[..length]);
        assert!(file.load::<3>().is_err(), "{length}");
        assert!(file.map::<3>().is_err(), "{length}");
    }
    let longer = Scratch::holding("longer", &[&whole[..], &[0]].concat());
    assert!(longer.load::<3>().is_err() && longer.map::<3>().is_err());
}

#[test]
fn no_damaged_byte_does_harm() {
    let whole = bytes_of(&index(Metric::Cosine, &random::<3>(5, 0)), "bytes");
    for at in 0..whole.len() {
        for damage in [0, 1, 0x7f, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = damage;
            let file = Scratch::holding("damaged", &bytes);
            for index in [file.load::<3>(), file.map::<3>()].into_iter().flatten() {
                let hits = index.search_batch(&random::<3>(6, 1), 5).unwrap();
                assert!(hits.iter().all(|hits| hits.len() == index.len().min(5)));
                assert!((0..index.len()).all(|row| index.note(row).is_some()));
            }
        }
    }
}

/// A file with these tensors, and a header that is believed nowhere.
fn file(head: &str, data: &[u8]) -> Vec<u8> {
    [&(head.len() as u64).to_le_bytes()[..], head.as_bytes(), data].concat()
}

#[test]
fn sizes_that_lie_are_refused() {
    let refused = |head: &str, data: &[u8], sentence: &str| {
        let scratch = Scratch::holding("lies", &file(head, data));
        for error in [scratch.load::<2>().unwrap_err(), scratch.map::<2>().unwrap_err()] {
            let text = error.to_string();
            assert!(text.contains(sentence), "{text}\n{sentence}");
        }
    };
    let head = |rows: &str, ends: &str, notes: &str, metric: &str| {
        format!(
            r#"{{"rows":{{"dtype":"F32",{rows}}},"note_ends":{{"dtype":"U64",{ends}}},
               "notes":{{"dtype":"U8",{notes}}},"metric":{{"dtype":"U8",{metric}}}}}"#
        )
    };
    let (rows, ends) = (r#""shape":[1,2],"data_offsets":[0,8]"#, r#""shape":[1],"data_offsets":[8,16]"#);
    let (notes, metric) = (r#""shape":[2],"data_offsets":[16,18]"#, r#""shape":[3],"data_offsets":[18,21]"#);
    let data = |end: u64, text: &[u8]| [&[0; 8], &end.to_le_bytes()[..], text].concat();

    refused(
        &head(rows, ends, notes, metric),
        &data(1, b"abdot"),
        "the last 1 bytes of its `notes` belong to no row",
    );
    refused(&head(rows, ends, notes, metric), &data(3, b"abdot"), "can't end at byte 3, after 0, of 2");
    refused(
        &head(rows, ends, notes, metric),
        &data(u64::MAX, b"abdot"),
        "can't end at byte 18446744073709551615",
    );
    refused(&head(rows, ends, notes, metric), &data(1, "ädot".as_bytes()), "can't end at byte 1");
    refused(&head(rows, ends, notes, metric), &data(2, b"a\xffdot"), "not text from byte 1 on");
    refused(&head(rows, ends, notes, metric), &data(2, b"abcos"), "its `metric` is `cos`");
    let long = r#""shape":[9223372036854775807,2],"data_offsets":[0,8]"#;
    refused(&head(long, ends, notes, metric), &data(2, b"abdot"), "more than any file can hold");
    let more = r#""shape":[1000000000,2],"data_offsets":[0,8000000000]"#;
    refused(&head(more, ends, notes, metric), &data(2, b"abdot"), "the file");
    let flat = r#""shape":[2],"data_offsets":[0,8]"#;
    refused(&head(flat, ends, notes, metric), &data(2, b"abdot"), "have the shape [2], where two axes");
    let none = r#""shape":[0,2],"data_offsets":[0,0]"#;
    let moved = [
        r#""shape":[1],"data_offsets":[0,8]"#,
        r#""shape":[2],"data_offsets":[8,10]"#,
        r#""shape":[3],"data_offsets":[10,13]"#,
    ];
    refused(
        &head(none, moved[0], moved[1], moved[2]),
        &data(2, b"abdot")[8..],
        "it has 0 rows, but 1 ends of notes",
    );
    refused("{}", b"", "it has no `metric`");
    let halves = head(rows, ends, notes, metric).replace("F32", "F16").replace("[1,2]", "[1,4]");
    refused(&halves, &data(2, b"abdot"), "its `rows` is F16, where F32 is wanted");
}

#[test]
fn rows_that_are_not_numbers_or_lie_askew() {
    let mut bytes = bytes_of(&index(Metric::Dot, &vec![[1.0, 2.0], [3.0, 4.0]]), "numbers");
    let at = bytes.windows(4).position(|four| four == 3.0f32.to_le_bytes()).unwrap();
    bytes[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    let file = Scratch::holding("nan", &bytes);
    assert!(matches!(file.load::<2>(), Err(SearchError::NotFinite { what: "row", number: 1, place: 0, .. })));
    let mapped = file.map::<2>().unwrap();
    let hits = mapped.search(&[1.0, 1.0], 2).unwrap();
    assert!(hits[0].row == 0 && hits[1].score.is_nan());

    // A header of another length moves the numbers, which other programs' files need not avoid.
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    let mut askew = (length + 1).to_le_bytes().to_vec();
    askew.extend_from_slice(&bytes[8..8 + length as usize]);
    askew.push(b' ');
    askew.extend_from_slice(&bytes[8 + length as usize..]);
    let file = Scratch::holding("askew", &askew);
    assert!(file.map::<2>().unwrap_err().to_string().contains("which is no multiple of 4"));
}
