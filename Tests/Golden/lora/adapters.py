"""Makes adapters with PEFT, or asks it about some: runs under .oracle/peft (5.x) and .oracle/peft4 (4.57).

    adapters.py make RESULT.npz NAME …           the cases of that name → adapters/NAME, and their logits
    adapters.py ask BASE ADAPTER BASE ADAPTER …  prints what PEFT makes of adapters on model directories, as JSON:
        [{"base", "adapter", "version", "peft", "warnings", "zero": adapters whose B is 0, "ids", "logits": the last position's,
          "max": of all}]; an adapter "-" is the model alone
"""
import json
import pathlib
import shutil
import sys
import warnings

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "vlm")]
import hf  # noqa: E402
import answers  # noqa: E402  (quiet libraries, one thread, no gradients)
import numpy as np  # noqa: E402
import peft  # noqa: E402
import transformers  # noqa: E402
from answers import torch  # noqa: E402
from tiny import MODELS, SHARED  # noqa: E402

CLIP, SIGLIP, TIED = "clip-llama-untied-default", "siglip-llama-untied-default", "siglip-qwen2-tied-default"
# name: the model's directory and the settings; v4-… are made under 4.57, all others under 5.x.
CASES = {
    "names": (CLIP, dict(r=4, lora_alpha=10, target_modules=["q_proj", "v_proj"])),
    "all-linear": (SIGLIP, dict(r=2, lora_alpha=3, use_rslora=True, target_modules="all-linear")),
    "pattern": (TIED, dict(r=3, lora_alpha=6, target_modules=r".*language_model.*\.(q_proj|down_proj|up_proj)",
                           rank_pattern={"layers.1.mlp.down_proj": 5, "up_proj": 2},
                           alpha_pattern={r"layers\.[02]\.self_attn\.q_proj": 1.5})),
    "saved": (CLIP, dict(r=2, lora_alpha=4, target_modules=["o_proj", "linear_1"],
                         modules_to_save=["multi_modal_projector"])),
    "layers": (SIGLIP, dict(r=2, lora_alpha=4, target_modules=["gate_proj", "fc2", "lm_head"],
                            layers_to_transform=[0, 2], layers_pattern="layers",
                            exclude_modules=r".*layers\.2\.mlp\.gate_proj")),
    "head": (CLIP, dict(r=2, lora_alpha=4, target_modules=["lm_head", "linear_2", "out_proj"])),
}


def picture_inputs(base):
    """The prompt with one picture, as of Tests/Golden/vlm."""
    made = answers.processor(base)
    text = made.apply_chat_template(answers.conversation(answers.QUESTIONS["one"][0], 1), add_generation_prompt=True)
    return text, answers.prepare(made, [text], [SHARED / "a.png"])


def fill(model, name):
    """Random values for all that an adapter learns, such that it moves the logits by about their own size."""
    for key, parameter in model.named_parameters():
        plain = key.replace(".default", "").replace("vision_tower.vision_model.", "vision_tower.")
        if "lora_" in key or "modules_to_save" in key:
            values = hf.random("lora", name, plain).standard_normal(tuple(parameter.shape)) * 0.3
            parameter.data = torch.from_numpy(values.astype(np.float32))


def make(result, names):
    told = {"versions": np.array(f"transformers {transformers.__version__}, PEFT {peft.__version__}")}
    for name in names:
        base, settings = CASES[name.removeprefix("v4-")]
        torch.set_grad_enabled(True)  # PEFT marks what learns
        model = peft.get_peft_model(answers.load(MODELS / base)[0], peft.LoraConfig(task_type="CAUSAL_LM", **settings))
        torch.set_grad_enabled(False)
        fill(model, name)
        folder = HERE / "adapters" / name
        shutil.rmtree(folder, ignore_errors=True)
        model.save_pretrained(folder)
        (folder / "README.md").unlink()
        path = folder / "adapter_config.json"
        config = json.loads(path.read_text()) | {"base_model_name_or_path": base}
        if isinstance(config["target_modules"], list):  # a set, saved in an order that changes
            config["target_modules"].sort()
        path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
        text, inputs = picture_inputs(MODELS / base)
        model.eval()
        alone = answers.logits(answers.load(MODELS / base)[0], inputs)[0]
        said = answers.logits(model, inputs)[0]
        told[f"{name}/logits"] = said[-6:].numpy()
        told[f"{name}/moved"] = np.array(float((said - alone).abs().max() / said.abs().max()))
        told[f"{name}/text"] = np.array(text)
        told[f"{name}/ids"] = inputs["input_ids"][0].numpy()
        told[f"{name}/count"] = np.array(sum(p.numel() for k, p in model.named_parameters()
                                             if "lora_" in k or "modules_to_save" in k))
    np.savez(result, **told)


def ask(pairs):
    found = []
    for base, adapter in pairs:
        _, inputs = picture_inputs(base)
        model, loading = answers.load(base)
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            if adapter != "-":
                model = peft.PeftModel.from_pretrained(model, adapter).eval()
        words = [str(w.message)[:300] for w in heard if "adapter" in str(w.message) or "Unexpected" in str(w.message)]
        said = answers.logits(model, inputs)[0]
        found.append({
            "base": base, "adapter": adapter, "version": transformers.__version__, "peft": peft.__version__,
            "loading": loading, "warnings": words, "ids": inputs["input_ids"][0].tolist(),
            "max": float(said.abs().max()),
            "zero": [k for k, p in model.named_parameters() if "lora_B" in k and not p.any()],
            "logits": said[-1].tolist()})
    print(json.dumps(found))


if __name__ == "__main__":
    make(sys.argv[2], sys.argv[3:]) if sys.argv[1] == "make" else ask(zip(sys.argv[2::2], sys.argv[3::2]))
