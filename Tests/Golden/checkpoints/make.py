"""What transformers names the parameters of tiny models, and one directory that it wrote: run once by each version.

    python make.py        with transformers 4.57, then with 5.x

writes keys-<major>.json: for each case the config.json that the library wrote, the names and shapes in its file, and
the names in memory; and llava-<major>/: a whole directory of one tiny LLaVA, weights included.
"""
import json
import pathlib
import struct
import sys
import tempfile

import tokenizers
import torch
import transformers
from transformers import (CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPVisionConfig, CLIPVisionModel, LlamaConfig,
                          LlamaForCausalLM, LlavaConfig, LlavaForConditionalGeneration, LlavaProcessor, MistralConfig,
                          MistralForCausalLM, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM, SiglipConfig,
                          SiglipModel, SiglipVisionConfig, SiglipVisionModel)

HERE = pathlib.Path(__file__).parent
MAJOR = transformers.__version__.split(".")[0]

TEXT = dict(vocab_size=20, hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, max_position_embeddings=64)
VISION = dict(hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=2, image_size=8,
              patch_size=4)


def theta(value, **scaling):
    """RoPE's settings in the version's own words."""
    if MAJOR == "4":
        return dict(rope_theta=value, **({"rope_scaling": scaling} if scaling else {}))
    return dict(rope_parameters={"rope_theta": value, **(scaling or {"rope_type": "default"})})


LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=32)


def llava(vision, text, **more):
    return LlavaForConditionalGeneration(LlavaConfig(vision_config=vision, text_config=text, image_token_index=19, **more))


def cases():
    clip, siglip = CLIPVisionConfig(**VISION), SiglipVisionConfig(**VISION)
    headless = SiglipVisionConfig(**VISION, vision_use_head=False)
    yield "llava-clip-llama", llava(clip, LlamaConfig(**TEXT, **theta(50000.0)), image_seq_length=4)
    yield "llava-clip-qwen2-tied", llava(clip, Qwen2Config(**TEXT, tie_word_embeddings=True), vision_feature_layer=[-2, -1],
                                         image_seq_length=4, tie_word_embeddings=True)
    yield "llava-siglip-llama3", llava(siglip, LlamaConfig(**TEXT, **theta(10000.0, **LLAMA3)), image_seq_length=4,
                                       vision_feature_select_strategy="full", multimodal_projector_bias=False)
    yield "llava-headless-qwen2", llava(headless, Qwen2Config(**TEXT, use_sliding_window=True, sliding_window=16,
                                                              max_window_layers=1), image_seq_length=3)
    yield "llava-clip-mistral", llava(clip, MistralConfig(**TEXT, head_dim=4, sliding_window=None), image_seq_length=4)
    yield "llava-clip-biased", llava(clip, LlamaConfig(**TEXT, attention_bias=True, mlp_bias=True, head_dim=6),
                                     image_seq_length=4)
    small = dict(vocab_size=10, hidden_size=8, intermediate_size=12, num_hidden_layers=1, num_attention_heads=2)
    yield "clip", CLIPModel(CLIPConfig(text_config=small, vision_config=VISION, projection_dim=8))
    yield "clip-vision", CLIPVisionModel(clip)
    yield "siglip", SiglipModel(SiglipConfig(text_config=small, vision_config=VISION))
    yield "siglip-vision", SiglipVisionModel(siglip)
    yield "siglip-vision-headless", SiglipVisionModel(headless)
    yield "llama", LlamaForCausalLM(LlamaConfig(**TEXT, **theta(10000.0, rope_type="linear", factor=2.0)))
    yield "qwen2-tied", Qwen2ForCausalLM(Qwen2Config(**TEXT, tie_word_embeddings=True))
    yield "mistral", MistralForCausalLM(MistralConfig(**TEXT))


def processor():
    """Sixteen letters and four special tokens, of which `<image>` is 19 as in the configs."""
    vocabulary = {chr(97 + i): i for i in range(16)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    tokenizer.add_special_tokens(["<s>", "</s>", "<pad>", "<image>"])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>",
        additional_special_tokens=["<image>"], model_max_length=64)
    pictures = CLIPImageProcessor(size={"shortest_edge": 8}, crop_size={"height": 8, "width": 8})
    return LlavaProcessor(
        image_processor=pictures, tokenizer=fast, patch_size=4, vision_feature_select_strategy="default",
        image_token="<image>", num_additional_image_tokens=1, chat_template="{{ messages[0]['content'] }}")


def header(path):
    data = path.read_bytes()
    length, = struct.unpack("<Q", data[:8])
    head = json.loads(data[8:8 + length])
    head.pop("__metadata__", None)
    return {name: entry["shape"] for name, entry in head.items()}


def main():
    torch.manual_seed(1)
    out = {"versions": f"transformers {transformers.__version__}", "cases": []}
    for name, model in cases():
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            model.save_pretrained(folder, safe_serialization=True)
            out["cases"].append({
                "name": name, "config": json.loads((folder / "config.json").read_text()),
                "file": header(folder / "model.safetensors"),
                "memory": {k: list(v.shape) for k, v in model.state_dict().items()}})
            if name == "llava-clip-llama":
                target = HERE / f"llava-{MAJOR}"
                target.mkdir(exist_ok=True)
                processor().save_pretrained(folder)
                for file in folder.iterdir():
                    (target / file.name).write_bytes(file.read_bytes())
    text = json.dumps(out, indent=None, separators=(",", ":"), sort_keys=False)
    (HERE / f"keys-{MAJOR}.json").write_text(text + "\n")
    print(f"checkpoints: {len(out['cases'])} cases, {len(text)} bytes; {out['versions']}")


if __name__ == "__main__":
    sys.exit(main())
