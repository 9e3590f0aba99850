private import Foundation
internal import TesseraCore
public import TesseraData
public import TesseraText

/// Looks through data sets before a run: what is in them, what is wrong, and what two of them have in common.
///
///     var check = CorpusCheck()
///     check.tokenizer = tokenizer
///     let report = try check.run([CorpusSource("train.jsonl")], against: [CorpusSource("val.jsonl")])
///     print(report.text())
///     guard report.isSound else { … }
///
/// Every sample is asked for and every picture's bytes are read once, so the time is the disk's. In memory is some
/// hundred bytes a sample. The report is the same for any number of threads.
public struct CorpusCheck: Sendable {
  /// Whether pictures are decoded to their end; else their headers are read.
  public var decodes = false
  /// What tokens are counted with; nil for words and bytes alone.
  public var tokenizer: Tokenizer?
  /// Threads; nil for one a core.
  public var threads: Int?
  /// Called now and then with the samples that are done and their number, on the caller's thread.
  public var progress: (@Sendable (_ done: Int, _ of: Int) -> Void)?

  /// Pairs that a finding of overlap shows.
  private static let exampleCount = 5
  private static let blockSize = 4096
  /// Samples that a thread takes at a time.
  private static let stepSize = 16

  public init() {}

  /// Checks sources, as one set.
  ///
  /// - Parameter against: another set, which should have nothing in common with it.
  /// - Returns: what was found; a source that cannot be opened is a problem in the report.
  /// - Throws: `invalidArgument` for settings of a source that contradict each other, and no source; `io` where no
  ///   thread can be started.
  public func run(_ sources: [CorpusSource], against: [CorpusSource] = []) throws -> CorpusReport {
    guard !sources.isEmpty else {
      throw TesseraError(.invalidArgument(name: "sources", expected: "at least one", got: "none"))
    }
    let (checked, other) = (try sources.map(open), try against.map(open))
    return try run(checked, against: other)
  }

  /// Checks a dataset of one's own.
  ///
  /// - Parameters:
  ///   - name: what problems call it.
  ///   - against: another, which should have nothing in common with it.
  public func run(
    _ dataset: any Dataset, name: String = "the data set",
    against: (dataset: any Dataset, name: String)? = nil
  ) throws -> CorpusReport {
    try run(
      [Opened(path: name, dataset: dataset)],
      against: against.map { [Opened(path: $0.name, dataset: $0.dataset)] } ?? [])
  }

  // MARK: sources

  private struct Opened {
    var path: String
    var format: CorpusFormat?
    /// Nil where it cannot be opened.
    var dataset: (any Dataset)?
    /// The number in the file of the first sample.
    var first = 0
    var problems: [CorpusProblem] = []
  }

  private func open(_ source: CorpusSource) throws -> Opened {
    var opened = Opened(path: RemoteName.shown(source.path), first: source.range?.lowerBound ?? 0)
    do {
      opened.format = try source.resolvedFormat()
      let dataset = try source.open()
      opened.dataset = dataset
      // What is wrong with a tar and costs no sample.
      let faults = (dataset as? TarCorpus)?.tars.faults ?? []
      opened.problems = faults.filter { $0.sample == nil }.map {
        CorpusProblem(.unreadableRecord, .error, file: opened.path, "\($0.error)")
      }
    } catch let error as TesseraError {
      if case .invalidArgument = error.reason { throw error }
      let isEmpty = FileIO.size(source.path) == 0
      opened.problems = [
        CorpusProblem(isEmpty ? .emptySet : .unreadableSet, .error, file: opened.path, "\(error.reason)")
      ]
    }
    return opened
  }

  // MARK: running

  private func run(_ sources: [Opened], against others: [Opened]) throws -> CorpusReport {
    // Of one inspector: pictures that both sets show are looked at once.
    let inspector = SampleInspector(pictures: PictureInspector(decodes: decodes), tokenizer: tokenizer)
    let total = (sources + others).reduce(0) { $0 + ($1.dataset?.count ?? 0) }
    var done = 0
    func tally(_ sources: [Opened]) throws -> CorpusTally {
      var tally = CorpusTally(hasTokens: tokenizer != nil)
      for source in sources { try add(source, to: &tally, inspector, &done, of: total) }
      return tally
    }
    var checked = try tally(sources)
    var report = checked.finish()
    report.isDecoded = decodes
    if !others.isEmpty {
      var other = try tally(others)
      let found = other.finish()
      report.problems += found.problems.filter { $0.severity == .error }
      let overlap = Self.overlap(checked, other, samples: found.samples)
      report.overlap = overlap
      report.problems += Self.problems(of: overlap, file: sources[0].path)
    }
    return report
  }

  private func add(
    _ source: Opened, to tally: inout CorpusTally, _ inspector: SampleInspector, _ done: inout Int,
    of total: Int
  ) throws {
    let count = source.dataset?.count ?? 0
    tally.begin(CorpusReport.Source(path: source.path, format: source.format, samples: count))
    tally.report.problems += source.problems
    if count == 0 && source.problems.isEmpty {
      tally.report.problems.append(
        CorpusProblem(.emptySet, .error, file: source.path, "it has no samples"))
    }
    guard let dataset = source.dataset else { return }
    var start = 0
    while start < count {
      let range = start..<min(count, start + Self.blockSize)
      let facts = try inspect(range, dataset, source, inspector)
      for (index, facts) in zip(range, facts) { tally.add(facts, index: source.first + index) }
      start = range.upperBound
      done += range.count
      progress?(done, total)
    }
  }

  /// The facts of some samples, in their order.
  private func inspect(
    _ range: Range<Int>, _ dataset: any Dataset, _ source: Opened, _ inspector: SampleInspector
  ) throws -> [SampleFacts] {
    let state = Guarded((next: range.lowerBound, facts: [SampleFacts?](repeating: nil, count: range.count)))
    let wanted = threads ?? ProcessInfo.processInfo.activeProcessorCount
    let (path, first) = (source.path, source.first)
    try WorkerThreads.run(max(1, min(wanted, range.count))) { _ in
      while true {
        let start = state.withLock { state in
          defer { state.next += Self.stepSize }
          return state.next
        }
        guard start < range.upperBound else { return }
        let step = start..<min(start + Self.stepSize, range.upperBound)
        let facts = step.map { index in
          inspector.inspect({ try dataset.sample(at: index) }, file: path, index: first + index)
        }
        state.withLock { state in
          for (index, facts) in zip(step, facts) { state.facts[index - range.lowerBound] = facts }
        }
      }
    }
    return state.withLock { $0.facts.compactMap { $0 } }
  }

  // MARK: overlap

  private static func overlap(_ checked: CorpusTally, _ other: CorpusTally, samples: Int) -> CorpusOverlap {
    func finding(
      _ part: CorpusOverlap.Part, _ key: (CorpusTally) -> [ContentDigest: CorpusTally.Place]
    ) -> CorpusOverlap.Finding {
      let (mine, theirs) = (key(checked), key(other))
      let common = theirs.compactMap { digest, place in mine[digest].map { (mine: $0, other: place) } }
        .sorted { ($0.other.source, $0.other.index) < ($1.other.source, $1.other.index) }
      let examples = common.prefix(exampleCount).map { pair in
        CorpusOverlap.Pair(
          file: checked.file(pair.mine), index: pair.mine.index, otherFile: other.file(pair.other),
          otherIndex: pair.other.index)
      }
      return CorpusOverlap.Finding(part: part, count: common.count, of: theirs.count, examples: examples)
    }
    return CorpusOverlap(
      files: other.report.sources.map(\.path), samples: samples,
      findings: [
        finding(.whole) { $0.firstWhole }, finding(.pictures) { $0.firstPictures },
        finding(.text) { $0.firstText },
      ])
  }

  private static func problems(of overlap: CorpusOverlap, file: String) -> [CorpusProblem] {
    overlap.findings.filter { $0.count > 0 }.map { finding in
      let examples = finding.examples.map { "\($0.otherIndex) is \($0.index)" }.joined(separator: ", ")
      return CorpusProblem(
        .overlap, .warning, file: file,
        "\(finding.part.rawValue): \(finding.count) of the \(finding.of) different ones of "
          + "\(overlap.files.joined(separator: ", ")) are in it too (samples \(examples))")
    }
  }
}
