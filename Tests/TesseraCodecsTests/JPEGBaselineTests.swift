import CCodecs
import TestSupport
import TesseraCodecs
import TesseraCore
import Testing

/// The decoder of sound baseline files beside libjpeg, through the C face: the same bytes, the same verdict.
@Suite("Baseline JPEGs without libjpeg") struct JPEGBaselineTests {
  private struct Outcome: Equatable {
    var status: UInt32
    var message: String
    var rows: Int64
    var pixels: [UInt8]
  }

  /// Decodes `window` (nil: all); `plain` by libjpeg.
  private static func decode(
    _ file: [UInt8], _ size: Size, components: Int32, window: Rect?, plain: Bool, fill: Bool = false,
    isLuma: Bool = false
  ) -> Outcome {
    var picture = tc_jpeg_picture(
      width: Int32(size.width), height: Int32(size.height), components: components, max_scans: 100, scale: 1,
      plain: plain ? 1 : 0)
    var conversion = tc_conversion()
    conversion.source = components == 1 || isLuma ? TC_GRAY : TC_RGB
    conversion.target = components == 1 ? TC_RGB : conversion.source
    let part = window ?? Rect(x: 0, y: 0, width: size.width, height: size.height)
    var rect = tc_window(
      x: Int32(part.x), y: Int32(part.y), width: Int32(part.width), height: Int32(part.height))
    let pixel = conversion.target == TC_RGB ? 3 : 1
    var pixels = [UInt8](repeating: 7, count: part.size.area * pixel)
    var error = tc_error()
    let status = withUnsafePointer(to: &rect) { rect in
      tc_jpeg_decode(
        file, file.count, &picture, &conversion, fill ? 1 : 0, window == nil ? nil : rect, nil, &pixels,
        part.width * pixel, &error)
    }
    let message = withUnsafeBytes(of: &error.message) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    // What a failed decode leaves is nobody's.
    return Outcome(
      status: status.rawValue, message: message, rows: error.got, pixels: status == TC_OK ? pixels : [])
  }

  private static func file(
    _ size: Size, gray: Bool, _ sampling: (h: Int32, v: Int32), quality: Int32, optimize: Bool, seed: UInt64
  ) -> [UInt8] {
    let picture =
      seed % 3 == 0
      ? Pictures.noise(size, gray ? .gray : .rgb, seed: seed)
      : Pictures.ramps(size, gray ? .gray : .rgb, seed: seed)
    var options = tc_jpeg_encode_options(
      quality: quality, horizontal: sampling.h, vertical: sampling.v, progressive: 0,
      optimize: optimize ? 1 : 0)
    var (buffer, error) = (tc_buffer(), tc_error())
    defer { tc_buffer_free(&buffer) }
    picture.withUnsafeBytes { bytes in
      _ = tc_jpeg_encode(
        bytes.baseAddress!, picture.bytesPerRow, Int32(size.width), Int32(size.height), gray ? 1 : 3,
        &options,
        &buffer, &error)
    }
    return Array(UnsafeBufferPointer(start: buffer.bytes, count: buffer.count))
  }

  @Test("have libjpeg's bits for every width 1…67, every sampling, and every window") func widths() {
    var random = RandomStream(seed: 31)
    for width in 1...67 {
      for (h, v) in [(1, 1), (2, 1), (2, 2), (1, 2), (4, 1)] as [(Int32, Int32)] {
        for gray in [false, true] where !gray || h * v == 1 {
          let size = Size(width: width, height: random.integer(in: 1...50))
          let quality = Int32([1, 25, 60, 90, 100][random.integer(in: 0...4)])
          let file = Self.file(
            size, gray: gray, (h, v), quality: quality, optimize: width % 2 == 0, seed: UInt64(width))
          let isLuma = !gray && width % 5 == 0
          for trial in 0..<4 {
            let (x, y) = (random.integer(in: 0...width - 1), random.integer(in: 0...size.height - 1))
            let window = Rect(
              x: x, y: y, width: random.integer(in: 1...width - x),
              height: random.integer(in: 1...size.height - y))
            let (own, theirs) = (
              Self.decode(
                file, size, components: gray ? 1 : 3, window: trial == 0 ? nil : window, plain: false,
                isLuma: isLuma),
              Self.decode(
                file, size, components: gray ? 1 : 3, window: trial == 0 ? nil : window, plain: true,
                isLuma: isLuma)
            )
            #expect(own.status == TC_OK.rawValue && own == theirs, "\(size), \(h)x\(v), quality \(quality)")
          }
        }
      }
    }
  }

  @Test("are decoded or refused as by libjpeg when they are damaged", arguments: [false, true])
  func damage(fill: Bool) throws {
    var random = RandomStream(seed: fill ? 41 : 42)
    var (good, failed) = (0, 0)
    for trial in 0..<2500 {
      let size = Size(width: random.integer(in: 8...90), height: random.integer(in: 8...90))
      let sampling = [(1, 1), (2, 1), (2, 2)][trial % 3] as (Int32, Int32)
      var file = Self.file(
        size, gray: false, sampling, quality: 80, optimize: trial % 2 == 0, seed: UInt64(trial))
      if trial % 4 == 0, case .rewritten(let seekable) = try JPEGTranscoder(restartRows: 1).baseline(file) {
        file = seekable
      }
      // The entropy-coded data half of the time: headers are what the mutations like best.
      if trial % 2 == 0 {
        let at = random.integer(in: file.count / 2...file.count - 1)
        file[at] = UInt8(truncatingIfNeeded: random.next32())
      } else {
        file = Mutation.apply(to: file, using: &random)
      }
      let height = random.integer(in: 1...size.height)
      let window = trial % 3 == 0 ? nil : Rect(x: 3, y: size.height - height, width: 5, height: height)
      let (own, theirs) = (
        Self.decode(file, size, components: 3, window: window, plain: false, fill: fill),
        Self.decode(file, size, components: 3, window: window, plain: true, fill: fill)
      )
      #expect(own == theirs, "\(size), trial \(trial)")
      if own.status == TC_OK.rawValue { good += 1 } else { failed += 1 }
    }
    #expect(good > 500 && (fill || failed > 100), "\(good) decoded, \(failed) refused")
  }
}
