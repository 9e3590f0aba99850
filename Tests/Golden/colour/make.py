"""Writes golden.safetensors: what torchvision v2 makes of small pictures with given numbers.

Each case has a pipeline in Tessera's text and an output: a picture (uint8 [H, W, C]), a float32 tensor, or (for the
automatic augmentations) the digests of all pictures that can come out. Run by `make oracle`.
"""
import itertools
import pathlib
import sys
from unittest import mock

import numpy as np
import PIL
import torch
import torchvision
from PIL import Image
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parent.parent)]
from golden import save  # noqa: E402
import noise  # noqa: E402

rng = np.random.default_rng(2026)
tensors, cases = {}, []
W, H = 37, 23


def ramp(channels):
    y, x = np.mgrid[:H, :W]
    planes = [x * 6 + y * (3 - c) + rng.integers(-9, 10, (H, W)) for c in range(channels)]
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


INPUTS = {"rgb": rng.integers(0, 256, (H, W, 3), dtype=np.uint8), "gray": rng.integers(0, 256, (H, W, 1), dtype=np.uint8),
          "rgba": rng.integers(0, 256, (H, W, 4), dtype=np.uint8), "la": rng.integers(0, 256, (H, W, 2), dtype=np.uint8),
          "ramp": ramp(3), "gray_ramp": ramp(1)}
for key, value in INPUTS.items():
    tensors[key] = value


def picture(name):
    pixels = INPUTS[name]
    return Image.frombytes({1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[pixels.shape[2]], (W, H), pixels.tobytes())


def stored(image):
    return np.frombuffer(image.tobytes(), np.uint8).reshape(image.height, image.width, -1).copy()


def case(pipeline, on, output, **more):
    name = f"{len(cases):03}"
    tensors[name] = stored(output) if isinstance(output, Image.Image) else np.ascontiguousarray(output)
    cases.append({"name": f"{name} {pipeline} on {on}", "pipeline": pipeline, "input": on, "output": name, **more})


# Colour, on PIL pictures
MAKE = {
    "adjust_brightness": lambda x, v: F.adjust_brightness(x, v), "adjust_contrast": lambda x, v: F.adjust_contrast(x, v),
    "adjust_saturation": lambda x, v: F.adjust_saturation(x, v), "adjust_hue": lambda x, v: F.adjust_hue(x, v),
    "adjust_sharpness": lambda x, v: F.adjust_sharpness(x, v), "posterize": lambda x, v: F.posterize(x, v),
    "solarize": lambda x, v: F.solarize(x, v),
}
for on in ("rgb", "gray", "rgba", "la", "ramp"):
    for name, values in {"adjust_brightness": (0.3, 1.7), "adjust_contrast": (0.3, 1.7), "adjust_saturation": (0.3, 1.7),
                         "adjust_sharpness": (0, 0.4, 3.1), "adjust_hue": (-0.5, -0.17, 0.31, 0.5),
                         "posterize": (1, 4), "solarize": (0, 117.5, 256)}.items():
        if name in ("posterize", "solarize") and on in ("rgba", "la"):
            continue
        for value in values:
            case(f"{name}({value})", on, MAKE[name](picture(on), value))
    case("grayscale", on, F.rgb_to_grayscale(picture(on)))
    case("grayscale(num_output_channels: 3)", on, F.rgb_to_grayscale(picture(on), 3))
for on in ("rgb", "gray", "ramp", "gray_ramp"):
    for name, function in {"invert": F.invert, "equalize": F.equalize, "autocontrast": F.autocontrast}.items():
        case(name, on, function(picture(on)))
case("permute_channels([2, 0, 1])", "rgb", F.permute_channels(picture("rgb"), [2, 0, 1]))
case("permute_channels([1, 2, 0])", "rgb", F.permute_channels(picture("rgb"), [1, 2, 0]))
case("permute_channels([3, 1, 0, 2])", "rgba", F.permute_channels(picture("rgba"), [3, 1, 0, 2]))

# Gaussian blur: sums in another order, so a value near a half may round the other way
for on in ("rgb", "gray", "ramp", "rgba"):
    for size, sigma in (((3, 3), 0.5), ((5, 9), 1.3), ((23, 23), 2.0), ((1, 7), 4.0), ((21, 5), 0.1)):
        text = f"gaussian_blur_fixed([{size[0]}, {size[1]}], {sigma})"
        case(text, on, F.gaussian_blur(picture(on), list(size), [sigma, sigma]), levels=1)

# Compound transforms with their parameters injected
jitter = v2.ColorJitter(0.5, 0.5, 0.5, 0.2)
for order in itertools.permutations(range(4)):
    params = dict(fn_idx=torch.tensor(order), brightness_factor=1.31, contrast_factor=0.62, saturation_factor=1.4,
                  hue_factor=0.13)
    words = ["adjust_brightness(1.31)", "adjust_contrast(0.62)", "adjust_saturation(1.4)", "adjust_hue(0.13)"]
    if order[0] < 2:
        case("|".join(words[i] for i in order), "ramp", jitter.transform(picture("ramp"), params))
distort = v2.RandomPhotometricDistort()
for before in (True, False):
    params = dict(brightness_factor=0.9, contrast_factor=1.4, saturation_factor=0.7, hue_factor=-0.04,
                  contrast_before=before, channel_permutation=torch.tensor([1, 2, 0]))
    contrast = ["adjust_contrast(1.4)"]
    words = (["adjust_brightness(0.9)"] + contrast * before + ["adjust_saturation(0.7)", "adjust_hue(-0.04)"]
             + contrast * (not before) + ["permute_channels([1, 2, 0])"])
    case("|".join(words), "ramp", distort.transform(picture("ramp"), params))

# Tensors
unit = {on: v2.functional.to_dtype(F.pil_to_tensor(picture(on)), torch.float32, scale=True) for on in INPUTS}
from torchvision.transforms.functional import to_tensor  # noqa: E402  (v2 has only a deprecated class)

for on in INPUTS:
    case("to_tensor", on, to_tensor(picture(on)).numpy())
    case("pil_to_tensor|to_dtype(float32)", on, F.pil_to_tensor(picture(on)).float().numpy())
    case("pil_to_tensor|to_dtype(float32, scale: true)", on, unit[on].numpy())
KINDS = {"uint8": torch.uint8, "int64": torch.int64, "float16": torch.float16, "bfloat16": torch.bfloat16,
         "float32": torch.float32}
for source, target, scale in itertools.product(KINDS, KINDS, (True, False)):
    made = F.to_dtype(F.pil_to_tensor(picture("rgb")), KINDS[source], scale=True)
    try:
        output = F.to_dtype(made, KINDS[target], scale=scale)
    except RuntimeError:
        continue
    if source in ("float16", "bfloat16") and target == "int64" and scale:
        continue  # torch multiplies to infinity there; Tessera refuses
    text = f"pil_to_tensor|to_dtype({source}, scale: true)|to_dtype({target}, scale: {str(scale).lower()})"
    case(text + "|to_dtype(float32)", "rgb", output.float().numpy())
STATISTICS = {"imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
              "clip": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
              "siglip": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))}
for name, (mean, std) in STATISTICS.items():
    case(f"to_tensor|normalize({name})", "rgb", F.normalize(to_tensor(picture("rgb")), mean, std).numpy())
    for kind in ("float16", "bfloat16"):
        made = F.to_dtype(F.pil_to_tensor(picture("rgb")), KINDS[kind], scale=True)
        case(f"pil_to_tensor|to_dtype({kind}, scale: true)|normalize({name})|to_dtype(float32)", "rgb",
             F.normalize(made, mean, std).float().numpy())
case("to_tensor|normalize(mean: 0.31, std: 0.77)", "la",
     F.normalize(to_tensor(picture("la")), [0.31], [0.77]).numpy())

# Erasing and Gaussian noise, torch's random numbers replaced by Tessera's
KEY = (0x01234567, 0x89ABCDEF, 0xDEADBEEF, 0x00C0FFEE, 3)
case("to_tensor|erase(5, 7, 20, 11, value: [0.25, 0.5, 2])", "rgb",
     F.erase(to_tensor(picture("rgb")), 7, 5, 11, 20, torch.tensor([0.25, 0.5, 2.0])[:, None, None]).numpy())
patch = torch.tensor(noise.normals(KEY, 3 * 11 * 20).astype(np.float32)).reshape(3, 11, 20)
case(f"to_tensor|erase(5, 7, 20, 11, value: random, key: {noise.text(KEY)})", "rgb",
     F.erase(to_tensor(picture("rgb")), 7, 5, 11, 20, patch).numpy())


def injected(tensor, **_):
    return torch.tensor(noise.normals(KEY, tensor.numel()).astype(np.float32)).reshape(tensor.shape)


with mock.patch.object(torch, "randn_like", injected):
    for mean, sigma, clip in ((0, 0.1, True), (0.07, 0.4, True), (-0.2, 0.33, False)):
        arguments = f"({mean}, {sigma}, {str(clip).lower()}, {noise.text(KEY)})"
        case(f"to_tensor|add_gaussian_noise{arguments}", "rgb",
             F.gaussian_noise(to_tensor(picture("rgb")), mean, sigma, clip).numpy())
        # As a picture: elements in the order of the interleaved bytes
        interleaved = torch.tensor(INPUTS["ramp"])
        case(f"add_gaussian_noise{arguments}", "ramp", F.gaussian_noise(interleaved, mean, sigma, clip).numpy())
        case(f"pil_to_tensor|add_gaussian_noise{arguments}|to_dtype(float32)", "rgb",
             F.gaussian_noise(F.pil_to_tensor(picture("rgb")), mean, sigma, clip).float().numpy())
normals = noise.normals(KEY, 4001)
tensors["normals"] = normals

# AugMix's arithmetic: chains of operations that torchvision does alike on tensors and pictures
weights = torch.tensor([[0.31, 0.69]]), torch.tensor([[0.2, 0.45, 0.35]])
chains = iter(["Posterize", "Solarize", "Solarize", "Posterize", "Posterize", "Posterize"])
mixer = v2.AugMix(severity=1, mixture_width=3, chain_depth=2)
draws = iter(weights)
with mock.patch.object(mixer, "_sample_dirichlet", lambda _: next(draws)), \
        mock.patch.object(mixer, "_get_random_item", lambda space: (lambda name: (name, space[name]))(next(chains))):
    mixed = mixer(picture("ramp"))
combined = (weights[1] * weights[0][:, 1]).double().numpy()[0]
case(f"mix({float(weights[0].double()[0, 0])!r}, [{', '.join(repr(float(w)) for w in combined)}], [[posterize(4), "
     "solarize(255)], [solarize(255), posterize(4)], [posterize(4), posterize(4)]])", "ramp", mixed)


# Automatic augmentations: the digests of all that can come out
def digest(image):
    value = 0xCBF29CE484222325
    for byte in image.tobytes():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def applied(transform, image, name, magnitude):
    return transform._apply_image_or_video_transform(image, name, magnitude, transform.interpolation, transform._fill)


def strengths(space, name, steps, indices):
    magnitudes, signed = space[name][0](steps, H, W), space[name][1]
    if magnitudes is None:
        return [0.0]
    values = [float(magnitudes[i]) for i in indices]
    return values + ([-v for v in values] if signed else [])


def outcomes(pipeline, on, images):
    cases.append({"name": f"{pipeline} on {on}", "pipeline": pipeline, "input": on,
                  "digests": " ".join(sorted({digest(image) for image in images}))})


for on in ("ramp", "gray_ramp"):
    for magnitude, interpolation in ((9, "nearest"), (14, "bilinear"), (27, "bicubic")):
        t = v2.RandAugment(1, magnitude, 31, interpolation=interpolation, fill=77)
        outcomes(f"rand_augment(num_ops: 1, magnitude: {magnitude}, filter: {interpolation}, fill: 77)", on, [
            applied(t, picture(on), name, value) for name in t._AUGMENTATION_SPACE
            for value in strengths(t._AUGMENTATION_SPACE, name, 31, [magnitude])])
    t = v2.TrivialAugmentWide()
    outcomes("trivial_augment_wide", on, [
        applied(t, picture(on), name, value) for name in t._AUGMENTATION_SPACE
        for value in strengths(t._AUGMENTATION_SPACE, name, 31, range(31))])
for policy in v2.AutoAugmentPolicy:
    t = v2.AutoAugment(policy)
    images = []
    for pair in t._policies:
        choices = []
        for name, chance, step in pair:
            acts = [(name, value) for value in strengths(t._AUGMENTATION_SPACE, name, 10, [step])] if chance > 0 else []
            choices.append(acts + ([None] if chance < 1 else []))
        for first, second in itertools.product(*choices):
            image = picture("ramp")
            for act in (first, second):
                image = applied(t, image, *act) if act else image
            images.append(image)
    outcomes(f"auto_augment({policy.value})", "ramp", images)
outcomes("jpeg(30...34)", "ramp", [F.jpeg(picture("ramp"), quality) for quality in range(30, 35)])
outcomes("jpeg(90)", "gray_ramp", [F.jpeg(picture("gray_ramp"), 90)])

versions = f"torchvision {torchvision.__version__}, torch {torch.__version__}, Pillow {PIL.__version__}"
save(__file__, tensors, versions, cases)
