private import Dispatch
internal import TesseraCore
internal import TesseraData

/// Writes one split of a made data set, in the order of its pictures; the bytes do not depend on the threads.
struct CorpusWriter {
  /// The split's folder.
  let folder: String
  let format: CorpusOutput
  /// Samples a tar.
  var shardSize = 10_000
  /// Pictures that are made at once, on all cores, before they are written.
  private static let block = 256

  /// Makes `count` pictures and writes them.
  ///
  /// - Parameters:
  ///   - make: gives picture *i*; called on several threads.
  ///   - progress: called after each block with the number of pictures that are written.
  /// - Throws: `io`, what `make` throws.
  func write(
    _ count: Int, progress: (Int) -> Void, make: @escaping @Sendable (Int) throws -> CorpusPicture
  ) throws {
    let sink: any CorpusSink =
      switch format {
      case .folder: try CorpusFolder(folder)
      case .tar: try CorpusTars(folder, shardSize: shardSize)
      }
    for start in stride(from: 0, to: count, by: Self.block) {
      let end = min(start + Self.block, count)
      let made = CorpusBlock(count: end - start)
      DispatchQueue.concurrentPerform(iterations: end - start) { offset in
        made.set(offset, Result { try make(start + offset) })
      }
      for (offset, result) in made.results.enumerated() {
        guard let picture = try result?.get() else {
          preconditionFailure("picture \(start + offset) was not made")
        }
        try sink.write(start + offset, picture)
      }
      progress(end)
    }
    try sink.finish()
  }

  /// `000042`.
  static func number(_ index: Int) -> String {
    let digits = String(index)
    return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  /// A conversation of one question in the form of Hugging Face's `messages`.
  static func messages(_ question: CorpusPicture.Question) -> JSONText {
    func part(_ members: [(key: String, value: JSONText)]) -> JSONText { .object(members) }
    return .array([
      .object([
        ("role", "user"),
        (
          "content",
          .array([
            part([("type", "image")]), part([("type", "text"), ("text", .string(question.text))]),
          ])
        ),
      ]),
      .object([
        ("role", "assistant"),
        ("content", .array([part([("type", "text"), ("text", .string(question.answer))])])),
      ]),
    ])
  }
}
