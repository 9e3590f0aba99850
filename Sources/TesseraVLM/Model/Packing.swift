/// Several samples one after another in each text of a batch, none of which sees another.
///
/// Attention is one mask of causal blocks, and positions begin anew with each sample, so that a sample's loss is what it
/// would be alone. The samples of a text may have a beginning in common, its *stem*: it stands there once, each of them
/// sees it and goes on from its end.
public struct Packing: Sendable, Hashable {
  /// The lengths of the samples in each text, each without the stem; what is left at the end is padding, each token of it
  /// alone.
  public let lengths: [[Int]]
  /// Tokens of each text.
  public let tokens: Int
  /// How many tokens the samples of each text have in common, at its beginning.
  public let stems: [Int]

  /// - Parameter stems: nil where samples have nothing in common.
  /// - Precondition: no text's stem and samples are longer than the text together.
  public init(lengths: [[Int]], tokens: Int, stems: [Int]? = nil) {
    let stems = stems ?? Array(repeating: 0, count: lengths.count)
    precondition(stems.count == lengths.count, "\(stems.count) stems of \(lengths.count) texts")
    for (row, stem) in zip(lengths, stems) {
      precondition(
        stem + row.reduce(0, +) <= tokens, "samples of \(row) tokens behind \(stem) in a text of \(tokens)")
    }
    self.lengths = lengths
    self.tokens = tokens
    self.stems = stems
  }

  /// A token's place in its sample, and what it sees besides itself.
  private struct Place {
    /// Tokens of the text's beginning that it sees.
    var stem: Int
    /// Where the tokens begin that only its own sample has.
    var start: Int
  }

  /// Of each token, text by text; a token of padding is a sample of its own.
  private var places: [[Place]] {
    zip(lengths, stems).map { row, stem in
      var places = [Place](repeating: Place(stem: 0, start: 0), count: stem)
      places.reserveCapacity(tokens)
      for length in row { places += repeatElement(Place(stem: stem, start: places.count), count: length) }
      places += (places.count..<tokens).map { Place(stem: 0, start: $0) }
      return places
    }
  }

  /// The place of each token in its sample.
  ///
  /// - Shape: `[B, T]` int64.
  func positions(_ device: TorchDevice) -> TorchTensor {
    let values = places.flatMap { row in row.enumerated().map { Int64($1.stem + $0 - $1.start) } }
    return TorchTensor(values, shape: [lengths.count, tokens]).to(device: device)
  }

  /// Which keys each query sees: earlier ones of its own sample, and itself.
  ///
  /// - Shape: `[B, 1, T, T]` bool.
  func mask(window: Int?, _ device: TorchDevice) -> TorchTensor {
    let visible = [Bool](unsafeUninitializedCapacity: lengths.count * tokens * tokens) { visible, count in
      visible.initialize(repeating: false)
      for (row, places) in places.enumerated() {
        for (query, place) in places.enumerated() {
          let line = (row * tokens + query) * tokens
          // The window counts places in the sample, among which the stem stands right before it.
          let first = window.map { max(0, place.stem + query - place.start - $0 + 1) } ?? 0
          for key in min(first, place.stem)..<place.stem { visible[line + key] = true }
          for key in place.start + max(0, first - place.stem)...query { visible[line + key] = true }
        }
      }
      count = visible.count
    }
    return TorchTensor(visible, shape: [lengths.count, 1, tokens, tokens]).to(device: device)
  }
}
