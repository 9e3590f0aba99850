"""kornia-rs: libjpeg-turbo and Rust's resizing, in worker processes. Its bilinear filter does not antialias."""
import importlib.metadata
import os

os.environ["RAYON_NUM_THREADS"] = "1"  # the worker processes are the parallelism

import numpy as np
from kornia_rs import imgproc, io, pipeline

import common


def read(path):
    pixels = io.read_image_jpegturbo(path) if path.endswith(".jpg") else io.read_image(path)
    return pixels if pixels.shape[2] == 3 else np.repeat(pixels, 3, axis=2)


def make(recipe):
    def sample(path, out, window):
        pixels = read(path)
        height, width = pixels.shape[:2]
        if recipe.is_random:
            x, y, w, h, is_flipped = window(width, height)
            cut = imgproc.crop(pixels, x, y, w, h)
            made = pipeline.resize_normalize_to_tensor(cut, (recipe.size,) * 2, common.MEAN, common.DEVIATION)
            out[:] = made[:, :, ::-1] if is_flipped else made
        else:
            target = recipe.resized(width, height)
            left, top = recipe.middle(*target)
            pixels = imgproc.resize(pixels, target[::-1], recipe.filter)
            common.normalise(pixels[top:top + recipe.size, left:left + recipe.size], out)

    return common.Pool(recipe, sample)


common.main(make, lambda: {"kornia-rs": importlib.metadata.version("kornia-rs"), "numpy": np.__version__},
            "worker processes, one Rust thread each, shared memory")
