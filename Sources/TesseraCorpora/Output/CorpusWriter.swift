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

  /// A conversation in the form of Hugging Face's `messages`: the picture stands before the first question.
  static func messages(_ questions: [CorpusPicture.Question]) -> JSONText {
    func text(_ words: String) -> JSONText { .object([("type", "text"), ("text", .string(words))]) }
    func turn(_ role: String, _ content: [JSONText]) -> JSONText {
      .object([("role", .string(role)), ("content", .array(content))])
    }
    let image = JSONText.object([("type", "image")])
    return .array(
      questions.enumerated().flatMap { number, question in
        [
          turn("user", (number == 0 ? [image] : []) + [text(question.text)]),
          turn("assistant", [text(question.answer)]),
        ]
      })
  }
}
