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

  /// Who decodes: ours where it can, libjpeg in any case, ours or nobody.
  private enum Decoder: Int32 {
    case any = 0
    case libjpeg = 1
    case own = 2
  }

  private struct Request {
    var size: Size
    var components: Int32 = 3
    var scale = 1
    /// nil: all.
    var window: Rect?
    var fill = false
    var isLuma = false

    /// Size of the (scaled) picture.
    var scaled: Size {
      Size(width: (size.width + scale - 1) / scale, height: (size.height + scale - 1) / scale)
    }
  }

  private static func decode(_ file: [UInt8], _ request: Request, by decoder: Decoder) -> Outcome {
    var picture = tc_jpeg_picture(
      width: Int32(request.size.width), height: Int32(request.size.height), components: request.components,
      max_scans: 100, scale: Int32(request.scale), plain: decoder.rawValue)
    var conversion = tc_conversion()
    conversion.source = request.components == 1 || request.isLuma ? TC_GRAY : TC_RGB
    conversion.target = request.components == 1 ? TC_RGB : conversion.source
    let part = request.window ?? Rect(x: 0, y: 0, width: request.scaled.width, height: request.scaled.height)
    var rect = tc_window(
      x: Int32(part.x), y: Int32(part.y), width: Int32(part.width), height: Int32(part.height))
    let pixel = conversion.target == TC_RGB ? 3 : 1
    var pixels = [UInt8](repeating: 7, count: part.size.area * pixel)
    var error = tc_error()
    let status = withUnsafePointer(to: &rect) { rect in
      tc_jpeg_decode(
        file, file.count, &picture, &conversion, request.fill ? 1 : 0, request.window == nil ? nil : rect,
        nil,
        &pixels, part.width * pixel, &error)
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

  private static func window(in size: Size, using random: inout RandomStream) -> Rect {
    let (x, y) = (random.integer(in: 0...size.width - 1), random.integer(in: 0...size.height - 1))
    return Rect(
      x: x, y: y, width: random.integer(in: 1...size.width - x),
      height: random.integer(in: 1...size.height - y))
  }

  @Test(
    "have libjpeg's bits for every width 1…67, every sampling, every window, and every scale",
    arguments: [1, 2, 4, 8])
  func widths(scale: Int) {
    var random = RandomStream(seed: 31)
    var (own, left) = (0, 0)
    for width in 1...67 {
      for (h, v) in [(1, 1), (2, 1), (2, 2), (1, 2), (4, 1)] as [(Int32, Int32)] {
        for gray in [false, true] where !gray || h * v == 1 {
          let size = Size(width: width, height: random.integer(in: 1...50))
          let quality = Int32([1, 25, 60, 90, 100][random.integer(in: 0...4)])
          let file = Self.file(
            size, gray: gray, (h, v), quality: quality, optimize: width % 2 == 0, seed: UInt64(width))
          // libjpeg does not smooth chroma of one or two columns.
          let isOurs = h <= 2 && (v == 1 || h == 2) && (h * v < 4 || scale > 1 || width > 4)
          var request = Request(size: size, components: gray ? 1 : 3, scale: scale)
          request.isLuma = !gray && width % 5 == 0
          for trial in 0..<4 {
            if trial > 0 { request.window = Self.window(in: request.scaled, using: &random) }
            let theirs = Self.decode(file, request, by: .libjpeg)
            let ours = Self.decode(file, request, by: isOurs ? .own : .any)
            #expect(
              ours.status == TC_OK.rawValue && ours == theirs, "\(request), \(h)x\(v), quality \(quality)")
            if isOurs { own += 1 } else { left += 1 }
          }
        }
      }
    }
    #expect(own + left == 67 * 6 * 4 && own >= 67 * 4 * 4 - 16)
  }

  /// Quantisers of 255: no picture has the coefficients that come out.
  private static func exaggerated(_ file: [UInt8]) -> [UInt8] {
    var file = file
    var at = 2
    while file[at + 1] != 0xDA {
      let length = Int(file[at + 2]) << 8 | Int(file[at + 3])
      if file[at + 1] == 0xDB {
        for table in stride(from: at + 4, to: at + 2 + length, by: 65) {
          for k in 1...64 { file[table + k] = 255 }
        }
      }
      at += 2 + length
    }
    return file
  }

  @Test(
    "have libjpeg's bits where the inverse DCT overflows, or are left to it", arguments: [1, 2, 4, 8])
  func overflow(scale: Int) {
    var random = RandomStream(seed: UInt64(scale))
    var (own, left) = (0, 0)
    for trial in 0..<300 {
      let size = Size(width: random.integer(in: 8...40), height: random.integer(in: 8...40))
      let sampling = [(1, 1), (2, 1), (2, 2)][trial % 3] as (Int32, Int32)
      let quality = Int32([60, 90, 100][trial / 3 % 3])
      let file = Self.exaggerated(
        Self.file(size, gray: trial % 4 == 0, sampling, quality: quality, optimize: true, seed: UInt64(trial))
      )
      let request = Request(size: size, components: trial % 4 == 0 ? 1 : 3, scale: scale)
      let theirs = Self.decode(file, request, by: .libjpeg)
      #expect(Self.decode(file, request, by: .any) == theirs, "\(request), trial \(trial)")
      let ours = Self.decode(file, request, by: .own)
      if ours.status == TC_OK.rawValue {
        own += 1
        #expect(ours == theirs, "\(request), trial \(trial)")
      } else {
        left += 1
      }
    }
    // At 1/8 nothing overflows that libjpeg has two ways for; at 1/4 the chroma alone of 4:2:0 may.
    #expect(own > 20 && (scale == 8 ? left == 0 : left > 20), "\(own) here, \(left) left")
  }

  @Test(
    "are decoded or refused as by libjpeg when they are damaged, at every scale", arguments: [1, 2, 4, 8],
    [false, true])
  func damage(scale: Int, fill: Bool) throws {
    var random = RandomStream(seed: UInt64(scale * 2 + (fill ? 41 : 42)))
    var (good, failed, own) = (0, 0, 0)
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
      var request = Request(size: size, scale: scale, fill: fill)
      if trial % 3 != 0 { request.window = Self.window(in: request.scaled, using: &random) }
      let ours = Self.decode(file, request, by: .any)
      #expect(ours == Self.decode(file, request, by: .libjpeg), "\(request), trial \(trial)")
      if ours.status == TC_OK.rawValue { good += 1 } else { failed += 1 }
      if Self.decode(file, request, by: .own).status == TC_OK.rawValue { own += 1 }
    }
    #expect(
      good > 500 && own > 250 && own < good && (fill || failed > 100),
      "\(good) decoded, \(own) of them without libjpeg, \(failed) refused")
  }
}
