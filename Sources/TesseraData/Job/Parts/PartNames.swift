internal import TesseraCore

/// The names of the files beside a job's outputs: the whole's, or a part's, which no other process touches.
package struct PartNames: Sendable, Equatable {
  package var assignment: ShardAssignment

  package init(_ assignment: ShardAssignment) { self.assignment = assignment }

  /// `journal.jsonl`: what is finished so far.
  package var journal: String { name("journal", "jsonl") }
  package var manifest: String { name("manifest", "jsonl") }
  package var errors: String { name("errors", "jsonl") }
  /// `shards.jsonl`: the shards with their sizes, where a job lists them.
  package var shards: String { name("shards", "jsonl") }
  /// `run.part-00002-of-00004.json`: a finished part's own record; `run.json` for the whole.
  package var record: String { name("run", "json") }

  /// `tally.part-00002-of-00004.bin`: what a part of `stats` has counted.
  package var tally: String { name("tally", "bin") }

  package var all: [String] { [journal, manifest, errors, shards, tally, record] }

  private func name(_ stem: String, _ fileExtension: String) -> String {
    assignment.isWhole ? "\(stem).\(fileExtension)" : "\(stem).\(tag).\(fileExtension)"
  }

  /// `part-00002-of-00004`.
  package var tag: String { "part-\(Self.digits(assignment.index))-of-\(Self.digits(assignment.count))" }

  private static func digits(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  /// The parts that have any file in `folder`, in order.
  ///
  /// - Throws: `io` if the folder cannot be listed.
  package static func found(in folder: String) throws -> [PartNames] {
    guard try FileIO.exists(folder) else { return [] }
    var walk = FolderWalk()
    try walk.walk(folder, depth: 1)
    let names = walk.folders.flatMap(\.files).map { String(decoding: $0, as: UTF8.self) }
    return Set(names.compactMap(assignment)).map(PartNames.init).sorted {
      ($0.assignment.count, $0.assignment.index) < ($1.assignment.count, $1.assignment.index)
    }
  }

  /// Refuses files that are called like a part's and are of no part that can be, such as the fourth of three.
  ///
  /// - Throws: `invalidInput` with their names; `io`.
  static func refuseStrangers(in folder: String) throws {
    let stems = Set(PartNames(.whole).all.map { $0.prefix { $0 != "." } })
    let names = try FileIO.names(in: folder).filter { name in
      let pieces = name.split(separator: ".", omittingEmptySubsequences: false)
      return pieces.count == 3 && stems.contains(pieces[0]) && assignment(of: name) == nil
        && pieces[1].wholeMatch(of: /part-[0-9]+-of-[0-9]+/) != nil
    }.sorted()
    if names.isEmpty { return }
    throw TesseraError(
      .invalidInput(
        operation: "merge", expected: "files of parts 0 to n - 1 of n (move or remove the others)",
        got: names.prefix(5).joined(separator: ", ")
          + (names.count > 5 ? ", and \(names.count - 5) more" : "")),
      path: folder)
  }

  /// The part that a file of this name belongs to; nil for every other name.
  static func assignment(of name: String) -> ShardAssignment? {
    let pieces = name.split(separator: ".", omittingEmptySubsequences: false)
    guard pieces.count == 3, let words = Optional(pieces[1].split(separator: "-")), words.count == 4,
      let index = ShardAssignment.number(words[1]), let count = ShardAssignment.number(words[3]),
      let assignment = try? ShardAssignment(index: index, count: count), count > 1,
      PartNames(assignment).all.contains(name)
    else { return nil }
    return assignment
  }
}
