import TestSupport
import TesseraCodecs
import TesseraCore
import Testing

/// A decoder that is asked for a part gives what a whole decode gives there, or fails as that fails.
@Suite("A window") struct WindowTests {
  static let families = ["jpeg_family()", "png_family()", "webp_family()", "bmp_family()", "pnm_family()"]

  /// A random window of a picture, now and then as wide or as high as all of it.
  private static func window(of size: Size, using random: inout RandomStream) -> Rect {
    func span(_ length: Int) -> (Int, Int) {
      if random.integer(in: 0...7) == 0 { return (0, length) }
      let start = random.integer(in: 0...length - 1)
      return (start, random.integer(in: 1...length - start))
    }
    let (x, width) = span(size.width)
    let (y, height) = span(size.height)
    return Rect(x: x, y: y, width: width, height: height)
  }

  /// What `decodeRows` hands over, put together.
  private static func streamed(_ file: [UInt8], _ request: DecodeRequest, format: PixelFormat, size: Size)
    throws
    -> Image
  {
    var rows: [UInt8] = []
    try file.withUnsafeBytes { bytes in
      let picture = try OpenedPicture(bytes, policy: request.policy)
      try ImageDecoder().decodeRows(picture, request) { base, stride, count in
        guard let base else { return rows.removeAll() }
        for y in 0..<count {
          rows += UnsafeRawBufferPointer(start: base + y * stride, count: size.width * format.bytesPerPixel)
        }
      }
    }
    return Image(size: size, format: format, bytes: rows)
  }

  @Test("has the pixels of the whole picture, in one piece and row by row", arguments: families)
  func pixels(_ family: String) async throws {
    let decoder = ImageDecoder()
    var random = RandomStream(seed: 6)
    var windows = 0
    let files = try await DecodeCase.family(family)
    // Ten thousand of JPEG, whose blocks and enlarged chroma reach over a window's edges.
    let each = family.hasPrefix("jpeg") ? 10_000 / files.count + 1 : 12
    var perSampling: [String: Int] = [:]
    for file in files where file.pixels != nil {
      let header = try ImageHeader(bytes: file.file)

      for policy in [
        DecodePolicy.tessera, DecodePolicy(orientation: .ignore, alpha: .keep, output: .asStored),
      ] {
        let whole = try decoder.decode(file.file, DecodeRequest(policy: policy))
        var wrong: [Rect] = []
        for trial in 0..<each {
          let window = Self.window(of: whole.size, using: &random)
          let request = DecodeRequest(policy: policy, region: window)
          let part =
            trial % 2 == 0
            ? try decoder.decode(file.file, request)
            : try Self.streamed(file.file, request, format: whole.format, size: window.size)
          if part != whole.cut(window) { wrong.append(window) }
          windows += 1
          perSampling[header.subsampling ?? "-", default: 0] += 1
        }
        #expect(wrong.isEmpty, "\(file), \(policy)")
      }
    }
    #expect(windows > (family.hasPrefix("jpeg") ? 15_000 : 500))
    if family.hasPrefix("jpeg") {
      for sampling in ["4:4:4", "4:2:2", "4:2:0", "4:4:0", "4:1:1"] {
        #expect(perSampling[sampling, default: 0] >= 300, "\(sampling) of \(perSampling)")
      }
    }
  }

  @Test("of a damaged file fails, or is filled, as the whole picture", arguments: [false, true])
  func damage(fill: Bool) async throws {
    let decoder = ImageDecoder()
    var random = RandomStream(seed: fill ? 8 : 9)
    var (failures, pictures) = (0, 0)
    let policy = DecodePolicy(truncated: fill ? .fillGray : .error)
    for file in try await DecodeCase.family("good_files().items()") {
      for _ in 0..<120 {
        let bytes = Mutation.apply(to: file.file, using: &random)
        // A window is of a known size: a file whose header is broken has none to ask for.
        guard let header = try? ImageHeader(bytes: bytes, policy: policy), header.size.area > 0,
          header.size.area < 1 << 22
        else { continue }
        let whole = Result { try decoder.decode(bytes, DecodeRequest(policy: policy)) }
        let window = Self.window(of: header.orientedSize, using: &random)
        let request = DecodeRequest(policy: policy, region: window)
        let part = Result { try decoder.decode(bytes, request) }
        switch (whole, part) {
        case (.success(let whole), .success(let part)):
          #expect(part == whole.cut(window), "\(file), \(window)")
          let rows = try Self.streamed(bytes, request, format: whole.format, size: window.size)
          #expect(rows == part, "\(file), \(window)")
          pictures += 1
        case (.failure(let whole), .failure(let part)):
          #expect("\(whole)" == "\(part)", "\(file), \(window)")
          failures += 1
        default: Issue.record("\(file), \(window): whole \(whole), part \(part)")
        }
      }
    }
    #expect(failures > (fill ? 50 : 200) && pictures > 200, "\(failures) failures, \(pictures) pictures")
  }

  @Test("at a smaller scale has the pixels of the whole picture at that scale, in one piece and row by row")
  func scaled() async throws {
    let decoder = ImageDecoder()
    var random = RandomStream(seed: 3)
    var windows = 0
    for file in try await DecodeCase.family("jpeg_family()") where file.pixels != nil {
      for scale in [2, 4, 8] {
        let whole = try decoder.decode(file.file, DecodeRequest(scale: scale))
        for trial in 0..<24 {
          let window = Self.window(of: whole.size, using: &random)
          let request = DecodeRequest(region: window, scale: scale)
          let part =
            trial % 2 == 0
            ? try decoder.decode(file.file, request)
            : try Self.streamed(file.file, request, format: whole.format, size: window.size)
          #expect(part == whole.cut(window), "\(file), 1/\(scale), \(window)")
          windows += 1
        }
      }
    }
    #expect(windows > 2_000)
    let png = try PNGEncoder().encode(Pictures.noise(Size(8), .rgb, seed: 1))
    #expect(throws: TesseraError.self) { try decoder.decode(png, DecodeRequest(scale: 2)) }
    #expect(throws: TesseraError.self) { try decoder.decode(png, DecodeRequest(scale: 3)) }
  }

  @Test("at a smaller scale, or of the luma alone, is what Pillow's draft gives") func draft() async throws {
    let code = """
      import io, struct
      from codec_files import *
      from PIL import Image
      parts = []
      for w, h in ((131, 77), (64, 33), (203, 301)):
          for sampling in (0, 1, 2):
              for progressive in (False, True):
                  file = save(picture(w, h, "RGB", w), "JPEG", subsampling=sampling, progressive=progressive)
                  for scale in (1, 2, 4, 8):
                      for mode in ("RGB", "L"):
                          im = Image.open(io.BytesIO(file))
                          im.draft(mode, (max(1, w // scale), max(1, h // scale)))
                          im.load()
                          parts.append(struct.pack("<5I", scale, mode == "L", *im.size, len(file)) + file + im.tobytes())
      out = struct.pack("<I", len(parts)) + b"".join(parts)
      """
    let reply = try await Oracle.pillow13.run(code).bytes
    var at = 0
    func number() -> Int {
      defer { at += 4 }
      return (0..<4).reduce(0) { $0 | Int(reply[at + $1]) << (8 * $1) }
    }
    func bytes(_ count: Int) -> [UInt8] {
      defer { at += count }
      return Array(reply[at..<at + count])
    }
    let count = number()
    for _ in 0..<count {
      let (scale, isLuma) = (number(), number() == 1)
      let size = Size(width: number(), height: number())
      let file = bytes(number())
      let expected = bytes(size.area * (isLuma ? 1 : 3))
      let image = try ImageDecoder().decode(file, DecodeRequest(scale: scale, lumaOnly: isLuma))
      #expect(image.size == size && image.format == (isLuma ? .gray : .rgb))
      #expect(image.bytes == expected, "1/\(scale), luma \(isLuma), \(size)")
    }
    #expect(count == 144)
  }
}
