"""Asks a model: loads a directory, prepares prompts with pictures, gives logits and greedy text. In 4.57 and 5.x."""
import importlib
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import hf  # noqa: E402

torch = hf.one_thread()
import transformers  # noqa: E402
from PIL import Image  # noqa: E402
from transformers import AutoProcessor, LlavaForConditionalGeneration  # noqa: E402

# The questions that every model is asked, and their pictures; the two of a batch have one picture each.
QUESTIONS = {"one": ("What is left of the circle?", "a"), "two": ("Are the two pictures the same? Déjà vu…", "b,a"),
             "none": ("How many stars are there?", "")}
transformers.utils.logging.disable_progress_bar()
PAIR = ("What is left of the circle?", "Red?")
MAJOR = int(transformers.__version__.split(".")[0])


def load(directory, dtype=None):
    """The model of a directory, what the loader says of its keys, and nothing random in silence."""
    model, told = LlavaForConditionalGeneration.from_pretrained(
        directory, dtype=dtype or torch.float32, attn_implementation="eager", output_loading_info=True)
    return model.eval(), {key: sorted(map(str, value)) for key, value in told.items() if value}


def processor(directory):
    """The processor of a directory with its picture half on Pillow, which Tessera follows bit by bit."""
    made = AutoProcessor.from_pretrained(directory, **({"use_fast": False} if MAJOR < 5 else {}))
    made.image_processor = pil_processor(directory)
    return made


def pil_processor(directory):
    from transformers import CLIPImageProcessor, SiglipImageProcessor
    older, newer = (pathlib.Path(directory) / n for n in ("preprocessor_config.json", "processor_config.json"))
    kind = json.loads(older.read_text()) if older.exists() else json.loads(newer.read_text())["image_processor"]
    family = "clip" if "CLIP" in kind["image_processor_type"] else "siglip"
    if MAJOR < 5:
        return {"clip": CLIPImageProcessor, "siglip": SiglipImageProcessor}[family].from_pretrained(directory)
    module = importlib.import_module(f"transformers.models.{family}.image_processing_pil_{family}")
    cls = module.CLIPImageProcessorPil if family == "clip" else module.SiglipImageProcessorPil
    return cls.from_pretrained(directory)


def conversation(question, pictures):
    """One user's turn: its pictures first, then the question."""
    return [{"role": "user", "content": [{"type": "image"}] * pictures + [{"type": "text", "text": question}]}]


def prepare(made, texts, pictures, side="left"):
    """Ids, mask and pixel values of a batch of texts that hold `<image>`."""
    images = [Image.open(path).convert("RGB") for path in pictures] or None
    return made(text=texts, images=images, padding=len(texts) > 1, padding_side=side, return_tensors="pt")


def structural(made, model, image, pad):
    """The ids that are never sampled: `<image>`, pad, and rows of the embedding that the tokenizer has no token for."""
    known = set(made.tokenizer.get_vocab().values())
    rows = model.get_input_embeddings().weight.shape[0]
    return sorted({image, pad} | {i for i in range(rows) if i not in known})


def logits(model, inputs):
    dtype = next(model.parameters()).dtype
    given = {k: v.to(dtype) if k == "pixel_values" else v for k, v in inputs.items() if k != "token_type_ids"}
    return model(**given, use_cache=False).logits


def greedy(model, inputs, count, eos, banned=()):
    """Greedy ids of one prompt, each from a whole forward pass without a cache, and the gaps of the top two."""
    ids, new, gaps = inputs["input_ids"], [], []
    for _ in range(count):
        step = {**inputs, "input_ids": ids, "attention_mask": torch.ones_like(ids)}
        last = logits(model, step)[0, -1].double()
        last[list(banned)] = -torch.inf
        top = torch.topk(last, 2)
        new.append(int(top.indices[0]))
        gaps.append(float(top.values[0] - top.values[1]))
        ids = torch.cat([ids, top.indices[:1][None]], dim=1)
        if new[-1] == eos:
            break
    return new, gaps


def cached(model, inputs, count, banned=()):
    """What `generate` itself gives, with its cache: the new ids of each row."""
    made = model.generate(**{k: v for k, v in inputs.items() if k != "token_type_ids"}, max_new_tokens=count,
                          do_sample=False, suppress_tokens=list(banned) or None)
    return made[:, inputs["input_ids"].shape[1]:].tolist()
