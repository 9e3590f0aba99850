/// What stands between the vision tower and the decoder.
public enum ProjectorKind: Sendable, Hashable {
  /// LLaVA's: linear, activation, linear.
  case mlp
  /// Squares of `factor · factor` neighbouring patches become one token, then one linear layer.
  ///
  /// Not a layer of transformers' LLaVA. A config with it says `"model_type": "tessera_llava"`,
  /// `"projector_type": "pixel_shuffle"` and `"pixel_shuffle_factor"`, so that transformers refuses the directory
  /// instead of filling a projector with random numbers.
  case pixelShuffle(factor: Int)
}

/// Which tokens of the vision tower the decoder gets.
public enum FeatureSelection: String, Sendable, Hashable, CaseIterable {
  /// All but the first: CLIP's class token (of SigLIP, which has none, the first patch; so does transformers).
  case withoutFirst = "default"
  /// All.
  case full
}
