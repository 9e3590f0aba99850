"""What both ways of torchvision share: DataLoader over files, and threads."""
import concurrent.futures

import torch
from torch.utils.data import DataLoader
from torchvision.transforms.v2 import functional as F


class Files(torch.utils.data.Dataset):
    def __init__(self, files, read, transform):
        self.files, self.read, self.transform = files, read, transform

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        return self.transform(self.read(self.files[index]))


class Processes:
    """torch's DataLoader with its worker processes kept from epoch to epoch."""

    def __init__(self, recipe, read, transform, finish, mode):
        self.recipe, self.read, self.transform, self.finish, self.mode = recipe, read, transform, finish, mode
        self.loader = DataLoader(Files(recipe.files, read, transform), recipe.batch, shuffle=recipe.is_random,
                                 num_workers=recipe.threads, persistent_workers=True)

    def batches(self):
        return self.loader

    def windows(self, windows):
        size = [self.recipe.size, self.recipe.size]
        made = []
        for path, (x, y, w, h, is_flipped) in zip(self.recipe.files, windows):
            cut = F.resized_crop(self.read(path), y, x, h, w, size, self.mode, antialias=True)
            made.append(self.finish(F.horizontal_flip(cut) if is_flipped else cut))
        return torch.stack(made)


class Threads(Processes):
    """The same transforms on threads: torchvision's decoder and kernels release the interpreter's lock."""

    def __init__(self, recipe, read, transform, finish, mode):
        self.recipe, self.read, self.transform, self.finish, self.mode = recipe, read, transform, finish, mode
        self.files = Files(recipe.files, read, transform)
        self.pool = concurrent.futures.ThreadPoolExecutor(recipe.threads)
        self.epoch = 0

    def make_batch(self, indices):
        return torch.stack([self.files[index] for index in indices])

    def batches(self):
        self.epoch += 1
        todo = self.recipe.batches(self.epoch)
        # Two batches a thread under way, as in DataLoader.
        ahead = [self.pool.submit(self.make_batch, indices) for indices in todo[:2 * self.recipe.threads]]
        rest = iter(todo[len(ahead):])
        while ahead:
            yield ahead.pop(0).result()
            following = next(rest, None)
            if following is not None:
                ahead.append(self.pool.submit(self.make_batch, following))
