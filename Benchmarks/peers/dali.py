"""NVIDIA DALI on the processor.

Its best: the decoder that decodes only the crop, resizing that makes only the middle, normalising and flipping in one.
"""
import numpy as np
import nvidia.dali
from nvidia.dali import fn, pipeline_def, types

import common


class Rival:
    def __init__(self, recipe):
        self.recipe = recipe
        self.count = -(-len(recipe.files) // recipe.batch)
        # Two batches under way, as by default.
        self.ahead, self.is_fresh = min(2, self.count), True
        self.pipeline = self.build(self.graph)()
        self.pipeline.build()

    def build(self, graph, batch=None):
        return pipeline_def(batch_size=batch or self.recipe.batch, num_threads=self.recipe.threads, device_id=None, seed=1,
                            prefetch_queue_depth=self.ahead)(graph)

    def finish(self, pictures, **arguments):
        return fn.crop_mirror_normalize(pictures, dtype=types.FLOAT, output_layout="CHW",
                                        mean=[255 * value for value in common.MEAN],
                                        std=[255 * value for value in common.DEVIATION], **arguments)

    def graph(self):
        recipe = self.recipe
        # The last batch is filled up with its last picture, so that every epoch begins with the first.
        files, _ = fn.readers.file(files=recipe.files, random_shuffle=recipe.is_random, initial_fill=len(recipe.files),
                                   pad_last_batch=True)
        if recipe.is_random:
            pictures = fn.decoders.image_random_crop(files, device="cpu", output_type=types.RGB,
                                                     random_area=list(common.AREA),
                                                     random_aspect_ratio=list(common.ASPECT))
            pictures = fn.resize(pictures, size=[recipe.size] * 2, interp_type=types.INTERP_TRIANGULAR)
            return self.finish(pictures, mirror=fn.random.coin_flip())
        kind = types.INTERP_CUBIC if recipe.filter == "bicubic" else types.INTERP_TRIANGULAR
        pictures = fn.decoders.image(files, device="cpu", output_type=types.RGB)
        # Resizing and cutting in one: only the middle is made. A middle between two pixels is the left one, as torchvision's.
        pictures = fn.resize_crop_mirror(pictures, resize_shorter=recipe.edge, crop=[recipe.size] * 2,
                                         crop_pos_x=0.4999, crop_pos_y=0.4999, interp_type=kind, antialias=True)
        return self.finish(pictures)

    def batches(self):
        # None is scheduled beyond the epoch's end, so that no work is done before the clock runs. The very first call
        # schedules as many as are to be under way.
        for _ in range(1 if self.is_fresh else self.ahead):
            self.pipeline.schedule_run()
        self.is_fresh = False
        for number in range(self.count):
            (batch,) = self.pipeline.share_outputs()
            yield np.asarray(batch.as_tensor())
            self.pipeline.release_outputs()
            if number + self.ahead < self.count:
                self.pipeline.schedule_run()

    def windows(self, windows):
        recipe = self.recipe

        def given(values):
            # A function without arguments: DALI would put the number of the batch into one.
            return fn.external_source(lambda: [np.array(value, np.int32) for value in values])

        def graph():
            files, _ = fn.readers.file(files=recipe.files[:len(windows)])
            start, shape = given([w[:2] for w in windows]), given([w[2:4] for w in windows])
            flip = given([int(w[4]) for w in windows])
            pictures = fn.decoders.image_slice(files, start=start, shape=shape, device="cpu", output_type=types.RGB)
            pictures = fn.resize(pictures, size=[recipe.size] * 2, interp_type=types.INTERP_TRIANGULAR)
            return self.finish(pictures, mirror=flip)

        pipeline = self.build(graph, len(windows))()
        pipeline.build()
        (batch,) = pipeline.run()
        return np.array(batch.as_tensor())


common.main(Rival, lambda: {"DALI": nvidia.dali.__version__}, "two threads, fused crop decoding, a full last batch")
