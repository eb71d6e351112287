"""Writes mod.rs beside this file: random declarations over the whole grammar of `layer!`.

    python3 tests/random_networks/generate.py > tests/random_networks/mod.rs
    cargo fmt -p tensor-dsl

Standard library only. Each network draws from its own generator, so that the same SEED gives the same file.
"""

import random

SEED = 7
COUNT = 16
ACTIVATIONS = ["relu", "gelu", "gelu_tanh", "silu", "tanh", "sigmoid", "softmax", "log_softmax"]


class Network:
    """One module: the network, the ones in it, and its input."""

    def __init__(self, index):
        self.draw = random.Random(f"{SEED}/{index}")
        self.names = 0
        self.helpers = []  # declarations of nested networks
        self.has_dropout = False
        self.depth = self.draw.randint(3, 10)

    def width(self):
        return self.draw.randint(1, 9)

    def name(self):
        self.names += 1
        return f"item{self.names}"

    def body(self, axes, items, nesting, target=None):
        """`items` random items, and if it takes one more to get there, a linear to `target`."""
        lines = []
        for _ in range(items):
            line, axes = self.item(axes, nesting)
            lines.append(line)
        if target is not None and axes[-1] != target:
            lines.append(f"{self.name()}: linear({axes[-1]} -> {target})")
            axes = axes[:-1] + [target]
        return lines, axes

    def item(self, axes, nesting):
        kinds = ["linear"] * 4 + ["activation"] * 4 + ["norm", "dropout", "lora"]
        if nesting < 3:
            kinds += ["residual", "fork"] * 2
        if nesting < 2:
            kinds += ["network", "stack", "generic"]
        if len(axes) > 1 and all(isinstance(axis, int) for axis in axes) and nesting == 0:
            kinds += ["flatten"] * 3
        return getattr(self, self.draw.choice(kinds))(axes, nesting)

    def linear(self, axes, _):
        width = self.width()
        inputs, outputs = self.size(axes[-1]), self.size(width)
        sizes = self.draw.choice([f"{inputs} -> {outputs}", outputs])
        bias = self.draw.choice(["", "", ", bias: false", ", bias: true"])
        name = self.name()
        rename = self.draw.choice(["", "", f', rename: "outside.{name}"'])
        return f"{name}: linear({sizes}{bias}{rename})", axes[:-1] + [width]

    def size(self, width):
        """A size as one might write it."""
        forms = [str(width)] * 3
        if width > 1:
            forms.append(f"{width - 1} + 1")
        if width % 2 == 0:
            forms += [f"2 * {width // 2}", f"{3 * width} / 3"]
        return self.draw.choice(forms)

    def activation(self, axes, _):
        return self.draw.choice(ACTIVATIONS), axes

    def norm(self, axes, _):
        norm = self.draw.choice(["layer_norm", "rms_norm", "layer_norm(eps: 1e-3)", "rms_norm(eps: 1e-2)"])
        return f"{self.name()}: {norm}", axes

    def dropout(self, axes, _):
        self.has_dropout = True
        return f"dropout({self.draw.choice(['0.1', '0.5'])})", axes

    def lora(self, axes, _):
        width, rank, alpha = self.width(), self.draw.randint(1, 3), self.draw.randint(1, 8)
        line = f"{self.name()}: lora({axes[-1]} -> {width}, rank: {rank}, alpha: {alpha})"
        return line, axes[:-1] + [width]

    def flatten(self, axes, _):
        product = 1
        for axis in axes:
            product *= axis
        return "flatten", [product]

    def residual(self, axes, nesting):
        lines, _ = self.body(axes, self.draw.randint(1, 3), nesting + 1, target=axes[-1])
        return braces("residual", lines), axes

    def fork(self, axes, nesting):
        join = self.draw.choice(["add", "mul", "concat"])
        width, total, branches = self.width(), 0, []
        for index in range(self.draw.randint(2, 3)):
            target = self.width() if join == "concat" else width
            lines, _ = self.body(axes, self.draw.randint(0, 2), nesting + 1, target=target)
            if not lines:
                lines = ["tanh"]
            branches.append(f"branch{index}: {{ {', '.join(lines)} }}")
            total += target
        return braces(f"fork({join})", branches), axes[:-1] + [total if join == "concat" else width]

    def network(self, axes, nesting):
        name, width = f"Part{len(self.helpers)}", self.width()
        self.helpers.append("")  # keeps the place: the part may have parts of its own
        place = len(self.helpers) - 1
        lines, _ = self.body([axes[-1]], self.draw.randint(1, 3), nesting + 1, target=width)
        self.helpers[place] = declaration(name, [axes[-1]], [width], lines)
        return f"{self.name()}: {name}", axes[:-1] + [width]

    def stack(self, axes, nesting):
        line, _ = self.network_of_one_width(axes, nesting)
        return f"{self.name()}: [{line}; {self.draw.randint(1, 3)}]", axes

    def network_of_one_width(self, axes, nesting):
        name = f"Part{len(self.helpers)}"
        self.helpers.append("")
        place = len(self.helpers) - 1
        lines, _ = self.body([axes[-1]], self.draw.randint(1, 2), nesting + 1, target=axes[-1])
        self.helpers[place] = declaration(name, [axes[-1]], [axes[-1]], lines)
        return name, axes

    def generic(self, axes, _):
        name = f"Part{len(self.helpers)}"
        activation = self.draw.choice(ACTIVATIONS)
        lines = ["norm: layer_norm", "up: linear(D -> F)", activation, "down: linear(F -> D)"]
        parameters = "<const D: usize, const F: usize>"
        body = braces("residual", lines)
        self.helpers.append(
            f"layer! {{ pub struct {name}{parameters}: [D] -> [D] where F == 2 * D {{ {body} }} }}"
        )
        return f"{self.name()}: {name}<{axes[-1]}, {2 * axes[-1]}>", axes

    def rust(self, index):
        axes = self.draw.choice([1, 1, 2, 3])
        axes = [self.draw.randint(1, 9 // axes + 2) for _ in range(axes)]
        runtime = len(axes) == 2 and self.draw.random() < 0.5
        declared = ["seq", axes[1]] if runtime else axes
        lines, output = self.body(declared, self.depth, 0)
        net = declaration("Net", declared, output, lines)
        leading = [self.draw.randint(2, 4) for _ in range(self.draw.randint(0, 4 - len(axes)))]
        shape = ", ".join(f"Const<{size}>" for size in leading + axes)
        shape += "," if len(leading + axes) == 1 else ""
        kind = "with dropout" if self.has_dropout else "without dropout"
        return f"""
            mod net{index:02} {{
                use super::*;
                {"".join(self.helpers)}
                {net}
                tests!({kind}, ({shape}));
            }}
        """


def braces(head, lines):
    return f"{head} {{ {', '.join(lines)} }}"


def declaration(name, inputs, outputs, lines):
    axes = [", ".join(map(str, axes)) for axes in (inputs, outputs)]
    body = ",\n".join(lines)
    return f"layer! {{ pub struct {name}: [{axes[0]}] -> [{axes[1]}] {{\n{body}\n}} }}\n"


def indented(code):
    """Four spaces a brace that is open; rustfmt leaves macros alone."""
    lines, depth = [], 0
    for line in map(str.strip, code.splitlines()):
        if line:
            lines.append("    " * (depth - line.startswith("}")) + line)
        depth += line.count("{") - line.count("}")
    return "\n" + "\n".join(lines)


def main():
    print("//! Random networks: `generate.py` wrote this file, and says how.\n")
    print("use super::*;")
    for index in range(COUNT):
        print(indented(Network(index).rust(index)))


if __name__ == "__main__":
    main()
