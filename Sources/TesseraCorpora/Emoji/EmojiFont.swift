internal import TesseraCore
internal import TesseraData

/// A font with coloured bitmaps, such as Debian's `NotoColorEmoji.ttf`.
///
///     let font = try EmojiFont(EmojiFont.debianPath)
///     let png = try font.picture(of: "😀")  // 136×128 with alpha
///
/// Reads `cmap` (formats 4 and 12), `CBLC` (index formats 1 to 5) and `CBDT` (image formats 17 to 19). Every number of
/// the file is checked before it leads anywhere.
public struct EmojiFont: Sendable {
  /// Where Debian's package `fonts-noto-color-emoji` puts the font.
  public static let debianPath = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"
  /// What is missing where a file is not there.
  static let package = "apt-get install fonts-noto-color-emoji"
  /// Larger files are no fonts of emoji.
  private static let limit = 1 << 28

  /// SHA-256 of the file, in hexadecimal digits.
  public let digest: String
  /// The pixels an em of the bitmaps.
  public var pixelsPerEm: Int { bitmaps.pixelsPerEm }
  private let characters: FontCharacterMap
  private let bitmaps: FontBitmaps

  /// Reads a font.
  ///
  /// - Throws: `io` that names Debian's package where there is no such file; `unknownFormat`, `unsupported`,
  ///   `truncated` or `corrupt` for one that is not such a font.
  public init(_ path: String = EmojiFont.debianPath) throws {
    do {
      try self.init(bytes: EmojiSource.read(path, limit: Self.limit, package: Self.package))
    } catch let error as TesseraError { throw error.with(path: path, stage: .read) }
  }

  /// Reads a font in memory.
  public init(bytes: [UInt8]) throws {
    let tables = try FontTables(FontBytes(bytes, name: "the font"))
    characters = try FontCharacterMap(tables.table("cmap"))
    bitmaps = try FontBitmaps(tables.table("CBLC"), tables.table("CBDT"))
    digest = Digest.hex(of: bytes)
  }

  /// The bitmap of a character as a PNG file; nil where the font has none.
  ///
  /// - Throws: `truncated`, `corrupt`, `unsupported`.
  public func picture(of scalar: Unicode.Scalar) throws -> [UInt8]? {
    guard let glyph = try characters.glyph(of: scalar) else { return nil }
    return try bitmaps.png(of: glyph)
  }
}
