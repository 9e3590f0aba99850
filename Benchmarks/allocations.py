"""Counts what the loader allocates for an image in steady state, beside another build if one is given.

    python3 Benchmarks/allocations.py PICTURES [--tessera .build/release/tessera] [--before PROGRAM] [--images 1024]

PICTURES is what `make bench-data` makes (.bench/pictures). `tessera bench` loads so many images and twice as many on one
thread, and malloc is counted (allocations/count.c, preloaded); the difference, divided by the images, has neither the
start nor an epoch's own. A picture larger than all before it still makes a thread's memory grow, and counts.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
CLIP = "resize(336, filter: bicubic) | center_crop(336) | to_tensor | normalize(clip)"
RECIPES = {
    "training": ("imagenet", "random_resized_crop(224) | random_horizontal_flip | to_tensor | normalize(imagenet)"),
    "evaluation": ("imagenet", "resize(256) | center_crop(224) | to_tensor | normalize(imagenet)"),
    "photos for CLIP": ("photos", CLIP),
    "the same, progressive": ("progressive", CLIP),
    "evaluation on PNG": ("png", "resize(256) | center_crop(224) | to_tensor | normalize(imagenet)"),
}


def count(tessera, library, folder, pipeline, files, batch, number):
    """Calls and bytes by least size, of a loader that loads so many images twice."""
    listed = folder / "files.txt"
    listed.write_text("".join(f"{files[i % len(files)]}\n" for i in range(number)))
    told = folder / "counts"
    # In their order: both runs then begin with the same pictures, and what a thread's memory grows to is the same.
    subprocess.run(
        [tessera, "bench", str(listed), "--with", pipeline, "--threads", "1", "--epochs", "1", "--order", "sequential",
         "--batch-size", str(batch)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "LD_PRELOAD": str(library), "COUNT_ALLOCATIONS": str(told)})
    lines = (line.split() for line in told.read_text().splitlines())
    return {int(least): (int(calls), int(size)) for least, calls, size in lines}


def per_image(tessera, library, folder, pipeline, files, batch, images):
    once = count(tessera, library, folder, pipeline, files, batch, images)
    twice = count(tessera, library, folder, pipeline, files, batch, 2 * images)
    return {least: [(b - a) / (2 * images) for a, b in zip(once[least], twice[least])] for least in once}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=pathlib.Path)
    parser.add_argument("--tessera", default=str(ROOT / ".build/release/tessera"))
    parser.add_argument("--before", help="another build of the same command")
    parser.add_argument("--images", type=int, default=1024)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        library = folder / "count.so"
        subprocess.run([shutil.which("cc") or "clang", "-O2", "-shared", "-fPIC", "-o", library,
                        ROOT / "Benchmarks/allocations/count.c"], check=True)
        print("Allocations an image (calls, kB), one thread, in steady state\n")
        print("| recipe | all | kB | 1 kB and more | 64 kB and more |")
        print("|---|---:|---:|---:|---:|")
        for recipe, (kind, pipeline) in RECIPES.items():
            files = sorted(path.resolve() for path in (given.pictures / kind).rglob("*") if path.is_file())
            batch, images = (8, min(given.images, 96)) if kind in ("photos", "progressive") else (64, given.images)
            for word, program in (("before", given.before), ("now", given.tessera)):
                if not program:
                    continue
                classes = per_image(program, library, folder, pipeline, files, batch, images)
                above = [sum(c[0] for least, c in classes.items() if least >= bound) for bound in (0, 1024, 64 << 10)]
                size = sum(c[1] for c in classes.values()) / 1000
                name = f"{recipe}, {word}" if given.before else recipe
                print(f"| {name} | {above[0]:.1f} | {size:.0f} | {above[1]:.1f} | {above[2]:.2f} |", flush=True)


if __name__ == "__main__":
    main()
