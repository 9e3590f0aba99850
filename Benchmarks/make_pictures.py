"""Makes the pictures that the loaders are measured on, from the photographs in Debian's wallpaper packages.

    .oracle/pillow-13/bin/python Benchmarks/make_pictures.py [SOURCES] [OUT] [--count 1000] [--workers N]

SOURCES is where `tools/install-deps pictures` unpacked them (.bench/sources), OUT is .bench/pictures. Made are

    imagenet/       COUNT JPEGs of about 500×375 in ten class folders (90 kB each): a window of one to three times that size
                    out of a wallpaper, resized, with the grain of a sensor; qualities 85 to 96, one in four without chroma
                    subsampling, one in twenty progressive, one in fifty gray
    photos/         24 JPEGs of 12 Mpixel, quality 92, 4:2:0
    progressive/    the same 24, coefficient by coefficient, as progressive JPEG
    png/            COUNT/4 PNGs of 500×375 with the same grain, zlib's level 6

Every picture is drawn from a generator of its own, keyed (seed, folder, number), so that the number of processes changes
no byte; the same Pillow gives the same files.
"""
import argparse
import collections
import dataclasses
import json
import multiprocessing
import os
import pathlib
import random
import sys

import numpy as np
import PIL
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[1]
SEED = 7
# ImageNet's usual sizes and roughly how usual they are.
SIZES = [(500, 375)] * 5 + [(375, 500)] * 2 + [(500, 333), (640, 480), (400, 400), (300, 225)]
QUALITIES = [85, 90, 92, 95, 96]
SUBSAMPLINGS = [2, 2, 2, 0]  # 4:2:0 but for one in four
KINDS = {"imagenet": 0, "photos": 1, "png": 2}
Image.MAX_IMAGE_PIXELS = None  # wallpapers of 33 Mpixel are no attack


@dataclasses.dataclass
class Job:
    """One picture to make: where from, where to, how."""
    kind: str
    number: int
    source: str
    width: int
    height: int
    scale: float = 1  # the window's size over the picture's
    place: tuple = (0.5, 0.5)  # of the window, as shares of the room it has
    is_gray: bool = False
    options: dict = dataclasses.field(default_factory=dict)


def sources(folder):
    """Pictures of at least a megapixel's worth of edge and of bytes: (path, (width, height))."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in (".jpg", ".jpeg", ".png", ".webp") or path.stat().st_size <= 300_000:
            continue
        with Image.open(path) as picture:
            if min(picture.size) >= 1000:
                found.append((str(path), picture.size))
    return found


def draw(kind, number, found):
    """What chance decides for a thumbnail."""
    chance = random.Random(f"{SEED}/{kind}/{number}")
    source, (width, height) = chance.choice(found)
    size = chance.choice(SIZES) if kind == "imagenet" else (500, 375)
    job = Job(kind, number, source, *size)
    job.scale = chance.uniform(1, max(1, min(3, width / size[0], height / size[1])))
    job.place = (chance.random(), chance.random())
    if kind == "imagenet":
        job.is_gray = number % 50 == 49
        job.options = {"quality": chance.choice(QUALITIES), "subsampling": chance.choice(SUBSAMPLINGS),
                       "progressive": number % 20 == 19}
    else:
        job.options = {"compress_level": 6}
    return job


def photo(number, found):
    """A camera's picture: the largest window of its shape, in the middle."""
    source, (width, height) = found[number * 7 % len(found)]
    size = (4000, 3000) if number % 3 else (3000, 4000)
    return Job("photos", number, source, *size, scale=min(width / size[0], height / size[1]),
               options={"quality": 92, "subsampling": 2})


def grain(picture, job, deviation=6):
    """Sensor noise, most of it in the brightness: wallpapers are smoother than a camera's pictures."""
    noise = np.random.default_rng([SEED, KINDS[job.kind], job.number])
    pixels = np.asarray(picture, np.float32)
    shape = pixels.shape
    pixels = pixels + noise.normal(0, deviation, shape[:2] + (1,)) + noise.normal(0, deviation / 2, shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def make(job, source, out):
    """Writes the files of one job."""
    width, height = job.width * job.scale, job.height * job.scale
    if job.kind != "photos":
        width, height = min(source.width, int(width)), min(source.height, int(height))
    left, top = job.place[0] * (source.width - width), job.place[1] * (source.height - height)
    picture = source.resize((job.width, job.height), Image.LANCZOS, box=(left, top, left + width, top + height))
    if job.kind != "photos":
        picture = grain(picture, job)
    if job.is_gray:
        picture = picture.convert("L")
    suffix, classes = (".png", 10) if job.kind == "png" else (".jpg", 3 if job.kind == "photos" else 10)
    name = pathlib.Path(f"class{job.number % classes:02d}") / f"{job.number:05d}{suffix}"
    targets = {job.kind: job.options}
    if job.kind == "photos":
        targets["progressive"] = {**job.options, "progressive": True}
    for folder, options in targets.items():
        path = out / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path, **options)


def make_all(work):
    """All that comes of one source, which is decoded once."""
    source, jobs, out = work
    with Image.open(source) as opened:
        picture = opened.convert("RGB")
    for job in jobs:
        make(job, picture, pathlib.Path(out))
    return len(jobs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="?", default=ROOT / ".bench/sources", type=pathlib.Path)
    parser.add_argument("out", nargs="?", default=ROOT / ".bench/pictures", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=1000, help="JPEGs of about 500×375 (default: 1000)")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    given = parser.parse_args()

    facts = {"count": given.count, "seed": SEED, "pillow": PIL.__version__}
    stamp = given.out / "made.json"
    if stamp.exists() and json.loads(stamp.read_text())["facts"] == facts:
        print(f"tessera: the pictures are in {given.out}", file=sys.stderr)
        return
    found = sources(given.sources)
    if not found:
        sys.exit(f"{given.sources} has no pictures: run tools/install-deps pictures")
    jobs = [draw("imagenet", number, found) for number in range(given.count)]
    jobs += [draw("png", number, found) for number in range(given.count // 4)]
    jobs += [photo(number, found) for number in range(24)]
    by_source = collections.defaultdict(list)
    for job in jobs:
        by_source[job.source].append(job)
    works = [(source, jobs, str(given.out)) for source, jobs in sorted(by_source.items())]
    given.out.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    done = 0
    with multiprocessing.Pool(given.workers) as pool:
        for count in pool.imap_unordered(make_all, works):
            done += count
            if sys.stderr.isatty():
                print(f"\rtessera: {done} of {len(jobs)} pictures", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    sizes = {folder: [path.stat().st_size for path in sorted((given.out / folder).rglob("*.*"))]
             for folder in ("imagenet", "photos", "progressive", "png")}
    made = {folder: {"files": len(sizes), "mean_bytes": round(sum(sizes) / len(sizes))}
            for folder, sizes in sizes.items()}
    stamp.write_text(json.dumps({"facts": facts, "sources": len(found), "made": made}, indent=1) + "\n")
    print(json.dumps(made))


main()
