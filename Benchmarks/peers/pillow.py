"""Pillow (or Pillow-SIMD, in its environment) and numpy in worker processes. Its pixels are the reference.

    pillow.py [--draft]     --draft lets libjpeg decode at a smaller scale first (Image.draft): faster, other pixels
"""
import sys

import numpy as np
import PIL
from PIL import Image, features

import common

DRAFT = "--draft" in sys.argv


def make(recipe):
    filter = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}[recipe.filter]

    def sample(path, out, window):
        with Image.open(path) as picture:
            if recipe.is_random:
                x, y, w, h, is_flipped = window(*picture.size)
                cut = picture.convert("RGB").crop((x, y, x + w, y + h)).resize((recipe.size, recipe.size), filter)
                if is_flipped:
                    cut = cut.transpose(Image.FLIP_LEFT_RIGHT)
            else:
                target = recipe.resized(*picture.size)
                if DRAFT:
                    picture.draft("RGB", target)
                left, top = recipe.middle(*target)
                cut = picture.convert("RGB").resize(target, filter)
                cut = cut.crop((left, top, left + recipe.size, top + recipe.size))
        common.normalise(np.asarray(cut), out)

    return common.Pool(recipe, sample)


def versions():
    return {"Pillow" if "post" not in PIL.__version__ else "Pillow-SIMD": PIL.__version__, "numpy": np.__version__,
            "libjpeg-turbo": features.version("libjpeg_turbo")}


common.main(make, versions, "worker processes, numpy, shared memory")
