internal import TesseraCore

/// Joins what several processes wrote into the folder that one process would have written, byte for byte.
///
/// The outputs stand in their places already; what is joined are the parts' manifests and lists of errors,
/// and the parts' own files go. Everything is checked first: a merge that refuses has changed nothing, and one
/// that was killed is finished by the next. A folder that is merged already stays as it is.
///
///     let summary = try MergeJob(destination: "out").run()
public struct MergeJob: Sendable {
  /// The folder that the processes wrote to.
  public var destination: String

  public init(destination: String) { self.destination = destination }

  /// Checks the parts and joins them.
  ///
  /// - Throws: `invalidInput` for parts that are unfinished, missing, overlap, or were made with other settings,
  ///   and for outputs that are missing or have another size, by name; `corrupt` for a part's files that do not fit its
  ///   record; `io`, also while a process is at work there.
  /// - Complexity: O(lines), one look at every output's size; memory is about twice the manifests.
  public func run() throws -> MergeSummary {
    guard try FileIO.sizeIfThere(destination + "/" + RunRecord.name) != nil else {
      throw refusal("a folder of results (with \(RunRecord.name))", "one without")
    }
    switch RunKind(try read(RunRecord.name)) {
    case .preprocess, .pack: break
    case .stats: throw refusal("a folder of preprocess or pack", "one of stats (StatsFolder.merge)")
    case nil: throw RunKind.damaged(in: destination)
    }
    let lock = try FolderLock(destination, for: nil)
    return try withExtendedLifetime(lock) {
      if let marker = try MergeMarker.read(in: destination) { return try finish(marker) }
      let parts = try PartNames.found(in: destination)
      if try FileIO.sizeIfThere(destination + "/" + PartNames(.whole).journal) != nil {
        throw refusal("finished parts", "an unfinished run of one process (finish it with --resume)")
      }
      if parts.isEmpty { return try merged() }
      let lines = try MergeLines(try MergeCheck(folder: destination, parts: parts).records, in: destination)
      let whole = PartNames(.whole)
      try AtomicFile.write(lines.errors, to: destination + "/" + whole.errors, sync: true)
      if let shards = lines.shards {
        try AtomicFile.write(shards, to: destination + "/" + whole.shards, sync: true)
      }
      try AtomicFile.write(lines.manifest, to: destination + "/" + whole.manifest, sync: true)
      let marker = MergeMarker(
        manifest: Digest.hex(of: lines.manifest), errors: Digest.hex(of: lines.errors))
      try marker.write(in: destination)
      try remove(parts)
      return MergeSummary(
        parts: parts.count, done: lines.done, failed: lines.failed, wasMergedAlready: false)
    }
  }

  /// Removes the parts, the marker last.
  private func remove(_ parts: [PartNames]) throws {
    for part in parts {
      for name in part.all { try FileIO.remove(destination + "/" + name) }
    }
    try FileIO.remove(destination + "/" + MergeMarker.name)
  }

  /// Goes on after a merge that was killed while it removed the parts.
  private func finish(_ marker: MergeMarker) throws -> MergeSummary {
    let whole = PartNames(.whole)
    let (manifest, errors) = try (read(whole.manifest), read(whole.errors))
    guard Digest.hex(of: manifest) == marker.manifest, Digest.hex(of: errors) == marker.errors else {
      throw TesseraError(
        .corrupt(
          format: whole.manifest, detail: "it is not what the interrupted merge wrote (\(MergeMarker.name))"),
        path: destination)
    }
    let parts = try PartNames.found(in: destination)
    try remove(parts)
    return MergeSummary(
      parts: parts.count, done: Self.lines(manifest), failed: Self.lines(errors), wasMergedAlready: false)
  }

  /// A folder without parts.
  private func merged() throws -> MergeSummary {
    let whole = PartNames(.whole)
    guard try FileIO.sizeIfThere(destination + "/" + whole.manifest) != nil else {
      throw refusal("parts of a job (made with --shard i/n)", "none")
    }
    let (manifest, errors) = try (read(whole.manifest), read(whole.errors))
    return MergeSummary(
      parts: 0, done: Self.lines(manifest), failed: Self.lines(errors), wasMergedAlready: true)
  }

  private func read(_ name: String) throws -> [UInt8] { try FileIO.read(destination + "/" + name) }

  private static func lines(_ bytes: [UInt8]) -> Int { bytes.count { $0 == UInt8(ascii: "\n") } }

  private func refusal(_ expected: String, _ got: String) -> TesseraError {
    TesseraError(.invalidInput(operation: "merge", expected: expected, got: got), path: destination)
  }
}

/// What a merge did.
public struct MergeSummary: Sendable, Equatable {
  /// Parts that were joined.
  public var parts: Int
  /// Pictures with an output.
  public var done: Int
  /// Pictures without one.
  public var failed: Int
  /// Whether there was nothing left to do.
  public var wasMergedAlready: Bool
}
