import Tessera
import TestSupport
import TesseraCore
import TesseraTransforms
import Testing

@Suite("Streamed resampling")
struct ResampleStreamTests {
  private func plan(_ image: Image, _ request: Resampler.Request, _ loops: ResamplePlan.Loops) throws
    -> ResamplePlan
  {
    try ResamplePlan(request, source: image.size, format: image.format, box: Box(image.bounds), loops: loops)
  }

  /// Pushes the window's rows in strips of 1 to `highest` rows, each strip from memory that is spoilt afterwards.
  private func stream(
    _ image: Image, _ request: Resampler.Request, _ loops: ResamplePlan.Loops, highest: Int,
    beginningAgainAfter restart: Int? = nil, _ random: inout RandomStream
  ) throws -> Image {
    let plan = try plan(image, request, loops)
    let (window, pixel) = (plan.window, image.format.bytesPerPixel)
    let row = window.width * pixel
    var again = restart
    return try Image(size: request.size, format: image.format) { target in
      try plan.withStream(into: target.baseAddress!) { push in
        var y = 0
        while y < window.height {
          if let rows = again, y >= rows {
            push(nil, 0, 0)
            (y, again) = (0, nil)
          }
          let count = min(random.integer(in: 1...highest), window.height - y)
          var strip = [UInt8]()
          for line in window.y + y..<window.y + y + count {
            let first = line * image.bytesPerRow + window.x * pixel
            strip += image.bytes[first..<first + row]
          }
          strip.withUnsafeMutableBytes { bytes in
            push(bytes.baseAddress, row, count)
            _ = bytes.initializeMemory(as: UInt8.self, repeating: 0x77)
          }
          y += count
        }
      }
    }
  }

  @Test(
    "strips of any heights give the bytes of one run",
    arguments: [PixelFormat.gray, .grayAlpha, .rgb, .rgba, .gray16])
  func strips(format: PixelFormat) throws {
    var random = RandomStream(seed: 31)
    // Among them: one axis alone, enlarged and reduced, and a tall picture, whose vertical pass comes first.
    let shapes = [
      (Size(width: 61, height: 47), Size(width: 23, height: 31)),
      (Size(width: 20, height: 30), Size(width: 67, height: 81)),
      (Size(width: 33, height: 90), Size(width: 33, height: 41)),
      (Size(width: 90, height: 33), Size(width: 41, height: 33)),
      (Size(width: 17, height: 229), Size(width: 59, height: 28)),
      (Size(width: 40, height: 200), Size(width: 9, height: 5)),
    ]
    for (source, target) in shapes {
      let image = Pictures.noise(source, format, seed: 32)
      for filter in ResampleFilter.allCases where filter != .nearest {
        let request = Resampler.Request(size: target, filter: filter)
        for loops in ResamplePlan.Loops.available {
          let plan = try plan(image, request, loops)
          let wanted = image.withUnsafeBytes { bytes in
            Image(size: target, format: format) {
              plan.run(
                source: PictureRegion(image, bytes: bytes, rect: image.bounds), target: $0.baseAddress!)
            }
          }
          for highest in [1, 16, 70] {
            #expect(
              try stream(image, request, loops, highest: highest, &random) == wanted,
              "\(loops), \(source) → \(target) \(filter), strips up to \(highest)")
          }
        }
      }
    }
  }

  @Test("a stream that begins again forgets what was pushed", arguments: [PixelFormat.rgb, .gray16])
  func restart(format: PixelFormat) throws {
    var random = RandomStream(seed: 33)
    for target in [Size(width: 23, height: 31), Size(width: 70, height: 9)] {
      let image = Pictures.noise(Size(width: 61, height: 97), format, seed: 34)
      let request = Resampler.Request(size: target, filter: .bicubic)
      let wanted = try stream(image, request, .best, highest: 97, &random)
      for rows in [1, 40, 90] {
        #expect(
          try stream(image, request, .best, highest: 8, beginningAgainAfter: rows, &random) == wanted,
          "after \(rows)")
      }
    }
  }
}
