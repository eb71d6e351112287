//! The example `recommender`, on MovieLens where it was fetched, and what it says where it was not.

use std::fs;

use crate::support::example::{Scratch, fetched, number, refused, run, shown};

#[test]
fn vectors_predict_better_than_levels() {
    if fetched("movielens/ratings.csv", "fetch_movielens.py").is_none() {
        return;
    }
    let output = Scratch::new();
    let state = output.join("state");
    let quick = ["--quick", "--output", output.text(), "--resume", state.to_str().expect("it is text")];
    let likes = [&quick[..], &["--likes", "toy story", "Finding Nemo"]].concat();
    let [shown, again] = [(); 2].map(|()| shown(&run("recommender", &likes)));
    assert_eq!(number(&shown, "test_rmse"), number(&again, "test_rmse"));
    let number = |name| number(&shown, name);
    assert!(number("test_rmse") <= 0.88, "{shown}");
    assert!(number("test_rmse") < number("biases_rmse") - 0.005, "{shown}");
    assert!(number("biases_rmse") < number("mean_rmse"), "{shown}");
    assert!(shown.contains("5.0  Toy Story (1995)") && shown.contains("5.0  Finding Nemo (2003)"), "{shown}");
    let named = shown.split("will like").nth(1).expect("films are named");
    assert_eq!(named.lines().filter(|line| line.starts_with("  ")).count(), 10, "{shown}");
    assert!(!named.contains("Toy Story (1995)"), "{shown}");
    assert!(output.join("error.png").is_file());

    let said = refused(&run("recommender", &["--likes", "No Film of This Name"]));
    assert!(said.contains("no film has `No Film of This Name` in its title"), "{said}");
    let said = refused(&run("recommender", &["--user", "672"]));
    assert!(said.contains("nobody has the number 672; it goes from 1 to 671"), "{said}");
}

#[test]
fn without_the_ratings_it_says_how_to_get_them() {
    let said = refused(&run("recommender", &["--data", "no/such/folder"]));
    assert!(
        said.contains(
            "movies.csv` is not there: get MovieLens by `python3 examples/data/fetch_movielens.py`"
        ),
        "{said}"
    );
}

#[test]
fn ratings_that_make_no_sense_are_told_with_their_line() {
    let data = Scratch::new();
    let told = |films: &str, ratings: &str| {
        fs::write(data.join("movies.csv"), films).expect("it can be written");
        fs::write(data.join("ratings.csv"), ratings).expect("it can be written");
        refused(&run("recommender", &["--data", data.text()]))
    };
    let films = "movieId,title,year\n1,\"One, Two\",1995\n";
    for (films, ratings, sentence) in [
        (films, "userId,movieId,rating\n", "ratings.csv has no ratings"),
        (films, "userId,movieId,rating\n1,1,9\n", "line 2 of ratings.csv has 9 stars, not 0.5 to 5"),
        (films, "userId,movieId,rating\n1,1,NaN\n", "line 2 of ratings.csv has NaN stars"),
        (films, "userId,movieId,rating\n1,1,4\n1,x,3\n", "line 3: `x` is no movieId"),
        (films, "userId,movieId,rating\n1,2,4\n", "rates film 2, which movies.csv lacks"),
        (films, "userId,movieId,rating\n1,1\n", "found record with 2 fields"),
        (films, "userId,movieId,stars\n", "has no column `rating`"),
        (
            "movieId,title,year\n1,A,1\n1,B,2\n",
            "userId,movieId,rating\n1,1,4\n",
            "film 1 stands twice in movies.csv",
        ),
    ] {
        let said = told(films, ratings);
        assert!(said.contains(sentence), "{said}");
    }
}
