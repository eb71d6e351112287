//! Event files of a training that was killed and went on.

use std::fs;

use tensor_core::train::{JsonLines, Record, Sink, TensorBoard};

use crate::{checked_by, folder};

#[test]
fn tensorboard_reads_what_was_written() {
    let folder = folder().join("board");
    let _ = fs::remove_dir_all(&folder);
    let log = folder.join("log.jsonl");
    let begin = || (TensorBoard::new(&folder).unwrap(), JsonLines::append(&log).unwrap());
    let record = |sinks: &mut (TensorBoard, JsonLines), steps: std::ops::RangeInclusive<u64>, of_run: f64| {
        for step in steps {
            let loss = of_run / step as f64;
            let values = [("train/loss", loss), ("train/größe", -1e-7 * loss)];
            let record = Record { step, epoch: 0.5, seconds: 1.0, values: &values };
            sinks.0.record(&record).unwrap();
            sinks.1.record(&record).unwrap();
        }
    };
    record(&mut begin(), 1..=30, 1.0);

    // From a checkpoint at step 20, and killed again.
    let mut sinks = begin();
    sinks.0.resume(20).unwrap();
    sinks.1.resume(20).unwrap();
    record(&mut sinks, 21..=35, 2.0);

    // Nobody says that it goes on at step 33.
    let mut sinks = begin();
    record(&mut sinks, 33..=40, 3.0);
    let values: Vec<f32> = (0..1000).map(|i| (i as f32 / 100.0).sin()).collect();
    sinks.0.histogram(40, "weights/hidden", &values).unwrap();
    sinks.0.flush().unwrap();
    sinks.1.flush().unwrap();

    checked_by("tests/report/read_events.py", &[&folder]);
}
