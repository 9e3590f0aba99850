"""What the rivals of the loader share: the recipe, the conversation with Benchmarks/loader.py, a pool of worker processes.

A rival is a program that reads JSON lines and answers each with one:
    {"recipe": …}                          →  {"ready": true, "versions": {…}, "means": "two threads, …"}
    {"do": "epoch"}                        →  {"images": 1024, "seconds": 0.98}
    {"do": "first", "path": P}             →  {"shape": […], "dtype": …, "mean": m, "deviation": d}; an epoch's first batch
                                               lies in P (.npy), mean and deviation are the whole epoch's
    {"do": "windows", "windows": W, "path": P}  →  the same for given windows [x, y, width, height, is flipped] of the
                                               first pictures; or {"unsupported": why}
An epoch begins with nothing prepared and ends when its last batch is there; what computes is measured from outside.
"""
import dataclasses
import json
import math
import mmap
import multiprocessing
import os
import random
import sys
import time

import numpy as np

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# x/255 normalised, as one product and one sum.
SCALE = (1 / (255 * np.array(DEVIATION))).astype(np.float32)
SHIFT = (-np.array(MEAN) / np.array(DEVIATION)).astype(np.float32)
AREA, ASPECT = (0.08, 1.0), (3 / 4, 4 / 3)


@dataclasses.dataclass
class Recipe:
    """What is to be done; the same for all."""
    name: str
    files: list
    batch: int
    threads: int
    size: int  # the output's edge
    edge: int | None  # the shorter edge before the middle is cut out; None for a random crop
    filter: str  # bilinear or bicubic, antialiased
    windows: list | None = None  # given crops of the first files, for the check

    @property
    def is_random(self):
        return self.edge is None

    def batches(self, epoch=None):
        """Lists of indices; shuffled where the recipe is random."""
        order = list(range(len(self.files)))
        if self.is_random and epoch is not None:
            random.Random(epoch).shuffle(order)
        return [order[start:start + self.batch] for start in range(0, len(order), self.batch)]

    def resized(self, width, height):
        """torchvision's size for a shorter edge: the longer one is truncated."""
        if width <= height:
            return self.edge, int(self.edge * height / width)
        return int(self.edge * width / height), self.edge

    def middle(self, width, height):
        """The left and top of the middle, rounded as torchvision does."""
        return int(round((width - self.size) / 2)), int(round((height - self.size) / 2))


def draw(width, height, chance):
    """RandomResizedCrop's window and a coin: x, y, width, height, is flipped."""
    for _ in range(10):
        area = width * height * chance.uniform(*AREA)
        ratio = math.exp(chance.uniform(math.log(ASPECT[0]), math.log(ASPECT[1])))
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            return chance.randint(0, width - w), chance.randint(0, height - h), w, h, chance.random() < 0.5
    ratio = min(max(width / height, ASPECT[0]), ASPECT[1])
    w, h = min(width, round(height * ratio)), min(height, round(width / ratio))
    return (width - w) // 2, (height - h) // 2, w, h, chance.random() < 0.5


def normalise(pixels, out):
    """Bytes [H, W, 3] to normalised floats [3, H, W] in their place in the batch."""
    np.copyto(out, pixels.transpose(2, 0, 1))
    out *= SCALE[:, None, None]
    out += SHIFT[:, None, None]


class Pool:
    """Batches from worker processes over shared memory: what DataLoader's workers do, without torch.

    `sample(path, out, window_of)` fills out [3, size, size]; window_of(width, height) gives the crop of a random recipe.
    Each worker makes whole batches; order is kept; at most two batches a worker are under way.
    """

    def __init__(self, recipe, sample):
        self.recipe, self.sample, self.epoch = recipe, sample, 0
        self.shape = (recipe.batch, 3, recipe.size, recipe.size)
        bytes_each = 4 * math.prod(self.shape)
        self.slots = [np.frombuffer(mmap.mmap(-1, bytes_each), np.float32).reshape(self.shape)
                      for _ in range(2 * recipe.threads)]
        self.tasks, self.done = multiprocessing.SimpleQueue(), multiprocessing.SimpleQueue()
        self.workers = [multiprocessing.Process(target=self.work, daemon=True) for _ in range(recipe.threads)]
        for worker in self.workers:
            worker.start()

    def fill(self, out, indices, epoch, windows=None):
        for place, index in enumerate(indices):
            def window(width, height):
                if windows:
                    return windows[place]
                return draw(width, height, random.Random(f"{epoch}/{index}"))
            self.sample(self.recipe.files[index], out[place], window)

    def work(self):
        while True:
            number, slot, indices, epoch = self.tasks.get()
            try:
                self.fill(self.slots[slot], indices, epoch)
                self.done.put((number, slot, None))
            except Exception as error:
                self.done.put((number, slot, f"{type(error).__name__}: {error}"))

    def batches(self):
        self.epoch += 1
        todo = list(enumerate(self.recipe.batches(self.epoch)))
        counts = [len(indices) for _, indices in todo]
        ready, wanted, count = {}, 0, len(todo)

        def give(slot):
            if todo:
                number, indices = todo.pop(0)
                self.tasks.put((number, slot, indices, self.epoch))
        for slot in range(len(self.slots)):
            give(slot)
        while wanted < count:
            while wanted not in ready:
                number, slot, error = self.done.get()
                if error:
                    raise RuntimeError(error)
                ready[number] = slot
            slot = ready.pop(wanted)
            yield self.slots[slot][:counts[wanted]]
            give(slot)
            wanted += 1

    def windows(self, windows):
        out = np.empty((len(windows), *self.shape[1:]), np.float32)
        self.fill(out, range(len(windows)), 0, windows)
        return out


def whole(rival):
    """The first batch of an epoch; mean and deviation of all of it."""
    first, count, total, squares = None, 0, 0.0, 0.0
    for batch in rival.batches():
        values = np.array(batch)
        first = values if first is None else first
        count += values.size
        total += float(values.sum(dtype=np.float64))
        squares += float(np.square(values, dtype=np.float64).sum())
    mean = total / count
    return first, {"mean": mean, "deviation": math.sqrt(squares / count - mean * mean)}


def main(make, versions, means):
    """Answers the driver. `make(recipe)` gives an object with batches() and windows(list)."""
    # Libraries that print must not disturb the conversation.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(**values):
        answers.write(json.dumps(values) + "\n")
        answers.flush()

    rival = recipe = None
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            if "recipe" in asked:
                recipe = Recipe(**asked["recipe"])
                rival = make(recipe)
                answer(ready=True, versions=versions(), means=means)
            elif asked["do"] == "epoch":
                images, start = 0, time.perf_counter()
                for batch in rival.batches():
                    images += len(batch)
                    if tuple(batch.shape[1:]) != (3, recipe.size, recipe.size):
                        raise ValueError(f"a batch of {tuple(batch.shape)}")
                answer(images=images, seconds=time.perf_counter() - start)
            else:
                figures = {}
                if asked["do"] == "first":
                    first, figures = whole(rival)
                elif not hasattr(rival, "windows"):
                    answer(unsupported="the library draws its windows itself")
                    continue
                else:
                    first = np.array(rival.windows(asked["windows"]))
                np.save(asked["path"], first)
                answer(shape=list(first.shape), dtype=str(first.dtype), **figures)
        except Exception as error:
            answer(error=f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
