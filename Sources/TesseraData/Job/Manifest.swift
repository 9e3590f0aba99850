internal import TesseraCore

/// Writes `manifest.jsonl` and `errors.jsonl`, or a part's, in the list's order.
struct Manifest {
  var run: JobRun

  /// - Returns: SHA-256 of the manifest and of the list of errors.
  func write(_ records: [PictureRecord]) throws -> (manifest: String, errors: String) {
    let errors = try writeErrors(of: records, stopper: nil)
    var row = 0
    var shard = -1
    let lines = try records.filter { $0.failure == nil }.map { record -> String in
      let number = record.sample / run.job.shardSize
      (shard, row) = number == shard ? (shard, row + 1) : (number, 0)
      return try line(record, row: row)
    }
    return (try store(lines, as: run.parts.manifest), errors)
  }

  private func store(_ lines: [String], as name: String) throws -> String {
    let bytes = Array(lines.joined().utf8)
    try AtomicFile.write(bytes, to: run.job.destination + "/" + name, sync: true)
    return Digest.hex(of: bytes)
  }

  /// One picture's line. `sample` is its index in the list: what its randomness hangs on.
  private func line(_ record: PictureRecord, row: Int) throws -> String {
    let entry = run.files[record.sample]
    var pairs: [(key: String, value: JSONText)] = [
      ("sample", .int(record.sample)), ("source", .string(entry.name)),
    ]
    if run.job.format == .safetensors {
      pairs.append(("shard", .string(ShardSink.name(record.sample / run.job.shardSize))))
      pairs.append(("index", .int(row)))
    } else {
      pairs.append(("output", .string(run.names.names[record.sample])))
      if run.names.shared.contains(record.sample) {
        pairs.append(("note", "other sources share the stem: the extension is kept"))
      }
    }
    let label: JSONText =
      run.files.classes.isEmpty ? JSONText(entry.label) : JSONText(run.files.className(of: entry))
    pairs += [("label", label), ("width", .int(record.width)), ("height", .int(record.height))]
    pairs += try run.source.members(of: record.sample)
    return JSONText.object(pairs).text + "\n"
  }

  /// The failures noted so far, and the one that stopped the run.
  @discardableResult
  func writeErrors(of records: [PictureRecord?], stopper: TesseraError?) throws -> String {
    var failures = records.compactMap { $0 }.filter { $0.failure != nil }
    // A destination that cannot be written is no fault of the picture's.
    if let stopper, let sample = stopper.index, stopper.stage != .write {
      failures.append(PictureRecord(sample: sample, failure: stopper))
    }
    let lines = failures.map { record -> String in
      JSONText.object([
        ("sample", .int(record.sample)), ("path", .string(run.files[record.sample].name)),
        ("stage", JSONText(record.failure?.stage)), ("reason", JSONText(record.failure?.reason)),
      ]).text + "\n"
    }
    return try store(lines, as: run.parts.errors)
  }
}
