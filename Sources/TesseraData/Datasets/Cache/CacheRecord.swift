private import CZlib
internal import TesseraCore
internal import TesseraTransforms

/// A sample's pictures as a cache's file holds them: a head of 64 bytes, then for each picture a head of 64 bytes and
/// its pixels, filled up to a multiple of 64. So pixels lie aligned, and a torn record shows by its checksums.
///
/// All numbers are little-endian.
enum CacheRecord {
  static let unit = 64
  private static let magic = Array("TesseraC".utf8)

  /// What a record's head says.
  struct Head: Equatable {
    var index: Int
    /// Bytes behind the head, a multiple of 64.
    var length: Int
    var pictures: Int
    var checksum: UInt32
  }

  static func checksum(_ bytes: UnsafeRawBufferPointer, _ start: UInt32 = 0) -> UInt32 {
    // Records of more than 4 GiB are refused by `encode`.
    UInt32(
      truncatingIfNeeded: crc32(
        UInt(start), bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(bytes.count)))
  }

  /// A record's bytes; nil if they are too many for one.
  static func encode(_ pictures: [CachedPicture], index: Int) -> [UInt8]? {
    let sizes = pictures.map { unit + padded($0.image.byteCount) }
    let length = sizes.reduce(0, +)
    guard length < 1 << 31 else { return nil }
    var bytes = [UInt8](repeating: 0, count: unit + length)
    var at = unit
    for (picture, size) in zip(pictures, sizes) {
      let numbers = [
        picture.steps, PillowGeneration.allCases.firstIndex(of: picture.generation) ?? 0,
        picture.inputSize.width,
        picture.inputSize.height, number(picture.inputFormat), picture.image.width, picture.image.height,
        number(picture.image.format),
      ]
      for (place, number) in numbers.enumerated() { put(number, &bytes, at + 8 * place) }
      picture.image.withUnsafeBytes { pixels in
        bytes.withUnsafeMutableBytes { target in
          UnsafeMutableRawBufferPointer(rebasing: target[(at + unit)...]).copyMemory(from: pixels)
        }
      }
      at += size
    }
    let sum = bytes.withUnsafeBytes { checksum(UnsafeRawBufferPointer(rebasing: $0[unit...])) }
    bytes.replaceSubrange(0..<8, with: magic)
    put(index, &bytes, 8)
    put(length, &bytes, 16)
    put(pictures.count, &bytes, 24)
    put(Int(sum), &bytes, 32)
    let head = bytes.withUnsafeBytes { checksum(UnsafeRawBufferPointer(rebasing: $0[..<40])) }
    put(Int(head), &bytes, 40)
    return bytes
  }

  /// A record's head; nil for bytes that are none.
  static func head(_ bytes: UnsafeRawBufferPointer) -> Head? {
    guard bytes.count >= unit, bytes.starts(with: magic),
      get(bytes, 40) == Int(checksum(UnsafeRawBufferPointer(rebasing: bytes[..<40])))
    else { return nil }
    let head = Head(
      index: get(bytes, 8), length: get(bytes, 16), pictures: get(bytes, 24),
      checksum: UInt32(truncatingIfNeeded: get(bytes, 32)))
    guard head.index >= 0, head.length >= 0, head.length % unit == 0, head.pictures >= 0,
      head.pictures <= head.length / unit
    else { return nil }
    return head
  }

  /// The pictures of a record.
  ///
  /// - Parameters:
  ///   - bytes: those behind the head.
  ///   - block: makes memory of a part of them.
  /// - Returns: nil if the record is not one that `encode` made.
  static func pictures(
    _ bytes: UnsafeRawBufferPointer, count: Int, _ block: (Range<Int>) throws -> MemoryBlock
  ) rethrows -> [CachedPicture]? {
    var pictures: [CachedPicture] = []
    var at = 0
    for _ in 0..<count {
      guard at <= bytes.count - unit else { return nil }
      let numbers = (0..<8).map { get(bytes, at + 8 * $0) }
      guard PillowGeneration.allCases.indices.contains(numbers[1]), let inputFormat = format(numbers[4]),
        let format = format(numbers[7]), numbers[0] >= 0,
        [2, 3, 5, 6].allSatisfy({ 0...(1 << 31) ~= numbers[$0] })
      else { return nil }
      let size = Size(width: numbers[5], height: numbers[6])
      let (area, overflow) = size.width.multipliedReportingOverflow(by: size.height * format.bytesPerPixel)
      guard !overflow, area <= bytes.count - at - unit else { return nil }
      pictures.append(
        CachedPicture(
          image: Image(size: size, format: format, block: try block(at + unit..<at + unit + area)),
          inputSize: Size(width: numbers[2], height: numbers[3]), inputFormat: inputFormat, steps: numbers[0],
          generation: PillowGeneration.allCases[numbers[1]]))
      at += unit + padded(area)
    }
    return at == bytes.count ? pictures : nil
  }

  private static func padded(_ count: Int) -> Int { (count + unit - 1) / unit * unit }

  private static func number(_ format: PixelFormat) -> Int {
    PixelFormat.allCases.firstIndex(of: format) ?? 0
  }

  private static func format(_ number: Int) -> PixelFormat? {
    PixelFormat.allCases.indices.contains(number) ? PixelFormat.allCases[number] : nil
  }

  private static func put(_ number: Int, _ bytes: inout [UInt8], _ at: Int) {
    for place in 0..<8 { bytes[at + place] = UInt8(truncatingIfNeeded: number >> (8 * place)) }
  }

  private static func get(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> Int {
    Int(truncatingIfNeeded: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self).littleEndian)
  }
}
