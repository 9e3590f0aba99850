internal import TesseraCore
internal import TesseraTransforms

/// Where a run's outputs go.
protocol JobSink: Sendable {
  /// Turns what the pipeline gave into what is stored. A failure here is the picture's.
  func encode(_ output: PipelineOutput) throws -> Payload
  /// Stores a payload, or takes note that there is none, and journals the record. A failure here ends the run.
  ///
  /// - Returns: the bytes of the picture's own file; 0 where it has none.
  func store(_ record: PictureRecord, _ payload: Payload?) throws -> Int
  /// Throws away what cannot be finished.
  func abandonUnfinished()
}

/// What is stored for one picture.
enum Payload: Sendable {
  /// A finished file.
  case file([UInt8])
  /// A `.npy` header and the elements behind it.
  case array(header: [UInt8], elements: AnyTensor)
  case pixels(header: [UInt8], Image)
  /// A row of a shard.
  case row(AnyTensor)

  var byteCount: Int {
    switch self {
    case .file(let bytes): bytes.count
    case .array(let header, let tensor): header.count + tensor.byteCount
    case .pixels(let header, let image): header.count + image.byteCount
    case .row(let tensor): tensor.byteCount
    }
  }

  /// Calls `body` with the bytes, piece by piece.
  func withChunks<R>(_ body: ([UnsafeRawBufferPointer]) throws -> R) rethrows -> R {
    switch self {
    case .file(let bytes): try bytes.withUnsafeBytes { try body([$0]) }
    case .array(let header, let tensor):
      try header.withUnsafeBytes { head in try tensor.withUnsafeBytes { try body([head, $0]) } }
    case .pixels(let header, let image):
      try header.withUnsafeBytes { head in try image.withUnsafeBytes { try body([head, $0]) } }
    case .row(let tensor): try tensor.withUnsafeBytes { try body([$0]) }
    }
  }
}

extension AnyTensor {
  /// Bytes of all elements.
  var byteCount: Int { shape.reduce(1, *) * dataType.byteCount }
}
