"""The rival of `tessera preprocess`: the same job with Pillow, numpy and a pool of processes.

    pillow_preprocess.py SRC DST [--workers N]

Shorter edge 256 (bicubic), centre 224, float32 / 255, ImageNet mean and deviation, one .npy a picture.
"""
import argparse
import multiprocessing
import os
import sys
import time

import numpy as np
from PIL import Image

MEAN = np.array([0.485, 0.456, 0.406], np.float32)[:, None, None]
STD = np.array([0.229, 0.224, 0.225], np.float32)[:, None, None]


def tensor(path):
    picture = Image.open(path).convert("RGB")
    w, h = picture.size
    size = (256, int(256 * h / w)) if w <= h else (int(256 * w / h), 256)
    picture = picture.resize(size, Image.BICUBIC)
    left, top = round((size[0] - 224) / 2), round((size[1] - 224) / 2)
    array = np.asarray(picture.crop((left, top, left + 224, top + 224)))
    return (array.transpose(2, 0, 1).astype(np.float32) / np.float32(255) - MEAN) / STD


def work(job):
    source, target = job
    os.makedirs(os.path.dirname(target), exist_ok=True)
    np.save(target, tensor(source))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("src")
    parser.add_argument("dst")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    args = parser.parse_args()
    jobs = []
    for folder, _, names in sorted(os.walk(args.src)):
        for name in sorted(names):
            source = os.path.join(folder, name)
            target = os.path.join(args.dst, os.path.relpath(source, args.src)) + ".npy"
            jobs.append((source, target))
    start = time.perf_counter()
    with multiprocessing.Pool(args.workers) as pool:
        for _ in pool.imap_unordered(work, jobs, chunksize=8):
            pass
    seconds = time.perf_counter() - start
    print(f"{len(jobs)} pictures, {len(jobs) / seconds:.0f} images/s", file=sys.stderr)


main()
