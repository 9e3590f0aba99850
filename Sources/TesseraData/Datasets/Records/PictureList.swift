internal import TesseraCore

/// A list of records that name pictures: what `ImageList`, `CaptionDataset` and `ConversationDataset` share.
struct PictureList: Sendable {
  let table: RecordTable
  /// What relative paths start at, with a slash behind it; empty for the working folder.
  let root: String
  private let memo = Memo<Fingerprint>()

  /// - Parameter root: the folder that relative paths start at; nil means the list's own.
  init(_ path: String, root: String?) throws {
    table = try RecordTable(path)
    let folder = root ?? path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    self.root = folder.isEmpty || folder.hasSuffix("/") ? folder : folder + "/"
  }

  var path: String { table.file.path }
  var count: Int { table.count }

  /// A record, and what `body` makes of it; errors get the list and the line.
  func read<R>(_ index: Int, _ body: (Record) throws -> R) throws -> R {
    let record = try table.record(at: index)
    do { return try body(record) } catch let error as TesseraError { throw table.locate(error, at: index) }
  }

  /// The path of a picture as it can be opened.
  ///
  /// - Throws: `corrupt` for what is no path.
  func resolve(_ name: String) throws -> String {
    guard !name.isEmpty else { throw Self.fault("the picture's path is empty") }
    // C would open another file: the one whose name ends there.
    guard !name.utf8.contains(0) else { throw Self.fault("the picture's path contains a NUL byte") }
    return name.hasPrefix("/") ? name : root + name
  }

  /// A fault of a record that was read but does not say what it must.
  static func fault(_ detail: String) -> TesseraError {
    TesseraError(.corrupt(format: "the list", detail: detail))
  }

  /// The list's bytes, what decides how they are read, and the size of every picture.
  ///
  /// - Parameters:
  ///   - parts: names of columns and the like.
  ///   - columns: those that `names` looks at.
  ///   - names: the pictures that a record names.
  func fingerprint(
    _ parts: [String], columns: [String], names: (Record) throws -> [String]
  ) throws -> Fingerprint {
    try memo.value {
      var digest = Digest()
      parts.forEach { digest.update($0) }
      try table.file.update(&digest)
      try table.forEachRecord(columns: columns) { _, record in
        // What is wrong with a record is in the list's bytes already.
        guard case .success(let record) = record, let names = try? names(record) else { return }
        for name in names {
          // A name that is no path is wrong in the list's bytes already.
          digest.update(try (try? resolve(name)).flatMap { try FileIO.sizeIfThere($0) } ?? -1)
        }
      }
      return Fingerprint(digest)
    }
  }
}
