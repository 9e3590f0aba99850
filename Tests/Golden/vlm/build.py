"""Makes Tests/Golden/vlm/models and shared: runs under transformers 4.57 (make.py starts it)."""
import json
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import tiny  # noqa: E402
from build_links import share  # noqa: E402
from tiny import CASES, MODELS, SHARED, STRATEGIES, hf  # noqa: E402

torch = hf.one_thread()
import numpy as np  # noqa: E402
import transformers  # noqa: E402
from PIL import Image  # noqa: E402
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers  # noqa: E402
from transformers import (CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPVisionModel, LlamaForCausalLM,  # noqa: E402
                          LlavaForConditionalGeneration, LlavaProcessor, PreTrainedTokenizerFast,
                          Qwen2ForCausalLM, SiglipConfig, SiglipImageProcessor, SiglipModel)

TEXT = """The picture shows a red circle above a small blue square. What is to the left of the green triangle?
There is one yellow star, and there are two circles. How many objects are in the picture? Two. The answer is red.
Describe the picture. The picture shows a green square left of the red circle. ASSISTANT: the small star is blue.
"""
SPLIT = {
    "llama": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}
NAMES = {"llama": dict(bos="<s>", eos="</s>", image="<image>", pad="<pad>"),
         "qwen2": dict(bos="<|endoftext|>", eos="<|im_end|>", start="<|im_start|>", image="<image>", pad="<pad>")}
CHAT = {
    "llama": "{% for message in messages %}{{ message['role'] | upper }}: "
             "{% for part in message['content'] | selectattr('type', 'equalto', 'image') %}<image>\n{% endfor %}"
             "{% for part in message['content'] | selectattr('type', 'equalto', 'text') %}{{ part['text'] }}{% endfor %}"
             "{{ eos_token if message['role'] == 'assistant' else ' ' }}{% endfor %}"
             "{% if add_generation_prompt %}ASSISTANT:{% endif %}",
    "qwen2": "{%- for message in messages %}{{- '<|im_start|>' + message.role + '\n' }}"
             "{%- if message.content is string %}{{- message.content }}{%- else %}"
             "{%- for part in message.content %}{%- if part.type == 'image' %}{{- '<image>' }}"
             "{%- elif 'text' in part %}{{- part.text }}{%- endif %}{%- endfor %}{%- endif %}"
             "{{- '<|im_end|>\n' }}{%- endfor %}"
             "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}",
}


def make_tokenizer(kind):
    """Trains a byte-level BPE of 288 ids, the special tokens last, and stores it beside their ids."""
    names = list(NAMES[kind].values())
    made = Tokenizer(models.BPE(ignore_merges=kind == "llama"))
    if kind == "qwen2":
        made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT[kind]), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator(TEXT.splitlines(keepends=True), trainers.BpeTrainer(
        vocab_size=288 - len(names), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    made.add_special_tokens(names)
    ids = {key: made.token_to_id(name) for key, name in NAMES[kind].items()}
    made.post_processor = processors.ByteLevel(trim_offsets=False)
    if kind == "llama":
        made.post_processor = processors.Sequence([
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", ids["bos"])])])
    assert made.get_vocab_size() == 288, made.get_vocab_size()
    SHARED.mkdir(exist_ok=True)
    (SHARED / f"tokens-{kind}.json").write_text(json.dumps(ids) + "\n")
    names = NAMES[kind]
    return PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token=names["bos"], eos_token=names["eos"], pad_token=names["pad"],
        extra_special_tokens={"image_token": names["image"]}, model_max_length=256, clean_up_tokenization_spaces=False,
        padding_side="left")


def make_processor(case, strategy, tokenizer):
    vision, vision_set, kind = CASES[case][:3]
    edge = vision_set.get("image_size", 24)
    image = (CLIPImageProcessor(size={"shortest_edge": edge}, crop_size={"height": edge, "width": edge})
             if vision == "clip" else SiglipImageProcessor(size={"height": edge, "width": edge}))
    return LlavaProcessor(image, tokenizer, patch_size=8, vision_feature_select_strategy=strategy,
                          chat_template=CHAT[kind], num_additional_image_tokens=int(vision == "clip"))


def save(model, folder, processor=None, kind=None, **how):
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder, **how)
    if processor is not None:
        processor.save_pretrained(folder)
    if (folder / "tokenizer.json").exists():
        share(folder, "tokenizer.json", SHARED / f"tokenizer-{kind}.json")


def smooth(key, width, height):
    """A smooth random picture with some noise: no two patches alike."""
    rng = hf.random("picture", key)
    coarse = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8)).resize((width, height), 3)
    noisy = np.asarray(coarse, dtype=np.int64) + rng.integers(-12, 13, (height, width, 3))
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(SHARED / f"{key}.png")


def memory_names(model, folder, processor, kind):
    """The state dict as transformers 4.52 and later hold it in memory, saved by hand."""
    from safetensors.torch import save_file
    save(model, folder, processor, kind)
    tied = model.config.tie_word_embeddings
    state = {k: v.contiguous() for k, v in model.state_dict().items() if not (tied and k == "lm_head.weight")}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})


def main():
    if SHARED.exists():
        for old in SHARED.iterdir():
            old.unlink()
    shutil.rmtree(MODELS, ignore_errors=True)
    tokenizers = {kind: make_tokenizer(kind) for kind in SPLIT}
    smooth("a", 40, 30)
    smooth("b", 26, 35)
    made = {}
    for case, (vision, _, kind, _, _) in CASES.items():
        for strategy in STRATEGIES:
            model = tiny.fill(LlavaForConditionalGeneration(tiny.llava_config(case, strategy)), case)
            processor = make_processor(case, strategy, tokenizers[kind])
            folder = MODELS / f"{case}-{strategy}"
            save(model, folder, processor, kind)
            if strategy == "default":
                made[case] = (model, processor, kind)
            else:
                share(folder, "model.safetensors", MODELS / f"{case}-default" / "model.safetensors")
    memory_names(made["clip-llama-tied"][0], MODELS / "layout-memory", *made["clip-llama-tied"][1:])
    save(made["siglip-llama-untied"][0], MODELS / "sharded", *made["siglip-llama-untied"][1:], max_shard_size="30KB")
    for name, case, dtype in [("bf16", "clip-qwen2-untied", torch.bfloat16), ("f16", "clip-qwen2-tied", torch.float16)]:
        model = LlavaForConditionalGeneration.from_pretrained(MODELS / f"{case}-default", dtype=dtype)
        save(model, MODELS / name, *made[case][1:])
    parts(tokenizers)
    print(f"models: transformers {transformers.__version__}, "
          f"{sum(f.lstat().st_size for f in MODELS.rglob('*') if f.is_file() and not f.is_symlink())} bytes")


def parts(tokenizers):
    """Directories of one half only, as `tessera-vlm init` takes them."""
    for name, case, cls, kind in [("llama-only", "clip-llama-untied", LlamaForCausalLM, "llama"),
                                  ("qwen2-only", "siglip-qwen2-tied", Qwen2ForCausalLM, "qwen2")]:
        model = tiny.fill(cls(tiny.part_configs(case)[1]), case)
        save(model, MODELS / name, tokenizers[kind], kind)
    text = dict(hidden_size=8, intermediate_size=12, num_hidden_layers=1, num_attention_heads=2, vocab_size=24,
                max_position_embeddings=8, projection_dim=8, eos_token_id=2, bos_token_id=1, pad_token_id=0)
    clip = CLIPModel(CLIPConfig.from_text_vision_configs(
        transformers.CLIPTextConfig(**text), tiny.part_configs("clip-llama-untied")[0], projection_dim=8))
    siglip = SiglipModel(SiglipConfig.from_text_vision_configs(
        transformers.SiglipTextConfig(**text), tiny.part_configs("siglip-llama-untied")[0]))
    alone = CLIPVisionModel(tiny.part_configs("clip-llama-untied")[0])
    for name, case, model in [("clip-only", "clip-llama-untied", clip), ("siglip-only", "siglip-llama-untied", siglip),
                              ("clip-vision-only", "clip-llama-untied", alone)]:
        save(tiny.fill(model, case), MODELS / name,
             make_processor(case, "default", tokenizers["llama"]).image_processor)


main()
