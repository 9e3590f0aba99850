"""Times transformers' prefill and decoding of a LLaVA directory; prints one JSON object.

    .oracle/big/bin/python Benchmarks/vlm_peers/generate.py DIR --threads 2 --prompt-tokens 256 --new-tokens 64
        --repeat 5 [--dtype float32] [--attention sdpa] [--image FILE] [--no-image] [--versions 4.57 5.x]

Prefill: the vision tower, the projector and the decoder over the whole prompt, the cache filled, the first token chosen.
Decoding: greedy, one token at a time with the cache, the end token ignored; new-tokens − 1 steps. Both by calls to the
model, without `generate`'s own work around them, which is timed beside as `generate`. The prompt has exactly
--prompt-tokens ids, the picture's among them. Medians of --repeat runs after one that warms; CPU seconds are the
process's. The ids chosen are told, so that one can see that the same work was done. Opening the directory (`load_s`, the
libraries imported before), the run that warms (`first_prefill_s`) and the most memory held (`peak_bytes`) are told too.
"""
import argparse
import json
import pathlib
import resource
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Golden"))
import hf  # noqa: E402

ENVIRONMENTS = {"4.57": "hf4", "5.x": "big"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", metavar="DIR")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompt-tokens", type=int, default=256)
    parser.add_argument("--new-tokens", type=int, default=64)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--attention", choices=["sdpa", "eager"], default="sdpa")
    parser.add_argument("--image", help="a picture (a grey one otherwise)")
    parser.add_argument("--no-image", action="store_true")
    parser.add_argument("--no-generate", action="store_true", help="leave transformers' own `generate` untimed")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--versions", nargs="+", choices=list(ENVIRONMENTS), default=list(ENVIRONMENTS))
    parser.add_argument("--here", action="store_true", help="in this process, with its own transformers")
    return parser.parse_args()


def prompt(torch, transformers, model, given):
    """Ids of exactly the length asked for (a picture's tokens first, then ids by a fixed rule) and pixel values."""
    from PIL import Image
    length, config, made = given.prompt_tokens, model.config, {}
    count = 0
    if not given.no_image:
        processor = transformers.AutoProcessor.from_pretrained(given.directory)
        picture = Image.open(given.image).convert("RGB") if given.image else Image.new("RGB", (320, 240), (90, 120, 60))
        made = processor(text="<image>", images=picture, return_tensors="pt", add_special_tokens=False)
        count = int((made["input_ids"] == config.image_token_index).sum())
        made = {"pixel_values": made["pixel_values"].to(given.device, model.dtype)}
    if length <= count:
        sys.exit(f"the picture alone is {count} tokens: give more --prompt-tokens than that")
    special = {config.image_token_index, config.pad_token_id, config.text_config.eos_token_id}
    plain = [i for i in range(config.text_config.vocab_size) if i not in special]
    text = [plain[(7 * i + 3) % len(plain)] for i in range(length - count)]
    ids = torch.tensor([[config.image_token_index] * count + text], device=given.device)
    return {"input_ids": ids, **made}, count


def once(torch, model, inputs, new):
    """One prefill and decoding: seconds and CPU seconds of each, and the ids."""
    def done():
        if inputs["input_ids"].is_cuda:
            torch.cuda.synchronize()

    done()
    wall, cpu = time.perf_counter(), time.process_time()
    said = model(**inputs, use_cache=True, logits_to_keep=1)
    token = said.logits[:, -1].argmax(-1, keepdim=True)
    done()
    first, first_cpu = time.perf_counter() - wall, time.process_time() - cpu
    ids = [int(token)]
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(new - 1):
        said = model(input_ids=token, past_key_values=said.past_key_values, use_cache=True)
        token = said.logits[:, -1].argmax(-1, keepdim=True)
        ids.append(int(token))
    done()
    return first, first_cpu, time.perf_counter() - wall, time.process_time() - cpu, ids


def measure(given):
    import torch
    import transformers
    torch.set_num_threads(given.threads)
    torch.set_grad_enabled(False)
    start = time.perf_counter()
    model = transformers.LlavaForConditionalGeneration.from_pretrained(
        given.directory, dtype=getattr(torch, given.dtype), attn_implementation=given.attention).eval().to(given.device)
    loading = time.perf_counter() - start
    inputs, count = prompt(torch, transformers, model, given)
    first, *rows = [once(torch, model, inputs, given.new_tokens) for _ in range(given.repeat + 1)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    whole = []
    for _ in range(0 if given.no_generate else given.repeat):
        start = time.perf_counter()
        model.generate(**inputs, attention_mask=torch.ones_like(inputs["input_ids"]), do_sample=False,
                       min_new_tokens=given.new_tokens, max_new_tokens=given.new_tokens)
        whole.append(time.perf_counter() - start)
    prefill, prefill_cpu, decode, decode_cpu = (statistics.median(r[i] for r in rows) for i in range(4))
    steps = given.new_tokens - 1
    return {"transformers": transformers.__version__, "torch": torch.__version__, "threads": given.threads,
            "dtype": given.dtype, "attention": given.attention, "device": given.device, "repeat": given.repeat,
            "parameters": sum(p.numel() for p in model.parameters()), "prompt_tokens": given.prompt_tokens,
            "image_tokens": count, "new_tokens": given.new_tokens, "prefill_s": prefill, "prefill_cpu_s": prefill_cpu,
            "prefill_tokens_per_s": given.prompt_tokens / prefill, "decode_s": decode, "decode_cpu_s": decode_cpu,
            "decode_tokens_per_s": steps / decode if steps else None, "generate_s": statistics.median(whole) if whole else None, "load_s": loading, "first_prefill_s": first[0],
            "peak_bytes": peak,
            "prefill_range_s": [min(r[0] for r in rows), max(r[0] for r in rows)],
            "decode_range_s": [min(r[2] for r in rows), max(r[2] for r in rows)], "ids": rows[0][4]}


def main():
    given = arguments()
    if given.here:
        print(json.dumps(measure(given)))
        return
    found = []
    for version in given.versions:  # a process each: threads and caches of one version don't touch the other
        command = [hf.python(ENVIRONMENTS[version]), __file__, "--here", *sys.argv[1:]]
        found.append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
    print(json.dumps({"directory": given.directory, "results": found}, indent=1))


main()
