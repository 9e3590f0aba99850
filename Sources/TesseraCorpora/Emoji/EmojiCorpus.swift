internal import TesseraCodecs
internal import TesseraCore
internal import TesseraData

/// Emoji as a data set on the disk: a font's bitmaps with the names that CLDR gives them.
///
///     try EmojiCorpus(languages: ["en", "zh"]).write(to: "emoji")
///
/// `train` has views of the trained emoji, `validation` other views of the same, `heldout` views of emoji that are never
/// trained. It shows the recognition of seen symbols, not generalisation: nobody can tell the name of a symbol that was
/// never named. The same settings and files give the same data set, and more views the same and more.
public struct EmojiCorpus: Sendable, Hashable {
  /// The three parts.
  public enum Split: String, Sendable, Hashable, Codable, CaseIterable {
    case train, validation, heldout
  }

  /// The font with the bitmaps.
  public var font: String
  /// CLDR's folder.
  public var cldr: String
  /// CLDR's names of languages that `EmojiLanguage` has.
  public var languages: [String]
  /// What chance starts from.
  public var seed: UInt64
  /// The pictures' side in pixels, 8...512.
  public var side: Int
  /// Views of each emoji in `train`.
  public var views: Int
  /// Views of each emoji in `validation` and `heldout`.
  public var validationViews: Int
  /// The share of emoji that are never trained, 0..<1.
  public var heldout: Double
  /// At most so many emoji, spread evenly over those there are in the order of their numbers; nil for all.
  public var limit: Int?
  public var format: CorpusOutput

  /// The file that says what the folder is.
  static let mark = "emoji.json"
  /// The version of what views look like.
  public static let version = 1

  public init(
    font: String = EmojiFont.debianPath, cldr: String = EmojiNames.debianPath,
    languages: [String] = ["en", "zh"],
    seed: UInt64 = 0, side: Int = 32, views: Int = 16, validationViews: Int = 1, heldout: Double = 0.1,
    limit: Int? = nil, format: CorpusOutput = .folder
  ) {
    self.font = font
    self.cldr = cldr
    self.languages = languages
    self.seed = seed
    self.side = side
    self.views = views
    self.validationViews = validationViews
    self.heldout = heldout
    self.limit = limit
    self.format = format
  }

  /// What was made.
  public struct Summary: Sendable, Hashable {
    /// Emoji of each split.
    public var emoji: [Split: Int]
    /// Pictures of each split.
    public var pictures: [Split: Int]
    /// What `emoji.json` says, in one line.
    public var json: String
  }

  /// Writes the folder: aside first, then renamed as a whole.
  ///
  /// - Parameters:
  ///   - overwrite: whether a folder of Emoji that has the name is replaced.
  ///   - progress: called now and then with the split, how many of its pictures are written, and how many there will be.
  /// - Throws: `invalidArgument` for settings out of range or where something stands in the way; `io` that says what to
  ///   install where the font or CLDR is missing; what is wrong in them. Nothing is left.
  @discardableResult public func write(
    to path: String, overwrite: Bool = false, progress: (Split, Int, Int) -> Void = { _, _, _ in }
  ) throws -> Summary {
    let asked = try check()
    let font = try EmojiFont(font)
    let all = try Emoji.all(font, languages.map { try EmojiNames($0, cldr: cldr) })
    guard !all.isEmpty else {
      throw TesseraError(
        .invalidInput(
          operation: "Emoji", expected: "characters with a bitmap and a name in every language", got: "none"),
        path: self.font)
    }
    let parts = divide(chosen(all))
    let directory = try NewDirectory(
      path, replaces: overwrite, kind: NewDirectory.Kind("one of Emoji", mark: Self.mark))
    do {
      for split in Split.allCases {
        let (emoji, count) = (parts[split] ?? [], count(split, parts))
        guard count > 0 else { continue }
        let writer = CorpusWriter(folder: "\(directory.part)/\(split.rawValue)", format: format)
        try writer.write(count, progress: { progress(split, $0, count) }) { index in
          // View by view, so that more views follow and change nothing.
          try picture(emoji[index % emoji.count], split, view: index / emoji.count, asked)
        }
      }
      let summary = summary(parts, font)
      try AtomicFile.write(
        Array((summary.json + "\n").utf8), to: "\(directory.part)/\(Self.mark)", sync: true)
      try directory.finish()
      return summary
    } catch {
      directory.abandon()
      throw error
    }
  }

  /// Looks at the settings.
  ///
  /// - Returns: the languages.
  /// - Throws: `invalidArgument` for one that is out of range.
  @discardableResult public func check() throws -> [EmojiLanguage] {
    func refuse(_ name: String, _ expected: String, _ got: String) -> TesseraError {
      TesseraError(.invalidArgument(name: name, expected: expected, got: got))
    }
    guard (8...512).contains(side) else {
      throw refuse("the side of pictures of Emoji", "8 to 512", "\(side)")
    }
    guard views >= 1 else { throw refuse("the number of views", "at least 1", "\(views)") }
    guard validationViews >= 0 else {
      throw refuse("the number of validation views", "0 or more", "\(validationViews)")
    }
    guard heldout >= 0, heldout < 1 else {
      throw refuse("the held-out share", "0 or more, below 1", "\(heldout)")
    }
    if let limit, limit < 1 { throw refuse("the number of emoji", "at least 1", "\(limit)") }
    guard !languages.isEmpty, Set(languages).count == languages.count else {
      throw refuse("the languages", "one or more, each once", languages.joined(separator: ","))
    }
    return try languages.map { try EmojiLanguage($0) }
  }

  /// The emoji within the limit.
  func chosen(_ all: [Emoji]) -> [Emoji] {
    guard let limit, limit < all.count else { return all }
    return (0..<limit).map { all[$0 * all.count / limit] }
  }

  /// Which emoji are trained and which held out, each in their order.
  func divide(_ all: [Emoji]) -> [Split: [Emoji]] {
    var stream = RandomStream(seed: seed, epoch: Operation.division)
    let held = Set(stream.permutation(all.count).prefix(Int((Double(all.count) * heldout).rounded())))
    let trained = all.indices.filter { !held.contains($0) }.map { all[$0] }
    return [.train: trained, .validation: trained, .heldout: held.sorted().map { all[$0] }]
  }

  /// The epochs of the random streams: one for the division, one a split.
  private enum Operation {
    static let division: UInt64 = 3

    static func epoch(_ split: Split) -> UInt64 {
      switch split {
      case .train: 0
      case .validation: 1
      case .heldout: 2
      }
    }
  }

  private func count(_ split: Split, _ parts: [Split: [Emoji]]) -> Int {
    (parts[split]?.count ?? 0) * (split == .train ? views : validationViews)
  }

  private func picture(
    _ emoji: Emoji, _ split: Split, view: Int, _ asked: [EmojiLanguage]
  ) throws -> CorpusPicture {
    var stream = RandomStream(
      seed: seed, epoch: Operation.epoch(split), sample: UInt64(emoji.scalar.value) << 32 | UInt64(view))
    let image: Image
    do { image = try EmojiView(using: &stream).image(emoji.png, side: side) } catch let error as TesseraError
    {
      throw error.with(path: "\(font), U+\(String(emoji.scalar.value, radix: 16, uppercase: true))")
    }
    let said = zip(asked, emoji.names)
    return CorpusPicture(
      png: try PNGEncoder().encode(image),
      captions: said.map { CorpusPicture.Caption(text: $1, category: $0.name) },
      questions: said.map { CorpusPicture.Question(text: $0.question, answer: $1, category: $0.name) })
  }

  private func summary(_ parts: [Split: [Emoji]], _ font: EmojiFont) -> Summary {
    let emoji = parts.mapValues(\.count)
    let pictures = Dictionary(uniqueKeysWithValues: Split.allCases.map { ($0, count($0, parts)) })
    func counts(_ of: [Split: Int]) -> JSONText {
      .object(Split.allCases.map { ($0.rawValue, .int(of[$0] ?? 0)) })
    }
    // Only where it is asked for, so that data sets without it say what they always said.
    let limited: [(key: String, value: JSONText)] = limit.map { [("limit", .int($0))] } ?? []
    let members: [(key: String, value: JSONText)] = [
      ("dataset", "emoji"), ("version", .int(Self.version)), ("seed", .string(String(seed))),
      ("side", .int(side)),
      ("format", .string(format.rawValue)), ("languages", .array(languages.map { .string($0) })),
      ("font_sha256", .string(font.digest)), ("emoji", counts(emoji)), ("pictures", counts(pictures)),
      (
        "held_out",
        .array((parts[.heldout] ?? []).map { .string(String(Character($0.scalar))) })
      ),
    ]
    let json = JSONText.object(members + limited)
    return Summary(emoji: emoji, pictures: pictures, json: json.text)
  }
}
