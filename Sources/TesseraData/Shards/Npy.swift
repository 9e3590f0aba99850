public import TesseraCore

/// NumPy's `.npy` files, version 1.0: written byte for byte as `numpy.save` writes them.
///
/// bfloat16 is written as raw two-byte elements (`<V2`), as NumPy does for ml_dtypes' type.
/// Source: the format's description in `numpy.lib.format`.
public enum Npy {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]

  /// The bytes before the elements: magic, version, header length, header.
  public static func header(shape: [Int], dataType: DataType) -> [UInt8] {
    header(shape: shape, descriptor: descriptor(dataType))
  }

  static func header(shape: [Int], descriptor: String) -> [UInt8] {
    let extents =
      shape.count == 1 ? "(\(shape[0]),)" : "(" + shape.map { String($0) }.joined(separator: ", ") + ")"
    var text = "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': \(extents), }"
    // NumPy leaves room for a growing first axis: 21 digits in all.
    if let first = shape.first { text += String(repeating: " ", count: 21 - String(first).utf8.count) }
    // The elements start at a multiple of 64; a newline closes the header.
    let used = magic.count + 2 + text.utf8.count + 1
    text += String(repeating: " ", count: 64 - used % 64) + "\n"
    let length = text.utf8.count
    return magic + [UInt8(length & 255), UInt8(length >> 8)] + Array(text.utf8)
  }

  /// NumPy's name of an element type.
  static func descriptor(_ dataType: DataType) -> String {
    switch dataType {
    case .uint8: "|u1"
    case .int64: "<i8"
    case .float16: "<f2"
    case .bfloat16: "<V2"
    case .float32: "<f4"
    }
  }

  /// Writes a tensor as a file; a reader sees all of it or nothing.
  ///
  /// - Throws: `io`.
  public static func write(_ tensor: AnyTensor, to path: String) throws {
    let header = header(shape: tensor.shape, dataType: tensor.dataType)
    try header.withUnsafeBytes { head in
      try tensor.withUnsafeBytes { try AtomicFile.write([head, $0], to: path) }
    }
  }

  /// Reads a file of one of our element types in C order.
  ///
  /// - Throws: `io`, `corrupt`, `truncated`, or `unsupported` for another version, type or order.
  public static func read(_ path: String) throws -> AnyTensor {
    do { return try decode(try FileIO.read(path)) } catch let error as TesseraError {
      throw error.with(path: path)
    }
  }

  /// Reads the bytes of a file.
  public static func decode(_ bytes: [UInt8]) throws -> AnyTensor {
    guard bytes.count >= 10, bytes.starts(with: magic.prefix(6)) else {
      throw TesseraError(.corrupt(format: "npy", detail: "it does not start with the magic \\x93NUMPY"))
    }
    let wide = bytes[6] >= 2
    guard bytes[6] <= 3, bytes.count >= (wide ? 12 : 10) else {
      throw TesseraError(.unsupported(format: "npy", feature: "version \(bytes[6]).\(bytes[7])"))
    }
    let lengthBytes = wide ? bytes[8..<12] : bytes[8..<10]
    let length = lengthBytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    let start = lengthBytes.endIndex + length
    guard bytes.count >= start else {
      throw TesseraError(.truncated(format: "npy", expected: start, got: bytes.count, unit: "bytes"))
    }
    let header = NpyHeader(String(decoding: bytes[lengthBytes.endIndex..<start], as: UTF8.self))
    let dataType = try header.dataType()
    let shape = try header.shape()
    let count = shape.reduce(1, *) * dataType.byteCount
    guard bytes.count - start >= count else {
      throw TesseraError(.truncated(format: "npy", expected: start + count, got: bytes.count, unit: "bytes"))
    }
    return AnyTensor(shape: shape, dataType: dataType, copying: bytes[start..<start + count])
  }
}

/// The dictionary in the head of a `.npy` file.
struct NpyHeader {
  let text: String
  init(_ text: String) { self.text = text }

  /// The text after `'key':` and spaces.
  private func value(_ key: String) throws -> Substring {
    guard let found = text.firstRange(of: "'\(key)':") else {
      throw TesseraError(.corrupt(format: "npy", detail: "the header has no '\(key)'"))
    }
    return text[found.upperBound...].drop { $0 == " " }
  }

  /// NumPy's name of the element type, or what else stands there (a structure).
  func descriptor() throws -> String { String(try value("descr").dropFirst().prefix { $0 != "'" }) }

  func dataType() throws -> DataType {
    let value = try descriptor()
    guard let type = DataType.allCases.first(where: { Npy.descriptor($0) == value }) else {
      throw TesseraError(.unsupported(format: "npy", feature: "element type \(value)"))
    }
    return type
  }

  func shape() throws -> [Int] {
    guard try value("fortran_order").hasPrefix("False") else {
      throw TesseraError(.unsupported(format: "npy", feature: "Fortran order"))
    }
    let inner = try value("shape").dropFirst().prefix { $0 != ")" }
    var shape: [Int] = []
    var size = 1
    for part in inner.split(separator: ",") {
      let digits = part.drop { $0 == " " }
      if digits.isEmpty { continue }
      guard let extent = Int(digits), extent >= 0,
        !size.multipliedReportingOverflow(by: max(extent, 1)).overflow,
        size * max(extent, 1) <= Int.max >> 4
      else { throw TesseraError(.corrupt(format: "npy", detail: "the shape is (\(inner))")) }
      size *= max(extent, 1)
      shape.append(extent)
    }
    return shape
  }
}

extension AnyTensor {
  /// A tensor of bytes in the machine's order.
  package init(shape: [Int], dataType: DataType, copying bytes: ArraySlice<UInt8>) {
    let block = MemoryBlock(byteCount: bytes.count)
    block.mutableBytes.copyBytes(from: bytes)
    self.init(shape: shape, dataType: dataType, block: block)
  }
}
