"""tf.data: a graph of TensorFlow's operations on a private pool of threads.

    tf_data.py [--ratio]    --ratio lets libjpeg decode at a smaller scale first (decode_jpeg's ratio): faster, other pixels
"""
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import tensorflow as tf

import common

RATIO = "--ratio" in sys.argv
EXACT = "INTEGER_ACCURATE"  # libjpeg's slow transform, as all others have it


def decode(data, is_png, ratio=1):
    if is_png:
        return tf.io.decode_png(data, channels=3)
    return tf.io.decode_jpeg(data, channels=3, dct_method=EXACT, ratio=ratio)


class Rival:
    def __init__(self, recipe):
        self.recipe = recipe
        self.is_png = recipe.files[0].endswith(".png")
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(recipe.threads)
        options = tf.data.Options()
        options.threading.private_threadpool_size = recipe.threads
        options.threading.max_intra_op_parallelism = 1
        data = tf.data.Dataset.from_tensor_slices(recipe.files)
        if recipe.is_random:
            data = data.shuffle(len(recipe.files))
        data = data.map(self.random if recipe.is_random else self.middle, num_parallel_calls=recipe.threads)
        self.data = data.batch(recipe.batch).prefetch(2).with_options(options)

    def finish(self, pixels):
        return tf.transpose(pixels * common.SCALE + common.SHIFT, (2, 0, 1))

    def cut(self, data, y, x, h, w):
        pixels = tf.io.decode_and_crop_jpeg(data, tf.stack([y, x, h, w]), channels=3, dct_method=EXACT)
        return tf.image.resize(pixels, (self.recipe.size,) * 2, self.recipe.filter, antialias=True)

    def random(self, path):
        data = tf.io.read_file(path)
        start, size, _ = tf.image.sample_distorted_bounding_box(
            tf.io.extract_jpeg_shape(data), tf.zeros((1, 0, 4)), area_range=common.AREA,
            aspect_ratio_range=common.ASPECT, max_attempts=10, use_image_if_no_bounding_boxes=True)
        return self.finish(tf.image.random_flip_left_right(self.cut(data, start[0], start[1], size[0], size[1])))

    def middle(self, path):
        recipe = self.recipe
        data = tf.io.read_file(path)
        if RATIO:
            # The ratio is fixed when the graph is made: the largest that keeps the shorter edge for these pictures.
            size = tf.io.extract_jpeg_shape(data)[:2]
            shorter = tf.reduce_min(size)
            ratios = [8, 4, 2, 1]
            which = tf.argmax([shorter // ratio >= recipe.edge for ratio in ratios])
            pixels = tf.switch_case(tf.cast(which, tf.int32),
                                    [lambda ratio=ratio: decode(data, self.is_png, ratio) for ratio in ratios])
        else:
            pixels = decode(data, self.is_png)
            size = tf.shape(pixels)[:2]
        shorter = tf.reduce_min(size)
        target = size * recipe.edge // shorter
        pixels = tf.image.resize(pixels, target, recipe.filter, antialias=True)
        # Rounded to the even one, as torchvision's.
        start = tf.cast(tf.round(tf.cast(target - recipe.size, tf.float32) / 2), tf.int32)
        pixels = tf.slice(pixels, [start[0], start[1], 0], [recipe.size, recipe.size, 3])
        return self.finish(tf.clip_by_value(pixels, 0, 255) if recipe.filter == "bicubic" else pixels)

    def batches(self):
        return self.data

    def windows(self, windows):
        made = []
        for path, (x, y, w, h, is_flipped) in zip(self.recipe.files, windows):
            pixels = self.cut(tf.io.read_file(path), y, x, h, w)
            made.append(self.finish(pixels[:, ::-1] if is_flipped else pixels))
        return tf.stack(made)


common.main(Rival, lambda: {"TensorFlow": tf.__version__}, "a private pool of two threads, decode_and_crop_jpeg")
