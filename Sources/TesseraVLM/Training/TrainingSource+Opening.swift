public import TesseraCore
public import TesseraCorpora
internal import TesseraData

extension TrainingSource {
  /// Opens a data set and looks through it.
  ///
  /// - Parameters:
  ///   - fixed: the size that the processor brings every picture to; nil where it hangs on the picture.
  ///   - length: tokens of a block, for documents that follow one another in blocks; nil for a sample each.
  ///   - shortens: whether documents shorter than a block make a block of their length.
  ///   - compares: whether every record must have answers that are better and worse.
  ///   - stops: whether a sample that cannot be trained on is an error; else the census keeps it.
  /// - Throws: what the data set throws; `invalidInput` for one without samples; the first such sample's error.
  public static func open(
    _ source: CorpusSource, _ builder: SampleBuilder, fixed: Size?, blocks length: Int? = nil,
    shortens: Bool = false, compares: Bool = false, stops: Bool = true
  ) throws -> TrainingSource {
    let dataset = try source.open()
    guard dataset.count > 0 else {
      throw TesseraError(
        .invalidInput(operation: "the data set '\(source.title)'", expected: "a sample", got: "none"),
        path: source.path)
    }
    if let length {
      let blocks = try TokenBlocks(
        dataset, builder.processor.tokenizer, endToken: builder.processor.endTokens.first, length: length,
        shortens: shortens)
      return TrainingSource(source.title, .blocks(blocks), weight: source.weight ?? Double(blocks.count))
    }
    let tokens = fixed.map { builder.processor.config.imageTokens(height: $0.height, width: $0.width) }
    let census = SampleCensus(dataset, builder, imageTokens: tokens, compares: compares)
    if let failure = census.failures.first, stops { throw failure.error.in(file: source.path) }
    return TrainingSource(
      source.title, .records(dataset, census), weight: source.weight ?? Double(census.kept.count))
  }

  /// The records; nil for text in blocks.
  var records: (any Dataset)? { if case .records(let dataset, _) = content { dataset } else { nil } }
}

extension TesseraError {
  /// The error of a record, with the file that it stands in before the record's own name.
  fileprivate func `in`(file: String) -> TesseraError {
    let path = path.map { $0 == file || $0.contains("/") ? $0 : "\(file): \($0)" }
    return TesseraError(reason, path: path ?? file, index: index, stage: stage)
  }
}
