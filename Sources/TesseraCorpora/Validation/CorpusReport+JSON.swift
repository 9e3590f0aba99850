internal import TesseraCore

extension CorpusReport {
  /// The report for machines: one JSON object with every problem, on one line.
  public func json() -> String {
    JSONText.object([
      ("sound", .bool(isSound)), ("errors", .int(errorCount)), ("warnings", .int(warningCount)),
      (
        "sources",
        .array(
          sources.map {
            .object([
              ("path", .string($0.path)), ("format", JSONText($0.format?.rawValue)),
              ("samples", .int($0.samples)),
            ])
          })
      ),
      ("samples", .int(samples)), ("unreadable", .int(unreadable)),
      ("conversations", .int(conversations)), ("captions", .int(captions)), ("texts", .int(texts)),
      ("without_picture", .int(withoutPicture)), ("with_one_picture", .int(withOnePicture)),
      ("with_several_pictures", .int(withSeveralPictures)), ("most_pictures", .int(mostPictures)),
      ("pictures", picturesJSON), ("words", Self.json(words)), ("bytes", Self.json(bytes)),
      ("tokens", Self.json(tokens)), ("answer_words", Self.json(answerWords)),
      ("majority_by_category", majorityByCategory.map { .double($0) } ?? .null),
      ("categories", .array(categories.map(Self.json))), ("duplicates", .int(duplicates)),
      ("overlap", overlap.map(Self.json) ?? .null), ("problems", .array(problems.map(Self.json))),
    ]).text
  }

  private var picturesJSON: JSONText {
    func ends(_ range: ClosedRange<Int>) -> JSONText {
      .array([.int(range.lowerBound), .int(range.upperBound)])
    }
    return .object([
      ("shown", .int(pictures.shown)), ("distinct", .int(pictures.distinct)), ("bytes", .int(pictures.bytes)),
      ("widths", ends(pictures.widths)), ("heights", ends(pictures.heights)), ("decoded", .bool(isDecoded)),
    ])
  }

  private static func json(_ lengths: LengthSummary?) -> JSONText {
    guard let lengths else { return .null }
    return .object([
      ("count", .int(lengths.count)), ("total", .int(lengths.total)), ("minimum", .int(lengths.minimum)),
      ("mean", .double(lengths.mean)), ("median", .int(lengths.median)),
      ("percentile_95", .int(lengths.percentile95)), ("percentile_99", .int(lengths.percentile99)),
      ("maximum", .int(lengths.maximum)),
    ])
  }

  private static func json(_ category: CorpusCategory) -> JSONText {
    .object([
      ("name", .string(category.name)), ("samples", .int(category.samples)),
      ("answers", .int(category.answers)),
      ("distinct_answers", .int(category.distinctAnswers)), ("common_answer", .string(category.commonAnswer)),
      ("common_count", .int(category.commonCount)), ("majority", .double(category.majority)),
    ])
  }

  private static func json(_ overlap: CorpusOverlap) -> JSONText {
    .object([
      ("files", .array(overlap.files.map { .string($0) })), ("samples", .int(overlap.samples)),
      ("findings", .array(overlap.findings.map(json))),
    ])
  }

  private static func json(_ finding: CorpusOverlap.Finding) -> JSONText {
    .object([
      ("part", .string(finding.part.rawValue)), ("count", .int(finding.count)), ("of", .int(finding.of)),
      (
        "examples",
        .array(
          finding.examples.map {
            .object([
              ("file", .string($0.file)), ("index", .int($0.index)), ("other_file", .string($0.otherFile)),
              ("other_index", .int($0.otherIndex)),
            ])
          })
      ),
    ])
  }

  private static func json(_ problem: CorpusProblem) -> JSONText {
    .object([
      ("kind", .string(problem.kind.rawValue)), ("severity", .string(problem.severity.rawValue)),
      ("file", .string(problem.file)), ("index", JSONText(problem.index)), ("what", .string(problem.what)),
      ("advice", .string(problem.advice)),
    ])
  }
}
