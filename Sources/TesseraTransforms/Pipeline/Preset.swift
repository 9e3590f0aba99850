import TesseraCore

/// Known preprocessing by name: what `tessera preprocess --preset` takes.
public enum Preset: String, Sendable, CaseIterable {
  case clip
  case siglip
  case llava15 = "llava-1.5"
  case llavaOriginal = "llava-original"
  case llavaNext = "llava-next"
  case qwen2VL = "qwen2-vl"
  case imageNetEval = "imagenet-eval"
  case imageNetTrain = "imagenet-train"

  /// The name in commands: `llava-1.5`.
  public var name: String { rawValue }

  /// One line of help.
  public var summary: String {
    switch self {
    case .clip: "OpenAI CLIP: shorter edge 224 bicubic, centre crop 224, CLIP's mean"
    case .siglip: "SigLIP: squashed to 224 × 224 bicubic, mean 0.5"
    case .llava15: "LLaVA-1.5 as transformers: shorter edge 336, centre crop 336, CLIP's mean"
    case .llavaOriginal: "LLaVA-1.5 as its authors: padded to a square with the mean, 336, CLIP's mean"
    case .llavaNext: "LLaVA-NeXT: the whole picture and tiles of 336, CLIP's mean"
    case .qwen2VL: "Qwen2-VL: edges of multiples of 28, 3136 to 1003520 pixels, patches [N, 1176]"
    case .imageNetEval:
      "torchvision's evaluation: shorter edge 256 bilinear, centre crop 224, ImageNet's mean"
    case .imageNetTrain:
      "torchvision's training: random resized crop 224, mirrored by chance, ImageNet's mean"
    }
  }

  /// The steps.
  public var pipeline: Pipeline {
    switch self {
    case .clip:
      Pipeline {
        ConvertToRGB(background: Fill([255]))
        Resize(224, filter: .bicubic)
        CenterCrop(224, rounding: .floor)
        Rescale()
        Normalize(.clip)
      }
    case .siglip:
      Pipeline {
        ConvertToRGB(background: Fill([255]))
        Resize(Size(224), filter: .bicubic)
        Rescale()
        Normalize(.siglip)
      }
    case .llava15:
      Pipeline {
        ConvertToRGB(background: Fill([255]))
        Resize(336, filter: .bicubic)
        CenterCrop(336, rounding: .floor)
        Rescale()
        Normalize(.clip)
      }
    case .llavaOriginal:
      Pipeline {
        ConvertToRGB()
        PadToSquare()
        Resize(336, filter: .bicubic)
        CenterCrop(336, rounding: .floor)
        Rescale()
        Normalize(.clip)
      }
    case .llavaNext:
      Pipeline {
        ConvertToRGB(background: Fill([255]))
        AnyResTiles(336)
        Rescale()
        Normalize(.clip)
      }
    case .qwen2VL:
      Pipeline {
        ConvertToRGB(background: Fill([255]))
        SmartResize()
        Rescale()
        Normalize(.clip)
        QwenPatches()
      }
    case .imageNetEval:
      Pipeline {
        ConvertToRGB()
        Resize(256)
        CenterCrop(224)
        ToTensor()
        Normalize(.imageNet)
      }
    case .imageNetTrain:
      Pipeline {
        ConvertToRGB()
        RandomResizedCrop(224)
        RandomHorizontalFlip()
        ToTensor()
        Normalize(.imageNet)
      }
    }
  }
}
