internal import TesseraCore

/// What the head of a `.npy` file says: type, shape, and where the elements start.
struct NpyLayout {
  let type: ElementType
  let shape: [Int]
  let start: Int

  /// - Throws: `corrupt`, `truncated`; `unsupported` for another version or Fortran order.
  init(_ bytes: UnsafeRawBufferPointer) throws {
    guard bytes.count >= 10, bytes.starts(with: Npy.magic.prefix(6)) else {
      throw TesseraError(.corrupt(format: "npy", detail: "it does not start with the magic \\x93NUMPY"))
    }
    guard (1...3).contains(bytes[6]), bytes.count >= 12 else {
      throw TesseraError(.unsupported(format: "npy", feature: "version \(bytes[6]).\(bytes[7])"))
    }
    let width = bytes[6] >= 2 ? 4 : 2
    let length = (0..<width).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    start = 8 + width + length
    guard bytes.count >= start else {
      throw TesseraError(.truncated(format: "npy", expected: start, got: bytes.count, unit: "bytes"))
    }
    let header = NpyHeader(String(decoding: bytes[8 + width..<start], as: UTF8.self))
    type = ElementType(npy: try header.descriptor())
    shape = try header.shape()
    if let size = type.byteCount, let needed = StoredArray.byteCount(shape, elementSize: size),
      needed > bytes.count - start
    {
      throw TesseraError(
        .truncated(format: "npy", expected: start + needed, got: bytes.count, unit: "bytes"))
    }
  }
}
