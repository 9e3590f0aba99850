internal import TesseraCore
internal import TesseraTransforms

/// Shards of a fixed number of sources: shard *k* holds what came of the samples from *k · size* on.
///
/// Rows are written into their places as they come, so memory does not grow with the shard. A failed
/// picture leaves no row: a shard with failures is copied without the gaps once all its pictures are done.
final class ShardSink: JobSink {
  private let run: JobRun
  private let layout: ArrayLayout?
  private let journal: Journal
  private let open = Guarded([Int: Shard]())

  /// A shard that is being written.
  private struct Shard {
    /// Nil where no picture has a readable header.
    var file: PartFile?
    var left: Int
    var records: [PictureRecord] = []
  }

  init(run: JobRun, layout: ArrayLayout?, journal: Journal) {
    self.run = run
    self.layout = layout
    self.journal = journal
  }

  func encode(_ output: PipelineOutput) throws -> Payload {
    let tensor: AnyTensor =
      switch output.value {
      case .tensor(let tensor): tensor
      case .image(let image): try image.tensorByChannel()
      case .views(let images): try AnyTensor.stack(images.map { try $0.tensorByChannel() })
      }
    guard let layout, tensor.shape == layout.shape, tensor.dataType == layout.dataType else {
      // The file changed between the look at all headers and now.
      throw TesseraError(
        .invalidInput(
          operation: "safetensors",
          expected: layout?.words ?? "a readable header",
          got: "\(tensor.shape) \(tensor.dataType.rawValue)"), stage: .tensor)
    }
    return .row(tensor)
  }

  func store(_ record: PictureRecord, _ payload: Payload?) throws -> Int {
    let number = record.sample / run.job.shardSize
    let file = try open.withLock { try start(number, &$0).file }
    if let payload, let layout, let file {
      let row = record.sample - samples(number).lowerBound
      let offset = dataStart(number) + 8 * samples(number).count + row * layout.byteCount
      try payload.withChunks { try file.file.write($0[0], at: offset) }
    }
    let finished = open.withLock { open -> Shard? in
      open[number]?.left -= 1
      open[number]?.records.append(record)
      return open[number]?.left == 0 ? open.removeValue(forKey: number) : nil
    }
    if let finished { try finish(number, finished) }
    return 0
  }

  func abandonUnfinished() {
    open.withLock { open in
      for shard in open.values { shard.file?.abandon() }
      open = [:]
    }
  }

  /// Stands in the name of a shard that is copied without its gaps, while it is written.
  static let rowsSuffix = ".rows"

  // MARK: one shard

  /// `shard-00000.safetensors`.
  static func name(_ number: Int) -> String {
    let digits = String(number)
    return "shard-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits + ".safetensors"
  }

  private func path(_ number: Int) -> String { run.job.destination + "/" + Self.name(number) }

  private func samples(_ number: Int) -> Range<Int> {
    let start = number * run.job.shardSize
    return start..<min(start + run.job.shardSize, run.files.count)
  }

  private func start(_ number: Int, _ open: inout [Int: Shard]) throws -> Shard {
    if let shard = open[number] { return shard }
    let shard = Shard(file: layout == nil ? nil : try PartFile(path(number)), left: samples(number).count)
    open[number] = shard
    return shard
  }

  /// Where the elements of a shard start from which no picture is missing.
  private func dataStart(_ number: Int) -> Int {
    header(number, Array(samples(number)), missing: []).encoded().count
  }

  private func header(_ number: Int, _ samples: [Int], missing: [Int]) -> SafetensorsHeader {
    var header = SafetensorsHeader()
    header.append("labels", shape: [samples.count], dataType: .int64)
    if let layout {
      header.append("images", shape: [samples.count] + layout.shape, dataType: layout.dataType)
    }
    header.metadata = [
      "classes": JSONText.array(run.files.classes.map { .string($0) }).text,
      "first_sample": String(self.samples(number).lowerBound),
      "missing_samples": JSONText.array(missing.map { .int($0) }).text,
      "pipeline": run.job.pipeline.text,
      "seed": String(run.job.seed),
      "tessera": TesseraVersion.current,
    ]
    return header
  }

  /// Writes header and labels, closes gaps, and gives the shard its name.
  private func finish(_ number: Int, _ shard: Shard) throws {
    let records = shard.records.sorted { $0.sample < $1.sample }
    var bytes = 0
    if let layout, let file = shard.file {
      if records.contains(where: { $0.failure != nil }) {
        bytes = try compact(number, file.file, records, layout)
        try file.remove()
      } else {
        bytes = try writeHead(number, file.file, records, layout)
        try file.finish()
      }
    }
    let lines = records.map(\.line).joined() + ShardRecord(shard: number, bytes: bytes).line
    try journal.append(lines)
  }

  /// Writes header and labels; the file's size.
  private func writeHead(
    _ number: Int, _ file: NewFile, _ records: [PictureRecord], _ layout: ArrayLayout
  ) throws -> Int {
    let kept = records.filter { $0.failure == nil }.map(\.sample)
    let missing = records.filter { $0.failure != nil }.map(\.sample)
    let head = header(number, kept, missing: missing).encoded()
    let labels = kept.map { Int64(run.files[$0].label ?? -1).littleEndian }
    try head.withUnsafeBytes { try file.write($0, at: 0) }
    try labels.withUnsafeBytes { try file.write($0, at: head.count) }
    return head.count + 8 * kept.count + kept.count * layout.byteCount
  }

  /// Copies the rows that are there into a shard without gaps; its size.
  private func compact(
    _ number: Int, _ file: NewFile, _ records: [PictureRecord], _ layout: ArrayLayout
  ) throws -> Int {
    let path = path(number)
    let target = try PartFile(path, part: path + Self.rowsSuffix + AtomicFile.partSuffix)
    let size = try writeHead(number, target.file, records, layout)
    let from = dataStart(number) + 8 * samples(number).count
    var end = size - records.count { $0.failure == nil } * layout.byteCount
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: layout.byteCount, alignment: 64)
    defer { buffer.deallocate() }
    for record in records where record.failure == nil {
      let row = record.sample - samples(number).lowerBound
      try file.read(into: buffer, at: from + row * layout.byteCount)
      try target.file.write(UnsafeRawBufferPointer(buffer), at: end)
      end += layout.byteCount
    }
    try target.finish()
    return size
  }
}
