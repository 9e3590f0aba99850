"""mlx-data: buffers of C++ operations on threads. It resizes bilinearly, antialiased, whatever is wanted."""
import importlib.metadata

import mlx.data as dx
import numpy as np

import common


class Rival:
    def __init__(self, recipe):
        self.recipe = recipe

    def batches(self):
        recipe = self.recipe
        data = dx.buffer_from_vector([{"image": path.encode()} for path in recipe.files])
        if recipe.is_random:
            data = data.shuffle()
        data = data.load_image("image")
        if recipe.is_random:
            data = data.image_random_area_crop("image", common.AREA, common.ASPECT)
            data = data.image_resize("image", recipe.size, recipe.size).image_random_h_flip("image", 0.5)
        else:
            data = data.image_resize_smallest_side("image", recipe.edge)
            data = data.image_center_crop("image", recipe.size, recipe.size)
        # A whole batch a thread, then arithmetic, for which it has no operation.
        ahead = min(2 * recipe.threads, -(-len(recipe.files) // recipe.batch))
        for batch in data.batch(recipe.batch).ordered_prefetch(ahead, recipe.threads):
            yield self.finish(batch["image"])

    def finish(self, pixels):
        out = np.empty((len(pixels), 3, self.recipe.size, self.recipe.size), np.float32)
        for one, place in zip(pixels, out):
            common.normalise(one, place)
        return out

    def windows(self, windows):
        made = []
        for path, (x, y, w, h, is_flipped) in zip(self.recipe.files, windows):
            data = dx.buffer_from_vector([{"image": path.encode()}]).load_image("image")
            data = data.slice("image", [0, 1], [y, x], [y + h, x + w])
            data = data.image_resize("image", self.recipe.size, self.recipe.size)
            made.append(data.image_random_h_flip("image", float(is_flipped))[0]["image"])
        return self.finish(np.stack(made))


common.main(Rival, lambda: {"mlx-data": importlib.metadata.version("mlx-data"), "numpy": np.__version__},
            "two threads, and numpy beside them to normalise")
