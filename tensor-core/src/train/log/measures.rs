//! What was measured by whom, from the names of measures.

/// The group and the measure of a name: `train` and `loss` of `train/loss`.
pub(crate) fn parts(name: &str) -> (&str, &str) {
    name.split_once('/').unwrap_or(("", name))
}

/// What several groups measured, or one: `loss` of `train/loss` and `validation/loss`.
pub(crate) struct Measure<'n> {
    pub(crate) name: &'n str,
    /// The groups, and the full names.
    pub(crate) curves: Vec<(&'n str, &'n str)>,
}

/// What was measured under these names, each with the groups that measured it, in the order in which they come.
pub(crate) fn measures<'n>(names: impl Iterator<Item = &'n str>) -> Vec<Measure<'n>> {
    let mut measures: Vec<Measure<'n>> = Vec::new();
    for full in names {
        let (group, name) = parts(full);
        match measures.iter_mut().find(|measure| measure.name == name) {
            Some(measure) => measure.curves.push((group, full)),
            None => measures.push(Measure { name, curves: vec![(group, full)] }),
        }
    }
    measures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_joins_the_groups_that_took_it() {
        let measures = measures(["train/loss", "train/rate", "validation/loss", "pace"].into_iter());
        let measures: Vec<_> = measures.into_iter().map(|measure| (measure.name, measure.curves)).collect();
        assert_eq!(
            measures,
            [
                ("loss", vec![("train", "train/loss"), ("validation", "validation/loss")]),
                ("rate", vec![("train", "train/rate")]),
                ("pace", vec![("", "pace")]),
            ]
        );
    }
}
