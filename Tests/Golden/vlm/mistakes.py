"""What a mistake costs: the logits of a model with one thing wrong, against the right ones.

A parity test is worth nothing where a wrong epsilon passes it. `table` says how far each mistake that applies to a
model moves its logits, relative to max|logit|; make.py refuses any below 1e-4, ten times the tests' threshold.
"""
import contextlib
import sys

import answers
from answers import torch
from transformers.activations import ACT2FN

ACTIVATIONS = ("gelu", "gelu_pytorch_tanh", "quick_gelu", "silu")
EPSILONS = (1e-5, 1e-6)


class Model:
    """The parts of a LLaVA by short names, and the inputs of the prompt that is asked."""

    def __init__(self, directory, inputs):
        self.whole, _ = answers.load(directory)
        self.inputs, self.extra = dict(inputs), {}
        core = self.whole.model
        self.tower = getattr(core.vision_tower, "vision_model", core.vision_tower)
        self.projector, self.text = core.multi_modal_projector, core.language_model
        self.seen, self.said = self.tower.encoder.layers, self.text.layers
        self.config = self.whole.config
        self.clip = "clip" in self.config.vision_config.model_type
        self.module = sys.modules[type(self.said[0].self_attn).__module__]

    def logits(self):
        return self.whole(**self.inputs, **self.extra, use_cache=False).logits[0].double()


def epsilon(part, value):
    def apply(m):
        for module in (m.tower if part == "vision" else m.text).modules():
            if isinstance(module, torch.nn.LayerNorm):
                module.eps = value
            elif hasattr(module, "variance_epsilon"):
                module.variance_epsilon = value
    return apply


def activation(part, name):
    def apply(m):
        function = ACT2FN[name]
        if part == "projector":
            m.projector.act = function
        for layer in m.seen if part == "vision" else m.said if part == "text" else []:
            setattr(layer.mlp, "activation_fn" if part == "vision" else "act_fn", function)
    return apply


def frequencies(theta=None):
    """Rotary frequencies of a base, without any scaling."""
    def apply(m):
        size = m.said[0].self_attn.head_dim
        base = theta or m.config.text_config.rope_parameters["rope_theta"]
        m.text.rotary_emb.inv_freq = base ** (-torch.arange(0, size, 2, dtype=torch.float64) / size).float()
    return apply


def interleaved(m):
    """Query and key rows in the order of the paper's pairs instead of halves."""
    for layer in m.said:
        for linear in (layer.self_attn.q_proj, layer.self_attn.k_proj):
            size = layer.self_attn.head_dim
            order = torch.cat([torch.arange(0, size, 2), torch.arange(1, size, 2)])
            for value in (linear.weight, linear.bias):
                if value is not None:
                    value.data = value.data.unflatten(0, (-1, size))[:, order].flatten(0, 1)


def given(m, change):
    m.projector.register_forward_pre_hook(lambda _, a: (change(a[0]),))


def gave(m, change):
    m.projector.register_forward_hook(lambda _, a, out: change(out))


def transposed(x):
    side = round(x.shape[1] ** 0.5)
    return x.unflatten(1, (side, side)).transpose(1, 2).flatten(1, 2)


def strategy(m):
    """`default` drops the last token instead of the class token; `full` puts the first token last."""
    if m.config.vision_feature_select_strategy == "default":
        m.extra["vision_feature_select_strategy"] = "full"
        given(m, lambda x: x[:, :-1])
    else:
        given(m, lambda x: x.roll(-1, 1))


def zero_biases(*names):
    def apply(m):
        for name, value in m.whole.named_parameters():
            if name.endswith("bias") and any(n in name for n in names):
                value.data.zero_()
    return apply


def swap(first, second):
    first, second = list(first.parameters()), list(second.parameters())
    for a, b in zip(first, second):
        a.data, b.data = b.data, a.data


def layer_norm(m):
    kind = type(m.text.norm)
    for module in m.text.modules():
        if isinstance(module, kind):
            right = module.forward
            module.forward = lambda x, right=right: right(x - x.mean(-1, keepdim=True))


def tiled(m):
    """Key heads in turn (0 1 0 1) instead of in groups (0 0 1 1)."""
    m.module.repeat_kv = lambda x, n: x.repeat(1, n, 1, 1)


def full_window(m):
    m.text.config.layer_types = ["full_attention"] * len(m.said)


def wider_window(m):
    m.text.config.sliding_window += 1


def other_layers_slide(m):
    """As though max_window_layers counted the layers that slide."""
    flip = {"full_attention": "sliding_attention", "sliding_attention": "full_attention"}
    m.text.config.layer_types = [flip[t] for t in m.text.config.layer_types]


def scaling(size):
    def apply(m):
        for layer in m.said:
            layer.self_attn.scaling = size ** -0.5
    return apply


def identity(owner, name):
    return lambda m: setattr(getattr(m, owner), name, torch.nn.Identity())


def shifted_positions(m):
    table = m.tower.embeddings.position_embedding.weight
    table.data = table.data.roll(1, 0)


def layer_of_vision(m):
    layer = -1 if m.config.vision_feature_layer == -2 else -2
    m.extra["vision_feature_layer"] = layer


def unmasked(m):
    length = m.inputs["input_ids"].shape[1]
    m.inputs["attention_mask"] = torch.zeros(1, 1, length, length)


def head_of_embedding(m):
    m.whole.lm_head.weight.data = m.text.embed_tokens.weight.data


def pixels(change):
    def apply(m):
        m.inputs["pixel_values"] = change(m.inputs["pixel_values"])
    return apply


def general(m):
    """Mistakes that can be made with any model."""
    return {
        "vision layer one off": layer_of_vision, "select strategy swapped": strategy, "causal mask off": unmasked,
        "image tokens reversed": lambda m: gave(m, lambda x: x.flip(1)),
        "RMS norm taken for layer norm": layer_norm, "rotary pairs interleaved": interleaved,
        "rotary base 10000": frequencies(10000.0), "final norm left out": identity("text", "norm"),
        "gate and up swapped": lambda m: [swap(x.mlp.gate_proj, x.mlp.up_proj) for x in m.said],
        "decoder layers swapped": lambda m: swap(m.said[0], m.said[1]),
        "vision layers swapped": lambda m: swap(m.seen[0], m.seen[1]),
        "vision norms swapped": lambda m: [swap(x.layer_norm1, x.layer_norm2) for x in m.seen],
        "post_layernorm applied to the feature": lambda m: given(m, m.tower.post_layernorm),
        "projector without biases": zero_biases("multi_modal_projector"),
        "vision attention without biases": zero_biases("vision_tower.encoder.layers.0.self_attn",
                                                       "vision_tower.encoder.layers.1.self_attn",
                                                       "vision_model.encoder.layers.0.self_attn"),
        "positions shifted": shifted_positions, "blue for red": pixels(lambda x: x.flip(1)),
        "picture mirrored": pixels(lambda x: x.flip(3)), "picture transposed": pixels(lambda x: x.transpose(2, 3)),
    }


def particular(m):
    """Mistakes that a model's configuration invites."""
    text, vision, found = m.config.text_config, m.config.vision_config, {}
    right = {"vision": vision.layer_norm_eps, "text": text.rms_norm_eps}
    for part, value in right.items():
        found |= {f"{part} epsilon {e:g} for {value:g}": epsilon(part, e) for e in EPSILONS if e != value}
    for part, name in [("vision", vision.hidden_act), ("projector", m.config.projector_hidden_act), ("text", "silu")]:
        found |= {f"{part} {a} for {name}": activation(part, a) for a in ACTIVATIONS if a != name}
    if text.rope_parameters["rope_type"] != "default":
        found["rotary scaling off"] = frequencies()
    heads, keys, size = text.num_attention_heads, text.num_key_value_heads, m.said[0].self_attn.head_dim
    if 1 < keys < heads:
        found["key heads in turn, not in groups"] = tiled
    if size != text.hidden_size // heads:
        found["scores scaled by hidden/heads"] = scaling(text.hidden_size // heads)
    if "sliding_attention" in (getattr(text, "layer_types", None) or []):
        found |= {"sliding window off": full_window, "sliding window one wider": wider_window}
        if "full_attention" in text.layer_types:
            found["the other layers slide"] = other_layers_slide
    if m.said[0].self_attn.q_proj.bias is not None:
        found["attention without biases"] = zero_biases("language_model.layers.0.self_attn", "language_model.layers.1.self_attn",
                                                        "language_model.layers.2.self_attn")
    if m.said[0].mlp.down_proj.bias is not None:
        found["feed-forward without biases"] = zero_biases(*[f"language_model.layers.{i}.mlp" for i in range(3)])
    if m.clip:
        norm = "pre_layrnorm" if hasattr(m.tower, "pre_layrnorm") else "pre_layernorm"
        found["pre_layrnorm left out"] = identity("tower", norm)
    else:
        found["patches without bias"] = zero_biases("patch_embedding")
    if m.clip == (m.config.vision_feature_select_strategy == "default"):
        found["image tokens column by column"] = lambda m: gave(m, transposed)
    if not m.config.tie_word_embeddings:
        found["head tied"] = head_of_embedding
    return found


@contextlib.contextmanager
def restored(module):
    kept = module.repeat_kv
    try:
        yield
    finally:
        module.repeat_kv = kept


def table(directory, made, text, both):
    """The largest difference of each mistake, relative to max|logit|."""
    from tiny import SHARED
    inputs = answers.prepare(made, [text], [SHARED / "a.png"])
    model = Model(directory, inputs)
    right, found = model.logits(), {}
    for name, apply in {**general(model), **particular(model)}.items():
        wrong = Model(directory, inputs)
        with restored(wrong.module):
            apply(wrong)
            found[name] = difference(wrong.logits(), right)
    two = answers.prepare(made, [both], [SHARED / "b.png", SHARED / "a.png"])
    model = Model(directory, two)
    right = model.logits()
    model.inputs["pixel_values"] = two["pixel_values"].flip(0)
    found["pictures in the other order"] = difference(model.logits(), right)
    return found


def difference(wrong, right):
    """To four figures: the table is read by people."""
    return float(f"{float((wrong - right).abs().max() / right.abs().max()):.3e}")
