"""PyTorch from many threads, as rounds of mpstress: the tests that crashed on MPS, each
with its result held against the same computation done once on the CPU.

    export PYTHONPATH=..
    mpstress run --suite ./pytorch.ini

or one of them, on a device of choice:

    python3 pytorch.py linear --device mps --threads 8 --ops 50

Without PyTorch it says so and leaves with 77, which the suite reads as a skip; so does a
device that is not there. --device auto takes mps where there is one, else the CPU, and
says so: a pass on the CPU says nothing about MPS.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import sys
import threading

import mpstress

try:
    import torch
except ImportError as error:
    print("skipped: PyTorch cannot be imported by %s (%s): pip install torch"
          % (sys.executable, error))
    sys.exit(77)

CANNOT_RUN = 77


def make_linear():
    return torch.nn.Linear(256, 256), (4, 256)


def make_attention():
    """The one that gave wrong numbers most often among single layers."""
    class Attention(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = torch.nn.MultiheadAttention(256, 4, batch_first=True)

        def forward(self, data):
            return self.inner(data, data, data, need_weights=False)[0]
    return Attention(), (4, 32, 256)


def make_transformer():
    layer = torch.nn.TransformerEncoderLayer(256, 4, dim_feedforward=1024, batch_first=True)
    return layer, (4, 32, 256)


def make_layernorm():
    return torch.nn.LayerNorm(256), (16, 32, 256)


def make_mlp():
    layers = [torch.nn.Linear(256, 512), torch.nn.ReLU(), torch.nn.Linear(512, 256)]
    return torch.nn.Sequential(*layers), (4, 256)


def make_conv1d():
    return torch.nn.Conv1d(16, 16, 3, padding=1), (4, 16, 64)


class Function(torch.nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, data):
        return self.function(data)


def make_matmul():
    return Function(lambda data: torch.relu(data @ data)), (128, 128)


def make_contiguous():
    """A strided copy: rows read as columns."""
    return Function(lambda data: data.transpose(-1, -2).contiguous() * 2.0), (64, 256)


TESTS = {"linear": make_linear, "attention": make_attention, "transformer": make_transformer,
         "layernorm": make_layernorm, "mlp": make_mlp, "conv1d": make_conv1d,
         "matmul": make_matmul, "contiguous": make_contiguous}


def choose_device(name):
    mps = getattr(torch.backends, "mps", None)
    has_mps = mps is not None and mps.is_available()
    if name == "auto":
        name = "mps" if has_mps else "cpu"
        if name == "cpu":
            print("no MPS here: on the CPU, which says nothing about MPS")
    if name == "mps" and not has_mps:
        print("skipped: this PyTorch (%s) has no MPS device here" % torch.__version__)
        sys.exit(CANNOT_RUN)
    return torch.device(name)


class Job:
    """What a thread does: a model and data of its own, and what must come out."""

    def __init__(self, make, device, seed, tolerance):
        torch.manual_seed(seed)
        model, shape = make()
        model.eval()
        data = torch.randn(shape)
        with torch.no_grad():
            self.expected = model(data)
        self.model = model.to(device)
        self.data = data.to(device)
        self.tolerance = tolerance

    def run(self, index, op):
        with torch.no_grad():
            with mpstress.op(index, op):
                result = self.model(self.data)
            mpstress.point()
            return result.cpu()  # waits for the device

    def is_right(self, result):
        return bool(torch.allclose(result, self.expected, rtol=self.tolerance,
                                   atol=self.tolerance))


def work(job, index, ops, start, errors):
    mpstress.thread(index)
    start.wait()
    try:
        for op in range(ops):
            if mpstress.check("thread %d, op %d" % (index, op),
                              job.is_right(job.run(index, op))):
                mpstress.done()
            else:
                mpstress.wrong()
                errors.append("thread %d, op %d: wrong result" % (index, op))
    except RuntimeError as error:  # of PyTorch; the ops that are missing show
        errors.append("thread %d: %s" % (index, error))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("test", choices=sorted(TESTS))
    parser.add_argument("--device", default="auto", help="auto, mps, cpu or cuda")
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--ops", type=int, default=50, help="of each thread")
    parser.add_argument("--tolerance", type=float, default=1e-3)
    chosen = parser.parse_args()
    device = choose_device(chosen.device)
    torch.set_num_threads(1)
    jobs = [Job(TESTS[chosen.test], device, (mpstress.seed() + i) % 2**31, chosen.tolerance)
            for i in range(chosen.threads)]
    mpstress.plan(chosen.threads * chosen.ops)
    errors = []
    start = threading.Barrier(chosen.threads)
    threads = [threading.Thread(target=work, args=(job, i + 1, chosen.ops, start, errors))
               for i, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors[:10]:
        print(error)
    print("%s on %s: %d threads, %d ops each, %d errors; PyTorch %s"
          % (chosen.test, device, chosen.threads, chosen.ops, len(errors),
             torch.__version__))
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
