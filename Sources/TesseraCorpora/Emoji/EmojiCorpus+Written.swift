private import Foundation
internal import TesseraCore
internal import TesseraData

extension EmojiCorpus {
  /// What `emoji.json` says of the settings.
  private struct Settings: Decodable {
    var version: Int
    var seed: String
    var side: Int
    var format: String
    var languages: [String]
    var limit: Int?
    /// Emoji and pictures by split.
    var emoji: [String: Int]
    var pictures: [String: Int]
  }

  /// Whether a folder was written with these settings. Font and names are not asked for: what is made stays as it is.
  ///
  /// - Throws: `io` for a folder that is not one of Emoji, `corrupt`.
  public func isWritten(at path: String) throws -> Bool {
    let file = "\(path)/\(Self.mark)"
    let bytes = try FileIO.read(file, limit: 1 << 24)
    let found: Settings
    do { found = try JSONDecoder().decode(Settings.self, from: Data(bytes)) } catch {
      throw TesseraError(.corrupt(format: "the description of Emoji", detail: "\(error)"), path: file)
    }
    func count(_ split: Split, _ counts: [String: Int]) -> Int { counts[split.rawValue] ?? 0 }
    let (trained, held) = (count(.train, found.emoji), count(.heldout, found.emoji))
    let isSame =
      found.version == Self.version && found.seed == String(seed) && found.side == side
      && found.format == format.rawValue && found.languages == languages
      && found.limit == limit
    let hasViews =
      count(.train, found.pictures) == trained * views
      && count(.validation, found.pictures) == trained * validationViews
    return isSame && hasViews && held == Int((Double(trained + held) * heldout).rounded())
  }
}
