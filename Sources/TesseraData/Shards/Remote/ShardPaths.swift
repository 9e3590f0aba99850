internal import TesseraCore

/// What sources of tars stand for: paths and URLs with braces, and lists of them.
package enum ShardPaths {
  /// Whether a source is a list: `@shards.txt`, with a path, a URL or a pattern a line. A file that is really called so
  /// is none.
  static func isList(_ source: String) -> Bool {
    source.utf8.count > 1 && source.utf8.first == UInt8(ascii: "@") && FileIO.identity(source) == nil
  }

  /// Whether a source is told apart from folders and lists of pictures as one of tars, by its name.
  package static func isTars(_ source: String) -> Bool {
    source.hasSuffix(".tar") || source.hasSuffix(".tar}") || RemoteName.isRemote(source) || isList(source)
  }

  /// All paths and URLs in their order. The URLs are whole: not to be shown.
  ///
  /// - Throws: `invalidArgument` or `limitExceeded` for a pattern; `io` for a list that cannot be read, `corrupt` for
  ///   one without a line.
  package static func expand(_ sources: [String]) throws -> [String] {
    try sources.flatMap { source in
      isList(source) ? try lines(of: String(source.dropFirst())) : try expand(source)
    }
  }

  private static func expand(_ pattern: String) throws -> [String] {
    // A query is no pattern, and what is wrong with a pattern is told with its text.
    guard let parts = RemoteName.parts(pattern) else {
      try checkScheme(pattern)
      return try BraceExpansion.expand(pattern)
    }
    return try BraceExpansion.expand(String(parts.place)).map {
      parts.scheme + parts.user + $0 + parts.query
    }
  }

  /// Refuses URLs of other kinds, which would be looked for as files.
  private static func checkScheme(_ path: String) throws {
    guard let range = path.firstRange(of: "://"), range.lowerBound > path.startIndex else { return }
    let scheme = path[..<range.lowerBound]
    guard scheme.utf8.allSatisfy({ ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A || $0 >= 0x30 && $0 <= 0x39 })
    else { return }
    throw TesseraError(
      .invalidArgument(
        name: "the URL", expected: "http:// or https:// (for an object store, a signed URL)",
        got: "\(scheme)://"),
      path: RemoteName.shown(path))
  }

  /// The list's lines; relative paths start at its folder. Empty lines and those that start with `#` are skipped.
  private static func lines(of list: String) throws -> [String] {
    func broken(_ detail: String) -> TesseraError {
      TesseraError(.corrupt(format: "the list of shards", detail: detail), path: list, stage: .list)
    }
    let folder = list.lastIndex(of: "/").map { String(list[...$0]) } ?? ""
    let bytes: [UInt8]
    do { bytes = try FileIO.read(list, limit: 1 << 30, isRegular: true) } catch let error as TesseraError {
      throw error.with(path: list, stage: .list)
    }
    var paths: [String] = []
    for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .enumerated()
    {
      guard let text = String(validating: line, as: UTF8.self) else {
        throw broken("line \(number + 1) is not UTF-8")
      }
      let pattern = String(text.trimmed)
      if pattern.isEmpty || pattern.hasPrefix("#") { continue }
      let isWhole = pattern.hasPrefix("/") || pattern.contains("://")
      do { paths += try expand(isWhole ? pattern : folder + pattern) } catch let error as TesseraError {
        throw error.prefixed("line \(number + 1)").with(path: list, stage: .list)
      }
    }
    guard !paths.isEmpty else { throw broken("there is no line with a path or a URL") }
    return paths
  }
}

extension StringProtocol {
  /// Without blanks, tabs and carriage returns at both ends.
  fileprivate var trimmed: SubSequence {
    let isBlank = { (character: Character) in character == " " || character == "\t" || character == "\r" }
    let start = drop(while: isBlank)
    guard let end = start.lastIndex(where: { !isBlank($0) }) else { return start }
    return start[...end]
  }
}
