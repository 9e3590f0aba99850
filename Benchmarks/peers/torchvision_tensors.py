"""torchvision's v2 transforms on tensors, with its own decoder (decode_image).

    torchvision_tensors.py [--threads]     threads instead of DataLoader's worker processes
"""
import sys

import torch
import torchvision
from torchvision.io import ImageReadMode, decode_image
from torchvision.transforms import v2 as T

import common
import torch_pictures

torch.set_num_threads(1)
THREADS = "--threads" in sys.argv


def make(recipe):
    mode = {"bilinear": T.InterpolationMode.BILINEAR, "bicubic": T.InterpolationMode.BICUBIC}[recipe.filter]
    if recipe.is_random:
        geometry = [T.RandomResizedCrop(recipe.size, interpolation=mode, antialias=True), T.RandomHorizontalFlip()]
    else:
        geometry = [T.Resize(recipe.edge, mode, antialias=True), T.CenterCrop(recipe.size)]
    finish = [T.ToDtype(torch.float32, scale=True), T.Normalize(common.MEAN, common.DEVIATION, inplace=True)]
    kind = torch_pictures.Threads if THREADS else torch_pictures.Processes
    return kind(recipe, lambda path: decode_image(path, ImageReadMode.RGB), T.Compose(geometry + finish),
                T.Compose(finish), mode)


common.main(make, lambda: {"torchvision": torchvision.__version__, "torch": torch.__version__},
            "threads that make whole batches" if THREADS
            else "DataLoader, persistent worker processes, a torch thread each")
