internal import TesseraCodecs
internal import TesseraCore
internal import TesseraTransforms

/// One file a picture: arrays or pictures.
final class FileSink: JobSink {
  private let run: JobRun
  private let journal: Journal
  /// Folders that exist already.
  private let folders = Guarded(Set<String>())

  init(run: JobRun, journal: Journal) {
    self.run = run
    self.journal = journal
  }

  func encode(_ output: PipelineOutput) throws -> Payload {
    switch (run.job.format, output.value) {
    case (.png, .image(let image)): return .file(try run.job.png.encode(image))
    case (.jpeg, .image(let image)): return .file(try run.job.jpeg.encode(image))
    case (.npy, .image(let image)): return Npy.payload(image)
    case (.npy, .tensor(let tensor)):
      return .array(header: Npy.header(shape: tensor.shape, dataType: tensor.dataType), elements: tensor)
    case (.npy, .views(let images)):
      let views = try AnyTensor.stack(images.map { try $0.tensorAsStored() })
      return .array(header: Npy.header(shape: views.shape, dataType: views.dataType), elements: views)
    case (let format, let value):
      throw TesseraError(
        .invalidInput(operation: format.rawValue, expected: "one picture", got: value.kind), stage: .encode)
    }
  }

  func store(_ record: PictureRecord, _ payload: Payload?) throws -> Int {
    var record = record
    if let payload {
      let name = run.names.names[record.sample]
      try makeFolder(of: name)
      try payload.withChunks { try AtomicFile.write($0, to: run.job.destination + "/" + name) }
      record.bytes = payload.byteCount
    }
    try journal.append(record.line)
    return record.bytes
  }

  func abandonUnfinished() {}

  private func makeFolder(of name: String) throws {
    guard let slash = name.lastIndex(of: "/") else { return }
    let folder = String(name[..<slash])
    if folders.withLock({ $0.contains(folder) }) { return }
    try FileIO.makeFolder(run.job.destination + "/" + folder)
    folders.withLock { _ = $0.insert(folder) }
  }
}

extension Npy {
  /// A picture as NumPy sees it: `[H, W]` for gray, else `[H, W, C]`; `uint16` for 16-bit gray.
  static func payload(_ image: Image) -> Payload {
    let shape = [image.height, image.width] + (image.channels == 1 ? [] : [image.channels])
    let type = image.format.bytesPerChannel == 2 ? "<u2" : "|u1"
    return .pixels(header: header(shape: shape, descriptor: type), image)
  }
}

extension PipelineOutput.Value {
  /// In words, for messages.
  var kind: String {
    switch self {
    case .image(let image): "\(image)"
    case .views(let images): "\(images.count) views"
    case .tensor(let tensor): "a tensor \(tensor.shape)"
    }
  }
}
