internal import TesseraCore

/// A destination that processes of one job may share, as one of them sees it.
///
/// What they have in common is `run.json`, which the first to come makes, and the outputs, each of which one
/// process alone writes. Everything else carries the part's name.
package struct PartFolder: Sendable {
  package let path: String
  package let names: PartNames
  package var assignment: ShardAssignment { names.assignment }

  package init(_ path: String, for assignment: ShardAssignment) {
    self.path = path
    names = PartNames(assignment)
  }

  package func has(_ name: String) -> Bool { FileIO.size(path + "/" + name) != nil }

  /// Files of this part's own beside the outputs, without `run.json`, which all share.
  package func existing() -> Set<String> {
    Set(names.all.filter { $0 != RunRecord.name && has($0) })
  }

  /// Whether this part, or the whole, has results or the beginnings of some.
  package var hasResults: Bool {
    assignment.isWhole
      ? has(RunRecord.name) || !existing().isEmpty
      : !existing().isEmpty || has(PartNames(.whole).manifest)
  }

  func refusal(_ expected: String, _ got: String) -> TesseraError {
    TesseraError(.invalidArgument(name: "the destination", expected: expected, got: got), path: path)
  }

  /// Refuses what other processes left and this one must not touch.
  ///
  /// - Throws: `invalidArgument`.
  package func checkOthers() throws {
    if has(MergeMarker.name) {
      throw refusal("a folder at rest", "an interrupted merge (tessera merge finishes it)")
    }
    guard !assignment.isWhole else { return }
    if has(PartNames(.whole).journal) {
      throw refusal(
        "one in which nobody works alone",
        "an unfinished run of one process (--shard none --resume finishes it)")
    }
    let counts = Set(try PartNames.found(in: path).map(\.assignment.count))
    if let other = counts.first(where: { $0 != assignment.count }) {
      throw refusal(
        "parts of \(assignment.count)",
        "parts of \(other) (go on with as many, or let one process finish: --shard none --resume)")
    }
  }

  /// Makes the folder and `run.json` in it, or finds that another process of the same run has made it.
  ///
  /// - Parameters:
  ///   - json: everything that decides the run's bytes; nothing of the part.
  ///   - check: reads the record that is there and refuses another run's.
  /// - Returns: SHA-256 of the record as it stands there.
  package func claim(_ json: [UInt8], check: () throws -> Void) throws -> String {
    try FileIO.makeFolder(path)
    let record = path + "/" + RunRecord.name
    _ = try AtomicFile.create(json, at: record, owner: "\(names.tag).\(FileIO.processIdentifier)")
    // Read in any case: without hard links, another process may have replaced ours.
    try check()
    return Digest.hex(of: try FileIO.read(record))
  }

  /// Keeps other processes from the same part. `run.json` must be there.
  package func lock() throws -> FolderLock { try FolderLock(path, for: assignment) }

  /// Removes what a killed run left aside: all such files for the whole, for a part those that it alone writes.
  ///
  /// - Parameter outputs: what this part's outputs are called, asked only if there are unfinished files.
  package func removeUnfinished(outputs: () -> Set<[UInt8]>) throws {
    var walk = FolderWalk()
    try walk.walk(path)
    let found = walk.folders.flatMap { below in
      below.files.filter(AtomicFile.isPart).map { file in
        below.path.isEmpty ? file : below.path + [UInt8(ascii: "/")] + file
      }
    }
    if found.isEmpty { return }
    let mine = assignment.isWhole ? nil : outputs()
    for file in found {
      let name = String(decoding: file, as: UTF8.self)
      let output = Array(file.dropLast(AtomicFile.partSuffix.utf8.count))
      if let mine, !mine.contains(output), !isOwn(String(decoding: output, as: UTF8.self)) { continue }
      try FileIO.remove(path + "/" + name)
    }
  }

  /// Whether a file in the folder itself is the part's own, or its try to make `run.json`. No more than that: a
  /// source's folder may well be called `part-00001-of-00003`.
  private func isOwn(_ name: String) -> Bool {
    names.all.contains(name) || (name.hasPrefix("\(RunRecord.name).\(names.tag).") && !name.contains("/"))
  }

  /// Says that a part is finished: its manifest and its list of errors must be written, all outputs in place.
  package func finish(_ record: PartRecord) throws {
    try AtomicFile.write(try record.json, to: path + "/" + names.record, sync: true)
  }
}
