"""Writes golden.safetensors: what torchvision's v2.MixUp and v2.CutMix make of batches, with their drawn numbers given.

Each case has a batch of pictures, labels, lambda (and CutMix's centre), and the pictures and soft labels that come out.
Run by `make oracle`.
"""
import pathlib
import sys

import numpy as np
import torch
import torchvision
from torchvision.transforms import v2

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from golden import save  # noqa: E402

rng = np.random.default_rng(2026)
tensors, cases = {}, []
CLASSES = 7


class Fixed:
    """A distribution that gives one number."""

    def __init__(self, value):
        self.value = value

    def sample(self, shape):
        return torch.full(shape or (1,), self.value, dtype=torch.float64)


def case(kind, dtype, rows, height, width, lam, centre=None):
    name = f"{kind}.{len(cases)}"
    images = torch.from_numpy(rng.standard_normal((rows, 3, height, width), dtype=np.float32)).to(dtype)
    labels = torch.from_numpy(rng.integers(0, CLASSES, rows))
    transform = (v2.MixUp if kind == "mixup" else v2.CutMix)(num_classes=CLASSES)
    transform._dist = Fixed(lam)
    real = torch.randint
    if centre is not None:
        # CutMix draws x, then y, with torch.randint.
        places = iter(centre)
        torch.randint = lambda *a, **k: torch.tensor([next(places)])
    try:
        out, soft = transform(images, labels)
    finally:
        torch.randint = real
    tensors[f"{name}.images"] = images.float().numpy()
    tensors[f"{name}.out"] = out.float().numpy()
    tensors[f"{name}.soft"] = soft.float().numpy()
    cases.append({"name": name, "kind": kind, "dtype": str(dtype).split(".")[1], "lambda": lam,
                  "labels": [float(v) for v in labels], "centre": [float(v) for v in centre or (0, 0)]})


for lam in (0.0, 1.0, 0.5, 0.1234567, 0.87, float(rng.random()), float(rng.random())):
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        case("mixup", dtype, 4, 5, 6, lam)
case("mixup", torch.float32, 2, 3, 3, 0.3)
case("mixup", torch.float32, 1, 3, 3, 0.3)
for _ in range(16):
    h, w = int(rng.integers(3, 12)), int(rng.integers(3, 12))
    case("cutmix", torch.float32, 3, h, w, float(rng.random()), (int(rng.integers(0, w)), int(rng.integers(0, h))))
case("cutmix", torch.float32, 3, 8, 8, 0.0, (4, 4))
case("cutmix", torch.float32, 3, 8, 8, 1.0, (4, 4))
case("cutmix", torch.float16, 1, 8, 8, 0.4, (0, 7))
save(__file__, tensors, f"torch {torch.__version__.split('+')[0]}, torchvision {torchvision.__version__.split('+')[0]}", cases)
