//! TensorFlow's `Event` messages, written by hand: there are few, and protobuf's wire format is simple.
//!
//! A field is a tag, `number << 3 | kind`, and its value; numbers that are 0 are left out.

/// What happened at a step.
pub(super) struct Event<'w> {
    /// Seconds since 1970.
    pub(super) wall_time: f64,
    pub(super) step: u64,
    pub(super) what: &'w What<'w>,
}

pub(super) enum What<'w> {
    /// Begins each file.
    Version,
    /// The session starts at this step: what earlier files have of it and of later ones is dropped.
    Start,
    Scalar(&'w str, f32),
    Histogram(&'w str, Histogram),
}

impl Event<'_> {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut event = Message::default();
        event.double(1, self.wall_time);
        event.count(2, self.step);
        match self.what {
            What::Version => event.bytes(3, b"brain.Event:2"),
            What::Start => {
                const START: u64 = 1;
                let mut log = Message::default();
                log.count(1, START);
                event.bytes(7, &log.0);
            }
            What::Scalar(name, value) => event.summary(name, |said| said.float(2, *value)),
            What::Histogram(name, histogram) => {
                event.summary(name, |said| said.bytes(5, &histogram.to_message().0));
            }
        }
        event.0
    }
}

/// How many values lie between limits.
pub(super) struct Histogram {
    least: f64,
    most: f64,
    sum: f64,
    sum_of_squares: f64,
    /// The upper end of each bucket, and how many values lie below it and not below the one before.
    buckets: Vec<(f64, f64)>,
}

/// As many as TensorBoard shows.
const BUCKETS: usize = 30;

impl Histogram {
    /// That of the finite ones of `values`, in buckets of equal width.
    pub(super) fn of(values: &[f32]) -> Self {
        let finite = || values.iter().map(|&value| f64::from(value)).filter(|value| value.is_finite());
        let (least, most) =
            finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), value| (a.min(value), b.max(value)));
        let (sum, sum_of_squares) = finite().fold((0.0, 0.0), |(a, b), value| (a + value, b + value * value));
        if least > most {
            return Self { least: 0.0, most: 0.0, sum, sum_of_squares, buckets: vec![(0.0, 0.0)] };
        }
        let width = (most - least) / BUCKETS as f64;
        if width == 0.0 {
            return Self { least, most, sum, sum_of_squares, buckets: vec![(most, finite().count() as f64)] };
        }
        let limit =
            |bucket: usize| if bucket + 1 == BUCKETS { most } else { least + (bucket + 1) as f64 * width };
        let mut buckets: Vec<_> = (0..BUCKETS).map(|bucket| (limit(bucket), 0.0)).collect();
        for value in finite() {
            let bucket = ((value - least) / width) as usize;
            buckets[bucket.min(BUCKETS - 1)].1 += 1.0;
        }
        Self { least, most, sum, sum_of_squares, buckets }
    }

    fn to_message(&self) -> Message {
        let mut message = Message::default();
        message.double(1, self.least);
        message.double(2, self.most);
        message.double(3, self.buckets.iter().map(|(_, count)| count).sum());
        message.double(4, self.sum);
        message.double(5, self.sum_of_squares);
        message.doubles(6, self.buckets.iter().map(|(limit, _)| *limit));
        message.doubles(7, self.buckets.iter().map(|(_, count)| *count));
        message
    }
}

/// A message's bytes.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    const VARINT: u64 = 0;
    const EIGHT_BYTES: u64 = 1;
    const LENGTH: u64 = 2;
    const FOUR_BYTES: u64 = 5;

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn tag(&mut self, field: u64, kind: u64) {
        self.varint(field << 3 | kind);
    }

    fn count(&mut self, field: u64, value: u64) {
        if value != 0 {
            self.tag(field, Self::VARINT);
            self.varint(value);
        }
    }

    fn double(&mut self, field: u64, value: f64) {
        if value.to_bits() != 0 {
            self.tag(field, Self::EIGHT_BYTES);
            self.0.extend(value.to_le_bytes());
        }
    }

    /// One of a `oneof`, which is there even if it is 0.
    fn float(&mut self, field: u64, value: f32) {
        self.tag(field, Self::FOUR_BYTES);
        self.0.extend(value.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, value: &[u8]) {
        self.tag(field, Self::LENGTH);
        self.varint(value.len() as u64);
        self.0.extend(value);
    }

    fn doubles(&mut self, field: u64, values: impl Iterator<Item = f64>) {
        self.bytes(field, &values.flat_map(f64::to_le_bytes).collect::<Vec<u8>>());
    }

    /// A summary of one value.
    fn summary(&mut self, name: &str, say: impl FnOnce(&mut Message)) {
        let mut value = Message::default();
        value.bytes(1, name.as_bytes());
        say(&mut value);
        let mut summary = Message::default();
        summary.bytes(1, &value.0);
        self.bytes(5, &summary.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histograms_count_all_finite_values_once() {
        let histogram = Histogram::of(&[-1.0, 0.0, f32::NAN, 2.0, 2.0, f32::INFINITY]);
        assert_eq!(
            (histogram.least, histogram.most, histogram.sum, histogram.sum_of_squares),
            (-1.0, 2.0, 3.0, 9.0)
        );
        assert_eq!(histogram.buckets.len(), BUCKETS);
        assert_eq!(histogram.buckets.iter().map(|bucket| bucket.1).sum::<f64>(), 4.0);
        assert_eq!(histogram.buckets[BUCKETS - 1], (2.0, 2.0));
        assert_eq!(Histogram::of(&[0.5, 0.5]).buckets, [(0.5, 2.0)]);
        assert_eq!(Histogram::of(&[f32::NAN]).buckets, [(0.0, 0.0)]);
    }
}
