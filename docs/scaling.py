#!/usr/bin/env python3
"""What data-parallel training would give on 8, 64 and 512 machines: the arithmetic of docs/scaling.md.

    python3 docs/scaling.py

prints the page's tables. Needs the standard library alone. The measured numbers stand at the top, with the commands that
measured them; the networks' are published ones, whose sources the page names.
"""

from dataclasses import dataclass

# Measured on one core: RAYON_NUM_THREADS=1 cargo bench --bench steps. Milliseconds of a step on so many tokens.
MEASURED = {
    "Hamlet": dict(tokens=2048, forward=110.7, backward=171.0, optimizer=2.0),
    "GPT-2 small": dict(tokens=256, forward=2023.0, backward=3282.6, optimizer=304.4),
}
# Measured here on one core, bytes of sums a second: numpy's a + b into a third list of 2**18 numbers.
ADDS = 19.9e9
BUCKET = 1 << 20  # bytes, the default of `World::bucket_bytes`
MACHINES = [8, 64, 512]


@dataclass(frozen=True)
class Network:
    """Seconds before a message arrives, and bytes a second."""

    name: str
    latency: float
    bandwidth: float


NETWORKS = [
    Network("10 Gb/s Ethernet, TCP", 10e-6, 10e9 / 8),
    Network("25 Gb/s Ethernet, TCP", 10e-6, 25e9 / 8),
    Network("100 Gb/s Ethernet, kernel bypass", 1.93e-6, 100e9 / 8),
    Network("200 Gb/s InfiniBand HDR", 0.6e-6, 200e9 / 8),
]


@dataclass(frozen=True)
class Gpt:
    """A GPT whose embedding is tied to its output."""

    name: str
    vocabulary: int
    width: int
    positions: int
    layers: int

    def block(self):
        """Parameters of a block: attention's four matrices, the two of the feed-forward net, biases, two norms."""
        return 12 * self.width**2 + 13 * self.width

    def embeddings(self):
        return (self.vocabulary + self.positions) * self.width

    def parameters(self):
        return self.embeddings() + self.layers * self.block() + 2 * self.width

    def pieces(self):
        """Numbers of gradients, and at which share of the way back they are complete: the last norm's after the product with
        the vocabulary, each block's after it, the embeddings' at the end, since the tied table is used once more there."""
        output, block = self.vocabulary * self.width, 12 * self.width**2
        whole = output + self.layers * block
        pieces = [(2 * self.width, output / whole)]
        pieces += [(self.block(), (output + done * block) / whole) for done in range(1, self.layers + 1)]
        return pieces + [(self.embeddings(), 1.0)]


GPTS = [Gpt("Hamlet", 65, 128, 128, 4), Gpt("GPT-2 small", 50257, 768, 1024, 12)]


def all_reduce(network, machines, size):
    """Seconds of a ring: 2 (n - 1) messages of a part of 1/n each, and the sums of half of them."""
    share = (machines - 1) / machines
    return 2 * (machines - 1) * network.latency + 2 * share * size / network.bandwidth + share * size / ADDS


def halving(network, machines, size):
    """Seconds of Rabenseifner's algorithm: halving and doubling, log2 n messages each way."""
    share, rounds = (machines - 1) / machines, (machines - 1).bit_length()
    return 2 * rounds * network.latency + 2 * share * size / network.bandwidth + share * size / ADDS


def buckets(gpt, size):
    """(bytes, share of the way back after which it is complete), in the order in which they travel."""
    found, room, ready = [], size, 0.0
    for numbers, complete in gpt.pieces():
        left = 4 * numbers
        while left > 0:
            taken = min(left, room)
            left, room, ready = left - taken, room - taken, complete
            if room == 0:
                found.append((size, ready))
                room = size
    if room < size:
        found.append((size - room, ready))
    return found


def step(gpt, network, machines, tokens, bucket=BUCKET, overlap=True, reduce=all_reduce):
    """Seconds of a step on so many tokens a machine: without travel, with it, and what of the travel is hidden."""
    measured = MEASURED[gpt.name]
    work = {part: measured[part] / 1e3 for part in ("forward", "backward", "optimizer")}
    for part in ("forward", "backward"):
        work[part] *= tokens / measured["tokens"]
    free, travels = 0.0, 0.0
    for size, ready in buckets(gpt, bucket):
        time = reduce(network, machines, size)
        begins = work["backward"] * (ready if overlap else 1.0)
        free, travels = max(free, begins) + time, travels + time
    exposed = max(free, work["backward"]) - work["backward"]
    alone = sum(work.values())
    return alone, alone + exposed, 1 - exposed / travels if travels else 1.0


def table(title, rows, head):
    print(f"\n{title}\n")
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")


def main():
    for gpt in GPTS:
        parameters, tied = gpt.parameters(), gpt.embeddings()
        print(f"{gpt.name}: {parameters:,} parameters, {4 * parameters / 1e6:.1f} MB of gradients in "
              f"{len(buckets(gpt, BUCKET))} buckets; {tied / parameters:.0%} of them complete only at the end")

    for gpt in GPTS:
        measured = MEASURED[gpt.name]
        tokens = measured["tokens"]
        rows = []
        for network in NETWORKS:
            for machines in MACHINES:
                alone, together, hidden = step(gpt, network, machines, tokens)
                after = step(gpt, network, machines, tokens, overlap=False)[1]
                rows.append([network.name, str(machines), f"{1e3 * together:,.1f}", f"{hidden:.0%}",
                             f"{alone / together:.1%}", f"{alone / after:.1%}",
                             f"{machines * tokens / together:,.0f}"])
        table(f"{gpt.name}, {tokens} tokens for each machine in a step (one core each)", rows,
              ["network", "machines", "ms a step", "hidden", "efficiency", "without overlap", "tokens/s"])

    # The same batch for all: what each machine gets shrinks.
    for gpt, batch in zip(GPTS, [16 * 128, 512 * 1024]):
        rows = []
        for network in NETWORKS:
            row = [network.name]
            one = step(gpt, network, 1, batch)[0]
            for machines in MACHINES:
                tokens = batch / machines
                if gpt.name == "Hamlet" and tokens < 128:
                    row.append("fewer windows than machines")
                    continue
                row.append(f"{one / step(gpt, network, machines, tokens)[1]:,.1f} ×")
            rows.append(row)
        table(f"{gpt.name}, {batch:,} tokens for all machines together: how many times as fast as one", rows,
              ["network", *map(str, MACHINES)])

    # What a faster machine does to it: the same network, its work done so many times as fast.
    gpt = GPTS[1]
    rows = []
    for faster in [1, 10, 100, 1000]:
        before = dict(MEASURED[gpt.name])
        for part in ("forward", "backward", "optimizer"):
            MEASURED[gpt.name][part] = before[part] / faster
        tokens = 8192
        row = [f"{faster} ×"]
        row += [f"{(lambda r: r[0] / r[1])(step(gpt, network, 64, tokens)):.1%}" for network in NETWORKS]
        rows.append(row)
        MEASURED[gpt.name] = before
    table("GPT-2 small, 64 machines, 8192 tokens each: efficiency if a machine is so many times as fast as this core", rows,
          ["machine", *[network.name for network in NETWORKS]])

    # Buckets.
    rows = []
    for size in [1 << 16, 1 << 18, 1 << 20, 1 << 22, 25 << 20, 1 << 30]:
        row = [f"{size / 2**20:g} MB"]
        for network in (NETWORKS[0], NETWORKS[3]):
            for machines in (8, 512):
                exposed = step(gpt, network, machines, 256, bucket=size)
                row.append(f"{1e3 * (exposed[1] - exposed[0]):,.0f}")
        rows.append(row)
    table("GPT-2 small, 256 tokens each: milliseconds that are not hidden, by the bucket's size", rows,
          ["bucket", "10 Gb/s, 8", "10 Gb/s, 512", "InfiniBand, 8", "InfiniBand, 512"])

    # Ring beside halving and doubling.
    rows = []
    for network in NETWORKS:
        row = [network.name]
        for machines in MACHINES:
            row.append(f"{1e3 * all_reduce(network, machines, BUCKET):.2f} / {1e3 * halving(network, machines, BUCKET):.2f}")
        rows.append(row)
    table("Milliseconds of one bucket of 1 MB: ring / halving and doubling", rows, ["network", *map(str, MACHINES)])


if __name__ == "__main__":
    main()
