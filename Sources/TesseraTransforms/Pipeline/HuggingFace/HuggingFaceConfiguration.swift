import TesseraCore

/// The image processors of Hugging Face's transformers that a pipeline can be read from.
enum HuggingFaceProcessor: String, CaseIterable {
  case clip = "CLIPImageProcessor"
  case siglip = "SiglipImageProcessor"
  case llava = "LlavaImageProcessor"
  case llavaNext = "LlavaNextImageProcessor"
  case qwen2VL = "Qwen2VLImageProcessor"

  /// The processor by its class name; the backends (`…Fast`, `…Pil`) and CLIP's old name mean the same.
  init?(type name: String) {
    var base = name
    for suffix in ["Fast", "Pil"] where base.hasSuffix(suffix) { base = String(base.dropLast(suffix.count)) }
    if base == "CLIPFeatureExtractor" { base = HuggingFaceProcessor.clip.rawValue }
    self.init(rawValue: base)
  }
}

/// The settings of a `preprocessor_config.json` that change pixels, by their meaning.
struct HuggingFaceConfiguration: Equatable {
  enum Target: Equatable {
    case shortestEdge(Int)
    case exact(Size)
    /// Qwen2-VL: least and greatest area, under the keys `shortest_edge` and `longest_edge`.
    case pixels(least: Int, greatest: Int)
  }

  var processor: HuggingFaceProcessor
  var convertsToRGB = true
  var resizes = true
  var size: Target
  var filter = ResampleFilter.bicubic
  var crops = false
  var cropSize = Size(224)
  var rescales = true
  var rescaleFactor = 1.0 / 255
  var normalizes = true
  var mean: [Double]
  var standardDeviation: [Double]
  /// LLaVA: pad to a square first. LLaVA-NeXT: pad a batch with empty tiles, which is the collator's.
  var pads = false
  var grid: [Size] = []
  var patchSize = 14
  var mergeSize = 2
  var temporalPatchSize = 2

  /// The class's own defaults, which a configuration's keys override.
  init(_ processor: HuggingFaceProcessor) {
    self.processor = processor
    let statistics: ChannelStatistics = processor == .siglip ? .half : .clip
    (mean, standardDeviation) = (statistics.mean, statistics.standardDeviation)
    switch processor {
    case .clip, .llava: (size, crops) = (.shortestEdge(224), true)
    case .siglip: size = .exact(Size(224))
    case .llavaNext:
      (size, crops, pads) = (.shortestEdge(224), true, true)
      grid = AnyResTiles.standardGrid(336)
    case .qwen2VL: size = .pixels(least: 56 * 56, greatest: 28 * 28 * 1280)
    }
  }
}
