internal import TesseraCodecs
internal import TesseraCore
internal import TesseraData

/// Shapes as a data set on the disk.
///
///     try ShapesCorpus(seed: 7).write(to: "shapes")
///
/// The folder has `shapes.json` (seed, counts, held-out pairs, version) and one folder a split, for `CaptionDataset` and
/// `ConversationDataset` or, as tars, for `WebDataset`. The same settings give the same files, byte for byte (of one
/// zlib), and more scenes give the same files and more.
public struct ShapesCorpus: Sendable, Hashable {
  /// What chance starts from.
  public var seed: UInt64
  /// Scenes of each split; a split that is not here, or has 0, is not written.
  public var counts: [ShapesSplit: Int]
  /// The pictures' side in pixels, `ShapesScene.sides`.
  public var side: Int
  /// Questions a scene, 0...`ShapesScene.questionLimit`.
  public var questions: Int
  /// Further questions a scene that stand in one conversation, 0...`ShapesScene.questionLimit` with `questions`; 0 for
  /// no conversations.
  public var turns: Int
  /// Whether each scene's caption is written once more, as the answer to a request (`ShapesScene.requests`).
  public var descriptions: Bool
  public var format: CorpusOutput

  /// The file that says what the folder is.
  static let mark = "shapes.json"

  public init(
    seed: UInt64 = 0, counts: [ShapesSplit: Int] = [.train: 20_000, .validation: 1000, .heldout: 1000],
    side: Int = 48, questions: Int = 2, turns: Int = 0, descriptions: Bool = false,
    format: CorpusOutput = .folder
  ) {
    self.seed = seed
    self.counts = counts
    self.side = side
    self.questions = questions
    self.turns = turns
    self.descriptions = descriptions
    self.format = format
  }

  /// Writes the folder: aside first, then renamed as a whole.
  ///
  /// - Parameters:
  ///   - overwrite: whether a folder of Shapes that has the name is replaced.
  ///   - progress: called now and then with the split, and how many of its scenes are written.
  /// - Throws: `invalidArgument` for settings out of range or where something stands in the way, `io`. Nothing is left.
  public func write(
    to path: String, overwrite: Bool = false, progress: (ShapesSplit, Int) -> Void = { _, _ in }
  ) throws {
    try check()
    let directory = try NewDirectory(
      path, replaces: overwrite, kind: NewDirectory.Kind("one of Shapes", mark: Self.mark))
    do {
      for split in ShapesSplit.allCases {
        guard let count = counts[split], count > 0 else { continue }
        let writer = CorpusWriter(folder: "\(directory.part)/\(split.rawValue)", format: format)
        try writer.write(count, progress: { progress(split, $0) }) { try picture(split, $0) }
      }
      try AtomicFile.write(Array((json + "\n").utf8), to: "\(directory.part)/\(Self.mark)", sync: true)
      try directory.finish()
    } catch {
      directory.abandon()
      throw error
    }
  }

  /// Whether a folder was written with these settings.
  ///
  /// - Throws: `io` for a folder that is not one of Shapes.
  public func isWritten(at path: String) throws -> Bool {
    try FileIO.read("\(path)/\(Self.mark)", limit: 1 << 20) == Array((json + "\n").utf8)
  }

  private func check() throws {
    func refuse(_ name: String, _ expected: String, _ got: Int) -> TesseraError {
      TesseraError(.invalidArgument(name: name, expected: expected, got: "\(got)"))
    }
    guard ShapesScene.sides.contains(side) else {
      throw refuse("the side of pictures of Shapes", "16 to 1024", side)
    }
    guard (0...ShapesScene.questionLimit).contains(questions) else {
      throw refuse("the number of questions a scene", "0 to \(ShapesScene.questionLimit)", questions)
    }
    guard (0...ShapesScene.questionLimit - questions).contains(turns) else {
      throw refuse(
        "the number of turns of a conversation",
        "0 to \(ShapesScene.questionLimit - questions), beside \(questions) questions", turns)
    }
    for (split, count) in counts where count < 0 {
      throw refuse("the number of scenes of \(split.rawValue)", "0 or more", count)
    }
    guard counts.values.contains(where: { $0 > 0 }) else {
      throw refuse("the number of scenes", "at least 1 in one split", 0)
    }
  }

  private func picture(_ split: ShapesSplit, _ index: Int) throws -> CorpusPicture {
    let scene = ShapesScene(seed: seed, split: split, index: index)
    let asked = scene.questions(questions + turns).map {
      CorpusPicture.Question(text: $0.text, answer: $0.answer, category: $0.kind.rawValue)
    }
    return CorpusPicture(
      png: try PNGEncoder().encode(scene.image(side: side)),
      captions: [CorpusPicture.Caption(text: scene.caption)],
      descriptions: descriptions
        ? [CorpusPicture.Question(text: scene.request, answer: scene.caption, category: "description")] : [],
      questions: Array(asked.prefix(questions)), conversation: Array(asked.dropFirst(questions)))
  }

  /// What `shapes.json` says, in one line.
  public var json: String {
    // Folders of before have no such key, and none of the files.
    let described: [(key: String, value: JSONText)] = descriptions ? [("descriptions", .bool(true))] : []
    let settings: [(key: String, value: JSONText)] = [
      ("dataset", "shapes"), ("version", .int(ShapesScene.version)), ("seed", .string(String(seed))),
      ("side", .int(side)), ("questions_per_scene", .int(questions)), ("turns_per_conversation", .int(turns)),
    ]
    let rest: [(key: String, value: JSONText)] = [
      ("format", .string(format.rawValue)),
      ("scenes", .object(ShapesSplit.allCases.map { ($0.rawValue, .int(counts[$0] ?? 0)) })),
      ("held_out_pairs", .array(ShapesPair.heldOut.map { .string($0.name) })),
    ]
    return JSONText.object(settings + described + rest).text
  }
}
