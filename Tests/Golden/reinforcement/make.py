"""Losses of preference and reinforcement learning with their gradients: TRL's own GRPO, and the others written out.

Answers of different lengths stand one behind another, as Tessera has them; TRL's padded form is made from that.
"""
import pathlib
import sys
from types import SimpleNamespace

import numpy as np
import torch
import trl
from trl.trainer.grpo_trainer import GRPOTrainer

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from golden import save

torch.manual_seed(0)
LENGTHS = [3, 1, 5, 2, 4, 4]
N, B = sum(LENGTHS), len(LENGTHS)
F = torch.nn.functional


def draw(*shape, scale=1.0, shift=0.0):
    return (torch.randn(*shape, dtype=torch.float64) * scale + shift)


old = draw(N, scale=0.7, shift=-1.5).clamp(max=-0.01)
now = (old + draw(N, scale=0.25)).requires_grad_()
reference = old + draw(N, scale=0.3)
token_advantages = draw(N)
answer_advantages = draw(B)
values_old, returns = draw(N), draw(N)
values = (values_old + draw(N, scale=0.3)).requires_grad_()

tensors, cases = {}, []
put = lambda name, t: tensors.__setitem__(name, np.asarray(t.detach().numpy(), dtype=np.float64))
for name, t in [("old", old), ("now", now), ("reference", reference), ("token_advantages", token_advantages),
                ("answer_advantages", answer_advantages), ("values_old", values_old), ("values", values),
                ("returns", returns)]:
    put(name, t)


def case(kind, loss, by, **more):
    name = f"{kind}-{len(cases)}"
    (gradient,) = torch.autograd.grad(loss, by)
    put(name, gradient)
    cases.append({"name": name, "kind": kind, "loss": loss.item(), "gradient": name, **more})


def rows(flat):
    """One answer a row, filled up at the right, and the mask."""
    width = max(LENGTHS)
    out, mask = [], []
    for part in flat.split(LENGTHS):
        out.append(F.pad(part, (0, width - len(part))))
        mask.append(F.pad(torch.ones_like(part), (0, width - len(part))))
    return torch.stack(out), torch.stack(mask)


# PPO: Schulman et al. 2017, as in VLM.md.
for clip in (0.2, 0.05):
    ratio = (now - old).exp()
    gain = torch.max(-token_advantages * ratio, -token_advantages * ratio.clamp(1 - clip, 1 + clip))
    case("ppo", gain.sum(), now, clip=clip)
    near = values_old + (values - values_old).clamp(-clip, clip)
    case("value", 0.5 * torch.max((values - returns) ** 2, (near - returns) ** 2).sum(), values, clip=clip)


# GRPO: TRL's own method on our numbers. `dapo` divides by all tokens; the sum is that times them.
def grpo(beta, low, high):
    logps, mask = rows(now)
    self = SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *a, **k: (logps, torch.zeros_like(logps), None),
        aux_loss_enabled=False, top_entropy_quantile=1.0, off_policy_mask_threshold=None,
        importance_sampling_level="token", beta=beta, loss_type="dapo", epsilon_low=low, epsilon_high=high,
        args=SimpleNamespace(delta=None, use_bias_correction_kl=True, steps_per_generation=1), use_vllm=False,
        model=SimpleNamespace(training=True), current_gradient_accumulation_steps=1,
        accelerator=SimpleNamespace(num_processes=1, gather=lambda t: t, reduce=lambda t, reduction: t), _metrics={
            "train": __import__("collections").defaultdict(list)}, use_liger_kernel=False,
        _entropy_bonus_enabled=False)
    ones = torch.ones(B, 2, dtype=torch.long)
    inputs = {
        "prompt_ids": ones, "prompt_mask": ones, "completion_ids": torch.ones_like(mask).long(),
        "completion_mask": mask, "advantages": answer_advantages, "old_per_token_logps": rows(old)[0],
        "ref_per_token_logps": rows(reference)[0], "num_items_in_batch": mask.sum()}
    return GRPOTrainer._compute_loss(self, None, inputs) * mask.sum()


for beta, low, high in ((0.0, 0.2, 0.2), (0.04, 0.2, 0.28), (0.5, 0.1, 0.1)):
    case("grpo", grpo(beta, low, high), now, beta=beta, low=low, high=high)

# RLOO: one ratio an answer.
for clip in (0.2, 0.8):
    ratio = torch.stack([part.sum() for part in (now - old).split(LENGTHS)]).exp()
    case("rloo", torch.max(-answer_advantages * ratio, -answer_advantages * ratio.clamp(1 - clip, 1 + clip)).sum(),
         now, clip=clip)

# DPO and its kin: answers 0, 2, 4 are better than 1, 3, 5. IPO by the token, as TRL 1.16.
sums = torch.stack([part.sum() for part in now.split(LENGTHS)])
theirs = torch.stack([part.sum() for part in reference.split(LENGTHS)])
better, worse = sums[0::2] - theirs[0::2], sums[1::2] - theirs[1::2]
long, short = torch.tensor(LENGTHS[0::2]), torch.tensor(LENGTHS[1::2])
for beta in (0.1, 0.7):
    case("dpo", -F.logsigmoid(beta * (better - worse)).sum(), now, beta=beta, smoothing=0.0)
    smooth = -(0.9 * F.logsigmoid(beta * (better - worse)) + 0.1 * F.logsigmoid(-beta * (better - worse)))
    case("dpo", smooth.sum(), now, beta=beta, smoothing=0.1)
    case("ipo", ((better / long - worse / short - 1 / (2 * beta)) ** 2).sum(), now, beta=beta, smoothing=0.0)
lead = 2.0 * (sums[0::2] / long - sums[1::2] / short)
case("simpo", -F.logsigmoid(lead - 0.5).sum(), now, beta=2.0, smoothing=0.0)

# Bradley-Terry with margin and centring.
scores = draw(B).requires_grad_()
put("scores", scores)
lead = scores[0::2] - scores[1::2] - 0.3
case("pairs", (-F.logsigmoid(lead) + 0.01 * (scores[0::2] + scores[1::2]) ** 2).sum(), scores, margin=0.3, centring=0.01)

# Estimates of the divergence, and the divergence itself.
put("k3", (reference - now).exp() - 1 - (reference - now))
logits, others = draw(5, 7), draw(5, 7)
put("logits", logits)
put("other_logits", others)
p, q = logits.log_softmax(-1), others.log_softmax(-1)
put("exact", (p.exp() * (p - q)).sum(-1))

# Generalised advantages, by their definition as a double sum (not the recursion).
rewards, expected = draw(6), draw(6)
put("gae_rewards", rewards)
put("gae_values", expected)
delta = [rewards[t] + (0.9 * expected[t + 1] if t < 5 else 0) - expected[t] for t in range(6)]
put("gae", torch.stack([sum((0.9 * 0.8) ** (s - t) * delta[s] for s in range(t, 6)) for t in range(6)]))
group = draw(5)
put("group", group)
put("group_advantages", (group - group.mean()) / (group.std() + 1e-4))
put("leave_one_out", torch.stack([group[i] - torch.cat([group[:i], group[i + 1:]]).mean() for i in range(5)]))

save(__file__, tensors, f"trl {trl.__version__}, torch {torch.__version__.split('+')[0]}", cases)
