"""Steps of training and products in PyTorch (eager) on a GPU; one line of JSON a task, milliseconds at the median.

    python3 benches/peers/cuda/pytorch.py

The tasks are those of `benches/cuda.rs`: the same sizes, f32 without TF32 unless the name says so, fused Adam. `item` reads
the loss of each step, as this crate's `train_step` does; the others leave the GPU to itself until the end.
"""

import json
import statistics
import time

import torch
from torch import nn

DEVICE = "cuda"


def measure(name, step, rounds=7, steps=50):
    for _ in range(10):
        step()
    torch.cuda.synchronize()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        for _ in range(steps):
            step()
        torch.cuda.synchronize()
        times.append((time.perf_counter() - started) * 1e3 / steps)
    print(json.dumps({"task": name, "ms": statistics.median(times)}), flush=True)


def training(name, net, x, target, width, loss_of=nn.CrossEntropyLoss()):
    net = net.to(DEVICE)
    x, target = x.to(DEVICE), target.to(DEVICE)
    optimizer = torch.optim.Adam(net.parameters(), fused=True)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(net(x).view(-1, width), target)
        loss.backward()
        optimizer.step()
        return loss

    measure(name, step)
    measure(f"{name}_item", lambda: step().item())


def main():
    print(json.dumps({"torch": torch.__version__, "gpu": torch.cuda.get_device_name()}))
    torch.manual_seed(0)
    mlp = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10))
    training("mlp_train_b128", mlp, torch.randn(128, 784), torch.randint(10, (128,)), 10)
    training("mlp_squares_b128", mlp, torch.randn(128, 784), torch.randn(128, 10), 10, nn.MSELoss())
    training("mlp_soft_b128", mlp, torch.randn(128, 784), torch.randn(128, 10).softmax(1), 10)
    for blocks in (1, 6):
        layer = nn.TransformerEncoderLayer(256, 8, 1024, dropout=0.0, activation="gelu", batch_first=True, norm_first=True)
        net = nn.TransformerEncoder(layer, blocks, enable_nested_tensor=False)
        name = "encoder_train" if blocks == 1 else f"encoder{blocks}_train"
        training(name, net, torch.randn(8, 128, 256), torch.randint(256, (1024,)), 256)
    for side in (1024, 4096, 8192):
        a, b = torch.randn(side, side, device=DEVICE), torch.randn(side, side, device=DEVICE)
        for tf32 in (False, True):
            torch.backends.cuda.matmul.allow_tf32 = tf32
            measure(f"matmul_{side}{'_tf32' if tf32 else ''}", lambda: a @ b, steps=20)
        torch.backends.cuda.matmul.allow_tf32 = False


if __name__ == "__main__":
    main()
