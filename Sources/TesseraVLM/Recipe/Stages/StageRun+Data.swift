private import Foundation
internal import TesseraCore
internal import TesseraCorpora
internal import TesseraData
internal import TesseraText

/// A stage's data, opened and looked through.
struct StageData {
  let builder: SampleBuilder
  /// The size that every picture is brought to; nil where it hangs on the picture.
  let fixedSize: Size?
  let sources: [TrainingSource]
  let validation: [TrainingSource]
  /// What of the held-out sets is trained on as well, in words.
  var overlaps: [String] = []

  var isFixedSize: Bool { fixedSize != nil }
}

extension StageRun {
  /// Opens what is trained on and what the loss is looked at on, and sets the steps.
  func openData(_ processor: Processor) throws -> StageData {
    let builder = SampleBuilder(processor, maximumLength: stage.maximumLength, overflow: stage.overflow)
    let fixed = try processor.fixedSize()
    let sources = try stage.data.map { try source($0, builder, fixed: fixed) }
    try setSteps(sources)
    tell(sources)
    let validation = try stage.validation.map { try source($0, builder, fixed: fixed, isHeldOut: true) }
    return StageData(builder: builder, fixedSize: fixed, sources: sources, validation: validation)
  }

  /// How a feed gives the stage's samples.
  ///
  /// - Parameter steps: steps that the data is laid out for; nil for the stage's own.
  func feedOptions(steps: Int?) -> FeedOptions {
    var options = stage.feed
    options.steps = steps ?? options.steps
    options.seed = seed
    options.threads = whole.recipe.loaderThreads
    options.rank = whole.group.place
    return options
  }

  func source(
    _ source: CorpusSource, _ builder: SampleBuilder, fixed: Size?, isHeldOut: Bool = false,
    compares: Bool? = nil
  ) throws -> TrainingSource {
    let source = whole.resolve(source)
    let isBlocks = try stage.kind == .pretrain && source.resolvedFormat() == .text
    return try .open(
      source, builder, fixed: fixed,
      blocks: isBlocks ? stage.maximumLength ?? builder.processor.config.text.maxPositions : nil,
      shortens: isHeldOut, compares: compares ?? stage.comparesAnswers, stops: stage.feed.errorPolicy == .stop
    )
  }

  /// Warns of held-out samples that are trained on.
  func overlaps(_ sources: [TrainingSource], _ heldOut: [TrainingSource]) throws -> [String] {
    func named(_ sources: [TrainingSource]) -> [OverlapCheck.Named] {
      sources.compactMap { source in source.records.map { (source.name, $0) } }
    }
    let (trained, held) = (named(sources), named(heldOut))
    guard !trained.isEmpty, !held.isEmpty else { return [] }
    let began = ProcessInfo.processInfo.systemUptime
    let found = try OverlapCheck(heldOut: held, threads: whole.recipe.loaderThreads).warnings(
      against: trained)
    let seconds = ((ProcessInfo.processInfo.systemUptime - began) * 10).rounded() / 10
    for line in found { say("warning: \(line)") }
    if found.isEmpty {
      say("held-out data and training data have no sample in common (compared in \(seconds) s)")
    }
    return found
  }

  /// Epochs become steps.
  private func setSteps(_ sources: [TrainingSource]) throws {
    guard let epochs = stage.epochs else { return stage.setSteps(stage.feed.steps) }
    let samples = sources.reduce(0) { $0 + $1.lengths.count }
    let tokens = sources.reduce(0) { $0 + $1.lengths.reduce(0, +) }
    let whole =
      stage.feed.tokensPerStep.map { Double(tokens) / Double($0) }
      ?? Double(samples) / Double(stage.feed.samplesPerStep)
    stage.setSteps(max(1, Int((epochs * whole).rounded())))
  }

  /// What the report tells of the data.
  func facts(_ data: StageData) -> [StageFacts] {
    let overlaps = data.overlaps.map {
      StageFacts(title: "held-out and training data", facts: [], warning: $0)
    }
    let faults = data.sources.compactMap { source -> StageFacts? in
      guard case .records(_, let census) = source.content else { return nil }
      return Self.warning(of: census, source.name).map {
        StageFacts(title: source.name, facts: [], warning: $0)
      }
    }
    return overlaps + faults
      + data.sources.map { source in
        switch source.content {
        case .blocks(let blocks):
          StageFacts(
            title: source.name,
            facts: [
              ["documents", "\(blocks.documents)"], ["blocks", "\(blocks.count)"],
              ["tokens of a block", "\(blocks.length)"], ["documents left out", "\(blocks.failures.count)"],
            ])
        case .records(_, let census):
          StageFacts(
            title: source.name,
            facts: [
              ["samples", "\(census.kept.count)"], ["pictures", "\(census.images)"],
              ["samples of text alone", "\(census.textOnly)"],
              ["samples with several pictures", "\(census.severalImages)"], ["tokens", "\(census.tokens)"],
              ["share of tokens learned", "\((census.learnedShare * 1000).rounded() / 10) %"],
              ["longest sample, tokens", "\(census.longest)"], ["overflow", "\(census.overflow)"],
              ["left out", "\(census.failures.count)"],
            ])
        }
      }
  }

  private func tell(_ sources: [TrainingSource]) {
    for source in sources {
      switch source.content {
      case .blocks(let blocks):
        say(
          "\(source.name): \(blocks.documents) documents, \(blocks.count) blocks of \(blocks.length) tokens, all learned"
        )
      case .records(_, let census):
        let share = (census.learnedShare * 1000).rounded() / 10
        say(
          "\(source.name): \(census.kept.count) samples, \(census.images) pictures, \(census.textOnly) of text alone; "
            + "\(census.tokens) tokens, \(share) % learned; longest \(census.longest); \(census.overflow)")
        for failure in census.failures.prefix(5) { say("  left out: \(failure.error)") }
        if census.failures.count > 5 { say("  and \(census.failures.count - 5) more") }
        if let warning = Self.warning(of: census, source.name) { say("warning: \(warning)") }
      }
    }
  }

  /// Samples that are trained on though something is wrong with them; nil for none.
  private static func warning(of census: SampleCensus, _ name: String) -> String? {
    guard !census.faults.isEmpty else { return nil }
    let shown = census.faults.prefix(3).map { "sample \($0.index): \($0.fault)" }.joined(separator: "; ")
    return
      "\(name): \(census.faults.count) samples are trained on as they are, but something is wrong with them (\(shown)); "
      + "tessera-vlm validate tells of all"
  }
}
