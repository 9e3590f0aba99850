"""Writes golden.safetensors: what torchvision v2 makes of small pictures, masks, boxes and keypoints.

Each case has a pipeline of fixed operations in Tessera's text, and torchvision's functional with the same numbers.
Boxes come out clamped to the canvas (torchvision does so after every step); keypoints of the flips are pixel
numbers in torchvision (`half` = 0.5 turns Tessera's places into them). Run by `make oracle`.
"""
import pathlib
import sys

import numpy as np
import PIL
import torch
import torchvision
from PIL import Image
from torchvision import tv_tensors
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from golden import save  # noqa: E402

MODES = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}
BOXES = [[2, 3, 12, 9], [0, 0, 37, 23], [30, 15, 36.5, 22.25], [5.5, 1.25, 5.75, 20]]
POINTS = [[0, 0], [36, 22], [7, 11], [20, 3]]
rng = np.random.default_rng(2026)
tensors, cases = {}, []


def noise(mode, width, height):
    pixels = rng.integers(0, 256, (height, width, MODES[mode]), dtype=np.uint8)
    if mode in ("LA", "RGBA"):
        # A third each of opaque, clear and half-clear pixels.
        kind = rng.integers(0, 3, (height, width))
        pixels[..., -1] = np.where(kind == 0, 255, np.where(kind == 1, 0, pixels[..., -1]))
    return pixels


INPUTS = {}
for mode, (width, height) in {"L": (37, 23), "LA": (37, 23), "RGB": (37, 23), "RGBA": (37, 23)}.items():
    INPUTS[mode] = tensors[f"in.{mode}"] = noise(mode, width, height)
INPUTS["square"] = tensors["in.square"] = noise("RGB", 19, 19)
MASKS = {size: np.kron(rng.integers(0, 9, (6, 10)), np.ones((4, 4)))[:size[1], :size[0]].astype(np.uint8)
         for size in [(37, 23), (19, 19)]}
for (width, height), mask in MASKS.items():
    tensors[f"mask.{width}x{height}"] = mask[..., None]


def picture(name):
    pixels = INPUTS[name]
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[pixels.shape[2]]
    return Image.frombytes(mode, (pixels.shape[1], pixels.shape[0]), pixels.tobytes())


def stored(image):
    pixels = np.asarray(image)
    return np.ascontiguousarray(pixels[..., None] if pixels.ndim == 2 else pixels)


def case(pipeline, function, on="RGB", half=0.0, boxes=True, **numbers):
    """`function(x, kind)` does the work on a picture, a mask, boxes or keypoints."""
    name = f"{len(cases):03}"
    image = picture(on)
    height, width = image.height, image.width
    tensors[f"{name}.image"] = stored(function(image, "image"))
    entry = {"name": f"{name} {pipeline} on {on}", "pipeline": pipeline, "input": f"in.{on}",
             "output": f"{name}.image", "half": half, **numbers}
    if boxes:
        mask = function(tv_tensors.Mask(torch.from_numpy(MASKS[width, height])), "mask")
        tensors[f"{name}.mask"] = stored(mask.numpy())
        moved = function(tv_tensors.BoundingBoxes(
            torch.tensor(BOXES, dtype=torch.float64), format="XYXY", canvas_size=(height, width)), "boxes")
        points = function(tv_tensors.KeyPoints(
            torch.tensor(POINTS, dtype=torch.float64), canvas_size=(height, width)), "points")
        entry |= {"mask": f"mask.{width}x{height}", "maskOutput": f"{name}.mask",
                  "boxes": sum(BOXES, []), "boxesOutput": moved.flatten().tolist(),
                  "points": sum(map(list, POINTS), []), "pointsOutput": points.flatten().tolist()}
    cases.append(entry)


# MARK: crops, flips, padding
for on in ["L", "LA", "RGB", "RGBA"]:
    case("horizontal_flip", lambda x, k: F.horizontal_flip(x), on, half=0.5)
    case("vertical_flip", lambda x, k: F.vertical_flip(x), on, half=0.5)
    case("crop(5, 7, 20, 11)", lambda x, k: F.crop(x, 7, 5, 11, 20), on)
    case("pad([1, 2, 3, 4])", lambda x, k: F.pad(x, [1, 2, 3, 4], fill=0), on)
for height, width in [(10, 20), (11, 21), (12, 10), (23, 37), (22, 36), (21, 35)]:
    case(f"center_crop([{height}, {width}])", lambda x, k: F.center_crop(x, [height, width]))
# Too small pictures: torchvision's boxes use another offset than its pixels, so only pixels are compared.
for height, width in [(30, 40), (24, 38), (30, 20), (9, 50), (26, 41)]:
    case(f"center_crop([{height}, {width}])", lambda x, k: F.center_crop(x, [height, width]), boxes=False)
for mode in ["edge", "reflect", "symmetric"]:
    for on in ["L", "LA", "RGB"]:
        case(f"pad([3, 50, 2, 30], padding_mode: {mode})",
             lambda x, k: F.pad(x, [3, 50, 2, 30], padding_mode=mode), on, boxes=False)
    case(f"pad([-3, 5, 9, -4], padding_mode: {mode})",
         lambda x, k: F.pad(x, [-3, 5, 9, -4], padding_mode=mode), boxes=False)
case("pad([-3, 5, 9, -4], fill: 77)", lambda x, k: F.pad(x, [-3, 5, 9, -4], fill=77), boxes=False)
case("pad(4, fill: [10, 20, 30])", lambda x, k: F.pad(x, 4, fill=[10, 20, 30]), boxes=False)
case("pad([4, 1], fill: [10, 20, 30, 40])", lambda x, k: F.pad(x, [4, 1], fill=[10, 20, 30, 40]), "RGBA",
     boxes=False)


def views(pipeline, function, on):
    name = f"{len(cases):03}"
    crops = [stored(c) for c in function(picture(on))]
    tensors[f"{name}.image"] = np.concatenate(crops)
    cases.append({"name": f"{name} {pipeline} on {on}", "pipeline": pipeline, "input": f"in.{on}",
                  "output": f"{name}.image", "views": len(crops)})


for on in ["RGB", "square"]:
    views("five_crop([10, 12])", lambda x: F.five_crop(x, [10, 12]), on)
    views("ten_crop(9)", lambda x: F.ten_crop(x, [9, 9]), on)
    views("ten_crop([8, 11], vertical_flip: true)", lambda x: F.ten_crop(x, [8, 11], vertical_flip=True), on)

# MARK: rotation, affine and perspective maps
# torchvision's masks go through another sampler than its PIL pictures: ties may fall on the other pixel.
NAMES = {"nearest": InterpolationMode.NEAREST, "bilinear": InterpolationMode.BILINEAR,
         "bicubic": InterpolationMode.BICUBIC}
PLACE = {"place": 1e-6, "maskShare": 0.05}


def sampled(filter, fill, kind):
    return {} if kind in ("boxes", "points") else (
        {"fill": 0} if kind == "mask" else {"interpolation": NAMES[filter], "fill": fill})


for k, angle in enumerate([0, 30, -17.5, 45, 90, 180, 270, 123.4, 359.99, -90]):
    for expand in [False, True]:
        for on, filter in [("RGB", list(NAMES)[k % 3]), (["L", "LA", "RGBA", "square"][k % 4], "bilinear")]:
            fill = [0, 200][k % 2]
            text = f"rotate({angle}, filter: {filter}, fill: {fill}{', expand: true' if expand else ''})"
            case(text, lambda x, kind: F.rotate(x, angle, expand=expand, **sampled(filter, fill, kind)), on,
                 # torchvision gives an expanded mask another size than Pillow's picture now and then.
                 boxes=on == "RGB" and not expand, **PLACE)
for center in [[0, 0], [5.5, 20]]:
    case(f"rotate(33, filter: bicubic, center: {center})",
         lambda x, kind: F.rotate(x, 33, center=center, **sampled("bicubic", 0, kind)), **PLACE)
for angle in [30, -100]:  # boxes and points of an expanded picture, apart from its mask
    for name, kind, values in [("boxes", "boxes", BOXES), ("points", "points", POINTS)]:
        like = (tv_tensors.BoundingBoxes(torch.tensor(values, dtype=torch.float64), format="XYXY",
                                         canvas_size=(23, 37)) if name == "boxes" else
                tv_tensors.KeyPoints(torch.tensor(values, dtype=torch.float64), canvas_size=(23, 37)))
        tensors[f"expanded.{angle}.{name}"] = F.rotate(like, angle, expand=True).numpy().astype(np.float64)
for k, (angle, translate, scale, shear) in enumerate([
        (0, [3, -4], 1, [0, 0]), (0, [0, 0], 1.5, [0, 0]), (0, [0, 0], 0.4, [0, 0]), (90, [0, 0], 1, [0, 0]),
        (12, [2, 1], 1.1, [5, 0]), (-47.3, [-6, 9], 0.8, [10, -20]), (201, [0, 0], 1, [-30, 12.5]),
        (45, [1, 1], 1.25, [0, 45]), (5, [100, 0], 1, [0, 0]), (33.3, [0, 0], 2.5, [3, 3])]):
    for filter in NAMES:
        on, fill = ["RGB", "L", "RGBA", "LA"][(k + len(filter)) % 4], [0, 128][k % 2]
        text = (f"affine({angle}, translate: {translate}, scale: {scale}, shear: {shear}, filter: {filter}, "
                f"fill: {fill})")
        case(text, lambda x, kind: F.affine(x, angle, translate, scale, shear, **sampled(filter, fill, kind)), on,
             boxes=filter == "bilinear", **PLACE)
case("affine(20, scale: 0.9, center: [3, 30], filter: bilinear)",
     lambda x, kind: F.affine(x, 20, [0, 0], 0.9, [0, 0], center=[3, 30], **sampled("bilinear", 0, kind)), **PLACE)
START = [[0, 0], [36, 0], [36, 22], [0, 22]]
for k, end in enumerate([
        [[3, 2], [33, 1], [35, 20], [1, 18]], [[9, 5], [20, 0], [36, 22], [0, 11]], [[0, 0], [36, 0], [30, 22], [6, 22]],
        [[1, 1], [35, 5], [28, 17], [8, 21]]]):
    for filter in NAMES:
        on, fill = ["RGB", "L", "RGBA", "LA"][(k + len(filter)) % 4], [0, 90][k % 2]
        coefficients = torchvision.transforms.functional._get_perspective_coeffs(START, end)
        case(f"perspective({coefficients}, filter: {filter}, fill: {fill})",
             lambda x, kind: F.perspective(x, None, None, coefficients=coefficients, **sampled(filter, fill, kind)),
             on, boxes=filter == "bilinear", place=1e-4, maskShare=0.05, corners=sum(end, []))

# MARK: elastic, with the displacements given
for name, size, strength in [("smooth", (23, 37), 4), ("wild", (23, 37), 40)]:
    rows = torch.nn.functional.interpolate(
        torch.from_numpy(rng.uniform(-1, 1, (1, 2, 6, 8)).astype(np.float32)), size=size, mode="bicubic")
    grid = (rows * strength / torch.tensor([size[1], size[0]]).view(1, 2, 1, 1)).permute(0, 2, 3, 1).contiguous()
    # Tessera counts displacements in pixels, torchvision in half pictures.
    tensors[f"elastic.{name}"] = (grid[0].double() * torch.tensor([size[1] / 2, size[0] / 2])).float().numpy()
    for on in ["L", "LA", "RGB", "RGBA"]:
        for filter in ["nearest", "bilinear"]:
            for fill in [0, 99]:
                tensors[f"elastic.{name}.{on}.{filter}.{fill}"] = stored(
                    F.elastic(picture(on), grid, interpolation=NAMES[filter], fill=[fill] * MODES[on]))
    tensors[f"elastic.{name}.mask"] = stored(F.elastic(
        tv_tensors.Mask(torch.from_numpy(MASKS[37, 23])), grid, fill=0).numpy())
    tensors[f"elastic.{name}.boxes"] = F.elastic(tv_tensors.BoundingBoxes(
        torch.tensor(BOXES, dtype=torch.float64), format="XYXY", canvas_size=size), grid).numpy().astype(np.float64)
    tensors[f"elastic.{name}.points"] = F.elastic(tv_tensors.KeyPoints(
        torch.tensor(POINTS, dtype=torch.float64), canvas_size=size), grid).numpy().astype(np.float64)
tensors["boxes"] = np.array(BOXES, dtype=np.float64)
tensors["points"] = np.array(POINTS, dtype=np.float64)

# MARK: clamping and sanitising
LOOSE = [[-3, -2, 5, 6], [1, 1, 1.5, 9], [2, 2, 3.2, 2.9], [30, 10, 50, 40], [0, 0, 37, 23], [5, 5, 4, 9], [0, 0, 0, 0]]
loose = tv_tensors.BoundingBoxes(torch.tensor(LOOSE, dtype=torch.float64), format="XYXY", canvas_size=(23, 37))
tensors["loose"] = np.array(LOOSE, dtype=np.float64)
tensors["loose.clamped"] = F.clamp_bounding_boxes(loose).numpy().astype(np.float64)
tensors["loose.sanitized"] = F.sanitize_bounding_boxes(loose)[0].numpy().astype(np.float64)
tensors["loose.both"] = F.sanitize_bounding_boxes(F.clamp_bounding_boxes(loose), min_size=2, min_area=20)[0] \
    .numpy().astype(np.float64)

versions = f"torchvision {torchvision.__version__}, torch {torch.__version__}, Pillow {PIL.__version__}"
save(__file__, tensors, versions, cases)
