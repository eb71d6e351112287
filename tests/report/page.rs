//! Reports of two trainings: a small network with a confusion matrix, and a transformer with all that a diagram has.

use std::time::Instant;

use tensor_core::{
    data::{Batches, Characters, Schema, Standardiser, Windows},
    decode::Sampler,
    loss::CrossEntropy,
    optim::{AdamW, Optimizer},
    prelude::*,
    train::{Chart, ConfusionMatrix, Curves, JsonLines, Progress, Record, Records, Report, Sink, argmax},
};

use crate::{checked_by, folder, repository};

layer! {
    pub struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> 8),
        relu,
        output: linear(8 -> 3),
    }
}

const IRIS: Schema<4, 3> = Schema {
    features: ["sepal_length", "sepal_width", "petal_length", "petal_width"],
    class: "species",
    classes: ["setosa", "versicolor", "virginica"],
};

/// The irises, with every sink that writes files.
fn iris() -> Report {
    let device = Cpu::seed_from_u64(0);
    let (train, flowers) =
        IRIS.read_csv(repository("examples/data/iris.csv")).unwrap().split(0.4, 0).unwrap();
    let standardiser = Standardiser::fit(train.rows()).unwrap();
    let (train, test) = (standardiser.standardised(&train), standardiser.standardised(&flowers));
    let mut net = TwoLayer::new(&device);
    let mut optimizer = Optimizer::new(AdamW { learning_rate: 0.01, ..AdamW::default() });
    let mut batches = Batches::new(train.len(), 16, 0).unwrap();
    let per_epoch = train.len().div_ceil(16) as u64;
    let answers = |net: &TwoLayer, table: &tensor_core::data::Table<4, 3>| -> Vec<usize> {
        let logits = net.forward(table.features(&device)).as_vec();
        logits.chunks(3).map(|row| argmax(row).unwrap()).collect()
    };
    let (mut records, output) = (Records::new(), folder().join("two_layer"));
    let mut curves = Curves::new(&output);
    let mut lines = JsonLines::append(output.join("log.jsonl")).unwrap();
    let mut progress = Progress::lines("training", 60 * per_epoch, std::io::stdout());

    let (started, mut step) = (Instant::now(), 0);
    for epoch in 1..=60 {
        for rows in batches.epoch() {
            let batch = train.select(rows);
            let x = batch.features(&device);
            let loss = optimizer.train_step(&mut net, x, CrossEntropy(batch.labels())).unwrap();
            step += 1;
            let values = [("train/loss", f64::from(loss))];
            let record = Record {
                step,
                epoch: step as f64 / per_epoch as f64,
                seconds: started.elapsed().as_secs_f64(),
                values: &values,
            };
            for sink in [&mut records as &mut dyn Sink, &mut curves, &mut lines, &mut progress] {
                sink.record(&record).unwrap();
            }
        }
        let right =
            |table| ConfusionMatrix::new(IRIS.classes, &answers(&net, table), table.labels()).accuracy();
        let values = [("train/accuracy", right(&train)), ("validation/accuracy", right(&test))];
        let record = Record {
            step,
            epoch: f64::from(epoch),
            seconds: started.elapsed().as_secs_f64(),
            values: &values,
        };
        for sink in [&mut records as &mut dyn Sink, &mut curves, &mut lines] {
            sink.record(&record).unwrap();
        }
    }
    curves.flush().unwrap();
    lines.flush().unwrap();
    assert!(output.join("loss.svg").is_file() && output.join("accuracy.png").is_file());
    let read = Records::read(output.join("log.jsonl")).unwrap();
    assert_eq!((read.steps(), read.curve("train/loss").count() as u64), (60 * per_epoch, 60 * per_epoch));

    let predicted = answers(&net, &test);
    let matrix = ConfusionMatrix::new(IRIS.classes, &predicted, test.labels());
    let petals = |name: &str, classes: &[usize]| {
        let of = |class: usize| {
            let rows = flowers.rows().iter().zip(classes).filter(move |(_, of)| **of == class);
            rows.map(|(row, _)| (f64::from(row[2]), f64::from(row[3])))
        };
        let chart = Chart::new("").horizontal("petal length in cm").vertical("petal width in cm");
        let chart = (0..3).fold(chart, |chart, class| chart.dots(IRIS.classes[class], of(class)));
        std::fs::read(chart.save(output.join(name)).unwrap().svg).unwrap()
    };
    Report::new("4 → 8 → 3 on Fisher’s irises")
        .result("test accuracy", format!("{:.3}", matrix.accuracy()))
        .records(&read)
        .confusion(&matrix)
        .picture("The flowers held back, by their petals", &petals("species", flowers.labels()))
        .picture("What the network takes them for", &petals("answers", &predicted))
        .summary(net.summary().at([16, 4]))
        .command("cargo test --workspace --features full --test report")
        .seed(0)
        .environment()
}

const CHARACTERS: usize = 65;
const CONTEXT: usize = 32;

layer! {
    pub struct Block<const D: usize, const F: usize, const H: usize>: [n, D] -> [n, D]
    where D % H == 0, F == 2 * D
    {
        residual { norm_1: layer_norm, attend: attention(heads: H, mask: causal), dropout(0.1) },
        residual {
            norm_2: layer_norm,
            fork(mul) {
                gate: { gate_in: linear(F), silu },
                value: { value_in: linear(F) },
            },
            down: linear(D),
        },
    }
}

layer! {
    pub struct SmallGpt: ids[n] -> [n, CHARACTERS] {
        tokens: embedding(CHARACTERS -> 48),
        places: positional(CONTEXT),
        blocks: [Block<48, 96, 4>; 3],
        norm: layer_norm,
        unembed(CHARACTERS, tie: tokens),
    }
}

/// A transformer with a gated feed-forward net on Hamlet.
fn hamlet() -> Report {
    const BATCH: usize = 4;
    let device = Cpu::seed_from_u64(0);
    let text = std::fs::read_to_string(repository("examples/data/hamlet.txt")).unwrap();
    let characters = Characters::of(&text);
    let ids = characters.encode(&text).unwrap();
    let (train, held) = ids.split_at(ids.len() * 9 / 10);
    let (train, held) = (Windows::new(train, CONTEXT).unwrap(), Windows::new(held, CONTEXT).unwrap());
    let mut net = SmallGpt::new(&device);
    let mut optimizer = Optimizer::new(AdamW { learning_rate: 3e-3, ..AdamW::default() }).clip_norm(1.0);
    let (mut records, started) = (Records::new(), Instant::now());
    let held: Vec<_> = held.in_order().take(16).collect();
    for (step, (ids, next)) in (1..).zip(train.random(BATCH, 0).take(120)) {
        let x: Tensor<(usize, usize), usize, _> = device.tensor_from_vec(ids, (BATCH, CONTEXT));
        let loss = f64::from(optimizer.train_step(&mut net, x, CrossEntropy(&next)).unwrap());
        let seconds = started.elapsed().as_secs_f64();
        let pace = (step * (BATCH * CONTEXT) as u64) as f64 / seconds;
        let mut values = vec![("train/loss", loss), ("train/tokens_per_second", pace)];
        if step % 12 == 0 {
            let x = held.iter().flat_map(|window| window.0).copied().collect();
            let next: Vec<usize> = held.iter().flat_map(|window| window.1).copied().collect();
            let x: Tensor<(usize, usize), usize, _> = device.tensor_from_vec(x, (held.len(), CONTEXT));
            let loss = f64::from(cross_entropy(net.forward(x), &next).as_vec()[0]);
            values.extend([("validation/loss", loss), ("validation/perplexity", loss.exp())]);
        }
        let epoch = step as f64 * (BATCH * CONTEXT) as f64 / ids_in(&text);
        records.record(&Record { step, epoch, seconds, values: &values }).unwrap();
    }
    let first = records.curve("validation/loss").next().unwrap().value;
    assert!(records.last("validation/loss").unwrap().value < first, "it learns");

    Report::new("A small transformer on Hamlet")
        .records(&records)
        .summary(net.summary().at([BATCH, CONTEXT]))
        .text("What it writes after “HAMLET.”", written(&net, &characters, &device))
        .command("cargo test --workspace --features full --test report")
        .seed(0)
        .environment()
}

fn ids_in(text: &str) -> f64 {
    0.9 * text.chars().count() as f64
}

fn written(net: &SmallGpt, characters: &Characters, device: &Cpu) -> String {
    let mut sampler = Sampler::new(0).temperature(0.8).unwrap();
    let mut ids = characters.encode("HAMLET.\n").unwrap();
    for _ in 0..200 {
        let seen = ids[ids.len().saturating_sub(CONTEXT)..].to_vec();
        let last = seen.len() - 1;
        let x: Tensor<(usize,), usize, _> = device.tensor_from_vec(seen.clone(), (seen.len(),));
        let logits = net.forward(x).as_vec();
        ids.push(sampler.sample(&logits[last * CHARACTERS..]).unwrap());
    }
    characters.decode(&ids)
}

#[test]
fn reports_are_fit_to_be_seen() {
    let pages = [("two_layer.html", iris()), ("hamlet.html", hamlet())].map(|(name, report)| {
        let path = folder().join(name);
        report.save(&path).unwrap();
        path
    });
    let pictures = folder().join("pictures");
    let [first, second] = &pages;
    checked_by("tests/report/check.py", &[first, second, "--pictures".as_ref(), &pictures]);
}
