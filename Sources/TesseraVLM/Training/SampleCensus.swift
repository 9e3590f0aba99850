private import Foundation
public import TesseraCore
internal import TesseraCorpora
public import TesseraData
public import TesseraText

/// What a data set's samples are in tokens: which can be trained on, how long they are, and why the others cannot.
///
/// Every record is tokenised once before a run, on all cores; pictures are not decoded, unless their size decides how
/// many tokens they have.
public struct SampleCensus: Sendable {
  /// The samples that are trained on, by their index in the data set, ascending.
  public private(set) var kept: [Int] = []
  /// Tokens of each of them, pictures' included, as the overflow policy leaves them.
  public private(set) var lengths: [Int] = []
  /// Tokens that are learned, of all kept samples.
  public private(set) var learned = 0
  /// Tokens of all kept samples.
  public private(set) var tokens = 0
  /// UTF-8 bytes of the texts that are learned.
  public private(set) var learnedBytes = 0
  public private(set) var images = 0
  /// Kept samples without a picture.
  public private(set) var textOnly = 0
  /// Kept samples with several.
  public private(set) var severalImages = 0
  /// What the overflow policy did.
  public private(set) var overflow = OverflowReport()
  /// Kept samples whose texts or turns are not as they should be, such as an answer without words, and what it is.
  public private(set) var faults: [(index: Int, fault: String)] = []
  /// The samples that cannot be trained on, and why.
  public private(set) var failures: [(index: Int, error: TesseraError)] = []

  /// Looks at every sample.
  ///
  /// - Parameters:
  ///   - imageTokens: what a picture becomes, where every picture becomes the same; nil asks the pictures.
  ///   - compares: whether each record's better and worse answers are looked at; all of them count.
  public init(_ dataset: any Dataset, _ builder: SampleBuilder, imageTokens: Int?, compares: Bool = false) {
    let count = dataset.count
    let share = 256
    let results = Guarded([[Finding]](repeating: [], count: (count + share - 1) / share))
    DispatchQueue.concurrentPerform(iterations: (count + share - 1) / share) { number in
      let range = number * share..<min(count, (number + 1) * share)
      let found = range.map { Finding($0, dataset, builder, imageTokens, compares: compares) }
      results.withLock { $0[number] = found }
    }
    for finding in results.withLock({ $0 }).joined() { add(finding) }
  }

  /// What became of one sample.
  private struct Finding: Sendable {
    let index: Int
    var learnedBytes = 0
    var fault: String?
    let outcome: Result<SampleOutcome, TesseraError>

    init(
      _ index: Int, _ dataset: any Dataset, _ builder: SampleBuilder, _ imageTokens: Int?, compares: Bool
    ) {
      self.index = index
      var bytes = 0
      var found: String?
      outcome = Result { () throws(TesseraError) -> SampleOutcome in
        do {
          let sample = try dataset.sample(at: index)
          bytes = sample.learnedBytes
          found = sample.fault
          let counts = try sample.pictures.map { picture -> Int in
            if let imageTokens { return imageTokens }
            let pixels = try builder.processor.pixels(picture)
            return builder.processor.config.imageTokens(height: pixels.size(1), width: pixels.size(2))
          }
          guard compares else { return try builder.tokenize(sample, imageTokens: counts) }
          return try builder.rank(sample, imageTokens: counts).map { .sample($0.joined) }
            ?? .dropped(length: 0)
        } catch let error as TesseraError { throw error.with(index: index) } catch {
          throw TesseraError(
            .invalidInput(operation: "a training sample", expected: "a sample", got: "\(error)"), index: index
          )
        }
      }
      (learnedBytes, fault) = (bytes, found)
    }
  }

  private mutating func add(_ finding: Finding) {
    switch finding.outcome {
    case .failure(let error): failures.append((finding.index, error))
    case .success(let outcome):
      overflow.add(outcome)
      guard case .sample(let sample) = outcome else { return }
      kept.append(finding.index)
      if let fault = finding.fault { faults.append((finding.index, fault)) }
      lengths.append(sample.ids.count)
      learned += sample.learnedCount
      tokens += sample.ids.count
      learnedBytes += finding.learnedBytes
      images += sample.imageSpans.count
      if sample.imageSpans.isEmpty { textOnly += 1 }
      if sample.imageSpans.count > 1 { severalImages += 1 }
    }
  }

  /// The share of the kept samples' tokens that is learned, 0...1.
  public var learnedShare: Double { tokens == 0 ? 0 : Double(learned) / Double(tokens) }

  /// Longest sample, in tokens.
  public var longest: Int { lengths.max() ?? 0 }
}

extension Sample {
  /// UTF-8 bytes of what a model learns to say: the answers, or the text.
  fileprivate var learnedBytes: Int {
    guard !conversation.isEmpty else { return text?.utf8.count ?? 0 }
    return conversation.reduce(0) { $0 + ($1.role == .assistant ? $1.text.utf8.count : 0) }
  }
}
