import Tessera
import TestSupport
import TesseraCore
import TesseraTransforms
import Testing

@Suite("Resampling loops")
struct ResampleLoopsTests {
  /// Each set of loops of this machine that is to agree with the scalar ones.
  private static let others = ResamplePlan.Loops.available.filter { $0 != .scalar }
  private static let filters = ResampleFilter.allCases.filter { $0 != .nearest }

  private func run(
    _ image: Image, _ request: Resampler.Request, _ box: Box? = nil, kept: Rect? = nil,
    loops: ResamplePlan.Loops
  ) throws -> Image {
    let plan = try ResamplePlan(
      request, source: image.size, format: image.format, box: box ?? Box(image.bounds), kept: kept,
      loops: loops)
    return image.withUnsafeBytes { bytes in
      Image(size: kept?.size ?? request.size, format: image.format) { target in
        plan.run(source: PictureRegion(image, bytes: bytes, rect: image.bounds), target: target.baseAddress!)
      }
    }
  }

  /// Noise, and black and white pixels, which overshoot most.
  private func pictures(_ size: Size, _ format: PixelFormat) -> [Image] {
    let noise = Pictures.noise(size, format, seed: UInt64(size.width))
    return [noise, Image(size: size, format: format, bytes: noise.bytes.map { $0 & 1 == 0 ? 0 : 255 })]
  }

  @Test("a machine has the scalar loops, the portable ones and the best")
  func available() {
    let sets = ResamplePlan.Loops.available
    #expect(sets.contains(.scalar) && sets.contains(.best))
    #expect(sets.contains(.portable) == (SIMDLevel.current != .scalar))
    #if arch(arm64)
      #expect(sets.contains(.neon) == (SIMDLevel.current == .neon))
    #else
      #expect(!sets.contains(.neon))
    #endif
  }

  @Test(
    "all loops give the scalar ones' bytes for every width 1…67",
    arguments: [PixelFormat.gray, .grayAlpha, .rgb, .rgba])
  func widths(format: PixelFormat) throws {
    for width in 1...67 {
      for image in pictures(Size(width: width, height: 13), format) {
        for filter in Self.filters {
          for target in [
            Size(width: (width + 1) / 2, height: 7), Size(width: width * 2 + 1, height: 13),
            Size(width: 68 - width, height: 29), Size(width: (width + 6) / 7, height: 13),
          ] {
            let request = Resampler.Request(size: target, filter: filter)
            let wanted = try run(image, request, loops: .scalar)
            for loops in Self.others {
              #expect(
                try run(image, request, loops: loops) == wanted, "\(loops), \(width) → \(target) \(filter)")
            }
          }
        }
      }
    }
  }

  @Test(
    "all loops agree where a pixel has many taps", arguments: [PixelFormat.gray, .grayAlpha, .rgb, .rgba])
  func manyTaps(format: PixelFormat) throws {
    let image = Pictures.noise(Size(width: 701, height: 203), format, seed: 21)
    for filter in Self.filters {
      for target in [
        Size(width: 1, height: 1), Size(width: 9, height: 203), Size(width: 63, height: 11),
        Size(width: 200, height: 3),
      ] {
        let request = Resampler.Request(size: target, filter: filter)
        let wanted = try run(image, request, loops: .scalar)
        for loops in Self.others {
          #expect(try run(image, request, loops: loops) == wanted, "\(loops), \(target) \(filter)")
        }
      }
    }
  }

  @Test(
    "the place of the rows in memory changes nothing, and nothing but the target is written",
    arguments: [PixelFormat.gray, .grayAlpha, .rgb, .rgba])
  func alignments(format: PixelFormat) throws {
    let image = Pictures.noise(Size(width: 37, height: 21), format, seed: 22)
    let row = image.bytesPerRow
    for target in [Size(width: 25, height: 14), Size(width: 67, height: 40), Size(width: 5, height: 21)] {
      let request = Resampler.Request(size: target, filter: .lanczos)
      let wanted = try run(image, request, loops: .scalar)
      let byteCount = wanted.bytes.count
      for loops in Self.others {
        let plan = try ResamplePlan(
          request, source: image.size, format: format, box: Box(image.bounds), loops: loops)
        for offset in 0..<16 {
          let stride = row + offset
          var source = [UInt8](repeating: 0x5A, count: offset + 21 * stride)
          for y in 0..<21 {
            source.replaceSubrange(
              offset + y * stride..<offset + y * stride + row, with: image.bytes[y * row..<(y + 1) * row])
          }
          var written = [UInt8](repeating: 0xA5, count: offset + byteCount + 64)
          source.withUnsafeBytes { from in
            written.withUnsafeMutableBytes { to in
              let region = PictureRegion(
                base: from.baseAddress! + offset, stride: stride, size: image.size, format: format)
              plan.run(source: region, target: to.baseAddress! + offset)
            }
          }
          #expect(
            Array(written[offset..<offset + byteCount]) == wanted.bytes, "\(loops) at \(offset), \(target)")
          let untouched = written[..<offset] + written[(offset + byteCount)...]
          #expect(untouched.allSatisfy { $0 == 0xA5 }, "\(loops) at \(offset), \(target)")
        }
      }
    }
  }

  @Test("a part of the result is a crop of all of it", arguments: [PixelFormat.gray, .rgb, .rgba, .gray16])
  func parts(format: PixelFormat) throws {
    var random = RandomStream(seed: 23)
    let image = Pictures.noise(Size(width: 61, height: 83), format, seed: 24)
    for target in [
      Size(width: 40, height: 31), Size(width: 90, height: 100), Size(width: 61, height: 20),
      Size(width: 30, height: 83),
      Size(width: 7, height: 9),
    ] {
      for filter in Self.filters {
        let request = Resampler.Request(size: target, filter: filter)
        let (x, y) = (random.integer(in: 0...target.width - 1), random.integer(in: 0...target.height - 1))
        let kept = Rect(
          x: x, y: y, width: random.integer(in: 1...target.width - x),
          height: random.integer(in: 1...target.height - y))
        let wanted = try Crop(kept).apply(to: run(image, request, loops: .scalar))
        for loops in ResamplePlan.Loops.available {
          #expect(
            try run(image, request, kept: kept, loops: loops) == wanted,
            "\(loops), \(kept) of \(target) \(filter)")
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

  @Test("only the plan's window is read", arguments: ResamplePlan.Loops.available)
  func window(loops: ResamplePlan.Loops) throws {
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
    #expect(try run(image, request, box, loops: loops) == run(outside, request, box, loops: loops))
  }
}
