internal import TesseraCore
internal import TesseraData
internal import TesseraText

/// Looks at samples one by one; several threads may do so at once.
struct SampleInspector: Sendable {
  let pictures: PictureInspector
  let tokenizer: Tokenizer?
  /// The strings that the tokenizer takes for tokens of their own.
  private let special: [String]

  init(pictures: PictureInspector, tokenizer: Tokenizer?) {
    self.pictures = pictures
    self.tokenizer = tokenizer
    // The mark of a picture is looked at by itself.
    special = tokenizer.map { $0.specialIDs.compactMap($0.token) }?.filter { $0 != ImageMarks.mark } ?? []
  }

  /// - Parameters:
  ///   - file: the source's path.
  ///   - index: what problems call the sample.
  func inspect(_ read: () throws -> Sample, file: String, index: Int) -> SampleFacts {
    var facts = SampleFacts()
    do {
      let sample = try read()
      facts.form = Self.form(sample)
      facts.category = sample.category
      facts.pictureCount = sample.pictures.count
      add(texts: sample, to: &facts)
      facts.problems = (Self.problems(of: sample) + problems(ofTokens: sample)).map { kind, severity, what in
        CorpusProblem(kind, severity, file: file, index: index, what)
      }
      add(pictures: sample.pictures, to: &facts, file: file, index: index)
    } catch { facts.problems = [CorpusProblem(reading: error, file: file, index: index)] }
    return facts
  }

  private static func form(_ sample: Sample) -> SampleFacts.Form {
    sample.conversation.isEmpty ? (sample.pictures.isEmpty ? .text : .caption) : .conversation
  }

  /// Text that holds a token of the tokenizer's own, and answers that have no token.
  private func problems(ofTokens sample: Sample) -> [Finding] {
    guard let tokenizer else { return [] }
    var texts = sample.conversation.map(\.text)
    if let text = sample.text, texts.isEmpty { texts = [text] }
    return texts.enumerated().flatMap { index, text -> [Finding] in
      let place = sample.conversation.isEmpty ? "its text" : "turn \(index + 1)"
      var found: [Finding] = special.filter { ImageMarks.pieces(of: text, between: [$0]).count > 1 }.map {
        (.specialToken, .error, "\(place) has '\($0)' in it, a token of the tokenizer's own")
      }
      let isLearned = sample.conversation.isEmpty || sample.conversation[index].role == .assistant
      let hasWords = !Self.trimmed(text).isEmpty
      if isLearned, hasWords, tokenizer.encode(text, addSpecialTokens: false).isEmpty {
        found.append((.emptyAnswer, .error, "\(place) has no tokens: the tokenizer knows none of its bytes"))
      }
      return found
    }
  }

  // MARK: texts

  private func add(texts sample: Sample, to facts: inout SampleFacts) {
    var digest = Digest()
    var texts: [(text: String, isLearned: Bool)] = []
    if sample.conversation.isEmpty {
      texts = [(sample.text ?? "", true)]
      digest.update(Self.trimmed(sample.text ?? ""))
    }
    for turn in sample.conversation {
      texts.append((ImageMarks.pieces(of: turn.text).joined(), turn.role == .assistant))
      digest.update(turn.role.rawValue)
      digest.update(Self.trimmed(turn.text))
    }
    for (text, isLearned) in texts {
      let words = Self.words(text)
      facts.words += words
      facts.bytes += text.utf8.count
      if let tokenizer { facts.tokens += tokenizer.encode(text, addSpecialTokens: false).count }
      guard isLearned else { continue }
      facts.answerWords += words
      // A text by itself is no answer to anything.
      if facts.form != .text { facts.answers.append(Self.answer(text)) }
    }
    facts.text = ContentDigest(digest)
  }

  static func trimmed(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !WhiteSpace.holds($0) }),
      let last = scalars.lastIndex(where: { !WhiteSpace.holds($0) })
    else { return "" }
    return String(scalars[first...last])
  }

  /// Runs of characters between white space.
  static func words(_ text: String) -> Int {
    var (count, isInside) = (0, false)
    for scalar in text.unicodeScalars {
      let isSpace = WhiteSpace.holds(scalar)
      if !isSpace && !isInside { count += 1 }
      isInside = !isSpace
    }
    return count
  }

  /// An answer as it is counted; of long ones the beginning and a digest, so that counting them costs little.
  private static func answer(_ text: String) -> String {
    let text = trimmed(text).lowercased()
    guard text.utf8.count > 120 else { return text }
    return "\(text.prefix(60))… [\(Digest.hex(of: Array(text.utf8)).prefix(12))]"
  }

  // MARK: pictures

  private func add(pictures sources: [PictureSource], to facts: inout SampleFacts, file: String, index: Int) {
    for source in sources {
      switch pictures.inspect(source) {
      case .success(let picture): facts.pictures.append(picture)
      case .failure(let error):
        facts.problems.append(CorpusProblem(picture: error, file: file, index: index))
      }
    }
    guard facts.pictures.count == sources.count else { return }
    var shown = Digest()
    var whole = Digest()
    for picture in facts.pictures {
      picture.digest.update(&shown)
      picture.digest.update(&whole)
    }
    if !sources.isEmpty { facts.shown = ContentDigest(shown) }
    facts.text?.update(&whole)
    facts.whole = ContentDigest(whole)
  }
}
