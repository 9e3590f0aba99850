internal import TesseraCore

/// A part of a font file: big-endian numbers, each looked for before it is read.
struct FontBytes: Sendable {
  /// What errors call the part: `the font's table CBLC`.
  let name: String
  private let file: [UInt8]
  private let range: Range<Int>

  /// The whole file.
  init(_ file: [UInt8], name: String) {
    self.file = file
    self.name = name
    range = 0..<file.count
  }

  private init(_ file: [UInt8], _ name: String, _ range: Range<Int>) {
    self.file = file
    self.name = name
    self.range = range
  }

  var count: Int { range.count }

  /// The place in the file of `length` bytes at `offset`.
  private func place(_ offset: Int, _ length: Int) throws -> Int {
    guard offset >= 0, length >= 0, offset <= count, length <= count - offset else {
      let end = offset.addingReportingOverflow(length)
      throw TesseraError(
        .truncated(format: name, expected: end.overflow ? nil : end.partialValue, got: count, unit: "bytes"))
    }
    return range.lowerBound + offset
  }

  func u8(_ offset: Int) throws -> Int { Int(file[try place(offset, 1)]) }

  func u16(_ offset: Int) throws -> Int {
    let place = try place(offset, 2)
    return Int(file[place]) << 8 | Int(file[place + 1])
  }

  func u32(_ offset: Int) throws -> Int {
    let place = try place(offset, 4)
    return file[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
  }

  /// The bytes from `offset` on as a part of their own.
  func part(_ offset: Int, _ length: Int, name: String? = nil) throws -> FontBytes {
    let place = try place(offset, length)
    return FontBytes(file, name ?? self.name, place..<place + length)
  }

  /// A copy of some bytes.
  func bytes(_ offset: Int, _ length: Int) throws -> [UInt8] {
    let place = try place(offset, length)
    return Array(file[place..<place + length])
  }

  /// What is wrong with the part.
  func fault(_ detail: String) -> TesseraError { TesseraError(.corrupt(format: name, detail: detail)) }
}
