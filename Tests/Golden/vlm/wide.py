"""Makes a float64 model compute in float64 throughout.

transformers computes the decoder's norms and rotary angles, and every softmax, in float32 whatever the model's type. For
float64 to mean float64, the modules are shown a `torch` whose float32 is float64, and the angles are computed anew.
"""
import contextlib
import math
import sys

import torch


class Wide:
    """Stands for `torch`: its float32 is float64."""
    float32 = torch.float64

    def __getattr__(self, name):
        return getattr(torch, name)


def frequencies(config, size):
    """The rotary frequencies of a configuration of 5.x, in float64."""
    said = config.rope_parameters
    plain = float(said["rope_theta"]) ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
    if said["rope_type"] == "linear":
        return plain / said["factor"]
    if said["rope_type"] == "llama3":
        turns = said["original_max_position_embeddings"] * plain / (2 * math.pi)
        low, high = said["low_freq_factor"], said["high_freq_factor"]
        share = ((turns - low) / (high - low)).clamp(0, 1)
        return share * plain + (1 - share) * plain / said["factor"]
    assert said["rope_type"] == "default", said
    return plain


@contextlib.contextmanager
def wide(model):
    """A context in which the float64 model is exact; another model of the same family must not run meanwhile."""
    text, tower = model.model.language_model, model.model.vision_tower
    modules = [sys.modules[type(part).__module__] for part in (text, tower)]
    inverse = frequencies(text.config, text.layers[0].self_attn.head_dim)
    near = text.rotary_emb.inv_freq.double()
    assert torch.allclose(near, inverse, rtol=1e-6), (near, inverse)

    def angles(x, position_ids, **_):
        half = position_ids[..., None].double() * inverse
        whole = torch.cat([half, half], dim=-1)
        return whole.cos(), whole.sin()

    text.rotary_emb.forward = angles
    for module in modules:
        module.torch = Wide()
    try:
        yield
    finally:
        for module in modules:
            module.torch = torch
