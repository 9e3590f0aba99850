internal import TesseraCore
internal import TesseraCorpora

/// Words that can stand for one another, so that an answer can be made wrong in one attribute: what a preference compares a
/// right answer with.
public struct AttributeWords: Sendable, Hashable {
  /// Whole answers that can stand for one another: `yes` and `no`.
  public var answers: [[String]]
  /// Words, or several, that can stand for one another inside of an answer: `left of` and `above`.
  public var words: [[String]]
  /// What no made answer may say, unless the right one does: combinations that training never shows would be learned to be
  /// wrong.
  public var never: [String]

  public init(answers: [[String]] = [], words: [[String]], never: [String] = []) {
    (self.answers, self.words, self.never) = (answers, words, never)
  }

  /// Those of Shapes.
  public static let shapes = AttributeWords(
    answers: [
      ["yes", "no"], ["zero", "one", "two"], ["left", "right", "above", "below"],
      ["top left", "top right", "bottom left", "bottom right"],
    ],
    words: [
      ShapesColour.allCases.map(\.rawValue), ShapesShape.allCases.map(\.rawValue),
      ShapesSize.allCases.map(\.rawValue), ShapesRelation.allCases.map(\.rawValue),
    ],
    never: ShapesPair.heldOut.map(\.name))

  /// Reads `{"answers": [["yes", "no"]], "words": [["red", "green"], …], "never": ["red triangle"]}`; `answers` and `never`
  /// may be left out.
  ///
  /// - Throws: `corrupt` with the member.
  public init(json: [UInt8], file: String) throws {
    func fault(_ detail: String) -> TesseraError {
      TesseraError(.corrupt(format: "the attributes", detail: detail), path: file)
    }
    let value: JSONValue
    do { value = try JSONReader.read(json) } catch let error as TesseraError { throw error.with(path: file) }
    func texts(_ value: JSONValue?, _ name: String) throws -> [String] {
      guard case .array(let values)? = value else { throw fault("\(name) must be an array of words") }
      return try values.map {
        guard case .string(let text) = $0, !text.isEmpty else { throw fault("\(name) must hold words") }
        return text
      }
    }
    func lists(_ name: String) throws -> [[String]] {
      guard let found = value[name], !found.isNull else { return [] }
      guard case .array(let values) = found else {
        throw fault("\(name) must be an array of arrays of words")
      }
      return try values.map {
        let list = try texts($0, name)
        guard Set(list).count == list.count, list.count > 1 else {
          throw fault("\(name) must hold lists of two different words or more")
        }
        return list
      }
    }
    self.init(
      answers: try lists("answers"), words: try lists("words"),
      never: try value["never"].map { $0.isNull ? [] : try texts($0, "never") } ?? [])
    guard !answers.isEmpty || !words.isEmpty else { throw fault("it has neither 'answers' nor 'words'") }
  }

  /// The answer with one attribute changed, in every way there is: in the order of the places and of the lists.
  public func corruptions(of answer: String) -> [String] {
    if let list = answers.first(where: { $0.contains(answer) }) { return list.filter { $0 != answer } }
    let forbidden = never.contains { Self.places(of: $0, in: answer).isEmpty == false } ? [] : never
    var taken: [Range<String.Index>] = []
    var found: [(place: String.Index, texts: [String])] = []
    // Longer ones first: `left of` is not `left`.
    let all = words.flatMap { list in list.map { (word: $0, list: list) } }
      .enumerated().sorted { ($1.element.word.count, $0.offset) < ($0.element.word.count, $1.offset) }.map(
        \.element)
    for (word, list) in all {
      for place in Self.places(of: word, in: answer) where !taken.contains(where: { $0.overlaps(place) }) {
        taken.append(place)
        found.append(
          (
            place.lowerBound,
            list.filter { $0 != word }.map { answer.replacingCharacters(in: place, with: $0) }
          ))
      }
    }
    return found.sorted { $0.place < $1.place }.flatMap(\.texts).filter { text in
      !forbidden.contains { !Self.places(of: $0, in: text).isEmpty }
    }
  }

  /// Where a word stands by itself in a text.
  private static func places(of word: String, in text: String) -> [Range<String.Index>] {
    func isLetter(_ character: Character) -> Bool { character.isLetter || character.isNumber }
    var (found, from): ([Range<String.Index>], String.Index) = ([], text.startIndex)
    while from < text.endIndex, let place = text[from...].firstRange(of: word) {
      let isBegun = place.lowerBound > text.startIndex && isLetter(text[text.index(before: place.lowerBound)])
      let goesOn = place.upperBound < text.endIndex && isLetter(text[place.upperBound])
      if !isBegun && !goesOn { found.append(place) }
      from = text.index(after: place.lowerBound)
    }
    return found
  }
}

extension String {
  /// The text with a part replaced.
  fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
    String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
  }
}
