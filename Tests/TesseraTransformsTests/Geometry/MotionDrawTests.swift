import TestSupport
import Tessera
import Testing

@Suite struct MotionDrawTests {
  private func first<Op: Operation>(_ transform: any Transform, _ size: Size, _ random: inout RandomStream)
    throws
    -> Op?
  {
    try transform.draw(for: PictureInfo(size: size, format: .rgb), using: &random).first as? Op
  }

  @Test("angles fill their range evenly")
  func angles() throws {
    var random = RandomStream(seed: 1)
    var sum = 0.0
    var (least, greatest) = (Double.infinity, -Double.infinity)
    for _ in 0..<2000 {
      let rotate: Rotate = try #require(try first(RandomRotation(degrees: 10...50), Size(9), &random))
      sum += rotate.angle
      (least, greatest) = (min(least, rotate.angle), max(greatest, rotate.angle))
    }
    #expect(least >= 10 && least < 10.5 && greatest < 50 && greatest > 49.5)
    #expect(abs(sum / 2000 - 30) < 1)
  }

  @Test("affine shifts are whole pixels up to the share asked for, both ends reached")
  func shifts() throws {
    var random = RandomStream(seed: 2)
    let transform = RandomAffine(
      degrees: 30, translate: [0.2, 0.1], scale: 0.5...2, shear: ShearRange(x: -5...5, y: 1...2))
    var (xs, ys) = (Set<Double>(), Set<Double>())
    for _ in 0..<3000 {
      let drawn: Affine = try #require(try first(transform, Size(width: 20, height: 30), &random))
      xs.insert(drawn.translate.x)
      ys.insert(drawn.translate.y)
      #expect((-30...30).contains(drawn.angle) && (0.5...2).contains(drawn.scale))
      #expect((-5...5).contains(drawn.shear.x) && (1...2).contains(drawn.shear.y))
    }
    #expect(xs == Set((-4...4).map(Double.init)))
    #expect(ys == Set((-3...3).map(Double.init)))
  }

  @Test("an affine range that allows only nothing draws nothing")
  func nothing() throws {
    var random = RandomStream(seed: 3)
    let none: Affine? = try first(RandomAffine(degrees: 0), Size(5), &random)
    #expect(none == nil)
    // A picture of one row has no four corners.
    let flat: Perspective? = try first(RandomPerspective(probability: 1), Size(width: 9, height: 1), &random)
    #expect(flat == nil)
  }

  @Test("perspective coefficients are torchvision's, solved here")
  func coefficients() throws {
    let golden = try Golden("geometry")
    let start = [Point(x: 0, y: 0), Point(x: 36, y: 0), Point(x: 36, y: 22), Point(x: 0, y: 22)]
    for given in golden.cases where given.has("corners") {
      let corners = try given.doubles("corners")
      let end = stride(from: 0, to: 8, by: 2).map { Point(x: corners[$0], y: corners[$0 + 1]) }
      let solved = try Perspective(from: start, to: end)
      let theirs = try #require(
        try Pipeline(text: try given.string("pipeline")).steps.first as? Perspective)
      // Both round a solution in doubles to float32: the last bit may differ where it lies between two.
      for (a, b) in zip(solved.coefficients, theirs.coefficients) {
        #expect(abs(a - b) <= max(abs(b), 1e-6) * 0x1p-23, "\(given)")
      }
      // The corners arrive where they were sent.
      for (s, e) in zip(start, end) {
        let moved = solved.move(s, in: PictureInfo(size: Size(width: 37, height: 23), format: .rgb))
        #expect(abs(moved.x - e.x) < 1e-4 && abs(moved.y - e.y) < 1e-4)
      }
    }
    #expect(throws: TesseraError.self) {
      try Perspective(from: start, to: [start[0], start[0], start[0], start[0]])
    }
  }

  @Test("perspective corners stay within the distortion, every place reached")
  func corners() throws {
    var random = RandomStream(seed: 4)
    let size = Size(width: 21, height: 13)
    let info = PictureInfo(size: size, format: .rgb)
    var (lefts, rights) = (Set<Double>(), Set<Double>())
    for _ in 0..<600 {
      guard let drawn: Perspective = try first(RandomPerspective(probability: 1), size, &random) else {
        continue
      }
      let topLeft = drawn.move(Point(x: 0, y: 0), in: info)
      let bottomRight = drawn.move(Point(x: 20, y: 12), in: info)
      lefts.insert(topLeft.x.rounded())
      rights.insert(bottomRight.x.rounded())
      #expect(topLeft.y > -0.01 && topLeft.y < 3.01 && bottomRight.y > 8.99 && bottomRight.y < 12.01)
    }
    // Half of half of 21: 0...5 from the left, 15...20 from the right.
    #expect(lefts == Set((0...5).map(Double.init)))
    #expect(rights == Set((15...20).map(Double.init)))
  }

  @Test(
    "points go where pixels go", arguments: ["rotate(33)", "affine(-20, translate: [3, -2], scale: 1.2)"])
  func pointsFollowPixels(text: String) throws {
    // A bright dot on black: its brightest pixel afterwards holds the moved point.
    var image = Image(size: Size(width: 61, height: 47), format: .gray)
    image.withUnsafeMutableBytes { bytes in
      for y in 18...22 { for x in 38...42 { bytes[y * 61 + x] = 255 } }
    }
    let output = try Pipeline(text: text).draw(
      for: PictureInfo(size: image.size, format: .gray), using: RandomStream(seed: 0)
    ).apply(to: image, annotations: Annotations(keypoints: [Point(x: 40.5, y: 20.5)]))
    guard case .image(let moved) = output.value else {
      Issue.record("no image")
      return
    }
    var (sum, x, y) = (0.0, 0.0, 0.0)
    for row in 0..<47 {
      for column in 0..<61 {
        let value = Double(moved[column, row])
        sum += value
        x += value * (Double(column) + 0.5)
        y += value * (Double(row) + 0.5)
      }
    }
    let point = output.annotations.keypoints[0]
    #expect(abs(point.x - x / sum) < 0.5 && abs(point.y - y / sum) < 0.5)
  }

  @Test("draws of motions print, read back and give the same pixels")
  func replays() throws {
    let image = Pictures.noise(Size(width: 25, height: 19), .rgba, seed: 6)
    let pipeline = try Pipeline(
      text: "random_rotation(40, filter: bicubic, expand: true, fill: 9)"
        + "|random_affine(-10...25, translate: [0.1, 0.3], scale: 0.8...1.3, shear: [-3, 3, -4, 4], filter: bilinear)"
        + "|random_perspective(probability: 1, filter: bilinear)|random_affine(5, shear: 10, center: [3, 4])")
    #expect(try Pipeline(text: pipeline.text).text == pipeline.text)
    for sample in 0..<10 {
      let draw = try pipeline.draw(
        for: PictureInfo(size: image.size, format: .rgba),
        using: RandomStream(seed: 1, sample: UInt64(sample)))
      let replayed = try Pipeline(text: draw.pipeline.text).draw(
        for: draw.input, using: RandomStream(seed: 9))
      #expect(try replayed.apply(to: image) == draw.apply(to: image), "\(draw.pipeline.text)")
    }
  }

  @Test("Swift source is what the initialisers take")
  func swiftSource() throws {
    for (text, source) in [
      ("center_crop(3)", "CenterCrop(Size(3))"),
      ("center_crop([3, 4], rounding: floor)", "CenterCrop(Size(width: 4, height: 3), rounding: .floor)"),
      ("random_rotation(30, expand: true)", "RandomRotation(degrees: -30...30, expand: true)"),
      (
        "random_affine(-1...2, shear: [1, 2, 3, 4], center: [5, 6])",
        "RandomAffine(degrees: -1...2, shear: ShearRange(x: 1...2, y: 3...4), center: Point(x: 5, y: 6))"
      ),
      ("crop(1, 2, 3, 4)", "Crop(x: 1, y: 2, width: 3, height: 4)"), ("rotate(5)", "Rotate(5)"),
      (
        "random_crop(8, padding: 1)",
        "RandomCrop(Size(8), padding: EdgeInsets(left: 1, top: 1, right: 1, bottom: 1))"
      ),
      (
        "elastic(k0000000100000002000000030000000400000005)",
        "Elastic(key: RandomStream.Key(key: [1, 2], high: [3, 4], operation: 5))"
      ),
    ] {
      #expect(try Pipeline(text: text).swiftSource == "Pipeline {\n  \(source)\n}\n")
    }
    // The forms above compile.
    _ = RandomRotation(degrees: -30...30, expand: true)
    _ = RandomAffine(degrees: -1...2, shear: ShearRange(x: 1...2, y: 3...4), center: Point(x: 5, y: 6))
    _ = Crop(x: 1, y: 2, width: 3, height: 4)
    _ = Elastic(key: RandomStream.Key(key: [1, 2], high: [3, 4], operation: 5))
  }

  @Test("bad arguments are refused where they stand")
  func refused() {
    for text in [
      "random_affine(10, translate: [2, 0])", "random_affine(10, scale: 0...1)", "rotate(3, filter: lanczos)",
      "random_perspective(distortion_scale: 1.5)", "elastic_transform(sigma: [0, 3])", "random_crop(0)",
      "perspective([1, 2, 3])", "random_rotation(-3)", "random_zoom_out(side_range: 0.5...2)",
      "random_iou_crop(trials: 0)", "elastic(key: k123)", "pad(1, fill: [1, 2, 3, 4, 5])",
      "random_horizontal_flip(probability: 2)", "pad(9223372036854775807)", "rotate(3, center: [0, 1e300])",
      "crop(9223372036854775807, 0, 5, 5)", "random_zoom_out(side_range: 1...1e300)",
      "center_crop(9223372036854775807)", "center_crop(3, rounding: up)",
    ] {
      #expect(throws: TesseraError.self, "\(text)") { try Pipeline(text: text) }
    }
  }
}
