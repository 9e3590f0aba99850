internal import TesseraCore

extension Decoder {
  /// Tokens to embeddings, with pictures' tokens in their places.
  ///
  /// - Shape: `ids` `[B, T]`, `features` `[P, M, D]` → `[B, T, D]`.
  /// - Parameters:
  ///   - places: where the pictures' tokens stand, as indices into the B·T tokens, picture by picture. They come from
  ///     the plan that made the ids, never from the ids: a sampled id may be equal to the picture's.
  /// - Throws: `invalidInput` for ids beyond the embedding's rows, places outside of the text, or as many as no pictures
  ///   have.
  public func embeddings(
    _ ids: [[Int]], features: TorchTensor? = nil, places: [Int] = []
  ) throws -> TorchTensor {
    let (rows, tokens) = (ids.count, ids.first?.count ?? 0)
    precondition(ids.allSatisfy { $0.count == tokens }, "texts of different lengths")
    for (row, text) in ids.enumerated() {
      if let column = text.firstIndex(where: { $0 < 0 || $0 >= config.vocabularySize }) {
        throw TesseraError(
          .invalidInput(
            operation: "the embedding", expected: "ids in 0..<\(config.vocabularySize)",
            got: "\(text[column]) at place \(column) of text \(row)"))
      }
    }
    let offered = (features?.size(0) ?? 0) * (features?.size(1) ?? 0)
    guard places.count == offered else {
      throw TesseraError(
        .invalidInput(
          operation: "the model",
          expected: "as many picture tokens in the text as the pictures have, \(offered)",
          got: "\(places.count)"))
    }
    if let place = places.first(where: { $0 < 0 || $0 >= rows * tokens }) {
      throw TesseraError(
        .invalidInput(
          operation: "the model", expected: "picture tokens at places in 0..<\(rows * tokens)",
          got: "\(place)"))
    }
    let flat = TorchTensor(ids.joined().map { Int64($0) }, shape: [rows * tokens]).to(
      device: embedding.device)
    var embedded = embedding.embedding(flat)
    if let features {
      let list = TorchTensor(places.map { Int64($0) }, shape: [places.count]).to(device: embedding.device)
      let source = features.reshape(places.count, -1).to(embedded.type)
      embedded = embedded.indexCopy(0, list, source)
    }
    return embedded.reshape(rows, tokens, config.hiddenSize)
  }
}
