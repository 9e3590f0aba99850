public import TesseraCore

/// Decodes pictures of every supported format; the format is found from the bytes.
///
/// A decoder holds nothing: one value serves any number of threads.
public struct ImageDecoder: Sendable {
  public init() {}

  /// Decodes a picture in memory. The pointer is used inside the call only.
  ///
  /// - Shape: `info(for:policy:)` tells size and format from the header; `request.region` cuts a window out.
  /// - Throws: `TesseraError` of stage `header` (before any allocation) or `decode`.
  public func decode(_ bytes: UnsafeRawBufferPointer, _ request: DecodeRequest = DecodeRequest()) throws
    -> Image
  {
    try checkSize(bytes, request.policy)
    return try decode(OpenedPicture(bytes, policy: request.policy), request)
  }

  /// Decodes a picture whose header has been read.
  ///
  /// - Throws: as `decode`.
  package func decode(_ picture: OpenedPicture, _ request: DecodeRequest) throws -> Image {
    try decoding(picture, request).run()
  }

  /// Decodes a picture in memory and hands its rows (of `request.region`) to `consume` strip by strip, so that nobody
  /// need keep the picture. They are the rows of what `decode` gives.
  ///
  /// - Throws: as `decode`; the rows that were handed over before do not count then.
  package func decodeRows(
    _ picture: OpenedPicture, _ request: DecodeRequest, into consume: RowConsumer
  ) throws {
    try decoding(picture, request).run(into: consume)
  }

  private func decoding(_ picture: OpenedPicture, _ request: DecodeRequest) throws -> PictureDecoding {
    try checkSize(picture.bytes, request.policy)
    return PictureDecoding(picture: picture.stored, bytes: picture.bytes, request: request)
  }

  private func checkSize(_ bytes: UnsafeRawBufferPointer, _ policy: DecodePolicy) throws {
    guard bytes.count <= policy.limits.bytes else {
      throw TesseraError(
        .limitExceeded(what: "bytes of the file", limit: policy.limits.bytes, found: bytes.count),
        stage: .header)
    }
  }

  /// Decodes a picture in memory.
  ///
  /// - Throws: `TesseraError` of stage `header` (before any allocation) or `decode`.
  public func decode(_ bytes: [UInt8], _ request: DecodeRequest = DecodeRequest()) throws -> Image {
    try bytes.withUnsafeBytes { try decode($0, request) }
  }

  /// Reads a file whole, if it is within the limit: what `decode(path:)` decodes.
  ///
  /// - Throws: `TesseraError` with the path: `io` of stage `read`, `limitExceeded`.
  package static func read(path: String, limits: DecodeLimits = DecodeLimits()) throws -> [UInt8] {
    do { return try FileSource(path: path).readAll(limit: limits.bytes) } catch let error as TesseraError {
      throw error.with(path: path)
    }
  }

  /// Reads and decodes a picture file.
  ///
  /// - Throws: `TesseraError` with the path, of stage `read`, `header` or `decode`.
  public func decode(path: String, _ request: DecodeRequest = DecodeRequest()) throws -> Image {
    do {
      let bytes = try FileSource(path: path).readAll(limit: request.policy.limits.bytes)
      return try decode(bytes, request)
    } catch let error as TesseraError {
      throw error.with(path: path)
    }
  }

  /// The size and format that decoding under `policy` gives, from the header alone.
  public func info(for header: ImageHeader, policy: DecodePolicy = .tessera) -> (
    size: Size, format: PixelFormat
  ) {
    let size = policy.orientation == .apply ? header.orientedSize : header.size
    return (size, policy.outputFormat(of: header))
  }
}
