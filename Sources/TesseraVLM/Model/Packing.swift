/// Several samples one after another in each text of a batch, none of which sees another.
///
/// Attention is one mask of causal blocks, and positions begin anew with each sample, so that a sample's loss is what it
/// would be alone.
public struct Packing: Sendable, Hashable {
  /// The lengths of the samples in each text; what is left at the end is padding, each token of it alone.
  public let lengths: [[Int]]
  /// Tokens of each text.
  public let tokens: Int

  /// - Precondition: no text's samples are longer than the text together.
  public init(lengths: [[Int]], tokens: Int) {
    for row in lengths {
      precondition(row.reduce(0, +) <= tokens, "samples of \(row) tokens in a text of \(tokens)")
    }
    self.lengths = lengths
    self.tokens = tokens
  }

  /// The first token of the sample that each token belongs to, text by text; a token of padding is its own.
  private var starts: [[Int]] {
    lengths.map { row in
      var starts: [Int] = []
      starts.reserveCapacity(tokens)
      for length in row { starts += repeatElement(starts.count, count: length) }
      starts += starts.count..<tokens
      return starts
    }
  }

  /// The place of each token in its sample.
  ///
  /// - Shape: `[B, T]` int64.
  func positions(_ device: TorchDevice) -> TorchTensor {
    let values = starts.flatMap { row in row.enumerated().map { Int64($0 - $1) } }
    return TorchTensor(values, shape: [lengths.count, tokens]).to(device: device)
  }

  /// Which keys each query sees: earlier ones of its own sample, and itself.
  ///
  /// - Shape: `[B, 1, T, T]` bool.
  func mask(window: Int?, _ device: TorchDevice) -> TorchTensor {
    var visible = [Bool](repeating: false, count: lengths.count * tokens * tokens)
    for (row, starts) in starts.enumerated() {
      for (query, start) in starts.enumerated() {
        let first = max(start, window.map { query - $0 + 1 } ?? 0)
        let line = (row * tokens + query) * tokens
        for key in first...query { visible[line + key] = true }
      }
    }
    return TorchTensor(visible, shape: [lengths.count, 1, tokens, tokens]).to(device: device)
  }
}
