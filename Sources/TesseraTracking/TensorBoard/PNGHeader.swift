internal import TesseraCore

/// What a PNG file says of its picture at its start.
struct PNGHeader: Equatable {
  var width: Int
  var height: Int
  /// Samples of a pixel, of a palette's colours too.
  var channels: Int

  /// Reads the signature and the chunk IHDR.
  ///
  /// - Throws: `invalidInput` if the bytes are no PNG file.
  init(_ png: [UInt8]) throws {
    let start: [UInt8] = [
      0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52,
    ]
    guard png.count >= 33, png.starts(with: start) else {
      throw TesseraError(
        .invalidInput(
          operation: "a picture in a run's log", expected: "the bytes of a PNG file",
          got: "\(png.count) bytes that do not start as one"))
    }
    func number(at offset: Int) -> Int { png[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
    width = number(at: 16)
    height = number(at: 20)
    // Colour types 0, 2, 3, 4 and 6: grey, RGB, palette, grey with alpha, RGBA.
    channels = [0: 1, 2: 3, 3: 3, 4: 2, 6: 4][png[25]] ?? 3
  }
}
