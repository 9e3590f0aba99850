internal import TesseraCore
public import TesseraText

/// Texts of one length with the pictures in them, and what is learned of them.
///
/// Shorter texts are filled up at the right, where a causal decoder never looks from: no mask is needed. The loss is
/// computed at the places that predict a learned token and nowhere else.
public struct TokenBatch: Sendable {
  /// **Shape**: B texts of T tokens each.
  public var ids: [[Int]]
  /// Which samples stand in each text; nil where each is one.
  public var packing: Packing?
  /// The places, among the B·T, whose next token is learned.
  public var predicting: [Int]
  /// The token that each of them should predict.
  public var targets: [Int]
  /// Pictures of one size each, `[P, C, height, width]`, in the order of their places.
  public var pixels: [TorchTensor]
  /// Where the pictures' tokens stand, among the B·T.
  public var imagePlaces: [Int]
  /// Which of all pictures' tokens, one picture after another, stands at each of those; nil where they stand there in their
  /// order. Texts about one picture share it.
  public var imageTokens: [Int]?
  /// Tokens without padding.
  public var tokens: Int
}

extension TokenBatch {
  /// Lays samples out.
  ///
  /// - Parameters:
  ///   - pixels: the pictures of all samples, in order.
  ///   - padToken: what fills texts up.
  ///   - shared: which pictures each sample shows, where samples share them; nil where each has its own, in order.
  ///   - capacity: tokens of a text into which samples are packed, first fit in order; nil for a text each.
  /// - Precondition: no sample is longer than `capacity`.
  public init(
    _ samples: [TokenizedSample], pixels: [TorchTensor], padToken: Int, shared: SharedPictures? = nil,
    capacity: Int? = nil
  ) {
    let rows = Self.rows(samples.map(\.ids.count), capacity: capacity)
    let length = rows.map { row in row.reduce(0) { $0 + samples[$1].ids.count } }.max() ?? 0
    ids = []
    (predicting, targets, imagePlaces, tokens) = ([], [], [], 0)
    self.pixels = pixels
    // Pictures keep the samples' order, whatever texts the samples go to.
    var starts = [Int](repeating: 0, count: samples.count)
    for (number, row) in rows.enumerated() {
      var text: [Int] = []
      text.reserveCapacity(length)
      for index in row {
        starts[index] = number * length + text.count
        text += samples[index].ids
      }
      tokens += text.count
      text += repeatElement(padToken, count: length - text.count)
      ids.append(text)
    }
    for (sample, start) in zip(samples, starts) {
      for place in 1..<max(1, sample.ids.count) where sample.isLearned[place] {
        predicting.append(start + place - 1)
        targets.append(sample.ids[place])
      }
      for span in sample.imageSpans {
        imagePlaces += (start + span.range.lowerBound)..<(start + span.range.upperBound)
      }
    }
    imageTokens = shared.map { $0.tokens(of: samples) }
    packing =
      capacity == nil ? nil : Packing(lengths: rows.map { $0.map { samples[$0].ids.count } }, tokens: length)
  }

  /// Pictures that several samples show.
  public struct SharedPictures: Sendable {
    /// Of each sample: the number, among all pictures, of its first; the others follow.
    public var first: [Int]
    /// How many tokens each picture has.
    public var counts: [Int]

    public init(first: [Int], counts: [Int]) { (self.first, self.counts) = (first, counts) }

    /// The tokens of the samples' pictures, as numbers among the tokens of all.
    fileprivate func tokens(of samples: [TokenizedSample]) -> [Int] {
      var starts = [0]
      for count in counts { starts.append(starts[starts.count - 1] + count) }
      return zip(samples, first).flatMap { sample, first in
        sample.imageSpans.flatMap { span in
          let start = starts[first + span.image]
          return start..<start + span.range.count
        }
      }
    }
  }

  /// The same with nothing to see: every picture even.
  var blank: TokenBatch {
    var batch = self
    batch.pixels = pixels.map { $0.zerosLike() }
    return batch
  }

  /// Which samples go into each text.
  private static func rows(_ lengths: [Int], capacity: Int?) -> [[Int]] {
    guard let capacity else { return lengths.indices.map { [$0] } }
    var rows: [(samples: [Int], free: Int)] = []
    for (index, length) in lengths.enumerated() {
      precondition(length <= capacity, "a sample of \(length) tokens in a text of \(capacity)")
      if let row = rows.firstIndex(where: { $0.free >= length }) {
        rows[row].samples.append(index)
        rows[row].free -= length
      } else {
        rows.append(([index], capacity - length))
      }
    }
    return rows.map(\.samples)
  }
}
