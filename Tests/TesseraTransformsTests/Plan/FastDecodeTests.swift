import TestSupport
import TesseraCodecs
import TesseraCore
import TesseraTransforms
import Testing

/// `DecodeScale.fast`: Pillow's `draft` and `reducing_gap`, and a plan that is what its steps are.
@Suite("Decoding smaller")
struct FastDecodeTests {
  static func plan(_ text: String, _ file: [UInt8], _ policy: DecodePolicy, seed: UInt64 = 0) throws -> Plan {
    let header = try ImageHeader(bytes: file, policy: policy)
    let (size, format) = ImageDecoder().info(for: header, policy: policy)
    let draw = try Pipeline(text: text).draw(
      for: PictureInfo(size: size, format: format), using: RandomStream(seed: seed))
    return try Plan(draw, policy: policy, header: header)
  }

  @Test("is Pillow's draft and reducing_gap to the bit, whole and from a box") func pillow() async throws {
    let code = """
      import io, random, struct
      from codec_files import *
      from PIL import Image
      random.seed(4)
      filters = {"bilinear": 2, "bicubic": 3, "lanczos": 1}
      parts = []
      for trial in range(160):
          w, h = random.randint(40, 400), random.randint(40, 400)
          mode = random.choice(["RGB", "RGB", "L"])
          kind = random.choice(["JPEG", "JPEG", "JPEG", "PNG"])
          options = dict(progressive=random.random() < .4) if kind == "JPEG" else {}
          if kind == "JPEG" and mode == "RGB": options["subsampling"] = random.randint(0, 2)
          file = save(picture(w, h, mode, trial), kind, **options)
          name = random.choice(list(filters))
          gap = random.choice([1.0, 2.0, 2.0, 3.0])
          ow, oh = random.randint(3, 60), random.randint(3, 60)
          x, y, cw, ch = 0, 0, w, h
          if random.random() < .5:
              cw, ch = random.randint(30, w), random.randint(30, h)
              x, y = random.randint(0, w - cw), random.randint(0, h - ch)
          im = Image.open(io.BytesIO(file))
          scale = min(cw // (ow * gap), ch // (oh * gap))
          scale = next((s for s in (8, 4, 2) if scale >= s), 1) if kind == "JPEG" else 1
          if scale > 1:
              # A size that makes draft choose this scale.
              im.draft(im.mode, (max(1, w // scale), max(1, h // scale)))
              assert im.size == (-(-w // scale), -(-h // scale)), (im.size, w, h, scale)
          im = im.convert("RGB")
          if scale == 1: im = im.crop((x, y, x + cw, y + ch)); box = None
          else: box = (x / scale, y / scale, (x + cw) / scale, (y + ch) / scale)
          if (cw, ch) == (w, h) and kind == "JPEG":
              # What Image.thumbnail does.
              other = Image.open(io.BytesIO(file))
              drafted = other.draft(None, (ow * gap, oh * gap))
              other = other.convert("RGB").resize((ow, oh), filters[name], box=drafted and drafted[1], reducing_gap=gap)
          else: other = None
          out = im.resize((ow, oh), filters[name], box=box, reducing_gap=gap)
          assert other is None or other.tobytes() == out.tobytes()
          text = f"crop({x}, {y}, {cw}, {ch})|resize([{oh}, {ow}], filter: {name})".encode()
          parts.append(struct.pack("<5I", int(gap), ow, oh, len(text), len(file)) + text + file + out.tobytes())
      out = struct.pack("<I", len(parts)) + b"".join(parts)
      """
    let reply = try await Oracle.pillow13.run(code).bytes
    var at = 0
    func bytes(_ count: Int) -> [UInt8] {
      defer { at += count }
      return Array(reply[at..<at + count])
    }
    func number() -> Int { bytes(4).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) } }
    var smaller = 0
    for _ in 0..<number() {
      let gap = number()
      let size = Size(width: number(), height: number())
      let (textLength, fileLength) = (number(), number())
      let text = String(decoding: bytes(textLength), as: UTF8.self)
      let file = bytes(fileLength)
      let expected = bytes(size.area * 3)
      var policy = DecodePolicy.pillow
      policy.decodeScale = .fast(gap: Double(gap))
      let plan = try Self.plan(text, file, policy)
      guard case .image(let image) = try file.withUnsafeBytes({ try plan.execute(decoding: $0) }).value else {
        Issue.record("\(text) gives no picture")
        continue
      }
      #expect(image.size == size && image.bytes == expected, "\(text), gap \(gap): \(plan)")
      if plan.decode.scale > 1 { smaller += 1 }
    }
    #expect(smaller > 40, "\(smaller) pictures were decoded smaller")
  }

  @Test("gives what its steps give one after another, from every orientation") func stepwise() throws {
    var random = RandomStream(seed: 12)
    var (smaller, luma) = (0, 0)
    for trial in 0..<240 {
      let size = Size(width: random.integer(in: 20...260), height: random.integer(in: 20...260))
      let picture = Pictures.ramps(size, trial % 5 == 0 ? .gray : .rgb, seed: UInt64(trial))
      let file = Examples.oriented(
        try JPEGEncoder(quality: 90, progressive: trial % 3 == 0).encode(picture), orientation: trial % 8 + 1)
      let text = [
        "resize(9)|center_crop(8)|to_tensor", "random_resized_crop(11)|random_horizontal_flip|to_tensor",
        "grayscale|resize(10)|to_tensor", "grayscale(3)|resize(10, filter: lanczos)",
        "center_crop(20)|grayscale", "resize(14, filter: bicubic)|crop(2, 1, 7, 8)|horizontal_flip",
      ][trial % 6]
      var policy: DecodePolicy = trial % 2 == 0 ? .tessera : .pillow
      policy.decodeScale = .fast(gap: trial % 4 < 2 ? 2 : 1.5)
      let plan = try Self.plan(text, file, policy, seed: UInt64(trial))
      let (output, steps) = try file.withUnsafeBytes {
        (try plan.execute(decoding: $0), try plan.executeStepwise(decoding: $0))
      }
      #expect(output == steps, "\(text) of \(size), orientation \(trial % 8 + 1): \(plan)")
      #expect(LawOneTests.matches(output, plan.draw.output), "\(text): \(plan)")
      smaller += plan.decode.scale > 1 ? 1 : 0
      luma += plan.decode.lumaOnly ? 1 : 0
    }
    #expect(smaller > 60 && luma > 60, "\(smaller) decoded smaller, \(luma) from the luma")
  }

  @Test("is near the exact picture, and never done where the policy does not say so") func near() throws {
    let file = try JPEGEncoder(quality: 95).encode(
      Pictures.ramps(Size(width: 800, height: 600), .rgb, seed: 5).blurred())
    var fast = DecodePolicy.tessera
    fast.decodeScale = .fast
    let text = "resize(60, filter: bicubic)"
    let images = try [DecodePolicy.tessera, fast].map { policy -> Image in
      let plan = try Self.plan(text, file, policy)
      #expect(plan.decode.scale == (policy.decodeScale == .exact ? 1 : 4))
      guard case .image(let image) = try file.withUnsafeBytes({ try plan.execute(decoding: $0) }).value else {
        throw TesseraError(.invalidInput(operation: text, expected: "a picture", got: "none"))
      }
      return image
    }
    let distance = Pictures.distance(images[0], images[1])
    #expect(distance.largest > 0 && distance.largest <= 16, "\(distance)")
  }

  @Test("a scale reads and prints itself") func text() {
    for (text, scale) in [("exact", DecodeScale.exact), ("fast", .fast(gap: 2)), ("fast:3.0", .fast(gap: 3))]
    {
      #expect(DecodeScale(text) == scale && "\(scale)" == text)
    }
    for text in ["", "fastest", "fast:", "fast:0.5", "fast:nan", "fast:inf", "2"] {
      #expect(DecodeScale(text) == nil, "\(text)")
    }
  }
}

extension Image {
  /// Each byte averaged with its neighbours by a resize down and up: what a codec keeps.
  fileprivate func blurred() throws -> Image {
    let small = try ResizeTo(Size(width: width / 8, height: height / 8), filter: .box).apply(to: self)
    return try ResizeTo(size, filter: .bicubic).apply(to: small)
  }
}
