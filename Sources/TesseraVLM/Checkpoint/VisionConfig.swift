internal import TesseraCore

/// A vision tower: CLIP's or SigLIP's, as `vision_config` or a config of its own describes it.
public struct VisionConfig: Sendable, Hashable {
  /// Which tower.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case clip = "clip_vision_model"
    case siglip = "siglip_vision_model"
  }

  public var kind: Kind
  /// Width of a token.
  public var hiddenSize: Int
  /// Width between the two layers of an MLP.
  public var intermediateSize: Int
  public var layers: Int
  public var heads: Int
  public var channels: Int
  /// Height and width of a picture.
  public var imageSize: Int
  /// Height and width of a patch.
  public var patchSize: Int
  public var activation: Activation
  public var layerNormEpsilon: Double
  /// Whether a SigLIP tower has its pooling head; false for CLIP, which has none.
  public var usesHead: Bool
  /// The standard deviation of new weights.
  public var initializerRange: Double

  /// A tower with the size of `CLIPVisionConfig()` or `SiglipVisionConfig()`.
  public init(_ kind: Kind) {
    self.kind = kind
    (hiddenSize, intermediateSize, layers, heads, channels, imageSize) = (768, 3072, 12, 12, 3, 224)
    patchSize = kind == .clip ? 32 : 16
    activation = kind == .clip ? .quickGELU : .geluTanh
    layerNormEpsilon = kind == .clip ? 1e-5 : 1e-6
    usesHead = kind == .siglip
    initializerRange = 0.02
  }

  /// Patches along one side of the picture; what is left of it is cut off.
  public var patchesPerSide: Int { imageSize / patchSize }
  /// Whether a class token stands before the patches.
  public var hasClassToken: Bool { kind == .clip }
  /// Patches, and CLIP's class token.
  public var positions: Int { patchesPerSide * patchesPerSide + (hasClassToken ? 1 : 0) }
  /// Width of a head.
  public var headSize: Int { hiddenSize / heads }
}

extension VisionConfig {
  /// Reads the config; keys that are absent are transformers' defaults.
  init(_ reader: ConfigReader, kind: Kind, base: VisionConfig? = nil) throws {
    self = base ?? VisionConfig(kind)
    try reader.refuseQuantized()
    hiddenSize = try reader.int("hidden_size", hiddenSize, in: 1...Bounds.width)
    intermediateSize = try reader.int("intermediate_size", intermediateSize, in: 1...Bounds.width)
    layers = try reader.int("num_hidden_layers", layers, in: 1...Bounds.layers)
    heads = try reader.int("num_attention_heads", heads, in: 1...Bounds.heads)
    channels = try reader.int("num_channels", channels, in: 1...Bounds.channels)
    imageSize = try reader.side("image_size", imageSize)
    patchSize = try reader.side("patch_size", patchSize)
    activation = try reader.activation("hidden_act", activation)
    layerNormEpsilon = try reader.double("layer_norm_eps", layerNormEpsilon)
    initializerRange = try reader.double("initializer_range", initializerRange)
    if kind == .siglip { usesHead = try reader.bool("vision_use_head", true) }
    guard hiddenSize % heads == 0 else {
      throw reader.wrong("num_attention_heads", "a divisor of hidden_size \(hiddenSize)", .int(heads))
    }
    guard patchSize <= imageSize else {
      throw reader.wrong("patch_size", "at most image_size \(imageSize)", .int(patchSize))
    }
    guard patchSize <= Bounds.patch else {
      throw reader.wrong("patch_size", "at most \(Bounds.patch)", .int(patchSize))
    }
    guard patchesPerSide <= Bounds.patches else {
      throw reader.wrong(
        "image_size", "at most \(Bounds.patches) patches of patch_size \(patchSize) along a side",
        .int(imageSize))
    }
  }
}
