internal import TesseraCore

/// Looks whether parts are all there, finished, of one run, and whether their outputs are whole.
struct MergeCheck {
  private let folder: String
  /// One for each part, in order.
  private(set) var records: [PartRecord] = []

  /// - Throws: `invalidInput` that names what is missing or does not fit.
  init(folder: String, parts: [PartNames]) throws {
    self.folder = folder
    try PartNames.refuseStrangers(in: folder)
    let counts = Set(parts.map(\.assignment.count)).sorted()
    guard let count = counts.first, counts.count == 1 else {
      throw refusal(
        "parts of one division", "parts of \(counts.map(String.init).joined(separator: " and of "))")
    }
    try readFinished(count)
    try compare()
    try checkOutputs()
  }

  private func refusal(_ expected: String, _ got: String) -> TesseraError {
    TesseraError(.invalidInput(operation: "merge", expected: expected, got: got), path: folder)
  }

  private func has(_ name: String) throws -> Bool {
    try FileIO.sizeIfThere(folder + "/" + name) != nil
  }

  /// The records of parts 0 … count − 1; all that are unfinished are named together.
  private mutating func readFinished(_ count: Int) throws {
    var missing: [ShardAssignment] = []
    for index in 0..<count {
      let names = PartNames(try ShardAssignment(index: index, count: count))
      // A journal beside the record: the part has begun once more.
      if let record = try PartRecord.read(names, in: folder), try !has(names.journal) {
        records.append(record)
      } else {
        missing.append(names.assignment)
      }
    }
    if missing.isEmpty { return }
    let words = try missing.prefix(8).map { "shard \($0)" + (try why($0)) }
    let rest = missing.count > 8 ? ", and \(missing.count - 8) more" : ""
    throw refusal(
      "all \(count) parts finished (run those that are not again, with --resume)",
      words.joined(separator: ", ") + rest + " unfinished")
  }

  /// ` (samples 8...15, 24...29; see errors.part-00001-of-00003.jsonl)`, as far as it is known.
  private func why(_ part: ShardAssignment) throws -> String {
    let names = PartNames(part)
    var facts: [String] = []
    if let known = records.first {
      var share = known.share
      share.assignment = part
      let blocks = share.blocks.prefix(4).map { "\($0.lowerBound)...\($0.upperBound - 1)" }
      facts.append(
        blocks.isEmpty
          ? "no samples fall to it"
          : "samples " + blocks.prefix(3).joined(separator: ", ") + (blocks.count > 3 ? ", …" : ""))
    }
    if try !has(names.journal) { facts.append("no journal: never begun, or lost") }
    if try FileIO.sizeIfThere(folder + "/" + names.errors) ?? 0 > 0 { facts.append("see \(names.errors)") }
    return facts.isEmpty ? "" : " (\(facts.joined(separator: "; ")))"
  }

  /// All parts must be of one run, one list, one division and one shape.
  private func compare() throws {
    let run = Digest.hex(of: try FileIO.read(folder + "/" + RunRecord.name))
    if let other = records.first(where: { $0.run != run }) {
      throw refusal("parts made with the settings of \(RunRecord.name)", "shard \(other.part) with others")
    }
    func same<T: Equatable>(_ what: String, _ value: (PartRecord) -> T?, _ show: (T) -> String) throws {
      let known = records.filter { value($0) != nil }
      guard let first = known.first, let a = value(first),
        let other = known.first(where: { value($0) != a }), let b = value(other)
      else { return }
      throw refusal(
        "parts of one \(what)", "\(show(a)) in shard \(first.part), \(show(b)) in shard \(other.part)")
    }
    try same("list", { $0.pictures }) { "\($0) pictures" }
    try same("division (--shard-size)", { $0.block }) { "blocks of \($0)" }
    try same("shape (center_crop or an exact resize gives one)", { $0.layout }) { $0 }
  }

  /// Every output must be there with its size.
  private func checkOutputs() throws {
    var faults: [String] = []
    for record in records {
      for output in record.outputs {
        guard let size = try FileIO.sizeIfThere(folder + "/" + output.name) else {
          faults.append("\(output.name) of shard \(record.part) missing")
          continue
        }
        if size != output.bytes {
          faults.append("\(output.name) of shard \(record.part) with \(size) of \(output.bytes) bytes")
        }
      }
    }
    if faults.isEmpty { return try checkStrangers() }
    let rest = faults.count > 5 ? ", and \(faults.count - 5) more" : ""
    throw refusal(
      "all outputs whole (run those shards again, with --resume)",
      faults.prefix(5).joined(separator: ", ") + rest)
  }

  /// A shard that no part made would count as one of the whole.
  private func checkStrangers() throws {
    let made = Set(records.flatMap { $0.outputs.map(\.name) }.filter { $0.hasPrefix("shard-") })
    guard let ending = made.first.map({ $0.drop { $0 != "." } }) else { return }
    let others = try FileIO.names(in: folder).filter {
      $0.hasPrefix("shard-") && $0.hasSuffix(ending) && !made.contains($0)
    }.sorted()
    if others.isEmpty { return }
    let rest = others.count > 5 ? ", and \(others.count - 5) more" : ""
    throw refusal(
      "no shards but the parts' (move or remove the others)",
      others.prefix(5).joined(separator: ", ") + rest + " that none of them made")
  }
}
