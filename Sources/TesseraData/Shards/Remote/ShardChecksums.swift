internal import TesseraCore

/// SHA-256 sums of shards, as `sha256sum` writes them: a line `<64 digits>  <name>` each.
package struct ShardChecksums: Sendable {
  /// What a file of sums is called in errors.
  package let name: String
  private var sums: [String: String] = [:]

  /// Reads a file, or one on a server.
  ///
  /// - Throws: `io`, `remote`; `corrupt` for a line that is none, or two sums for one name.
  init(_ place: String, _ store: RemoteStore) throws {
    // A million shards.
    let limit = 1 << 27
    if RemoteName.isRemote(place) {
      let file = try store.open(place)
      guard file.byteCount <= limit else {
        throw TesseraError(
          .limitExceeded(what: "bytes of the checksums", limit: limit, found: file.byteCount),
          path: file.name,
          stage: .read)
      }
      try self.init(try file.bytes(0..<file.byteCount), name: file.name)
    } else {
      try self.init(try FileIO.read(place, limit: limit, isRegular: true), name: place)
    }
  }

  package init(_ bytes: [UInt8], name: String) throws {
    self.name = name
    for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .enumerated()
    {
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
      try add(line, number + 1)
    }
  }

  private mutating func add(_ line: ArraySlice<UInt8>, _ number: Int) throws {
    func broken(_ detail: String) -> TesseraError {
      TesseraError(
        .corrupt(format: "the checksums", detail: "line \(number): \(detail)"), path: name, stage: .read)
    }
    let digits = line.prefix(64)
    let separator = line.dropFirst(64).prefix(2)
    let isHex = digits.allSatisfy { (48...57).contains($0) || (97...102).contains($0 | 0x20) }
    // Two blanks, or a blank and a star for a binary file.
    guard digits.count == 64, isHex, separator.count == 2, separator.first == UInt8(ascii: " "),
      separator.last == UInt8(ascii: " ") || separator.last == UInt8(ascii: "*"),
      let path = String(validating: line.dropFirst(66), as: UTF8.self), let last = Self.last(path)
    else { throw broken("expected 64 hexadecimal digits, two blanks and a name") }
    let sum = String(decoding: digits, as: UTF8.self).lowercased()
    if let other = sums.updateValue(sum, forKey: last), other != sum {
      throw broken("'\(last)' has another sum in an earlier line")
    }
  }

  /// The sum of the file with this path's or URL's last part.
  package func sum(of path: String) -> String? { Self.last(path).flatMap { sums[$0] } }

  private static func last(_ path: String) -> String? {
    path.split(separator: "/").last.map(String.init)
  }
}
