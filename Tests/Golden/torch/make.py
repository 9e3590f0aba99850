"""Stores what PyTorch computes, operator by operator, and a small training.

golden.safetensors is committed; run this with an interpreter that has torch and numpy to write it anew.
Every case has inputs "<name>.in0", … and outputs "<name>.out0", …: the Swift test applies the operator of that name
to the inputs. Inputs are drawn once a case, small, and of no special values unless the operator needs them.
"""
import math
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from golden import save  # noqa: E402

torch.set_num_threads(1)
tensors, cases = {}, []


def draw(name):
    """Standard normal numbers that depend on the case's name alone."""
    generator = torch.Generator().manual_seed(sum(ord(c) * (i + 1) for i, c in enumerate(name)))
    return lambda *s: torch.randn(*s, generator=generator)


def case(name, inputs, function):
    outputs = function(*inputs)
    if isinstance(outputs, torch.Tensor):
        outputs = [outputs]
    for kind, list_ in (("in", inputs), ("out", outputs)):
        for i, tensor in enumerate(list_):
            tensor = tensor.detach().contiguous()
            # Indices, bools and half types too: all of them fit.
            tensors[f"{name}.{kind}{i}"] = tensor.float().numpy()
    cases.append({"name": name, "inputs": len(inputs), "outputs": len(outputs)})


def unary(name, function, positive=False):
    x = draw(name)(3, 5)
    case(name, [x.abs() + 0.1 if positive else x * 2], function)


for name in ("exp", "expm1", "sin", "cos", "tanh", "erf", "sigmoid", "relu", "floor", "ceil", "sign", "abs", "square",
             "reciprocal"):
    unary(name, getattr(torch, name))
unary("round", lambda x: torch.round(x))
unary("softplus", F.softplus)
unary("logSigmoid", F.logsigmoid)
unary("neg", torch.neg)
for name in ("log", "log1p", "sqrt", "rsqrt"):
    unary(name, getattr(torch, name), positive=True)
unary("silu", F.silu)
unary("gelu", F.gelu)
unary("geluTanh", lambda x: F.gelu(x, approximate="tanh"))
unary("quickGelu", lambda x: x * torch.sigmoid(1.702 * x))
unary("clamp", lambda x: x.clamp(-1, 0.5))
unary("pow3", lambda x: x.pow(3))
unary("scalars", lambda x: (2 - (x + 1) * 3) / 4)
unary("scalarOver", lambda x: 2 / x, positive=True)
unary("remainder", lambda x: x % 0.75)
unary("floorDivide", lambda x: x // 0.75)
unary("sum", lambda x: [x.sum(), x.sum(0), x.sum(1, keepdim=True), x.sum((0, 1))])
unary("mean", lambda x: [x.mean(), x.mean(-1), x.mean(0, keepdim=True)])
unary("max", lambda x: [x.max(), *x.max(1), x.min(), *x.min(0)])
unary("argmax", lambda x: [x.argmax(-1), x.argmax(0, keepdim=True)])
unary("topK", lambda x: list(x.topk(3)))
unary("sort", lambda x: [*x.sort(dim=-1, stable=True), *x.sort(dim=0, descending=True, stable=True)])
unary("cumsum", lambda x: x.cumsum(1))
unary("logSumExp", lambda x: x.logsumexp(1))
unary("variance", lambda x: [x.var(), x.var(1, correction=0, keepdim=True)])
unary("norm", lambda x: x.norm())
unary("softmax", lambda x: [x.softmax(-1), x.softmax(0)])
unary("logSoftmax", lambda x: x.log_softmax(1))
unary("tril", lambda x: [x.tril(), x.triu(1), x.tril(-1)])
unary("flip", lambda x: x.flip(0, 1))
unary("transpose", lambda x: [x.t(), x.reshape(5, 3), x.flatten(), x.unsqueeze(1), x[1], x[:, 1:4:2], x[1:3]])
unary("repeat", lambda x: [x.repeat(2, 3), x.repeat_interleave(2, 1), x[:1].expand(4, 5)])
unary("chunk", lambda x: [*x.chunk(2, 0), *x.split([1, 4], 1)])
unary("nonzero", lambda x: (x > 0).nonzero())
unary("maskedSelect", lambda x: x.masked_select(x > 0))
unary("maskedFill", lambda x: x.masked_fill(x > 0, -7))

d = draw("binary")
a, b = d(3, 4), d(4)
case("arithmetic", [a, b], lambda a, b: [a + b, a - b, a * b, a / b, a.maximum(b), a.minimum(b), a.abs().pow(b)])
case("comparison", [a, a.roll(1, 0).where(a > 0, a)],
     lambda a, b: [a == b, a != b, a < b, a <= b, a > b, a >= b, (a < b) & (a > 0), (a < b) | (a > 0), ~(a < b)])
case("matmul", [d(2, 3, 4), d(4, 5)], torch.matmul)
case("where", [a, d(3, 4)], lambda a, b: torch.where(a > b, a, b))
case("cat", [a, d(2, 4)], lambda a, b: [torch.cat([a, b]), torch.stack([a[:2], b], 1)])
case("permute", [d(2, 3, 4)], lambda x: x.permute(2, 0, 1))
case("linear", [d(2, 3, 4), d(5, 4), d(5)], lambda x, w, b: [F.linear(x, w, b), F.linear(x, w)])
case("layerNorm", [d(3, 6), d(6), d(6)], lambda x, w, b: F.layer_norm(x, (6,), w, b, 0.01))


def rms(x, w, eps):
    """Hugging Face's LlamaRMSNorm.forward in its own words: upcast, norm, cast back, weight."""
    y = x.to(torch.float32)
    y = y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + eps)
    return w * y.to(x.dtype)


case("rmsNorm", [d(3, 6), d(6)], lambda x, w: rms(x, w, 0.01))
case("rmsNormHalf", [d(3, 6).bfloat16(), d(6).bfloat16()], lambda x, w: rms(x, w, 0.01))


def rotate(x):
    return torch.cat((-x[..., x.shape[-1] // 2:], x[..., :x.shape[-1] // 2]), -1)


angle = d(3, 6)
case("rotary", [d(2, 2, 3, 6), angle.cos(), angle.sin()], lambda x, c, s: x * c + rotate(x) * s)
ids = torch.tensor([[0, 4, 2], [1, 1, 3]])
case("embedding", [d(5, 3), ids], lambda w, i: F.embedding(i, w))
case("indexSelect", [d(3, 5), torch.tensor([4, 0, 4])], lambda x, i: x.index_select(1, i))
case("gather", [d(2, 5), ids], lambda x, i: x.gather(1, i))
unique = torch.tensor([[0, 4, 2], [1, 0, 3]])
case("scatter", [d(2, 5), unique, d(2, 3)],
     lambda x, i, s: [x.scatter(1, i, s), x.scatter(1, i, 9.0), x.scatter_add(1, i, s)])
case("indexCopy", [d(5, 2), torch.tensor([3, 0]), d(2, 2)],
     lambda x, i, s: [x.index_copy(0, i, s), x.index_add(0, i, s)])
case("maskedScatter", [d(2, 4), d(8)], lambda x, s: x.masked_scatter(x > 0, s))
case("conv2d", [d(2, 3, 8, 6), d(4, 3, 2, 2), d(4)],
     lambda x, w, b: [F.conv2d(x, w, b, stride=2), F.conv2d(x, w, stride=(2, 1), padding=(1, 0))])
case("interpolate", [d(1, 2, 5, 6)],
     lambda x: [F.interpolate(x, (8, 9), mode=m, align_corners=False, antialias=aa)
                for m in ("bilinear", "bicubic") for aa in (False, True)]
     + [F.interpolate(x, (3, 4), mode=m, align_corners=False, antialias=aa)
        for m in ("bilinear", "bicubic") for aa in (False, True)])
targets = torch.tensor([1, -100, 0, 4])
case("crossEntropy", [d(4, 5), targets],
     lambda x, t: [F.cross_entropy(x, t), F.cross_entropy(x, t, reduction="sum"),
                   F.cross_entropy(x, t, reduction="none"), F.cross_entropy(x, t, label_smoothing=0.1)])

q, k, v = d(2, 4, 3, 6), d(2, 2, 5, 6), d(2, 2, 5, 6)
additive = d(2, 1, 3, 5)


def attention(q, k, v, m):
    """torch's own, with the causal mask put at the last query."""
    k, v = k.repeat_interleave(2, 1), v.repeat_interleave(2, 1)
    causal = torch.ones(3, 5, dtype=torch.bool).tril(2)
    s = F.scaled_dot_product_attention
    return [s(q, k, v), s(q, k, v, attn_mask=m), s(q, k, v, attn_mask=m > 0), s(q, k, v, attn_mask=causal),
            s(q, k, v, attn_mask=m.masked_fill(~causal, -math.inf), scale=0.3)]


case("attention", [q, k, v, additive], attention)

# Ten steps of a small network: losses, and every tensor after the last.
d = draw("training")
sizes = [(8, 6), (8,), (3, 8), (3,)]
weights = [(d(*s) * 0.4).requires_grad_() for s in sizes]
for i, w in enumerate(weights):
    tensors[f"training.weight{i}"] = w.detach().clone().numpy()
x, y = d(10, 16, 6), torch.randint(0, 3, (10, 16), generator=torch.Generator().manual_seed(5))
tensors["training.x"], tensors["training.y"] = x.numpy(), y.float().numpy()
optimizer = torch.optim.AdamW(
    [{"params": weights[::2], "lr": 0.05, "weight_decay": 0.1},
     {"params": weights[1::2], "lr": 0.02, "weight_decay": 0.0}], betas=(0.9, 0.95), eps=1e-6, foreach=True)
losses, norms = [], []
for step in range(10):
    h = F.gelu(F.linear(x[step], weights[0], weights[1]))
    loss = F.cross_entropy(F.linear(h, weights[2], weights[3]), y[step])
    optimizer.zero_grad()
    loss.backward()
    norms.append(torch.nn.utils.clip_grad_norm_(weights, 0.5).item())
    optimizer.step()
    losses.append(loss.item())
tensors["training.losses"], tensors["training.norms"] = np.array(losses), np.array(norms)
for i, w in enumerate(weights):
    tensors[f"training.after{i}"] = w.detach().numpy()
    tensors[f"training.first{i}"] = optimizer.state[w]["exp_avg"].numpy()
    tensors[f"training.second{i}"] = optimizer.state[w]["exp_avg_sq"].numpy()

# AdamW alone: gradients given, so that nothing but the optimiser can differ; one parameter joins at the fourth step.
d = draw("adamw")
start, grads = [d(7), d(2, 3)], [[d(7), d(2, 3)] for _ in range(10)]
parameters = [p.clone().requires_grad_() for p in start]
optimizer = torch.optim.AdamW(parameters, lr=0.03, weight_decay=0.02, foreach=True)
for i, p in enumerate(start):
    tensors[f"adamw.start{i}"] = p.numpy()
for step in range(10):
    for i, p in enumerate(parameters):
        tensors[f"adamw.grad{step}.{i}"] = grads[step][i].numpy()
        p.grad = grads[step][i].clone() if i == 0 or step >= 3 else None
    optimizer.step()
    for i, p in enumerate(parameters):
        tensors[f"adamw.after{step}.{i}"] = p.detach().clone().numpy()

save(__file__, tensors, f"torch {torch.__version__}", cases)
