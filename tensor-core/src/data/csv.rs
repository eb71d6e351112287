//! From a CSV file with a header to a [`Table`].

use std::path::Path;

use super::{DataError, Table, error::nearest};

/// Which columns of a file are the features, which one is the class, and which classes there are.
///
/// Columns are found by name, so that their order in the file doesn't matter; features and classes are numbered in
/// the order given here. Columns that aren't named are ignored: [`Table::ignored_columns`] lists them, so that a
/// caller can say so.
///
/// Cells are separated by commas and may be quoted; blank lines and white space around a cell are skipped.
///
/// ```
/// use tensor_core::data::Schema;
///
/// let schema = Schema { features: ["width", "height"], class: "kind", classes: ["flat", "tall"] };
/// let table = schema.parse_csv("kind,height,width\ntall,9.5,3\n", "shapes.csv")?;
/// assert_eq!(table.rows(), [[3.0, 9.5]]);
/// assert_eq!(table.labels(), [1]);
///
/// let error = schema.parse_csv("kind,height,width\ntall,high,3\n", "shapes.csv").unwrap_err();
/// assert_eq!(error.to_string(), "`shapes.csv`, line 2: column `height` holds `high`, which is not a number");
/// # Ok::<(), tensor_core::data::DataError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema<'a, const F: usize, const C: usize> {
    /// The numeric columns.
    pub features: [&'a str; F],
    /// The column that holds the class.
    pub class: &'a str,
    /// The classes' names.
    pub classes: [&'a str; C],
}

impl<const F: usize, const C: usize> Schema<'_, F, C> {
    /// Reads the file at `path`, all or nothing.
    ///
    /// # Errors
    /// [`DataError`] for the first mistake from the top of the file: it is unreadable or not UTF-8, lacks a column or
    /// any row, or a line has the wrong number of cells, an empty one, something other than a finite number under a
    /// feature, or an unknown class.
    ///
    /// ```
    /// # use tensor_core::data::Schema;
    /// let schema = Schema { features: ["width"], class: "kind", classes: ["flat", "tall"] };
    /// let error = schema.read_csv("absent.csv").unwrap_err();
    /// assert!(error.to_string().starts_with("can't read `absent.csv`: "));
    /// ```
    pub fn read_csv(&self, path: impl AsRef<Path>) -> Result<Table<F, C>, DataError> {
        let path = path.as_ref();
        let bytes =
            crate::io::read(path).map_err(|source| DataError::Unreadable { path: path.into(), source })?;
        let text = std::str::from_utf8(&bytes).map_err(|error| DataError::NotText {
            path: path.into(),
            line: line_at(&bytes, error.valid_up_to()),
        })?;
        self.parse_csv(text, path)
    }

    /// Reads a table from text; `path` serves the error messages.
    ///
    /// # Errors
    /// As [`read_csv`](Self::read_csv).
    pub fn parse_csv(&self, text: &str, path: impl AsRef<Path>) -> Result<Table<F, C>, DataError> {
        let path = path.as_ref();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader =
            csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
        let header = match reader.headers() {
            Ok(header) if !header.is_empty() => header.clone(),
            _ => return Err(DataError::NoRows { path: path.into() }),
        };
        let columns = self.locate(&header, path)?;
        let mut table = Table::new(self, columns.ignored);
        for record in reader.records() {
            let record = record.expect("the text is UTF-8, in memory, and its lines may differ in length");
            let start = record.position().map_or(0, |position| position.byte() as usize);
            let line = Line { record: &record, text, start, path };
            if record.len() != header.len() {
                return Err(DataError::CellCount {
                    path: path.into(),
                    line: line.number(),
                    expected: header.len(),
                    found: record.len(),
                });
            }
            let mut row = [0.0; F];
            for (value, (&column, &name)) in row.iter_mut().zip(columns.features.iter().zip(&self.features)) {
                *value = line.number_in(column, name)?;
            }
            table.push(row, self.label(&line, columns.class)?);
        }
        if table.is_empty() { Err(DataError::NoRows { path: path.into() }) } else { Ok(table) }
    }

    fn locate(&self, header: &csv::StringRecord, path: &Path) -> Result<Columns<F>, DataError> {
        let find = |name: &str| {
            let mut places =
                header.iter().enumerate().filter(|(_, column)| *column == name).map(|(at, _)| at);
            match (places.next(), places.next()) {
                (Some(at), None) => Ok(at),
                (Some(_), Some(_)) => {
                    Err(DataError::RepeatedColumn { path: path.into(), column: name.into() })
                }
                (None, _) => Err(DataError::MissingColumn {
                    path: path.into(),
                    column: name.into(),
                    columns: header.iter().map(str::to_owned).collect(),
                    nearest: nearest(name, header),
                }),
            }
        };
        let mut features = [0; F];
        for (place, name) in features.iter_mut().zip(self.features) {
            *place = find(name)?;
        }
        let class = find(self.class)?;
        let used = |at: &usize| *at == class || features.contains(at);
        let ignored =
            header.iter().enumerate().filter(|(at, _)| !used(at)).map(|(_, name)| name.to_owned()).collect();
        Ok(Columns { features, class, ignored })
    }

    fn label(&self, line: &Line, column: usize) -> Result<usize, DataError> {
        let text = line.cell(column, self.class)?;
        self.classes.iter().position(|class| *class == text).ok_or_else(|| DataError::UnknownClass {
            path: line.path.into(),
            line: line.number(),
            text: text.into(),
            classes: self.classes.map(str::to_owned).to_vec(),
            nearest: nearest(text, self.classes),
        })
    }
}

/// Where the wanted columns stand in the file.
struct Columns<const F: usize> {
    features: [usize; F],
    class: usize,
    ignored: Vec<String>,
}

/// One record, with what an error about it has to say.
struct Line<'a> {
    record: &'a csv::StringRecord,
    text: &'a str,
    start: usize,
    path: &'a Path,
}

impl Line<'_> {
    /// The line's number in the file, counted only when an error asks for it.
    ///
    /// The csv crate gives a record the position of the blank lines before it, so they are skipped here.
    fn number(&self) -> usize {
        let blank = self.text[self.start..].bytes().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        line_at(self.text.as_bytes(), self.start + blank)
    }

    fn cell(&self, column: usize, name: &str) -> Result<&str, DataError> {
        match &self.record[column] {
            "" => {
                Err(DataError::EmptyCell { path: self.path.into(), line: self.number(), column: name.into() })
            }
            text => Ok(text),
        }
    }

    fn number_in(&self, column: usize, name: &str) -> Result<f32, DataError> {
        let text = self.cell(column, name)?;
        let (path, column) = (self.path.to_owned(), name.to_owned());
        match text.parse::<f32>() {
            Ok(value) if value.is_finite() => Ok(value),
            Ok(_) => Err(DataError::NotFinite { path, line: self.number(), column, text: text.into() }),
            Err(_) => Err(DataError::NotANumber { path, line: self.number(), column, text: text.into() }),
        }
    }
}

/// The number of the line that holds the byte at `offset`; `\n`, `\r` and `\r\n` all end a line.
fn line_at(text: &[u8], offset: usize) -> usize {
    let ends = (0..offset).filter(|&at| match text[at] {
        b'\n' => true,
        b'\r' => text.get(at + 1) != Some(&b'\n'),
        _ => false,
    });
    1 + ends.count()
}

#[cfg(test)]
mod tests;
