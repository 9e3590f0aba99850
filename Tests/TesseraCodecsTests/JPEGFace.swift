import CCodecs
import TestSupport
import TesseraCore

/// JPEGs through the C face, by the decoder of our own or by libjpeg.
enum JPEGFace {
  struct Outcome: Equatable {
    var status: UInt32
    var message: String
    var rows: Int64
    var pixels: [UInt8]
  }

  /// Who decodes: ours where it can, libjpeg in any case, ours or nobody.
  enum Decoder: Int32 {
    case any = 0
    case libjpeg = 1
    case own = 2
  }

  /// Whether there is a decoder of our own: with AVX2, which any machine of these ten years has.
  static var hasOwn: Bool {
    #if arch(x86_64)
      true
    #else
      false
    #endif
  }

  struct Request {
    var size: Size
    var components: Int32 = 3
    var scale = 1
    /// nil: all.
    var window: Rect?
    var maxScans: Int64 = 100
    var fill = false
    var isLuma = false

    /// Size of the (scaled) picture.
    var scaled: Size {
      Size(width: (size.width + scale - 1) / scale, height: (size.height + scale - 1) / scale)
    }
  }

  static func decode(_ file: [UInt8], _ request: Request, by decoder: Decoder) -> Outcome {
    var picture = tc_jpeg_picture(
      width: Int32(request.size.width), height: Int32(request.size.height), components: request.components,
      max_scans: request.maxScans, scale: Int32(request.scale), plain: decoder.rawValue)
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
        nil, &pixels, part.width * pixel, &error)
    }
    let message = withUnsafeBytes(of: &error.message) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    // What a failed decode leaves is nobody's.
    return Outcome(
      status: status.rawValue, message: message, rows: error.got, pixels: status == TC_OK ? pixels : [])
  }

  /// A file of noise or ramps.
  static func file(
    _ size: Size, gray: Bool = false, _ sampling: (h: Int32, v: Int32), progressive: Bool, quality: Int32,
    optimize: Bool = true, seed: UInt64
  ) -> [UInt8] {
    let picture =
      seed % 3 == 0
      ? Pictures.noise(size, gray ? .gray : .rgb, seed: seed)
      : Pictures.ramps(size, gray ? .gray : .rgb, seed: seed)
    var options = tc_jpeg_encode_options(
      quality: quality, horizontal: sampling.h, vertical: sampling.v, progressive: progressive ? 1 : 0,
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
}
