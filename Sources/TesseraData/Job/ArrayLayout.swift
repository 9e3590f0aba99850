internal import TesseraCodecs
internal import TesseraCore
internal import TesseraTransforms

/// Shape and type that every picture of a run must have to fit into one array.
struct ArrayLayout: Sendable, Hashable {
  /// One picture's: `[C, H, W]`, or `[V, C, H, W]` with views.
  var shape: [Int]
  var dataType: DataType

  /// `[3, 224, 224] float32`.
  var words: String { "\(shape) \(dataType.rawValue)" }

  var byteCount: Int { shape.reduce(1, *) * dataType.byteCount }

  /// What the pipeline makes of a picture, told from the header.
  init(_ output: PictureInfo) throws {
    if let tensor = output.tensor {
      // `stack` puts the views in front.
      shape = tensor.shape
      dataType = tensor.dataType
      return
    }
    guard output.format.bytesPerChannel == 1 else {
      throw TesseraError(
        .invalidInput(operation: "safetensors", expected: "8-bit pictures", got: output.format.pillowMode),
        stage: .tensor)
    }
    shape =
      (output.views.map { [$0] } ?? []) + [output.format.channels, output.size.height, output.size.width]
    dataType = .uint8
  }

  /// The layout of all pictures that a run works on, from their headers; no pixel is decoded.
  ///
  /// Pictures without a readable header are left out: they fail later, with a reason. If that leaves none of a
  /// part's, the first of another part tells: empty shards have the shape of all others. Whether parts agree
  /// is seen by the merge.
  ///
  /// - Returns: nil if there is no readable header at all, or the run was cancelled.
  /// - Throws: `invalidInput` if pictures differ.
  static func find(for run: JobRun) throws -> ArrayLayout? {
    let found = Guarded([ArrayLayout: (count: Int, first: Int)]())
    let samples = run.share.blocks.flatMap { Array($0) }
    try run.concurrently(samples.count) { number in
      let sample = samples[number]
      guard let layout = layout(of: sample, run) else { return }
      found.withLock {
        let old = $0[layout] ?? (0, sample)
        $0[layout] = (old.count + 1, min(old.first, sample))
      }
    }
    if run.control.isCancelled { return nil }
    let layouts = found.withLock { $0 }.sorted { $0.value.first < $1.value.first }
    guard layouts.count <= 1 else {
      let shown = layouts.prefix(3).map { layout, place in
        "\(layout.words) for \(run.files[place.first].name)"
          + (place.count > 1 ? " and \(place.count - 1) more" : "")
      }
      let rest = layouts.count > 3 ? ", and \(layouts.count - 3) more shapes" : ""
      throw TesseraError(
        .invalidInput(
          operation: "format safetensors",
          expected: "outputs of one shape (center_crop or an exact resize gives one; npy takes any)",
          got: shown.joined(separator: ", ") + rest))
    }
    if let layout = layouts.first?.key { return layout }
    return run.files.files.indices.lazy.filter { !run.share.owns($0) && !run.control.isCancelled }
      .compactMap { layout(of: $0, run) }.first
  }

  /// Nil where the header or the draw fails: the picture will fail in its turn.
  private static func layout(of sample: Int, _ run: JobRun) -> ArrayLayout? {
    do {
      let header = try run.worker.header(of: run.files[sample])
      return try ArrayLayout(try run.worker.draw(for: header, sample: sample).output)
    } catch {
      return nil
    }
  }
}
