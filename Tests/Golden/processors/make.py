"""Writes golden.safetensors: what transformers' PIL image processors and torchvision's resizing transforms do.

Kinds of cases:
  processor  a preprocessor_config.json, a picture, and the processor's `pixel_values`
  crop       RandomResizedCrop.make_params with chosen random numbers, and the rectangle
  size       a resizing transform with chosen random numbers, and the size it gives
  move       boxes and keypoints through Resize
Run by `make oracle`.
"""
import json
import math
import pathlib
import sys

import numpy as np
import PIL
import torch
import torchvision
import transformers
from PIL import Image
from torchvision import tv_tensors
from torchvision.transforms import v2
from torchvision.transforms.v2 import _geometry
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil
from transformers.models.llava_next.image_processing_pil_llava_next import LlavaNextImageProcessorPil
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from golden import save  # noqa: E402

rng = np.random.default_rng(2026)
tensors, cases = {}, []
PROCESSORS = {"CLIP": CLIPImageProcessorPil, "Siglip": SiglipImageProcessorPil, "Llava": LlavaImageProcessorPil,
              "LlavaNext": LlavaNextImageProcessorPil, "Qwen2VL": Qwen2VLImageProcessorPil}

for name, shape in {"wide": (23, 37, 3), "tall": (41, 9, 3), "small": (5, 7, 3), "gray": (19, 26, 1),
                    "alpha": (21, 17, 4), "long": (12, 90, 3)}.items():
    tensors[f"in.{name}"] = rng.integers(0, 256, shape, dtype=np.uint8)


def picture(name):
    pixels = tensors[f"in.{name}"]
    return Image.frombytes({1: "L", 3: "RGB", 4: "RGBA"}[pixels.shape[2]], pixels.shape[1::-1], pixels.tobytes())


def processor(kind, inputs, **settings):
    config = {"image_processor_type": f"{kind}ImageProcessor", **settings}
    for name in inputs:
        made = PROCESSORS[kind](**settings)(picture(name), return_tensors="np")
        values = np.asarray(made["pixel_values"], dtype=np.float32)
        key = f"out.{len(cases):03}"
        tensors[key] = np.ascontiguousarray(values if kind == "Qwen2VL" else values[0])
        case = {"kind": "processor", "name": f"{kind} {settings} on {name}", "config": json.dumps(config),
                "input": f"in.{name}", "output": key}
        if kind == "Qwen2VL":
            case["grid"] = [int(v) for v in made["image_grid_thw"][0]]
        cases.append(case)


everything = ["wide", "tall", "small", "gray", "alpha", "long"]
processor("CLIP", everything, size={"shortest_edge": 11}, crop_size={"height": 11, "width": 11})
processor("CLIP", ["wide", "small"], size={"shortest_edge": 8}, crop_size={"height": 13, "width": 9})
processor("CLIP", ["wide"], size={"shortest_edge": 10}, do_center_crop=False, resample=2)
processor("CLIP", ["wide"], do_resize=False, crop_size={"height": 10, "width": 10}, do_normalize=False)
processor("CLIP", ["tall"], size={"height": 9, "width": 12}, do_center_crop=False, do_rescale=False)
processor("CLIP", ["wide"], size={"shortest_edge": 9}, do_center_crop=False, rescale_factor=1 / 127.5,
          image_mean=[1.0, 1.0, 1.0], image_std=[1.0, 1.0, 1.0])
processor("Siglip", everything, size={"height": 10, "width": 10})
processor("Llava", everything, size={"shortest_edge": 12}, crop_size={"height": 12, "width": 12}, do_pad=True)
processor("Llava", ["wide"], size={"shortest_edge": 12}, crop_size={"height": 12, "width": 12})
processor("LlavaNext", everything, size={"shortest_edge": 12}, crop_size={"height": 12, "width": 12},
          image_grid_pinpoints=[[12, 24], [24, 12], [24, 24], [36, 12], [12, 36]])
processor("Qwen2VL", ["wide", "tall", "small", "gray", "alpha", "long"], patch_size=4, merge_size=2, size={
    "shortest_edge": 256, "longest_edge": 640})


class Number(float):
    def item(self):
        return int(self) if float(self).is_integer() and self.whole else float(self)
    whole = False


class Chosen:
    """Stands for `torch` in torchvision's module: hands out chosen numbers instead of random ones."""

    def __init__(self, shares, wholes):
        self.shares, self.wholes = list(shares), list(wholes)

    def empty(self, _):
        return self

    def uniform_(self, low, high):
        return Number(float(low) + (float(high) - float(low)) * self.shares.pop(0))

    def exp(self, value):
        return Number(math.exp(value))

    def rand(self, _):
        return self.shares.pop(0)

    def randint(self, low, high=None, size=None):
        if not isinstance(high, int):
            low, high = 0, low
        number = Number(low + int((high - low) * self.wholes.pop(0)))
        number.whole = True
        return number


def chosen(transform, width, height, shares, wholes):
    if hasattr(transform, "_log_ratio"):
        transform._log_ratio = [math.log(r) for r in transform.ratio]
    real, _geometry.torch = _geometry.torch, Chosen(shares, wholes)
    query, _geometry.query_size = _geometry.query_size, lambda _: (height, width)
    try:
        return transform.make_params([])
    finally:
        _geometry.torch, _geometry.query_size = real, query


for index in range(60):
    width, height = (int(v) for v in rng.integers(1, 90, 2))
    area, ratio = [(0.08, 1.0), (0.5, 3.0), (0.9, 1.0)][index % 3], [(3 / 4, 4 / 3), (0.2, 0.4), (2.0, 5.0)][index // 3 % 3]
    shares, wholes = [round(float(v), 6) for v in rng.random(20)], [round(float(v), 6) for v in rng.random(2)]
    params = chosen(v2.RandomResizedCrop(1, scale=area, ratio=ratio), width, height, shares, wholes)
    if params["width"] < 1 or params["height"] < 1:
        continue
    cases.append({"kind": "crop", "size": [width, height], "area": area, "ratio": ratio, "shares": shares,
                  "wholes": wholes, "rect": [params[k] for k in ("left", "top", "width", "height")]})

for index in range(24):
    width, height = (int(v) for v in rng.integers(20, 90, 2))
    share, whole = round(float(rng.random()), 6), round(float(rng.random()), 6)
    out = chosen(v2.ScaleJitter((30, 50), scale_range=(0.5, 2.0)), width, height, [share], [])["size"]
    cases.append({"kind": "jitter", "size": [width, height], "scale": 0.5 + share * 1.5, "out": [out[1], out[0]]})
    out = chosen(v2.RandomShortestSize([15, 20, 31], max_size=44), width, height, [], [whole])["size"]
    cases.append({"kind": "shortest", "size": [width, height], "shortest": [15, 20, 31][int(3 * whole)],
                  "out": [out[1], out[0]]})
    for text, arguments in [("resize(13)", dict(size=13)), ("resize(13, max_size: 20)", dict(size=13, max_size=20)),
                            ("resize([9, 14])", dict(size=[9, 14])), ("resize(none, max_size: 33)",
                                                                      dict(size=None, max_size=33))]:
        image = v2.Resize(**arguments)(Image.new("L", (width, height)))
        cases.append({"kind": "resize", "pipeline": text, "size": [width, height], "out": list(image.size)})

boxes = [[2.0, 3.0, 12.5, 9.0], [0.0, 0.0, 37.0, 23.0], [30.0, 15.0, 36.5, 22.25]]
points = [[0.0, 0.0], [36.5, 22.5], [7.25, 11.0]]
moved = v2.Resize([41, 19])(tv_tensors.BoundingBoxes(
    torch.tensor(boxes, dtype=torch.float64), format="XYXY", canvas_size=(23, 37)))
went = v2.Resize([41, 19])(tv_tensors.KeyPoints(torch.tensor(points, dtype=torch.float64), canvas_size=(23, 37)))
cases.append({"kind": "move", "boxes": sum(boxes, []), "moved": moved.numpy().ravel().tolist(),
              "points": sum(points, []), "went": went.numpy().ravel().tolist()})

versions = (f"transformers {transformers.__version__}, torchvision {torchvision.__version__}, "
            f"Pillow {PIL.__version__}")
save(__file__, tensors, versions, cases)
