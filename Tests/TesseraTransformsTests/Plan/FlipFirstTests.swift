import Tessera
import TestSupport
import TesseraCore
import TesseraTransforms
import Testing

/// Flips, and paddings, before crops and a resize: neither makes the plan decode or copy more.
@Suite("Flips and paddings first")
struct FlipFirstTests {
  private static let filters = ResampleFilter.allCases.filter { $0 != .nearest }

  private func run(_ plan: ResamplePlan, _ image: Image, _ size: Size) -> Image {
    image.withUnsafeBytes { bytes in
      Image(size: size, format: image.format) { target in
        plan.run(source: PictureRegion(image, bytes: bytes, rect: image.bounds), target: target.baseAddress!)
      }
    }
  }

  @Test(
    "a mirrored resize is the flipped picture's, flipped: every width 1…67, filter and set of loops",
    arguments: [PixelFormat.gray, .rgb])
  func mirrored(format: PixelFormat) throws {
    var random = RandomStream(seed: 3)
    for width in 1...67 {
      let image = Pictures.noise(Size(width: width, height: 9), format, seed: UInt64(width))
      let flipped = try HorizontalFlip().apply(to: image)
      for filter in Self.filters {
        let target = Size(width: random.integer(in: 1...80), height: random.integer(in: 1...12))
        let left = Double(random.integer(in: 0...width - 1))
        let part = Box(left: left + 0.25, top: 0, right: Double(width), bottom: 8.5)
        let x = random.integer(in: 0...target.width - 1)
        let kept = Rect(
          x: x, y: 0, width: random.integer(in: 1...target.width - x), height: target.height)
        let request = Resampler.Request(size: target, filter: filter)
        for box in [Box(image.bounds), part] {
          for loops in ResamplePlan.Loops.available {
            func plan(_ isMirrored: Bool) throws -> ResamplePlan {
              try ResamplePlan(
                request, source: image.size, format: format, box: box, kept: kept, isMirrored: isMirrored,
                loops: loops)
            }
            let (late, early) = (try plan(true), try plan(false))
            #expect(
              try HorizontalFlip().apply(to: run(late, image, kept.size)) == run(early, flipped, kept.size),
              "\(loops), \(image.size) → \(target) \(filter), \(box), \(kept)")
            // Read are the columns that the flipped picture's resize reads, from the other side.
            let (a, b) = (late.window, early.window)
            #expect(a.x == width - b.right && a.right == width - b.x && a.y == b.y && a.height == b.height)
          }
        }
      }
    }
  }

  @Test("flipping what was resized is something else: with the box filter, for half of all widths")
  func notSymmetric() throws {
    var different = 0
    for width in 8...120 {
      let image = Pictures.noise(Size(width: width, height: 40), .rgb, seed: UInt64(width))
      let resize = ResizeTo(Size(width: 113, height: 40), filter: .box)
      let flipped = try resize.apply(to: HorizontalFlip().apply(to: image))
      different += try HorizontalFlip().apply(to: flipped) == resize.apply(to: image) ? 0 : 1
    }
    #expect(different > 40)
  }

  @Test(
    "the decoder is asked for what the crop leaves, and the resize for what it reads",
    arguments: [
      ("horizontal_flip|crop(10, 20, 30, 40)|to_tensor", "decode 30×40+60+20 to be flipped → pass"),
      ("horizontal_flip|resize([50, 60])|crop(0, 0, 20, 10)|to_tensor", "to be flipped → resize["),
      ("crop(10, 0, 50, 80)|horizontal_flip|crop(0, 0, 20, 20)|resize(30)", "decode 20×20+40+0 to be"),
      ("center_crop([50, 140])|to_tensor", "decode 100×50+0+15 → pad"),
      ("pad(10, fill: 3)|crop(0, 0, 30, 40)", "decode 20×30+0+0 → pad([10, 10, 0, 0], fill: 3)"),
      ("pad(10)|crop(10, 10, 40, 40)|resize(20)", "decode 40×40+0+0 → resize["),
      // Nothing of the picture is left, or the padding is the picture's own edge: as it was.
      ("pad(10)|crop(0, 0, 10, 10)", "decode → pad(10) → crop"),
      ("pad(10, padding_mode: edge)|crop(10, 10, 40, 40)", "decode → pad(10"),
    ])
  func plans(_ text: String, _ plan: String) throws {
    let image = Pictures.ramps(Size(width: 100, height: 80), .rgb, seed: 5)
    let draw = try Pipeline(text: text).draw(
      for: PictureInfo(size: image.size, format: .rgb), using: RandomStream(seed: 1))
    let made = try Plan(draw)
    #expect("\(made)".contains(plan), "\(made)")
    #expect(try made.execute(on: image) == draw.apply(to: image))
    let file = try JPEGEncoder(quality: 95).encode(image)
    let output = try file.withUnsafeBytes { try made.execute(decoding: $0) }
    #expect(try output == draw.apply(to: ImageDecoder().decode(file)))
  }

  @Test("pads and crops in any order and size give the pixels of one after the other")
  func padsAndCrops() throws {
    var random = RandomStream(seed: 12)
    for trial in 0..<400 {
      let image = Pictures.noise(
        Size(width: random.integer(in: 1...30), height: random.integer(in: 1...30)), .rgb, seed: UInt64(trial)
      )
      var draw = Draw(input: PictureInfo(size: image.size, format: .rgb))
      for _ in 0..<random.integer(in: 1...6) {
        let size = draw.output.size
        switch random.integer(in: 0...3) {
        case 0: try draw.append(HorizontalFlip())
        case 1:
          let (w, h) = (random.integer(in: 1...size.width), random.integer(in: 1...size.height))
          let (x, y) = (random.integer(in: 0...size.width - w), random.integer(in: 0...size.height - h))
          try draw.append(Crop(x: x, y: y, width: w, height: h))
        default:
          let sides = (0..<4).map { _ in random.integer(in: -2...6) }
          let insets = EdgeInsets(left: sides[0], top: sides[1], right: sides[2], bottom: sides[3])
          guard size.width > 5, size.height > 5 else { continue }
          try draw.append(Pad(insets, fill: Fill([trial % 256])))
        }
      }
      #expect(try Plan(draw).execute(on: image) == draw.apply(to: image), "\(draw)")
    }
  }
}
