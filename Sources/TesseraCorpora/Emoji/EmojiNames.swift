internal import TesseraCore

/// The names of characters in one language: CLDR's annotations of type `tts`.
///
/// Source: Unicode Technical Standard 35, *Annotations*: `<annotation cp="😀" type="tts">grinning face</annotation>`.
public struct EmojiNames: Sendable {
  /// Where Debian's package `unicode-cldr-core` puts CLDR.
  public static let debianPath = "/usr/share/unicode/cldr"
  static let package = "apt-get install unicode-cldr-core"
  private static let limit = 1 << 26
  /// What stands where a language takes the name from another.
  private static let inherited = "↑↑↑"

  /// CLDR's name of the language: `en`, `zh`.
  public let language: String
  private let names: [Unicode.Scalar: String]

  /// Reads `common/annotations/LANGUAGE.xml` in CLDR's folder.
  ///
  /// - Throws: `invalidArgument` for a language that is no name, `io` that names Debian's package where there is no such
  ///   file, `corrupt` for what is no such XML.
  public init(_ language: String, cldr folder: String = EmojiNames.debianPath) throws {
    let isName = language.utf8.allSatisfy {
      ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A || $0 == 0x5F || $0 >= 0x30 && $0 <= 0x39
    }
    guard !language.isEmpty, isName else {
      throw TesseraError(
        .invalidArgument(
          name: "a language", expected: "CLDR's name of it, such as en or zh", got: "'\(language)'"))
    }
    let path = "\(folder)/common/annotations/\(language).xml"
    do {
      let bytes = try EmojiSource.read(path, limit: Self.limit, package: Self.package)
      try self.init(language, xml: bytes)
    } catch let error as TesseraError { throw error.with(path: path, stage: .read) }
  }

  /// Reads the XML in memory.
  public init(_ language: String, xml: [UInt8]) throws {
    self.language = language
    var scanner = try XMLScanner(xml)
    var names: [Unicode.Scalar: String] = [:]
    var current: (character: String, text: String)?
    while let event = try scanner.next() {
      switch event {
      case .start("annotation", let attributes) where attributes["type"] == "tts":
        guard let character = attributes["cp"] else {
          throw TesseraError(.corrupt(format: "CLDR's annotations", detail: "an annotation without 'cp'"))
        }
        current = (character, "")
      case .text(let text): current?.text += text
      case .end("annotation"):
        if let current { Self.add(current.character, current.text, to: &names) }
        current = nil
      default: break
      }
    }
    self.names = names
  }

  private static func add(_ character: String, _ text: String, to names: inout [Unicode.Scalar: String]) {
    let name = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    guard let scalar = character.unicodeScalars.first, character.unicodeScalars.count == 1, !name.isEmpty,
      name != inherited
    else { return }
    names[scalar] = name
  }

  /// The name of a character; nil where CLDR has none.
  public subscript(scalar: Unicode.Scalar) -> String? { names[scalar] }

  /// The characters that have a name, in the order of their numbers.
  public var scalars: [Unicode.Scalar] { names.keys.sorted { $0.value < $1.value } }
}
