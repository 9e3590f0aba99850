"""SPDL: ffmpeg's decoders and filters on a pipeline's threads."""
import importlib.metadata
import random

import numpy as np
import spdl.io
import spdl.pipeline

import common


class Rival:
    def __init__(self, recipe):
        self.recipe, self.epoch = recipe, 0

    def size(self, packets):
        return packets.width, packets.height

    def decode(self, path, window=None, chance=None):
        recipe = self.recipe
        packets = spdl.io.demux_image(path)
        width, height = self.size(packets)
        flags = f"flags={recipe.filter}+accurate_rnd+full_chroma_int+full_chroma_inp"
        if recipe.is_random:
            x, y, w, h, is_flipped = window or common.draw(width, height, chance)
            # To RGB first: chroma that is subsampled can be cut at even places only.
            steps = [f"crop={w}:{h}:{x}:{y}:exact=1", f"scale={recipe.size}:{recipe.size}:{flags}"]
            steps += ["hflip"] if is_flipped else []
        else:
            w, h = recipe.resized(width, height)
            left, top = recipe.middle(w, h)
            steps = [f"scale={w}:{h}:{flags}", "format=rgb24",
                     f"crop={recipe.size}:{recipe.size}:{left}:{top}:exact=1"]
        steps.append("format=pix_fmts=rgb24")
        return spdl.io.decode_packets(packets, filter_desc=",".join(steps))

    def finish(self, frames):
        pixels = spdl.io.to_numpy(spdl.io.convert_frames(frames))
        out = np.empty((len(pixels), 3, self.recipe.size, self.recipe.size), np.float32)
        for one, place in zip(pixels, out):
            common.normalise(one, place)
        return out

    def make_batch(self, indices):
        epoch = self.epoch
        return self.finish([self.decode(self.recipe.files[index], chance=random.Random(f"{epoch}/{index}"))
                            for index in indices])

    def batches(self):
        self.epoch += 1
        pipeline = (spdl.pipeline.PipelineBuilder().add_source(self.recipe.batches(self.epoch))
                    .pipe(self.make_batch, concurrency=self.recipe.threads, output_order="input").add_sink(2)
                    .build(num_threads=self.recipe.threads))
        with pipeline.auto_stop():
            yield from pipeline.get_iterator(timeout=120)

    def windows(self, windows):
        return self.finish([self.decode(path, window) for path, window in zip(self.recipe.files, windows)])


common.main(Rival, lambda: {"SPDL": importlib.metadata.version("spdl")}, "two threads, ffmpeg's filters, numpy")
