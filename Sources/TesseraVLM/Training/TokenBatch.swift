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
  /// Of each sample, in their order: the place of its last learned token, or of its last one where none is.
  public var ends: [Int]
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
  ///   - branching: samples that begin alike and show the same pictures, such as the answers to one prompt: those of a range
  ///     become one text, in which what they begin with stands once. They need `shared`. Nil for a text each.
  /// - Precondition: no sample is longer than `capacity`; the ranges are all samples in order.
  public init(
    _ samples: [TokenizedSample], pixels: [TorchTensor], padToken: Int, shared: SharedPictures? = nil,
    capacity: Int? = nil, branching: [Range<Int>]? = nil
  ) {
    precondition(branching == nil || (capacity == nil && shared != nil), "samples that branch share pictures")
    let rows = branching?.map(Array.init) ?? Self.rows(samples.map(\.ids.count), capacity: capacity)
    let stems = rows.map { branching == nil ? 0 : Self.stem($0.map { samples[$0] }) }
    let lengths = zip(rows, stems).map { row, stem in row.map { samples[$0].ids.count - stem } }
    let length = zip(stems, lengths).map { $0 + $1.reduce(0, +) }.max() ?? 0
    ids = []
    (predicting, targets, ends, imagePlaces, tokens) = ([], [], [], [], 0)
    self.pixels = pixels
    // Pictures and targets keep the samples' order, whatever texts the samples go to.
    var routes = [Route](repeating: Route(text: 0, stem: 0, branch: 0, isFirst: true), count: samples.count)
    for ((number, row), stem) in zip(rows.enumerated(), stems) {
      var text = row.first.map { Array(samples[$0].ids[..<stem]) } ?? []
      text.reserveCapacity(length)
      for index in row {
        let start = number * length
        routes[index] = Route(
          text: start, stem: stem, branch: start + text.count, isFirst: index == row.first)
        text += samples[index].ids[stem...]
      }
      tokens += text.count
      text += repeatElement(padToken, count: length - text.count)
      ids.append(text)
    }
    let pictures = shared.map(PictureNumbers.init)
    var shown: [Int] = []
    for (index, (sample, route)) in zip(samples, routes).enumerated() {
      for place in 1..<max(1, sample.ids.count) where sample.isLearned[place] {
        predicting.append(route.place(place - 1))
        targets.append(sample.ids[place])
      }
      ends.append(route.place(sample.endPlace))
      // What stands in the stem stands there for all.
      for span in sample.imageSpans where route.isFirst || span.range.lowerBound >= route.stem {
        imagePlaces += span.range.map(route.place)
        if let pictures { shown += pictures.tokens(span, ofSample: index) }
      }
    }
    imageTokens = shared == nil ? nil : shown
    let isPacked = capacity != nil || branching != nil
    packing = isPacked ? Packing(lengths: lengths, tokens: length, stems: stems) : nil
  }

  /// Where a sample's tokens stand among the B·T.
  private struct Route {
    /// Where its text begins, how many tokens it begins with like the others there, and where its own begin.
    var text, stem, branch: Int
    /// Whether it is the first in its text.
    var isFirst: Bool

    func place(_ token: Int) -> Int { token < stem ? text + token : branch + token - stem }
  }

  /// How many tokens samples have in common at their beginning; pictures are in it whole or not at all.
  private static func stem(_ samples: [TokenizedSample]) -> Int {
    guard let first = samples.first else { return 0 }
    var stem = first.ids.count
    for other in samples.dropFirst() {
      stem = min(stem, zip(first.ids, other.ids).prefix { $0 == $1 }.count)
    }
    for span in samples.flatMap(\.imageSpans) where span.range.contains(stem) {
      stem = min(stem, span.range.lowerBound)
    }
    return stem
  }

  /// Pictures that several samples show.
  public struct SharedPictures: Sendable {
    /// Of each sample: the number, among all pictures, of its first; the others follow.
    public var first: [Int]
    /// How many tokens each picture has.
    public var counts: [Int]

    public init(first: [Int], counts: [Int]) { (self.first, self.counts) = (first, counts) }
  }

  /// The tokens of shared pictures as numbers among the tokens of all.
  private struct PictureNumbers {
    let first: [Int]
    let starts: [Int]

    init(_ shared: SharedPictures) {
      first = shared.first
      starts = shared.counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    }

    func tokens(_ span: TokenizedSample.ImageSpan, ofSample index: Int) -> Range<Int> {
      let start = starts[first[index] + span.image]
      return start..<start + span.range.count
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

extension TokenizedSample {
  /// The place of the last learned token, which ends an answer, or of the last one where none is learned.
  var endPlace: Int { isLearned.lastIndex(of: true) ?? max(0, ids.count - 1) }
}

extension Sequence where Element: Equatable {
  /// The runs of equal neighbours, as ranges of their numbers.
  var runs: [Range<Int>] {
    var runs: [Range<Int>] = []
    var (last, count): (Element?, Int) = (nil, 0)
    for element in self {
      if let open = runs.last, element == last {
        runs[runs.count - 1] = open.lowerBound..<count + 1
      } else {
        runs.append(count..<count + 1)
      }
      (last, count) = (element, count + 1)
    }
    return runs
  }
}
