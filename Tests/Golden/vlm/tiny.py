"""The tiny models: what each case's configuration is, and its random weights.

The weights are such that a mistake shows: products have std near .2, every norm has a random weight and bias,
epsilons and rotary bases are mostly not the defaults. A *quiet* part has small activations before its first
norms, so that even 1e-5 taken for 1e-6 shows where the default is kept.
"""
import json
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import hf  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
MODELS = HERE / "models"
SHARED = HERE / "shared"
STRATEGIES = ("default", "full")

CLIP = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=3, num_attention_heads=2, image_size=24,
            patch_size=8, projection_dim=8, hidden_act="quick_gelu", layer_norm_eps=3e-3)
SIGLIP = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=3, num_attention_heads=2, image_size=24,
              patch_size=8, hidden_act="gelu_pytorch_tanh", layer_norm_eps=3e-3)
TEXT = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=3, num_attention_heads=4,
            num_key_value_heads=2, head_dim=8, vocab_size=288, rope_theta=500.0, rms_norm_eps=2e-3,
            max_position_embeddings=256, initializer_range=0.2)

# name: (vision family, its settings, text family, its settings, further settings of the whole)
CASES = {
    "clip-llama-untied": ("clip", {}, "llama", {}, {}),
    "clip-llama-tied": ("clip", dict(layer_norm_eps=1e-5, quiet=True), "llama", dict(
        num_key_value_heads=1, rope_theta=700.0, rope_scaling={"rope_type": "linear", "factor": 4.0}), {}),
    "clip-qwen2-untied": ("clip", dict(hidden_act="gelu", image_size=32), "qwen2", dict(
        rms_norm_eps=1e-6, quiet=True, use_sliding_window=True, sliding_window=6, max_window_layers=1,
        rope_theta=1000.0), {}),
    "clip-qwen2-tied": ("clip", {}, "qwen2", dict(vocab_size=304, head_dim=4), {}),
    "siglip-llama-untied": ("siglip", {}, "llama", dict(
        attention_bias=True, mlp_bias=True, rope_scaling={
            "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 64}), {}),
    "siglip-llama-tied": ("siglip", dict(layer_norm_eps=1e-6, quiet=True, vision_use_head=False), "llama", dict(
        rms_norm_eps=1e-6, quiet=True, num_key_value_heads=4, head_dim=4), {}),
    "siglip-qwen2-untied": ("siglip", dict(vision_use_head=False), "qwen2", dict(
        rope_scaling={"rope_type": "linear", "factor": 3.0}), {}),
    "siglip-qwen2-tied": ("siglip", {}, "qwen2", dict(
        use_sliding_window=True, sliding_window=14, max_window_layers=0), dict(vision_feature_layer=-1)),
}


def tokens(kind):
    """The special tokens of a text family: id by name."""
    return json.loads((SHARED / f"tokens-{kind}.json").read_text())


def part_configs(name):
    """The vision and text configurations of a case, for the classes of transformers 4.57."""
    from transformers import CLIPVisionConfig, LlamaConfig, Qwen2Config, SiglipVisionConfig
    vision, vision_set, text, text_set, _ = CASES[name]
    known = tokens(text)
    vision_set = {k: v for k, v in vision_set.items() if k != "quiet"}
    text_set = {k: v for k, v in text_set.items() if k != "quiet"}
    tied = name.endswith("-tied")
    special = dict(bos_token_id=known["bos"], eos_token_id=known["eos"], pad_token_id=known["pad"],
                   tie_word_embeddings=tied)
    vision_config = (CLIPVisionConfig(**{**CLIP, **vision_set}) if vision == "clip"
                     else SiglipVisionConfig(**{**SIGLIP, **vision_set}))
    text_config = {"llama": LlamaConfig, "qwen2": Qwen2Config}[text](**{**TEXT, **special, **text_set})
    return vision_config, text_config


def llava_config(name, strategy):
    """The whole configuration of a case."""
    from transformers import LlavaConfig
    vision_config, text_config = part_configs(name)
    kind = CASES[name][2]
    whole = dict(vision_feature_layer=-2, **{}) | CASES[name][4]
    known = tokens(kind)
    patches = (vision_config.image_size // vision_config.patch_size) ** 2
    count = patches + (CASES[name][0] == "clip") - (strategy == "default")
    config = LlavaConfig(
        vision_config=vision_config, text_config=text_config, image_token_index=known["image"],
        image_seq_length=count, vision_feature_select_strategy=strategy, projector_hidden_act="gelu",
        tie_word_embeddings=name.endswith("-tied"), pad_token_id=known["pad"], **whole)
    return config


def spread(name, quiet_vision, quiet_text):
    """Mean and standard deviation of a parameter, by the last words of its name."""
    if "norm" in name or "layrnorm" in name:
        return (1.0, 0.3) if name.endswith("weight") else (0.0, 0.2)
    if "embed_tokens" in name:
        return 0.0, 0.05 if quiet_text else 0.3
    if "patch_embedding.weight" in name:
        return 0.0, 0.002 if quiet_vision else 0.1
    if any(word in name for word in ("class_embedding", "position_embedding", "patch_embedding.bias")):
        return 0.0, 0.02 if quiet_vision else 0.3
    if "lm_head" in name:
        return 0.0, 0.5
    if "linear_1.bias" in name or "fc1.bias" in name:
        return (-1.2 if "linear" in name else -1.0), 0.3  # gelus of two kinds differ most in their tails
    if "linear_2.weight" in name:
        return 0.0, 0.5
    if name.endswith("bias"):
        return 0.0, 0.2
    if "q_proj" in name or "k_proj" in name:
        return 0.0, 0.3
    return 0.0, 0.22


def fill(model, case, family=None):
    """Gives every parameter its random values, the same for the same case and name; structural rows stay small.

    A tied case whose embedding is quiet would have logits near zero; its final norm's weight makes up for it.
    """
    import torch
    vision, vision_set, text, text_set, _ = CASES[case]
    known = tokens(family or text)
    quiet_text = bool(text_set.get("quiet"))
    for name, parameter in model.named_parameters():
        plain = name.removeprefix("model.")
        mean, deviation = spread(name, bool(vision_set.get("quiet")), quiet_text)
        values = mean + deviation * hf.random(case, plain).standard_normal(tuple(parameter.shape))
        if "embed_tokens" in name or "lm_head" in name:
            values[[known["image"], known["pad"]]] *= 0.01
        if name.endswith("language_model.norm.weight") and quiet_text and case.endswith("-tied"):
            values *= 10
        parameter.data = torch.from_numpy(np.asarray(values, dtype=np.float32))
    model.tie_weights()
    return model.eval()
