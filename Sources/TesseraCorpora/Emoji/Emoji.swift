/// A character with its picture and its names.
public struct Emoji: Sendable, Hashable {
  public var scalar: Unicode.Scalar
  /// The font's bitmap, a PNG file.
  public var png: [UInt8]
  /// The name in each language, in the order in which the languages were asked for.
  public var names: [String]

  public init(_ scalar: Unicode.Scalar, png: [UInt8], names: [String]) {
    self.scalar = scalar
    self.png = png
    self.names = names
  }

  /// The characters that have a bitmap in the font and a name in every language, in the order of their numbers.
  ///
  /// Of two characters with the same picture the first counts: a held-out one must not be a trained one under another
  /// name.
  ///
  /// - Throws: what the font's glyphs are wrong in.
  public static func all(_ font: EmojiFont, _ names: [EmojiNames]) throws -> [Emoji] {
    var seen: Set<[UInt8]> = []
    return try (names.first?.scalars ?? []).compactMap { scalar in
      let words = names.compactMap { $0[scalar] }
      guard words.count == names.count, let png = try font.picture(of: scalar), seen.insert(png).inserted
      else {
        return nil
      }
      return Emoji(scalar, png: png, names: words)
    }
  }
}
