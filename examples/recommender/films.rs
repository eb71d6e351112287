//! MovieLens: who rated which film with how many stars.

use std::{collections::BTreeMap, error::Error, path::Path};

/// People with ratings, and a place for somebody new.
pub const PEOPLE: usize = 671 + 1;
pub const FILMS: usize = 9_066;
/// Stars go from half a one to five.
pub const LEAST: f32 = 0.5;
pub const MOST: f32 = 5.0;

/// A rating, of people and films by their places.
pub struct Rating {
    pub person: usize,
    pub film: usize,
    pub stars: f32,
}

/// All ratings, and the films' titles.
pub struct Films {
    pub ratings: Vec<Rating>,
    /// How many people have rated each film.
    pub counts: Vec<usize>,
    titles: Vec<String>,
    years: Vec<String>,
    /// Places of the people by their numbers.
    people: BTreeMap<usize, usize>,
}

const COMMAND: &str = "python3 examples/data/fetch_movielens.py";

impl Films {
    /// Reads `ratings.csv` and `movies.csv`.
    pub fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let mut films: BTreeMap<usize, usize> = BTreeMap::new();
        let (mut titles, mut years) = (Vec::new(), Vec::new());
        for row in table(&folder.join("movies.csv"), ["movieId", "title", "year"])? {
            let (line, [id, title, year]) = row?;
            if films.insert(number(&id, "movieId", line)?, titles.len()).is_some() {
                return Err(
                    format!("film {id} stands twice in movies.csv, the second time in line {line}").into()
                );
            }
            titles.push(title);
            years.push(year);
        }
        let (mut ratings, mut counts, mut people) = (Vec::new(), vec![0; titles.len()], BTreeMap::new());
        for row in table(&folder.join("ratings.csv"), ["userId", "movieId", "rating"])? {
            let (line, [person, film, stars]) = row?;
            let film: usize = number(&film, "movieId", line)?;
            let film = *films.get(&film).ok_or_else(|| {
                format!("line {line} of ratings.csv rates film {film}, which movies.csv lacks")
            })?;
            let stars: f32 = number(&stars, "rating", line)?;
            if !(LEAST..=MOST).contains(&stars) {
                return Err(
                    format!("line {line} of ratings.csv has {stars} stars, not {LEAST} to {MOST}").into()
                );
            }
            let next = people.len();
            let person = *people.entry(number(&person, "userId", line)?).or_insert(next);
            counts[film] += 1;
            ratings.push(Rating { person, film, stars });
        }
        if ratings.is_empty() {
            return Err("ratings.csv has no ratings".into());
        }
        if titles.len() > FILMS || people.len() >= PEOPLE {
            let (more, most) = ((people.len(), titles.len()), (PEOPLE - 1, FILMS));
            return Err(format!(
                "there are {more:?} people and films, but the network is declared for {most:?}"
            )
            .into());
        }
        Ok(Films { ratings, counts, titles, years, people })
    }

    /// The place of the person of this number.
    pub fn person(&self, number: usize) -> Result<usize, String> {
        let found = self.people.get(&number).copied();
        found
            .ok_or_else(|| format!("nobody has the number {number}; it goes from 1 to {}", self.people.len()))
    }

    /// The film of this title, or the most rated one whose title begins with it or has it in it.
    pub fn find(&self, title: &str) -> Result<usize, String> {
        let wanted = title.trim().to_lowercase();
        let rank = |have: &str| match have {
            _ if have == wanted => Some(3),
            _ if have.starts_with(&wanted) => Some(2),
            _ if have.contains(&wanted) => Some(1),
            _ => None,
        };
        let ranked = (0..self.titles.len())
            .filter_map(|film| Some((rank(&self.titles[film].to_lowercase())?, self.counts[film], film)));
        let best = if wanted.is_empty() { None } else { ranked.max() };
        best.map(|(.., film)| film).ok_or_else(|| format!("no film has `{title}` in its title"))
    }

    /// Title and year.
    pub fn name(&self, film: usize) -> String {
        match &*self.years[film] {
            "" => self.titles[film].clone(),
            year => format!("{} ({year})", self.titles[film]),
        }
    }
}

/// Line number and the wanted columns of each line.
type Line = Result<(u64, [String; 3]), Box<dyn Error>>;

fn table(path: &Path, columns: [&str; 3]) -> Result<impl Iterator<Item = Line> + use<>, Box<dyn Error>> {
    if !path.is_file() {
        return Err(format!("`{}` is not there: get MovieLens by `{COMMAND}`", path.display()).into());
    }
    let told = path.display().to_string();
    let mut reader = csv::Reader::from_path(path).map_err(|error| format!("`{told}`: {error}"))?;
    let headers = reader.headers().map_err(|error| format!("`{told}`: {error}"))?.clone();
    let mut places = [0; 3];
    for (place, column) in places.iter_mut().zip(columns) {
        let found = headers.iter().position(|header| header == column);
        *place = found.ok_or_else(|| format!("`{told}` has no column `{column}`"))?;
    }
    Ok(reader.into_records().map(move |record| {
        let record = record.map_err(|error| format!("`{told}`: {error}"))?;
        let line = record.position().map_or(0, csv::Position::line);
        Ok((line, places.map(|place| record[place].to_owned())))
    }))
}

fn number<T: std::str::FromStr>(text: &str, column: &str, line: u64) -> Result<T, String> {
    text.parse().map_err(|_| format!("line {line}: `{text}` is no {column}"))
}
