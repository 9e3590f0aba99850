private import CCodecs
internal import TesseraCodecs
internal import TesseraCore

/// The decoders of our own beside libjpeg and libpng: pixels, verdicts and messages are the same.
enum DecoderTwins {
  private struct Outcome: Equatable {
    var status: UInt32
    var message = ""
    var counts: [Int64] = []
    var dataEnd: Int64 = 0
    var pixels: [UInt8] = []
  }

  static func check(_ bytes: UnsafeRawBufferPointer, _ header: ImageHeader) throws {
    guard header.size.area <= PictureCheck.limits.pixels, header.size.longer < 1 << 20 else { return }
    switch (header.format, header.mode) {
    case (.jpeg, "L"), (.jpeg, "RGB"):
      for (scale, fill) in [(1, 0), (1, 1), (2, 0)] as [(Int32, Int32)] {
        let (own, library) = (jpeg(bytes, header, scale, fill, 0), jpeg(bytes, header, scale, fill, 1))
        try compare(own, library, "libjpeg at 1/\(scale), fill \(fill)")
      }
    case (.png, _):
      for fill in [0, 1] as [Int32] {
        guard let own = png(bytes, header, fill, 0), let library = png(bytes, header, fill, 1) else { return }
        try compare(own, library, "libpng, fill \(fill)")
      }
    default: break
    }
  }

  private static func compare(_ own: Outcome, _ library: Outcome, _ name: String) throws {
    func short(_ outcome: Outcome) -> String {
      "status \(outcome.status) '\(outcome.message)' \(outcome.counts) \(outcome.dataEnd)"
    }
    let place = zip(own.pixels, library.pixels).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    try BrokenPromise.unless(
      own == library,
      "ours and \(name) differ: \(short(own)), \(short(library)), byte \(place.map(String.init) ?? "-")")
  }

  private static func outcome(_ status: tc_status, _ error: tc_error, _ pixels: [UInt8]) -> Outcome {
    guard status != TC_OK else { return Outcome(status: status.rawValue, pixels: pixels) }
    let message = withUnsafeBytes(of: error.message) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    return Outcome(status: status.rawValue, message: message, counts: [error.expected, error.got])
  }

  private static func jpeg(
    _ bytes: UnsafeRawBufferPointer, _ header: ImageHeader, _ scale: Int32, _ fill: Int32, _ plain: Int32
  ) -> Outcome {
    let isGray = header.mode == "L"
    var picture = tc_jpeg_picture(
      width: Int32(header.width), height: Int32(header.height), components: isGray ? 1 : 3, max_scans: 100,
      scale: scale, plain: plain)
    var conversion = tc_conversion()
    conversion.source = isGray ? TC_GRAY : TC_RGB
    conversion.target = conversion.source
    let (width, height) = (
      (header.width + Int(scale) - 1) / Int(scale), (header.height + Int(scale) - 1) / Int(scale)
    )
    let stride = width * (isGray ? 1 : 3)
    var pixels = [UInt8](repeating: 7, count: stride * height)
    var error = tc_error()
    let status = tc_jpeg_decode(
      bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, &picture, &conversion, fill, nil, nil,
      &pixels,
      stride, &error)
    return outcome(status, error, pixels)
  }

  /// Nil where there is no data chunk.
  private static func png(
    _ bytes: UnsafeRawBufferPointer, _ header: ImageHeader, _ fill: Int32, _ plain: Int32
  ) -> Outcome? {
    var at = 8
    while at + 8 <= bytes.count, !bytes[at + 4..<at + 8].elementsEqual([73, 68, 65, 84]) {
      at += 12 + (0..<4).reduce(0) { $0 << 8 | Int(bytes[at + $1]) }
    }
    guard at + 8 <= bytes.count else { return nil }
    var picture = tc_png_picture(
      width: Int32(header.width), height: Int32(header.height), bit_depth: Int32(bytes[24]),
      color_type: Int32(bytes[25]), interlaced: header.isInterlaced ? 1 : 0, idat_offset: Int64(at),
      plain: plain)
    var conversion = tc_conversion()
    conversion.source = tc_png_source_layout(&picture)
    conversion.target = TC_RGB
    let stride = header.width * 3
    var pixels = [UInt8](repeating: 99, count: stride * header.height)
    let palette = (0..<1024).map { UInt8($0 * 7 & 255) }
    var dataEnd: Int64 = -1
    var error = tc_error()
    let status = palette.withUnsafeBufferPointer { palette in
      conversion.palette = palette.baseAddress
      return tc_png_decode(
        bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, &picture, &conversion, fill, nil, nil,
        &pixels,
        stride, &dataEnd, &error)
    }
    var outcome = outcome(status, error, pixels)
    outcome.dataEnd = dataEnd
    return outcome
  }
}
