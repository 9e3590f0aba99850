"""OpenCV and numpy in worker processes.

    opencv.py [--reduced]   --reduced lets libjpeg decode at half, a quarter or an eighth first: faster, other pixels

Its one antialiased way to make pictures smaller is INTER_AREA, so that stands for bilinear and bicubic.
"""
import sys

import cv2
import numpy as np

import common

REDUCED = "--reduced" in sys.argv
cv2.setNumThreads(0)


def resized(pixels, width, height):
    is_smaller = width < pixels.shape[1] or height < pixels.shape[0]
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR)


def reduction(path, recipe):
    """The largest reduction that leaves at least the shorter edge; OpenCV has no way to ask for the size alone."""
    from struct import unpack
    with open(path, "rb") as file:
        data = file.read(65536)
    place = 2
    while place + 9 < len(data):
        marker, length = unpack(">HH", data[place:place + 4])
        if 0xFFC0 <= marker <= 0xFFCF and marker not in (0xFFC4, 0xFFC8, 0xFFCC):
            edge = min(unpack(">HH", data[place + 5:place + 9]))
            break
        place += 2 + length
    else:
        return cv2.IMREAD_COLOR_RGB
    for factor, flag in ((8, cv2.IMREAD_REDUCED_COLOR_8), (4, cv2.IMREAD_REDUCED_COLOR_4),
                         (2, cv2.IMREAD_REDUCED_COLOR_2)):
        if -(-edge // factor) >= recipe.edge:
            return flag
    return cv2.IMREAD_COLOR_RGB


def make(recipe):
    def sample(path, out, window):
        flag = reduction(path, recipe) if REDUCED else cv2.IMREAD_COLOR_RGB
        pixels = cv2.imread(path, flag | cv2.IMREAD_IGNORE_ORIENTATION)
        if flag != cv2.IMREAD_COLOR_RGB:
            pixels = pixels[:, :, ::-1]
        height, width = pixels.shape[:2]
        if recipe.is_random:
            x, y, w, h, is_flipped = window(width, height)
            pixels = resized(pixels[y:y + h, x:x + w], recipe.size, recipe.size)
            if is_flipped:
                pixels = pixels[:, ::-1]
        else:
            target = recipe.resized(width, height)
            left, top = recipe.middle(*target)
            pixels = resized(pixels, *target)[top:top + recipe.size, left:left + recipe.size]
        common.normalise(pixels, out)

    return common.Pool(recipe, sample)


common.main(make, lambda: {"OpenCV": cv2.__version__, "numpy": np.__version__},
            "worker processes, setNumThreads(0), INTER_AREA, numpy, shared memory")
