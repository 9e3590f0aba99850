internal import TesseraCore

/// An array in a file, whose rows (along the first axis) are the samples.
struct StoredArray: Sendable {
  let name: String
  let type: ElementType
  let shape: [Int]
  private let storage: Storage

  private enum Storage: Sendable {
    case mapped(MappedFile, Int)
    case memory(MemoryBlock)
  }

  /// An array in a mapping, its bytes from `offset` on.
  ///
  /// - Throws: `corrupt` if the shape needs more bytes than there are.
  init(name: String, type: ElementType, shape: [Int], file: MappedFile, offset: Int, byteCount: Int) throws {
    self.name = name
    self.type = type
    self.shape = shape
    storage = .mapped(file, offset)
    try check(byteCount)
  }

  /// An array that was unpacked.
  ///
  /// - Throws: as above.
  init(name: String, type: ElementType, shape: [Int], block: MemoryBlock, offset: Int) throws {
    self.name = name
    self.type = type
    self.shape = shape
    let bytes = UnsafeRawBufferPointer(rebasing: block.bytes[offset...])
    if let start = bytes.baseAddress, UInt(bitPattern: start) % 16 == 0 {
      storage = .memory(
        MemoryBlock(readOnly: start, byteCount: bytes.count) { withExtendedLifetime(block) {} })
    } else {
      let copy = MemoryBlock(byteCount: bytes.count)
      copy.mutableBytes.copyBytes(from: bytes)
      storage = .memory(copy)
    }
    try check(bytes.count)
  }

  private func check(_ available: Int) throws {
    guard let size = type.byteCount else { return }
    guard let needed = Self.byteCount(shape, elementSize: size), needed <= available else {
      throw TesseraError(
        .corrupt(
          format: "the array '\(name)'",
          detail: "shape \(shape) of \(type.code) does not fit into its \(available) bytes"))
    }
  }

  /// Bytes of an array; nil if the shape has a negative extent or the bytes cannot be counted.
  static func byteCount(_ shape: [Int], elementSize: Int) -> Int? {
    var size = elementSize
    for extent in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      if overflow || extent < 0 { return nil }
      size = product
    }
    return size
  }

  /// Rows; nil for an array without axes.
  var rows: Int? { shape.first }

  /// One row as a tensor: a view on the file where its elements lie aligned, else a copy.
  ///
  /// - Throws: `unsupported` for elements that no tensor has, `truncated` if the file was cut short.
  func row(_ index: Int) throws -> AnyTensor {
    guard let dataType = type.dataType else {
      throw TesseraError(.unsupported(format: "the array '\(name)'", feature: "its type \(type.code)"))
    }
    let rowShape = Array(shape.dropFirst())
    let size = rowShape.reduce(dataType.byteCount, *)
    let range = index * size..<(index + 1) * size
    let block =
      switch storage {
      case .mapped(let file, let offset):
        try file.block(
          offset + range.lowerBound..<offset + range.upperBound, alignment: dataType.byteCount)
      case .memory(let block):
        MemoryBlock(readOnly: block.base + range.lowerBound, byteCount: size) {
          withExtendedLifetime(block) {}
        }
      }
    return AnyTensor(shape: rowShape, dataType: dataType, block: block)
  }

  /// Whether the array is a list of whole numbers.
  var isIntegers: Bool { shape.count == 1 && type.integer != nil }

  /// A whole number of a list of them.
  ///
  /// - Throws: `corrupt` if it does not fit an `Int`.
  func integer(_ index: Int) throws -> Int {
    let size = type.byteCount ?? 1
    let bits = try withBytes(index * size..<(index + 1) * size) { bytes in
      bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    if type.integer == .signed {
      let unused = 64 - 8 * size
      return Int(Int64(bitPattern: bits << unused) >> unused)
    }
    guard let number = Int(exactly: bits) else {
      throw TesseraError(.corrupt(format: "the array '\(name)'", detail: "\(bits) in row \(index)"))
    }
    return number
  }

  private func withBytes<R>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    switch storage {
    case .mapped(let file, let offset):
      try file.withBytes(offset + range.lowerBound..<offset + range.upperBound, body)
    case .memory(let block):
      try withExtendedLifetime(block) { try body(UnsafeRawBufferPointer(rebasing: block.bytes[range])) }
    }
  }

  /// Adds name, type, shape and some of the elements: all of them up to a mebibyte, else 256 pages spread evenly,
  /// the first and the last among them.
  func update(_ digest: inout Digest) throws {
    digest.update(name)
    digest.update(type.code)
    digest.update(shape.count)
    shape.forEach { digest.update($0) }
    guard let size = type.byteCount, let all = Self.byteCount(shape, elementSize: size) else { return }
    let (pages, page) = (256, 4096)
    if all <= pages * page {
      try withBytes(0..<all) { digest.update($0) }
    } else {
      for number in 0..<pages {
        let start = (all - page) / (pages - 1) * number
        try withBytes(start..<start + page) { digest.update($0) }
      }
      try withBytes(all - page..<all) { digest.update($0) }
    }
  }
}
