import Tessera
import TestSupport
import TesseraCodecs
import TesseraCore
import TesseraTransforms
import Testing

/// Pictures of a few bytes from which a pipeline would make more pixels than there is memory for.
@Suite("What a plan makes is bounded")
struct PlanLimitTests {
  /// A gray PNG.
  private func png(_ width: Int, _ height: Int) throws -> [UInt8] {
    try PNGEncoder().encode(Pictures.noise(Size(width: width, height: height), .gray, seed: 1))
  }

  private func policy(_ pixels: Int = 1 << 28) -> DecodePolicy {
    var policy = DecodePolicy.tessera
    policy.limits = DecodeLimits(pixels: pixels)
    return policy
  }

  @Test(
    "too large a picture of a step is a typed error that names the step, not the end of the process",
    arguments: [
      ("center_crop(100000)|to_tensor", "100000"), ("resize_to(100000, 100000)|to_tensor", "resize"),
      ("resize(512)|to_tensor", "resize"), ("resize(512)|random_horizontal_flip(1)|rotate(3)", "resize"),
      ("pad(70000)", "pad"),
    ])
  func refused(_ text: String, _ word: String) throws {
    let bytes = try png(1, 30_000)
    let pipeline = try Pipeline(text: text)
    do {
      _ = try bytes.withUnsafeBytes { try pipeline.output(decoding: $0, policy: policy()) }
      Issue.record("\(text) made something")
    } catch let error as TesseraError {
      guard case .limitExceeded(let what, let limit, let found) = error.reason else {
        Issue.record("\(error)")
        return
      }
      #expect(what.contains(word) && limit == 1 << 28 && found > limit, "\(error)")
    }
  }

  @Test("what a later crop keeps of a large resize counts, not what the resize would have made")
  func fused() throws {
    let bytes = try png(1, 400)
    func side(_ text: String, _ limit: Int) throws -> Size? {
      let output = try bytes.withUnsafeBytes {
        try Pipeline(text: text).output(decoding: $0, policy: policy(limit))
      }
      guard case .image(let image) = output.value else { return nil }
      return image.size
    }
    // 64×25,600, of which 32×32 are made.
    #expect(try side("resize(64)|center_crop(32)", 10_000) == Size(32))
    #expect(throws: TesseraError.self) { try side("resize(64)", 10_000) }
    #expect(try side("resize(64)", 64 * 25_600) == Size(width: 64, height: 25_600))
  }

  @Test("an explanation tells what is left out, and why")
  func leftOut() throws {
    let image = Pictures.noise(Size(width: 40, height: 30), .rgb, seed: 1)
    let bytes = try PNGEncoder().encode(image)
    func leftOut(_ operations: [any Operation]) throws -> [String] {
      let header = try ImageHeader(bytes: bytes)
      var draw = Draw(input: PictureInfo(size: image.size, format: .rgb))
      for operation in operations { try draw.append(operation) }
      let plan = try Plan(draw, policy: .tessera, header: header)
      let told = try bytes.withUnsafeBytes { try plan.explanation(decoding: $0, header: header, rounds: 1) }
      #expect(told.isEqual)
      return told.leftOut.map { "\($0.name): \($0.reason)" }
    }
    #expect(try leftOut([Crop(Rect(x: 3, y: 3, width: 20, height: 20))]) == [])
    let nothing: [any Operation] = [ConvertToRGB(), ResizeTo(image.size), Crop(image.bounds)]
    let told = try leftOut(nothing)
    #expect(
      told.count == 3 && told[0].contains("RGB already") && told[1].contains("that size already"), "\(told)")
    #expect(told[2].contains("all of the picture"))
    #expect(try leftOut([HorizontalFlip()]) == [])
    #expect(try leftOut([HorizontalFlip(), HorizontalFlip()]).count == 1)
  }
}
