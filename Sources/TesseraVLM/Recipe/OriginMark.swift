internal import TesseraCore
internal import TesseraData

/// A file that says of what something was made, so that it is made anew only where that has changed.
struct OriginMark {
  /// How what is there stands to what it would be made of now.
  enum Standing {
    /// Nobody has written what it was made of.
    case unmarked
    case unchanged
    /// The first difference.
    case changed(String)
  }

  let path: String

  /// - Parameter now: what it would be made of, a line each; asked for only where there is a mark.
  /// - Throws: `io`; what `now` throws.
  func standing(_ now: () throws -> String) throws -> Standing {
    guard try FileIO.sizeIfThere(path) != nil else { return .unmarked }
    let then = String(decoding: try FileIO.read(path, limit: 1 << 24), as: UTF8.self)
    let now = try now()
    return then == now ? .unchanged : .changed(now.firstDifference(from: then))
  }

  /// Writes what it is made of; an empty text is made of nothing that could ever be asked for.
  func keep(_ text: String) throws { try AtomicFile.write(Array(text.utf8), to: path) }
}
