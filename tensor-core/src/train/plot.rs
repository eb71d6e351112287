//! Curves, points and words as pictures.

mod draw;

#[cfg(feature = "vision")]
pub(crate) use draw::{FONT, know_font};

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Named curves, clouds of points and words over common axes, saved as an SVG and a PNG of 800 × 500.
///
/// No font need be installed: the PNG's letters come from a font inside this crate, which knows Latin and Greek letters
/// and the usual signs of mathematics (others appear as boxes). The SVG holds real text.
///
/// A point that is NaN or infinite leaves a gap in its curve. The vertical axis starts at 0 unless the curves stay far
/// from it, or the chart is a [`map`](Chart::map).
///
/// ```
/// use tensor_core::train::Chart;
///
/// # let folder = std::env::temp_dir().join(format!("tensor-core-chart-{}", std::process::id()));
/// let losses = [1.1, 0.6, 0.4, 0.3];
/// let pictures = Chart::new("Training")
///     .horizontal("epoch")
///     .curve("loss", losses.iter().enumerate().map(|(epoch, &loss)| (epoch as f64, loss)))
///     .save(folder.join("loss"))?;
/// assert!(pictures.svg.ends_with("loss.svg") && pictures.png.ends_with("loss.png"));
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<(), tensor_core::train::PlotError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Chart {
    title: String,
    horizontal: String,
    vertical: String,
    is_map: bool,
    series: Vec<Series>,
}

#[derive(Debug, Clone)]
struct Series {
    name: String,
    form: Form,
    points: Vec<(f64, f64)>,
}

/// How a series is drawn.
#[derive(Debug, Clone)]
enum Form {
    Curve,
    Dots,
    /// One for each point.
    Words(Vec<String>),
}

/// Where a chart was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pictures {
    /// The scalable picture.
    pub svg: PathBuf,
    /// The picture in pixels.
    pub png: PathBuf,
}

/// A chart that can't be saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// A chart has no point with finite coordinates, a sheet no image.
    #[error("there is nothing to draw in `{title}`")]
    NothingToDraw {
        /// The chart's title.
        title: String,
    },
    /// The path ends in no file name.
    #[error("`{}` has no file name to save a picture under", path.display())]
    NoFileName {
        /// What was given.
        path: PathBuf,
    },
    /// A folder or file can't be written.
    #[error("can't write `{}`: {source}", path.display())]
    Write {
        /// The folder or file.
        path: PathBuf,
        /// Why the operating system refused.
        source: io::Error,
    },
    /// The picture can't be drawn or encoded.
    #[error("can't draw `{}`: {reason}", path.display())]
    Draw {
        /// The file.
        path: PathBuf,
        /// The drawing library's words.
        reason: String,
    },
}

impl Chart {
    /// A chart without curves.
    pub fn new(title: impl Into<String>) -> Self {
        let (horizontal, vertical) = (String::new(), String::new());
        Self { title: title.into(), horizontal, vertical, is_map: false, series: Vec::new() }
    }

    /// Names the horizontal axis, such as "epoch".
    pub fn horizontal(mut self, name: impl Into<String>) -> Self {
        self.horizontal = name.into();
        self
    }

    /// Names the vertical axis, such as "nats". If there is only one curve, its name stands there unless one is given.
    pub fn vertical(mut self, name: impl Into<String>) -> Self {
        self.vertical = name.into();
        self
    }

    /// Makes it a map: one unit is as long on both axes, so that angles are right, and 0 is no special place.
    pub fn map(mut self) -> Self {
        self.is_map = true;
        self
    }

    /// Adds a curve through `points`, each horizontal and vertical, in their order. Two or more series get a legend.
    pub fn curve(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.with(name.into(), Form::Curve, points.into_iter().collect())
    }

    /// Adds a cloud of points.
    pub fn dots(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.with(name.into(), Form::Dots, points.into_iter().collect())
    }

    /// Adds words, each beside a dot at its place.
    ///
    /// ```
    /// use tensor_core::train::Chart;
    ///
    /// let places = [("king", (0.9, 0.8)), ("queen", (0.8, -0.7)), ("apple", (-1.0, 0.1))];
    /// let chart = Chart::new("Words").map().words("nouns", places);
    /// ```
    pub fn words<W: Into<String>>(
        self,
        name: impl Into<String>,
        words: impl IntoIterator<Item = (W, (f64, f64))>,
    ) -> Self {
        let (words, points) = words.into_iter().map(|(word, point)| (word.into(), point)).unzip();
        self.with(name.into(), Form::Words(words), points)
    }

    fn with(mut self, name: String, form: Form, points: Vec<(f64, f64)>) -> Self {
        self.series.push(Series { name, form, points });
        self
    }

    /// Writes `<path>.svg` and `<path>.png`, creating the folder if need be.
    ///
    /// Each is written under a temporary name and renamed, so that no half picture is ever seen.
    ///
    /// # Errors
    /// [`PlotError`] if there is nothing to draw, or a file can't be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<Pictures, PlotError> {
        save_both(
            path.as_ref(),
            |file, is_svg| if is_svg { self.write_svg(file) } else { self.write_png(file) },
        )
    }

    /// The smallest box around all finite points: left, right, bottom, top.
    fn bounds(&self) -> Result<[f64; 4], PlotError> {
        let points = || self.series.iter().flat_map(|series| &series.points).filter(|point| is_finite(point));
        if points().next().is_none() {
            return Err(PlotError::NothingToDraw { title: self.title.clone() });
        }
        let least = |value: fn(&(f64, f64)) -> f64| points().map(value).fold(f64::INFINITY, f64::min);
        let most = |value: fn(&(f64, f64)) -> f64| points().map(value).fold(f64::NEG_INFINITY, f64::max);
        Ok([least(|point| point.0), most(|point| point.0), least(|point| point.1), most(|point| point.1)])
    }
}

/// Lets `write` fill `<path>.svg`, for which it is told `true`, and `<path>.png`; creates the folder if need be.
pub(crate) fn save_both(
    path: &Path,
    write: impl Fn(&Path, bool) -> Result<(), PlotError>,
) -> Result<Pictures, PlotError> {
    let no_name = || PlotError::NoFileName { path: path.into() };
    let name = path.file_name().ok_or_else(no_name)?.to_string_lossy();
    let folder = path.parent().unwrap_or(Path::new(""));
    if !folder.as_os_str().is_empty() {
        fs::create_dir_all(folder).map_err(|source| PlotError::Write { path: folder.into(), source })?;
    }
    // The extension stays last, because the encoder chooses the format by it.
    let temporary = |kind| folder.join(format!(".{name}.{}.tmp.{kind}", std::process::id()));
    let pictures =
        Pictures { svg: folder.join(format!("{name}.svg")), png: folder.join(format!("{name}.png")) };
    replace(&pictures.svg, &temporary("svg"), |file| write(file, true))?;
    replace(&pictures.png, &temporary("png"), |file| write(file, false))?;
    Ok(pictures)
}

fn is_finite(point: &(f64, f64)) -> bool {
    point.0.is_finite() && point.1.is_finite()
}

/// Lets `write` fill the file `temporary`, then renames it to `path`; leaves nothing behind if either fails.
fn replace(
    path: &Path,
    temporary: &Path,
    write: impl FnOnce(&Path) -> Result<(), PlotError>,
) -> Result<(), PlotError> {
    let renamed =
        |()| fs::rename(temporary, path).map_err(|source| PlotError::Write { path: path.into(), source });
    write(temporary).and_then(renamed).inspect_err(|_| drop(fs::remove_file(temporary)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("tensor-core-plot-{name}-{}", std::process::id()))
    }

    #[test]
    fn both_pictures_are_written_and_nothing_else() {
        let folder = scratch("both");
        let losses = (0..100).map(|epoch| (f64::from(epoch), 1.1 * (-f64::from(epoch) / 15.0).exp()));
        let chart = Chart::new("Training & <test>").horizontal("epoch").curve("loss", losses);
        let chart = chart.curve("accuracy", [(0.0, 0.3), (10.0, f64::NAN), (20.0, 0.8), (99.0, 0.97)]);
        let pictures = chart.save(folder.join("deep/curves.v2")).unwrap();

        let svg = fs::read_to_string(&pictures.svg).unwrap();
        for text in ["Training &amp; &lt;test&gt;", "epoch", "loss", "accuracy"] {
            assert!(svg.contains(text), "{text} is missing in {svg}");
        }
        let png = fs::read(&pictures.png).unwrap();
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!(&png[16..24], [0, 0, 3, 32, 0, 0, 1, 244], "800 × 500");
        let mut names: Vec<_> =
            fs::read_dir(folder.join("deep")).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["curves.v2.png", "curves.v2.svg"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn odd_curves_are_drawn() {
        let folder = scratch("odd");
        let odd: [(&str, Vec<(f64, f64)>); 5] = [
            ("a point", vec![(3.0, 0.0)]),
            ("level", vec![(0.0, 2.5), (9.0, 2.5)]),
            ("tiny", vec![(0.0, 1e-12), (1.0, 3e-12)]),
            ("huge", vec![(0.0, -1e30), (1e9, 1e30)]),
            ("far", vec![(0.0, 1e6), (1.0, 1e6 + 1.0), (2.0, f64::INFINITY), (3.0, 1e6)]),
        ];
        for (name, points) in odd {
            Chart::new(name).curve("日本", points).save(folder.join(name)).unwrap();
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn maps_of_dots_and_words_are_drawn() {
        let folder = scratch("map");
        let cloud = (0..200).map(|i| (f64::from(i).sin(), f64::from(i * i).cos()));
        let words = [("king", (0.5, 0.5)), ("nowhere", (f64::NAN, 0.0)), ("<queen>", (-0.5, 0.25))];
        let map = Chart::new("Map").map().dots("cloud", cloud).words("words", words);
        let pictures = map.save(folder.join("map")).unwrap();
        let svg = fs::read_to_string(&pictures.svg).unwrap();
        for text in ["king", "&lt;queen&gt;", "cloud", "words"] {
            assert!(svg.contains(text), "{text} is missing in {svg}");
        }
        assert!(!svg.contains("nowhere"));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_cannot_be_drawn_or_written_is_refused() {
        let chart = Chart::new("Empty").curve("loss", [(0.0, f64::NAN)]);
        let error = chart.save(scratch("empty").join("loss")).unwrap_err();
        assert_eq!(error.to_string(), "there is nothing to draw in `Empty`");
        assert!(matches!(Chart::new("").save("/"), Err(PlotError::NoFileName { .. })));

        let file = scratch("file");
        fs::write(&file, "").unwrap();
        let error = Chart::new("").curve("loss", [(0.0, 1.0)]).save(file.join("loss")).unwrap_err();
        assert!(matches!(error, PlotError::Write { .. }), "{error}");
        fs::remove_file(file).unwrap();
    }
}
