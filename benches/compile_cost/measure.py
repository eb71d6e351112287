#!/usr/bin/env python3
"""What `layer!` costs the compiler, beside the same network in dfdx's own types.

Generates projects of one file with 1, 4, 12 and 48 blocks

    residual { layer_norm, linear(64 -> 256), gelu, linear(256 -> 64) }

in three forms: `ours`, a declaration for each block and one network of them all; `one`, a single declaration with all
items in it; `dfdx`, the types by hand. Each file builds the network, runs it forward, and trains it for one step.
`--network transformer` does the same with the post-norm blocks of a transformer (d_model 64, 4 heads, 256 hidden
features): `ours` is one generic block, several in a row, `dfdx` its `TransformerEncoder`, one generic block as well.

dfdx's types stop at 12 blocks (`--most-dfdx`). Dependencies are prebuilt; then each file gets a new constant and only its
crate is compiled, all forms in alternation, several rounds. The number is the median of the compiler's seconds (user +
system time, which hardly depends on what else the machine does); `--wall` takes wall-clock seconds.

    python3 benches/compile_cost/measure.py [--network transformer] [--rounds 5] [--blocks 1,4,12,48] [--wall]
    python3 benches/compile_cost/measure.py --clean [--rounds 1]

`--clean` instead times clean release builds of a two-layer project with its training, dependencies included, by the wall
clock and in processor seconds: the README's `cargo build --release` of a new user, ours and dfdx in alternation.

Needs Python 3.9 and cargo, nothing else. Prints a Markdown table, the growth from block to block, and lines
`ratio check_12 ours=<s> dfdx=<s> ratio=<x>`; `check_12_one` is a single declaration, `clean_build` that of `--clean`. A `floor`
is that of a file with the `use` line alone.
"""

import argparse
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FORMS = ("ours", "one", "dfdx")
COMMANDS = ("check", "build")

MAIN = """
fn main() {{
    let device = Cpu::seed_from_u64({salt});
    let mut net = {build};
    let x: Tensor<{shape}, f32, Cpu> = device.sample_normal();
    println!("{{:?}}", net.forward(x.clone()).shape());
    let mut adam = Adam::new(&net, AdamConfig::default());
    let gradients = net.alloc_grads();
    let loss = mse_loss({train}, device.zeros::<{shape}>());
    adam.update(&mut net, &loss.backward()).unwrap();
}}
"""


def block(i):
    return (
        f"        residual {{\n            norm{i}: layer_norm,\n            up{i}: linear(64 -> 256),\n"
        f"            gelu,\n            down{i}: linear(256 -> 64),\n        }},\n"
    )


def nested(parts):
    """A tuple; dfdx's stop at six."""
    while len(parts) > 6:
        parts = [f"({', '.join(parts[i:i + 6])},)" for i in range(0, len(parts), 6)]
    return f"({', '.join(parts)},)"


def transformer_block(i):
    return (
        f"        residual {{ attend{i}: attention(heads: 4) }},\n        norm_a{i}: layer_norm,\n"
        f"        residual {{ up{i}: linear(64 -> 256), relu, down{i}: linear(256 -> 64) }},\n        norm_b{i}: layer_norm,\n"
    )


def transformer(form, blocks, salt):
    shape = "Rank3<8, 16, 64>"
    if form == "dfdx":
        uses = "use dfdx::nn::builders::*;\nuse dfdx::{optim::Adam, prelude::*};\n"
        net = f"type Net = TransformerEncoder<64, 4, 256, {blocks}>;\n"
        by_hand = {"build": "device.build_module::<Net, f32>()", "train": "net.forward_mut(x.traced(gradients))"}
        return uses + net + MAIN.format(**by_hand, shape=shape, salt=salt)
    ours = {"build": "Net::new(&device)", "train": "net.forward_train(x, gradients)", "shape": shape, "salt": salt}
    if form == "ours":
        declared = (
            "layer! {\n    pub struct Block<const D: usize, const F: usize, const H: usize>: [n, D] -> [n, D] "
            "where D % H == 0 {\n        residual { attend: attention(heads: H) },\n        norm_1: layer_norm,\n"
            "        residual { up: linear(F), relu, down: linear(D) },\n        norm_2: layer_norm,\n    }\n}\n"
        )
        items = f"        blocks: [Block<64, 256, 4>; {blocks}],\n"
    else:
        declared, items = "", "".join(transformer_block(i) for i in range(blocks))
    net = f"layer! {{\n    pub struct Net: [n, 64] -> [n, 64] {{\n{items}    }}\n}}\n"
    return "use tensor_core::prelude::*;\n" + declared + net + MAIN.format(**ours)


def feed_forward(form, blocks, salt):
    shape = "Rank2<8, 64>"
    ours = {"build": "Net::new(&device)", "train": "net.forward_train(x, gradients)", "shape": shape, "salt": salt}
    if form == "ours":
        declared = "".join(
            f"layer! {{\n    pub struct Block{i}: [64] -> [64] {{\n{block('')}    }}\n}}\n" for i in range(blocks)
        )
        items = "".join(f"        block{i}: Block{i},\n" for i in range(blocks))
        net = f"layer! {{\n    pub struct Net: [64] -> [64] {{\n{items}    }}\n}}\n"
        return "use tensor_core::prelude::*;\n" + declared + net + MAIN.format(**ours)
    if form == "one":
        items = "".join(block(i) for i in range(blocks))
        net = f"layer! {{\n    pub struct Net: [64] -> [64] {{\n{items}    }}\n}}\n"
        return "use tensor_core::prelude::*;\n" + net + MAIN.format(**ours)
    items = "Residual<(LayerNorm1D<64>, Linear<64, 256>, AccurateGeLU, Linear<256, 64>)>"
    declared = "".join(f"type Block{i} = {items};\n" for i in range(blocks))
    net = f"type Net = {nested([f'Block{i}' for i in range(blocks)])};\n"
    by_hand = {"build": "device.build_module::<Net, f32>()", "train": "net.forward_mut(x.traced(gradients))"}
    uses = "use dfdx::nn::builders::*;\nuse dfdx::{optim::Adam, prelude::*};\n"
    return uses + declared + net + MAIN.format(**by_hand, shape=shape, salt=salt)


def two_layer(form, _, salt):
    shape = "Rank2<8, 3>"
    if form == "dfdx":
        uses = "use dfdx::nn::builders::*;\nuse dfdx::{optim::Adam, prelude::*};\n"
        net = "type Net = (Linear<4, 8>, ReLU, Linear<8, 3>);\n"
        by_hand = {"build": "device.build_module::<Net, f32>()", "train": "net.forward_mut(x.traced(gradients))"}
        text = uses + net + MAIN.format(**by_hand, shape=shape, salt=salt)
    else:
        items = "        hidden: linear(4 -> 8),\n        relu,\n        output: linear(8 -> 3),\n"
        net = f"layer! {{\n    pub struct Net: [4] -> [3] {{\n{items}    }}\n}}\n"
        ours = {"build": "Net::new(&device)", "train": "net.forward_train(x, gradients)", "shape": shape, "salt": salt}
        text = "use tensor_core::prelude::*;\n" + net + MAIN.format(**ours)
    return text.replace("x: Tensor<Rank2<8, 3>", "x: Tensor<Rank2<8, 4>")


def nothing(form, _, salt):
    """No network: what the compiler takes to start and to read what dependencies declare."""
    return f"use {'dfdx' if form == 'dfdx' else 'tensor_core'}::prelude::*;\n\nfn main() {{}} // {salt}\n"


NETWORKS = {"feed_forward": feed_forward, "transformer": transformer, "two_layer": two_layer, "nothing": nothing}


class Project:
    def __init__(self, folder, network, form, blocks):
        self.folder = folder / f"{network}_{form}_{blocks}"
        self.network, self.form, self.blocks = network, form, blocks
        (self.folder / "src").mkdir(parents=True, exist_ok=True)
        dependency = (
            'dfdx = { version = "=0.13.0", default-features = false, features = ["std", "fast-alloc", "cpu"] }'
            if form == "dfdx"
            else f'tensor-core = {{ path = "{ROOT / "tensor-core"}" }}'
        )
        (self.folder / "Cargo.toml").write_text(
            f'[package]\nname = "{network}_{form}_{blocks}"\nversion = "0.0.0"\nedition = "2024"\n\n'
            f"[dependencies]\n{dependency}\n\n[profile.dev.build-override]\nopt-level = 1\n\n[workspace]\n"
        )
        (self.folder / "Cargo.lock").write_text((ROOT / "Cargo.lock").read_text())
        self.seconds = {command: [] for command in COMMANDS}

    def compile(self, command, salt, wall):
        (self.folder / "src/main.rs").write_text(NETWORKS[self.network](self.form, self.blocks, salt))
        # Whole crate from scratch: what an incremental build saves is rustc's affair.
        environment = {**os.environ, "CARGO_INCREMENTAL": "0", "CARGO_TARGET_DIR": str(self.folder.parent / "target")}
        elapsed, processor = seconds_of(["cargo", command, "--quiet", "--offline"], self.folder, environment)
        return elapsed if wall else processor


def seconds_of(command, folder, environment=None):
    """Wall-clock seconds of a command, and processor seconds of it and all that it starts."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    subprocess.run(command, cwd=folder, env=environment, check=True)
    elapsed = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return elapsed, after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime


def clean(options):
    """Times clean release builds."""
    seconds = {"ours": [], "dfdx": []}
    for round in range(options.rounds):
        for form, times in seconds.items():
            project = Project(options.folder / "clean", "two_layer", form, round)
            (project.folder / "src/main.rs").write_text(two_layer(form, 0, round))
            target = project.folder / "target"
            shutil.rmtree(target, ignore_errors=True)
            subprocess.run(["cargo", "fetch", "--quiet"], cwd=project.folder, check=True)
            build = ["cargo", "build", "--release", "--quiet", "--offline", "--target-dir", str(target)]
            times.append(seconds_of(build, project.folder))
            shutil.rmtree(target)
            elapsed, processor = times[-1]
            print(f"round {round + 1} of {options.rounds}: {form} {elapsed:.1f} s, of processors {processor:.1f} s", flush=True)
    for place, name in enumerate(("clean_build", "clean_build_processor")):
        ours, dfdx = (statistics.median(time[place] for time in times) for times in seconds.values())
        print(f"ratio {name} ours={ours:.1f} dfdx={dfdx:.1f} ratio={ours / dfdx:.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", choices=("feed_forward", "transformer"), default="feed_forward")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--blocks", default="1,4,12,48", help="numbers of blocks, by commas")
    parser.add_argument("--most-dfdx", type=int, default=12, help="the most blocks of dfdx: 48 take minutes and 6 GB")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "target/compile_cost")
    parser.add_argument("--wall", action="store_true", help="wall-clock seconds instead of processor seconds")
    parser.add_argument("--clean", action="store_true", help="time clean release builds of two layers instead")
    options = parser.parse_args()
    if options.clean:
        return clean(options)
    sizes = [int(size) for size in options.blocks.split(",")]
    projects = {
        (form, size): Project(options.folder, options.network, form, size)
        for size in sizes
        for form in FORMS
        if form != "dfdx" or size <= options.most_dfdx
    }
    floors = {form: Project(options.folder, "nothing", form, 0) for form in ("ours", "dfdx")}
    for form in FORMS:  # builds the dependencies
        for command in COMMANDS:
            projects[form, sizes[0]].compile(command, 0, options.wall)
    for salt in range(1, options.rounds + 1):
        for command in COMMANDS:
            for project in [*projects.values(), *floors.values()]:
                project.seconds[command].append(project.compile(command, salt, options.wall))
        print(f"round {salt} of {options.rounds}", flush=True)

    def median(command, form, size):
        project = projects.get((form, size))
        return statistics.median(project.seconds[command]) if project else float("nan")

    print("\n| | blocks | a declaration a block, s | one declaration, s | dfdx, s | ratio | ratio of one |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    ratios = []
    for command in COMMANDS:
        for size in sizes:
            ours, one, dfdx = (median(command, form, size) for form in FORMS)
            print(
                f"| {command} | {size} | {ours:.2f} | {one:.2f} | {dfdx:.2f} | {ours / dfdx:.2f} | {one / dfdx:.2f} |"
            )
            for name, seconds in (("", ours), ("_one", one)):
                if dfdx == dfdx:
                    ratios.append(
                        f"ratio {command}_{size}{name} ours={seconds:.3f} dfdx={dfdx:.3f} ratio={seconds / dfdx:.3f}"
                    )
    print()
    for command in COMMANDS:
        for form in FORMS:
            steps = [
                (median(command, form, b) - median(command, form, a)) * 1e3 / (b - a) for a, b in zip(sizes, sizes[1:])
            ]
            print(f"growth {command} {form} ms_per_block={', '.join(f'{step:.0f}' for step in steps)}")
        ours, dfdx = (statistics.median(floors[form].seconds[command]) for form in ("ours", "dfdx"))
        print(f"floor {command} ours={ours:.3f} dfdx={dfdx:.3f}")
    print(*ratios, sep="\n")


if __name__ == "__main__":
    main()
