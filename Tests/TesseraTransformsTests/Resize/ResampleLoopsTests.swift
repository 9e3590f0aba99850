import Tessera
import TestSupport
import TesseraCore
import TesseraTransforms
import Testing

@Suite("Resampling loops")
struct ResampleLoopsTests {
  private func run(_ image: Image, _ request: Resampler.Request, _ box: Box, loops: ResamplePlan.Loops) throws
    -> Image
  {
    let plan = try ResamplePlan(request, source: image.size, format: image.format, box: box, loops: loops)
    return image.withUnsafeBytes { bytes in
      Image(size: request.size, format: image.format) { target in
        plan.run(source: PictureRegion(image, bytes: bytes, rect: image.bounds), target: target.baseAddress!)
      }
    }
  }

  @Test(
    "all loops give the scalar ones' bytes for every width 1…67",
    arguments: [PixelFormat.gray, .grayAlpha, .rgb, .rgba])
  func widths(format: PixelFormat) throws {
    for width in 1...67 {
      let image = Pictures.noise(Size(width: width, height: 13), format, seed: UInt64(width))
      for filter in ResampleFilter.allCases where filter != .nearest {
        for target in [
          Size(width: (width + 1) / 2, height: 7), Size(width: width * 2 + 1, height: 13),
          Size(width: 68 - width, height: 29),
        ] {
          let request = Resampler.Request(size: target, filter: filter)
          let whole = Box(image.bounds)
          let wanted = try run(image, request, whole, loops: .scalar)
          #expect(
            try run(image, request, whole, loops: .best) == wanted, "best, \(width) → \(target) \(filter)")
          #expect(
            try run(image, request, whole, loops: .portable) == wanted,
            "portable, \(width) → \(target) \(filter)")
        }
      }
    }
  }

  @Test("a region read in place resizes as the region cut out")
  func regions() throws {
    var random = RandomStream(seed: 9)
    for format in PixelFormat.allCases {
      let image = Pictures.noise(Size(width: 61, height: 47), format, seed: 10)
      for _ in 0..<60 {
        let (x, y) = (random.integer(in: 0...60), random.integer(in: 0...46))
        let rect = Rect(
          x: x, y: y, width: random.integer(in: 1...61 - x), height: random.integer(in: 1...47 - y))
        for filter in ResampleFilter.allCases {
          let operation = ResizeTo(Size(width: 11, height: 23), filter: filter)
          #expect(
            try operation.apply(to: image, region: rect) == operation.apply(to: Crop(rect).apply(to: image)))
        }
      }
    }
  }

  @Test("only the plan's window is read")
  func window() throws {
    let image = Pictures.noise(Size(width: 64, height: 48), .rgb, seed: 12)
    let box = Box(left: 20.5, top: 10.25, right: 40, bottom: 30.75)
    let request = Resampler.Request(size: Size(width: 9, height: 11), filter: .bicubic)
    let plan = try ResamplePlan(request, source: image.size, format: .rgb, box: box)
    let window = plan.window
    #expect(Rect(x: 15, y: 6, width: 30, height: 29).contains(window))
    var outside = image
    outside.withUnsafeMutableBytes { bytes in
      for y in 0..<48 {
        for x in 0..<64 where !(window.x..<window.right ~= x && window.y..<window.bottom ~= y) {
          for c in 0..<3 { bytes[(y * 64 + x) * 3 + c] ^= 0xFF }
        }
      }
    }
    #expect(try run(image, request, box, loops: .best) == run(outside, request, box, loops: .best))
  }
}
