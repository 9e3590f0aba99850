"""Writes golden.safetensors: the orders of torch.randperm and torch.utils.data.DistributedSampler.

`randperm` cases have a seed as text (JSON numbers are doubles here) and the order, or for long ones its first and
last numbers and the SHA-256 of it as little-endian int64. The two longest stand on both sides of the length from
which torch shuffles another way (1.7 GB, a minute). `distributed` cases hold all ranks' orders one after another.
Run by `make oracle`.
"""
import hashlib
import pathlib
import sys

import torch
from torch.utils.data import DistributedSampler

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from golden import save  # noqa: E402

SEEDS = [0, 1, 42, 2**31, 2**32 - 1, 2**32, 2**32 + 42, 2**63 - 1, 2**64 - 1, -1, -42, -2**31, -2**32 - 7, -2**63]
cases = []


def randperm(count, seed, whole):
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    case = {"kind": "randperm", "name": f"randperm {count} seed {seed}", "count": count, "seed": str(seed)}
    if whole:
        case["order"] = order.tolist()
    else:
        case["first"], case["last"] = order[:8].tolist(), order[-8:].tolist()
        case["sha256"] = hashlib.sha256(order.numpy().tobytes()).hexdigest()
    cases.append(case)


for seed in SEEDS:
    for count in [0, 1, 2, 3, 7, 30]:
        randperm(count, seed, True)
    # Around one and two fillings of the generator's 624 numbers of state.
    for count in [623, 624, 625, 1249]:
        randperm(count, seed, False)
for seed in [0, -1, 2**32 + 42]:
    for count in [65_536, 1_000_003]:
        randperm(count, seed, False)
for count in [214_748_363, 214_748_364]:
    randperm(count, 7, False)

for count in [0, 1, 2, 3, 5, 8, 13, 40]:
    for ranks in [1, 2, 3, 4, 7, 8, 16]:
        for drop in [False, True]:
            for shuffle in [False, True]:
                for seed, epoch in [(0, 0), (2**32 + 3, 5)]:
                    orders = []
                    for rank in range(ranks):
                        sampler = DistributedSampler(range(count), ranks, rank, shuffle, seed, drop)
                        sampler.set_epoch(epoch)
                        orders += list(sampler)
                    cases.append({
                        "kind": "distributed", "count": count, "ranks": ranks, "drop": int(drop),
                        "shuffle": int(shuffle), "seed": str(seed), "epoch": epoch, "orders": orders,
                        "name": f"{count} over {ranks}, drop {drop}, shuffle {shuffle}, {seed} + {epoch}"})

save(__file__, {}, f"torch {torch.__version__}", cases)
