"""Writes a random LLaVA of about 100 million parameters as transformers 4.57 saves it: `make_100m.py OUT`.

A SigLIP tower of 12 layers, 384 wide, 224 pixels in patches of 16 (196 tokens); a Llama decoder of 14 layers, 640 wide,
10 heads of 64 over 5 of keys, 8,192 ids, tied. The tokenizer is a byte-level BPE trained on random words. The weights are
wider than by default, so that greedy text is not one token for ever and two programs can be seen to do the same work.
Run under .oracle/hf4; --tiny writes one of half a million parameters (64 pixels, 16 tokens).
"""
import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Golden"))
import hf  # noqa: E402

torch = hf.one_thread()
torch.set_num_threads(2)
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers  # noqa: E402
from transformers import (LlamaConfig, LlavaConfig, LlavaForConditionalGeneration, LlavaProcessor,  # noqa: E402
                          PreTrainedTokenizerFast, SiglipImageProcessor, SiglipVisionConfig, __version__)

NAMES = ["<s>", "</s>", "<image>", "<pad>"]
CHAT = ("{% for message in messages %}{{ message['role'] | upper }}: {% for part in message['content'] %}"
        "{% if part['type'] == 'image' %}<image>\n{% else %}{{ part['text'] }}{% endif %}{% endfor %} {% endfor %}"
        "{% if add_generation_prompt %}ASSISTANT:{% endif %}")


def tokenizer(size):
    """A byte-level BPE of `size` ids from random words; the special tokens are its last four."""
    random = hf.random("words")
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    words = [" ".join("".join(letters[min(25, int(random.exponential(6)))] for _ in range(int(random.integers(2, 9))))
                      for _ in range(400)) for _ in range(200)]
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator(words, trainers.BpeTrainer(
        vocab_size=size - len(NAMES), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    made.add_special_tokens(NAMES)
    assert made.get_vocab_size() == size, made.get_vocab_size()
    return PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<s>", eos_token="</s>", pad_token="<pad>",
                                   extra_special_tokens={"image_token": "<image>"}, padding_side="left",
                                   clean_up_tokenization_spaces=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("--tiny", action="store_true")
    given = parser.parse_args()
    if not __version__.startswith("4.57"):
        sys.exit(f"4.57's layout is wanted, this is transformers {__version__}: run it with .oracle/hf4/bin/python")
    edge, vocabulary = (64, 512) if given.tiny else (224, 8192)
    vision = dict(hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=2) if given.tiny else dict(
        hidden_size=384, intermediate_size=1536, num_hidden_layers=12, num_attention_heads=6)
    text = dict(hidden_size=128, intermediate_size=256, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2
                ) if given.tiny else dict(hidden_size=640, intermediate_size=2112, num_hidden_layers=14,
                                          num_attention_heads=10, num_key_value_heads=5)
    words = tokenizer(vocabulary)
    first = vocabulary - len(NAMES)
    config = LlavaConfig(
        vision_config=SiglipVisionConfig(image_size=edge, patch_size=16, **vision),
        text_config=LlamaConfig(vocab_size=vocabulary, bos_token_id=first, eos_token_id=first + 1,
                                pad_token_id=first + 3, max_position_embeddings=4096, initializer_range=0.08, tie_word_embeddings=True, **text),
        image_token_index=first + 2, pad_token_id=first + 3, image_seq_length=(edge // 16) ** 2,
        vision_feature_select_strategy="full", tie_word_embeddings=True)
    torch.manual_seed(100)
    model = LlavaForConditionalGeneration(config)
    count = sum(p.numel() for p in model.parameters())
    model.save_pretrained(given.out)
    LlavaProcessor(SiglipImageProcessor(size={"height": edge, "width": edge}), words, patch_size=16, chat_template=CHAT,
                   vision_feature_select_strategy="full", num_additional_image_tokens=0).save_pretrained(given.out)
    print(f"{given.out}: {count:,} parameters, transformers {__version__}")


main()
