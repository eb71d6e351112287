//! Choosing the next token from the logits of a position.

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::param::Element;

/// Chooses among logits: the largest, or at random by softmax(logits / temperature) over those that `top_k` and then
/// `top_p` leave, as Hugging Face's `generate`.
///
/// The same seed and the same calls make the same choices.
///
/// ```
/// use tensor_core::decode::{SampleError, Sampler};
///
/// let logits = [0.1, 2.0, f32::NEG_INFINITY, 1.9];
/// assert_eq!(Sampler::greedy().sample(&logits)?, 1);
///
/// let mut sampler = Sampler::new(7).temperature(0.8)?.top_k(40)?.top_p(0.95)?;
/// let next = sampler.sample(&logits)?;
/// assert!(next != 2); // its probability is 0
/// assert!(matches!(sampler.top_p(1.5), Err(SampleError::TopP { .. })));
/// # Ok::<(), SampleError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sampler {
    /// Without it the largest logit wins.
    random: Option<StdRng>,
    temperature: f64,
    top_k: Option<usize>,
    top_p: f64,
}

/// Why no token is chosen.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// There are no logits.
    #[error("there are no logits to choose from")]
    Empty,
    /// A logit is not a number.
    #[error("the logit {index} is not a number")]
    Nan {
        /// Which one.
        index: usize,
    },
    /// No logit can be chosen: all are −∞.
    #[error("all logits are -∞, so that none can be chosen")]
    Impossible,
    /// A temperature is not above 0.
    #[error(
        "the temperature must be a number above 0, but is {temperature}; `Sampler::greedy` takes the largest logit"
    )]
    Temperature {
        /// The temperature.
        temperature: f64,
    },
    /// `top_k` leaves nothing.
    #[error("`top_k` must leave at least 1, but is 0")]
    TopK,
    /// `top_p` is no probability above 0.
    #[error("`top_p` must be above 0 and at most 1, but is {top_p}")]
    TopP {
        /// The probability.
        top_p: f64,
    },
}

impl Sampler {
    /// Takes the largest logit, the first of several.
    pub fn greedy() -> Self {
        Sampler { random: None, temperature: 1.0, top_k: None, top_p: 1.0 }
    }

    /// Chooses at random by softmax(logits).
    pub fn new(seed: u64) -> Self {
        Sampler { random: Some(StdRng::seed_from_u64(seed)), ..Sampler::greedy() }
    }

    /// Divides the logits: below 1 likely tokens become likelier.
    ///
    /// # Errors
    /// [`SampleError::Temperature`] if it is not a number above 0.
    pub fn temperature(self, temperature: f64) -> Result<Self, SampleError> {
        if temperature > 0.0 && temperature.is_finite() {
            Ok(Sampler { temperature, ..self })
        } else {
            Err(SampleError::Temperature { temperature })
        }
    }

    /// Leaves the `top_k` largest logits, and those equal to the last of them.
    ///
    /// # Errors
    /// [`SampleError::TopK`] if it is 0.
    pub fn top_k(self, top_k: usize) -> Result<Self, SampleError> {
        if top_k == 0 { Err(SampleError::TopK) } else { Ok(Sampler { top_k: Some(top_k), ..self }) }
    }

    /// Leaves the fewest tokens whose probability together reaches `top_p`, the likeliest first.
    ///
    /// # Errors
    /// [`SampleError::TopP`] if it is not above 0 and at most 1.
    pub fn top_p(self, top_p: f64) -> Result<Self, SampleError> {
        if top_p > 0.0 && top_p <= 1.0 {
            Ok(Sampler { top_p, ..self })
        } else {
            Err(SampleError::TopP { top_p })
        }
    }

    /// The index of the chosen logit.
    ///
    /// # Errors
    /// [`SampleError::Empty`], [`SampleError::Nan`], and [`SampleError::Impossible`] if all are −∞.
    pub fn sample<E: Element>(&mut self, logits: &[E]) -> Result<usize, SampleError> {
        if logits.is_empty() {
            return Err(SampleError::Empty);
        }
        if let Some(index) = logits.iter().position(|logit| logit.is_nan()) {
            return Err(SampleError::Nan { index });
        }
        let largest = first_largest(logits);
        if logits[largest] == E::neg_infinity() {
            return Err(SampleError::Impossible);
        }
        let (temperature, top_k, top_p) = (self.temperature, self.top_k, self.top_p);
        let Some(random) = &mut self.random else { return Ok(largest) };
        let mut weights = weights(logits, logits[largest], temperature);
        if let Some(top_k) = top_k {
            keep_largest(&mut weights, top_k);
        }
        if top_p < 1.0 {
            keep_likeliest(&mut weights, top_p);
        }
        Ok(choose(&weights, random.r#gen()))
    }
}

fn first_largest<E: Element>(logits: &[E]) -> usize {
    let larger = |best, at| if logits[at] > logits[best] { at } else { best };
    (1..logits.len()).fold(0, larger)
}

/// An index and its share of the probability, not yet divided by their sum.
type Weight = (usize, f64);

/// e^((logit − largest) / temperature), the largest first and equal ones in order.
fn weights<E: Element>(logits: &[E], largest: E, temperature: f64) -> Vec<Weight> {
    let distance = |logit: E| {
        // ∞ − ∞ is no number: of infinite logits each has the same share.
        if logit == largest { 0.0 } else { (logit - largest).to_f64().unwrap_or(f64::NEG_INFINITY) }
    };
    let weight = |(index, &logit): (usize, &E)| (index, (distance(logit) / temperature).exp());
    let mut weights: Vec<Weight> = logits.iter().enumerate().map(weight).collect();
    weights.sort_unstable_by(|(i, a), (j, b)| b.total_cmp(a).then(i.cmp(j)));
    weights
}

fn keep_largest(weights: &mut Vec<Weight>, count: usize) {
    if let Some(&(_, last)) = weights.get(count - 1) {
        weights.retain(|&(_, weight)| weight >= last);
    }
}

fn keep_likeliest(weights: &mut Vec<Weight>, probability: f64) {
    let enough = probability * sum(weights);
    let mut reached = 0.0;
    let fewest = weights.iter().position(|(_, weight)| {
        reached += weight;
        reached >= enough
    });
    weights.truncate(fewest.map_or(weights.len(), |last| last + 1));
}

fn sum(weights: &[Weight]) -> f64 {
    weights.iter().map(|(_, weight)| weight).sum()
}

/// The weight in whose part of the sum `at`, from 0 to below 1, lies.
fn choose(weights: &[Weight], at: f64) -> usize {
    let mut rest = at * sum(weights);
    let mut chosen = weights[0].0;
    for &(index, weight) in weights.iter().filter(|(_, weight)| *weight > 0.0) {
        chosen = index;
        rest -= weight;
        if rest < 0.0 {
            break;
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f64; 4] = [0.0, 2.0, 1.0, -1.0];

    fn shares(mut sampler: Sampler, logits: &[f64]) -> Vec<f64> {
        let mut counts = vec![0.0; logits.len()];
        let draws = 20_000;
        for _ in 0..draws {
            counts[sampler.sample(logits).expect("there is a choice")] += 1.0 / f64::from(draws);
        }
        counts
    }

    fn assert_near(shares: &[f64], weights: &[f64]) {
        let sum: f64 = weights.iter().sum();
        for (share, weight) in shares.iter().zip(weights) {
            assert!((share - weight / sum).abs() < 0.015, "{shares:?} and {weights:?}");
            assert!(*weight > 0.0 || *share == 0.0, "{shares:?} and {weights:?}");
        }
    }

    fn sampler() -> Result<Sampler, SampleError> {
        Ok(Sampler::new(3))
    }

    #[test]
    fn choices_follow_the_softmax() {
        assert_near(&shares(Sampler::new(1), &LOGITS), &LOGITS.map(f64::exp));
    }

    #[test]
    fn a_temperature_divides_the_logits() -> Result<(), SampleError> {
        assert_near(&shares(sampler()?.temperature(2.0)?, &LOGITS), &LOGITS.map(|logit| (logit / 2.0).exp()));
        assert_near(&shares(sampler()?.temperature(1e-300)?, &LOGITS), &[0.0, 1.0, 0.0, 0.0]);
        Ok(())
    }

    #[test]
    fn top_k_leaves_the_largest_and_their_equals() -> Result<(), SampleError> {
        assert_near(&shares(sampler()?.top_k(2)?, &LOGITS), &[0.0, 2f64.exp(), 1f64.exp(), 0.0]);
        assert_near(&shares(sampler()?.top_k(2)?, &[1.0, 2.0, 1.0]), &[1.0, 1f64.exp(), 1.0]);
        assert_near(&shares(sampler()?.top_k(9)?, &LOGITS), &LOGITS.map(f64::exp));
        Ok(())
    }

    #[test]
    fn top_p_leaves_the_fewest_that_reach_it() -> Result<(), SampleError> {
        // 0.5, 0.25, 0.125, 0.125
        let logits = [8f64, 4.0, 2.0, 2.0].map(f64::ln);
        assert_near(&shares(sampler()?.top_p(0.1)?, &logits), &[1.0, 0.0, 0.0, 0.0]);
        assert_near(&shares(sampler()?.top_p(0.7)?, &logits), &[2.0, 1.0, 0.0, 0.0]);
        assert_near(&shares(sampler()?.top_p(0.8)?, &logits), &[4.0, 2.0, 1.0, 0.0]);
        assert_near(&shares(sampler()?.top_p(1.0)?, &logits), &[4.0, 2.0, 1.0, 1.0]);
        Ok(())
    }

    #[test]
    fn filters_go_from_temperature_over_top_k_to_top_p() -> Result<(), SampleError> {
        // At the temperature 1/2 the weights are 16, 4, 1; of the first two the first alone is 0.8.
        let logits = [4f64, 2.0, 1.0].map(f64::ln);
        let first = |top_p: f64| sampler()?.temperature(0.5)?.top_k(2)?.top_p(top_p);
        assert_near(&shares(first(0.79)?, &logits), &[1.0, 0.0, 0.0]);
        assert_near(&shares(first(0.81)?, &logits), &[4.0, 1.0, 0.0]);
        Ok(())
    }

    #[test]
    fn a_seed_makes_the_same_choices() {
        let choices = |seed| -> Vec<usize> {
            let mut sampler = Sampler::new(seed);
            (0..50).filter_map(|_| sampler.sample(&[0.0f32; 10]).ok()).collect()
        };
        assert_eq!(choices(5), choices(5));
        assert_ne!(choices(5), choices(6));
    }

    #[test]
    fn greedy_takes_the_first_of_the_largest() {
        assert_eq!(Sampler::greedy().sample(&[1.0, 3.0, 3.0]), Ok(1));
        assert_eq!(Sampler::greedy().sample(&[f64::NEG_INFINITY, f64::INFINITY]), Ok(1));
    }

    #[test]
    fn infinite_logits_share() {
        assert_near(&shares(Sampler::new(2), &[f64::INFINITY, 0.0, f64::INFINITY]), &[1.0, 0.0, 1.0]);
    }

    #[test]
    fn what_leaves_no_choice_is_an_error() {
        let mut sampler = Sampler::new(0);
        assert_eq!(sampler.sample::<f32>(&[]), Err(SampleError::Empty));
        assert_eq!(sampler.sample(&[0.0, f64::NAN]), Err(SampleError::Nan { index: 1 }));
        assert_eq!(sampler.sample(&[f64::NEG_INFINITY; 2]), Err(SampleError::Impossible));
        assert_eq!(Sampler::greedy().sample(&[f64::NAN]), Err(SampleError::Nan { index: 0 }));
        for temperature in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(Sampler::new(0).temperature(temperature), Err(SampleError::Temperature { .. })));
        }
        assert_eq!(Sampler::new(0).top_k(0).map(|_| ()), Err(SampleError::TopK));
        for top_p in [0.0, -0.1, 1.1, f64::NAN] {
            assert!(matches!(Sampler::new(0).top_p(top_p), Err(SampleError::TopP { .. })));
        }
    }
}
