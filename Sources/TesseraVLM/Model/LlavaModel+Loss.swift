internal import TesseraCore

extension LlavaModel {
  /// Logits where a batch predicts a learned token.
  ///
  /// - Shape: `[L, V]`.
  /// - Parameters:
  ///   - checkpointing: whether the decoder's layers are computed once more on the way back, to need less memory.
  ///   - pixels: instead of the batch's own, such as leaves whose gradient is wanted.
  /// - Throws: as `embeddings`.
  public func logits(
    _ batch: TokenBatch, checkpointing: Bool = false, pixels: [TorchTensor]? = nil
  ) throws -> TorchTensor {
    decoder.logits(try hidden(batch, checkpointing: checkpointing, pixels: pixels))
  }

  /// The decoder's states at some places of a batch.
  ///
  /// - Shape: `[L, D]`.
  /// - Parameters:
  ///   - places: among the B·T; nil for those that predict a learned token.
  /// - Throws: as `embeddings`.
  func hidden(
    _ batch: TokenBatch, places: [Int]? = nil, checkpointing: Bool = false, pixels: [TorchTensor]? = nil
  ) throws -> TorchTensor {
    let places = places ?? batch.predicting
    let features = (pixels ?? batch.pixels).map { group -> TorchTensor in
      let features = imageFeatures(group)
      return features.reshape(1, -1, features.size(-1))
    }
    var all = features.isEmpty ? nil : TorchTensor.cat(features, axis: 1)
    if let tokens = batch.imageTokens {
      let index = TorchTensor(tokens.map { Int64($0) }, shape: [tokens.count]).to(device: device)
      all = all?.indexSelect(1, index)
    }
    let embedded = try embeddings(batch.ids, features: all, places: batch.imagePlaces)
    let selected = TorchTensor(places.map { Int64($0) }, shape: [places.count])
    return decoder.hidden(
      embedded, packing: batch.packing, checkpointing: checkpointing, selected: selected.to(device: device))
  }

  /// The sum of −log p over a batch's learned tokens.
  public func loss(
    _ batch: TokenBatch, checkpointing: Bool = false, pixels: [TorchTensor]? = nil
  ) throws -> TorchTensor {
    let logits = try logits(batch, checkpointing: checkpointing, pixels: pixels)
    let targets = TorchTensor(batch.targets.map { Int64($0) }, shape: [batch.targets.count]).to(
      device: device)
    // The softmax of half types is computed in float32, as transformers' loss is.
    let wide = logits.type == .float64 ? logits : logits.to(.float32)
    return wide.crossEntropy(targets, reduction: .sum)
  }
}
