"""torchvision's transforms on Pillow's pictures, in torch's DataLoader: what most training scripts do."""
import PIL
import torch
import torchvision
from PIL import Image
from torchvision.transforms import v2 as T

import common
import torch_pictures

torch.set_num_threads(1)


def make(recipe):
    mode = {"bilinear": T.InterpolationMode.BILINEAR, "bicubic": T.InterpolationMode.BICUBIC}[recipe.filter]
    if recipe.is_random:
        geometry = [T.RandomResizedCrop(recipe.size, interpolation=mode), T.RandomHorizontalFlip()]
    else:
        geometry = [T.Resize(recipe.edge, mode), T.CenterCrop(recipe.size)]
    finish = [T.PILToTensor(), T.ToDtype(torch.float32, scale=True), T.Normalize(common.MEAN, common.DEVIATION)]

    def read(path):
        with Image.open(path) as picture:
            return picture.convert("RGB")

    return torch_pictures.Processes(recipe, read, T.Compose(geometry + finish), T.Compose(finish), mode)


common.main(make, lambda: {"torchvision": torchvision.__version__, "torch": torch.__version__,
                           "Pillow": PIL.__version__},
            "DataLoader, persistent worker processes, a torch thread each")
