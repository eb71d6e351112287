//! Indexes as safetensors files.

use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use memmap2::Mmap;
use tensor_header::{Dtype, HeaderError, head};

use super::index::check_finite;
use super::stored::{Mapped, Owned};
use super::{Index, Metric, SearchError};
use crate::io::{open, parse, read, replace};

impl Metric {
    fn name(self) -> &'static str {
        match self {
            Metric::Cosine => "cosine",
            Metric::Dot => "dot",
        }
    }
}

/// See [`Index::save`].
pub(super) fn save<const D: usize>(
    path: &Path,
    metric: Metric,
    base: Option<&Mapped>,
    tail: &Owned,
) -> Result<(), SearchError> {
    let (rows, notes) = base.map_or((&[][..], ""), |base| (base.rows(), base.notes()));
    let before = notes.len() as u64;
    let ends = base.map(Mapped::ends).into_iter().flatten();
    let ends = ends.chain(tail.ends.iter().map(|end| before + end));
    let count = (rows.len() + tail.rows.len()) / D;
    let name = metric.name();
    replace(path, |file| {
        let mut file = BufWriter::new(file);
        let head = header(count, D, notes.len() + tail.notes.len(), name).map_err(io::Error::other)?;
        file.write_all(&head)?;
        ends.into_iter().try_for_each(|end| file.write_all(&end.to_le_bytes()))?;
        for rows in [rows, &tail.rows] {
            rows.iter().try_for_each(|x| file.write_all(&x.to_le_bytes()))?;
        }
        for text in [notes, &tail.notes, name] {
            file.write_all(text.as_bytes())?;
        }
        file.flush()
    })
    .map_err(|source| SearchError::Io { what: "write", path: path.into(), source })
}

/// The file's head. Numbers of eight bytes come first, then those of four, so that all lie as they are wanted.
fn header(rows: usize, width: usize, notes: usize, metric: &str) -> Result<Vec<u8>, HeaderError> {
    let tensors: [(_, _, &[usize]); 4] = [
        ("note_ends", Dtype::U64, &[rows]),
        ("rows", Dtype::F32, &[rows, width]),
        ("notes", Dtype::U8, &[notes]),
        ("metric", Dtype::U8, &[metric.len()]),
    ];
    head(tensors, &[])
}

/// Where the parts of an index lie in a file.
#[derive(Debug)]
struct Places {
    metric: Metric,
    rows: Range<usize>,
    notes: Range<usize>,
    ends: Range<usize>,
}

/// Why a file isn't taken.
enum Refused {
    Format(String),
    Width(usize),
}

impl Refused {
    fn of(self, path: &Path, expected: usize) -> SearchError {
        let path = path.into();
        match self {
            Refused::Format(reason) => SearchError::Format { path, reason },
            Refused::Width(found) => SearchError::Width { path, expected, found },
        }
    }
}

impl From<HeaderError> for Refused {
    fn from(error: HeaderError) -> Self {
        Refused::Format(error.to_string())
    }
}

impl From<String> for Refused {
    fn from(reason: String) -> Self {
        Refused::Format(reason)
    }
}

/// Finds the parts of an index and checks all but the rows' numbers.
fn places<const D: usize>(file: &[u8]) -> Result<Places, Refused> {
    let tensors = parse(file)?;
    let tensor = |name: &str, dtype: Dtype| {
        let stored = tensors.get(name).ok_or_else(|| format!("it has no `{name}`"))?;
        if stored.dtype != dtype {
            return Err(format!("its `{name}` is {:?}, where {dtype:?} is wanted", stored.dtype));
        }
        let start = stored.bytes.as_ptr().addr() - file.as_ptr().addr();
        Ok((&stored.shape[..], start..start + stored.bytes.len()))
    };
    let flat = |name: &str, dtype: Dtype| match tensor(name, dtype)? {
        (&[length], place) => Ok((length, place)),
        (shape, _) => Err(format!("its `{name}` has the shape {shape:?}, where one axis is wanted")),
    };
    let (_, metric) = flat("metric", Dtype::U8)?;
    let metric = match &file[metric] {
        b"cosine" => Metric::Cosine,
        b"dot" => Metric::Dot,
        other => {
            let other = String::from_utf8_lossy(&other[..other.len().min(32)]);
            return Err(format!("its `metric` is `{other}`, where `cosine` or `dot` is wanted").into());
        }
    };
    let (shape, rows) = tensor("rows", Dtype::F32)?;
    let &[count, width] = shape else {
        return Err(format!("its `rows` have the shape {shape:?}, where two axes are wanted").into());
    };
    if width != D {
        return Err(Refused::Width(width));
    }
    let (noted, ends) = flat("note_ends", Dtype::U64)?;
    if noted != count {
        return Err(format!("it has {count} rows, but {noted} ends of notes").into());
    }
    let (_, notes) = flat("notes", Dtype::U8)?;
    check_notes(&file[notes.clone()], &file[ends.clone()])?;
    Ok(Places { metric, rows, notes, ends })
}

/// The notes are text; their ends ascend, lie between characters, and the last one is the text's.
fn check_notes(notes: &[u8], ends: &[u8]) -> Result<(), String> {
    let notes = std::str::from_utf8(notes)
        .map_err(|error| format!("its `notes` are not text from byte {} on", error.valid_up_to()))?;
    let mut before = 0;
    for (row, &end) in ends.as_chunks::<8>().0.iter().enumerate() {
        let end = u64::from_le_bytes(end);
        let place = usize::try_from(end).ok().filter(|&end| end >= before && notes.is_char_boundary(end));
        before = place.ok_or_else(|| {
            let length = notes.len();
            format!("the note of row {row} can't end at byte {end}, after {before}, of {length}")
        })?;
    }
    if before < notes.len() {
        return Err(format!("the last {} bytes of its `notes` belong to no row", notes.len() - before));
    }
    Ok(())
}

/// See [`Index::load`].
pub(super) fn load<const D: usize>(path: &Path) -> Result<Index<D>, SearchError> {
    let file = read(path).map_err(|source| SearchError::Io { what: "read", path: path.into(), source })?;
    let Places { metric, rows, notes, ends } = places::<D>(&file).map_err(|refused| refused.of(path, D))?;
    let numbers = |bytes: &[u8]| bytes.as_chunks::<4>().0.iter().map(|&x| f32::from_le_bytes(x)).collect();
    let rows: Vec<f32> = numbers(&file[rows]);
    check_finite::<D>("row", &rows)?;
    let notes = String::from_utf8_lossy(&file[notes]).into_owned(); // which is text, as `places` saw
    let ends = file[ends].as_chunks::<8>().0.iter().map(|&end| u64::from_le_bytes(end)).collect();
    Ok(Index::of(metric, None, Owned { rows, notes, ends }))
}

/// See [`Index::map`].
///
/// # Safety
/// Nobody changes or shortens the file as long as the index lives.
pub(super) unsafe fn map<const D: usize>(path: &Path) -> Result<Index<D>, SearchError> {
    if cfg!(target_endian = "big") {
        return load(path); // the file's numbers begin with their lowest byte
    }
    let io = |source| SearchError::Io { what: "read", path: path.into(), source };
    let file = open(path).map_err(io)?;
    // SAFETY: as the caller promises.
    let map = unsafe { Mmap::map(&file) }.map_err(io)?;
    let Places { metric, rows, notes, ends } = places::<D>(&map).map_err(|refused| refused.of(path, D))?;
    // Which other programs' files need not do.
    if !map[rows.clone()].as_ptr().cast::<f32>().is_aligned() {
        let reason = format!("its `rows` begin at byte {}, which is no multiple of 4", rows.start);
        return Err(SearchError::Format { path: path.into(), reason });
    }
    Ok(Index::of(metric, Some(Mapped { map, rows, notes, ends }), Owned::default()))
}
