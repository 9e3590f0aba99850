internal import TesseraCore

/// Adds up what was found in the samples, in their order.
struct CorpusTally {
  /// Where a sample stands.
  struct Place {
    var source: Int32
    var index: Int
  }

  var report = CorpusReport()
  private(set) var firstWhole: [ContentDigest: Place] = [:]
  private(set) var firstPictures: [ContentDigest: Place] = [:]
  private(set) var firstText: [ContentDigest: Place] = [:]
  private var files: [String] = []
  private var categories = CategoryTally()
  private var seenPictures: Set<ContentDigest> = []
  private var words: [Int32] = []
  private var bytes: [Int32] = []
  private var tokens: [Int32] = []
  private var answerWords: [Int32] = []
  private let hasTokens: Bool

  init(hasTokens: Bool) { self.hasTokens = hasTokens }

  mutating func begin(_ source: CorpusReport.Source) {
    report.sources.append(source)
    files.append(source.path)
  }

  func file(_ place: Place) -> String { files[Int(place.source)] }

  /// Adds a sample of the source that was begun last.
  mutating func add(_ facts: SampleFacts, index: Int) {
    report.samples += 1
    report.problems += facts.problems
    guard let form = facts.form else {
      report.unreadable += 1
      return
    }
    switch form {
    case .caption: report.captions += 1
    case .conversation: report.conversations += 1
    case .text: report.texts += 1
    }
    switch facts.pictureCount {
    case 0: report.withoutPicture += 1
    case 1: report.withOnePicture += 1
    default: report.withSeveralPictures += 1
    }
    report.mostPictures = max(report.mostPictures, facts.pictureCount)
    categories.add(facts)
    words.append(Int32(clamping: facts.words))
    bytes.append(Int32(clamping: facts.bytes))
    if hasTokens { tokens.append(Int32(clamping: facts.tokens)) }
    if form != .text { answerWords.append(Int32(clamping: facts.answerWords)) }
    for picture in facts.pictures { add(picture) }
    addContents(facts, Place(source: Int32(files.count - 1), index: index))
  }

  private mutating func add(_ picture: SampleFacts.Picture) {
    report.pictures.shown += 1
    guard seenPictures.insert(picture.digest).inserted else { return }
    func joined(_ range: ClosedRange<Int>, _ value: Int) -> ClosedRange<Int> {
      report.pictures.distinct == 0
        ? value...value : min(range.lowerBound, value)...max(range.upperBound, value)
    }
    report.pictures.widths = joined(report.pictures.widths, picture.size.width)
    report.pictures.heights = joined(report.pictures.heights, picture.size.height)
    report.pictures.distinct += 1
    report.pictures.bytes += picture.bytes
  }

  private mutating func addContents(_ facts: SampleFacts, _ place: Place) {
    if let shown = facts.shown, firstPictures[shown] == nil { firstPictures[shown] = place }
    if let text = facts.text, firstText[text] == nil { firstText[text] = place }
    guard let whole = facts.whole else { return }
    guard let first = firstWhole[whole] else {
      firstWhole[whole] = place
      return
    }
    report.duplicates += 1
    let other =
      first.source == place.source
      ? "sample \(first.index)" : "sample \(first.index) of \(file(first))"
    report.problems.append(
      CorpusProblem(
        .duplicate, .warning, file: file(place), index: place.index,
        facts.pictureCount == 0 ? "the text of \(other) again" : "pictures and text of \(other) again"))
  }

  /// Works out what needs all samples.
  mutating func finish() -> CorpusReport {
    report.words = LengthSummary(words)
    report.bytes = LengthSummary(bytes)
    report.tokens = LengthSummary(tokens)
    report.answerWords = LengthSummary(answerWords)
    report.categories = categories.categories
    return report
  }
}
