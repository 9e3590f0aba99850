internal import TesseraCore

/// What a check found in a data set.
public struct CorpusReport: Sendable {
  /// One source of it.
  public struct Source: Sendable, Hashable {
    public var path: String
    /// Nil for a source that could not be opened, or a dataset that was handed over.
    public var format: CorpusFormat?
    public var samples: Int
  }

  /// Its pictures.
  public struct Pictures: Sendable, Hashable {
    /// How many are shown, repetitions counted.
    public var shown = 0
    /// How many different ones, by their bytes.
    public var distinct = 0
    /// The bytes of the different ones.
    public var bytes = 0
    /// The ends of their widths and heights; 0 where there are none.
    public var widths = 0...0
    public var heights = 0...0
  }

  public internal(set) var sources: [Source] = []
  /// Samples, those with errors among them.
  public internal(set) var samples = 0
  /// Samples that could not be read at all.
  public internal(set) var unreadable = 0
  /// Samples by what is learned from them.
  public internal(set) var captions = 0
  public internal(set) var conversations = 0
  public internal(set) var texts = 0
  /// Samples by their number of pictures.
  public internal(set) var withoutPicture = 0
  public internal(set) var withOnePicture = 0
  public internal(set) var withSeveralPictures = 0
  /// The most pictures of one sample.
  public internal(set) var mostPictures = 0
  public internal(set) var pictures = Pictures()
  /// Whether pictures were decoded, not their headers read alone.
  public internal(set) var isDecoded = false
  /// Words between white space, of all that is said in a sample; nil where there is no sample.
  public internal(set) var words: LengthSummary?
  /// Bytes of UTF-8.
  public internal(set) var bytes: LengthSummary?
  /// Tokens of the texts; nil without a tokenizer.
  public internal(set) var tokens: LengthSummary?
  /// Words of the answers of a sample: of what is learned.
  public internal(set) var answerWords: LengthSummary?
  /// The largest category first; one without a name for samples that have none.
  public internal(set) var categories: [CorpusCategory] = []
  /// Samples that are the same as one before, pictures and text.
  public internal(set) var duplicates = 0
  public internal(set) var overlap: CorpusOverlap?
  /// All problems, source after source, in the order of the samples.
  public internal(set) var problems: [CorpusProblem] = []

  /// Problems that training stumbles over.
  public var errorCount: Int { problems.count { $0.severity == .error } }
  public var warningCount: Int { problems.count - errorCount }
  /// Whether training can begin.
  public var isSound: Bool { errorCount == 0 }

  /// What one scores who knows each sample's category and gives its most common answer, 0...1; nil without answers.
  public var majorityByCategory: Double? {
    let answers = categories.reduce(0) { $0 + $1.answers }
    guard answers > 0 else { return nil }
    return Double(categories.reduce(0) { $0 + $1.commonCount }) / Double(answers)
  }

  /// Problems by kind, the most frequent first.
  public var problemCounts: [(kind: CorpusProblem.Kind, severity: CorpusProblem.Severity, count: Int)] {
    var counts: [[String]: Int] = [:]
    for problem in problems { counts[[problem.kind.rawValue, problem.severity.rawValue], default: 0] += 1 }
    let rows = CorpusProblem.Kind.allCases.flatMap { kind in
      [CorpusProblem.Severity.error, .warning].compactMap { severity in
        counts[[kind.rawValue, severity.rawValue]].map { (kind: kind, severity: severity, count: $0) }
      }
    }
    return rows.sorted { $0.count > $1.count }
  }
}
