import TestSupport
import Tessera
import TesseraTransforms
import Testing

/// Rotation, affine and perspective maps against the live Pillow, with random numbers.
@Suite struct TransformOracleTests {
  static let filters: [ResampleFilter] = [.nearest, .bilinear, .bicubic]
  static let oracles: [(String, Oracle)] = [
    ("11", .pillow11), ("12.3", .pillow12_3), ("13", .pillow13),
  ]

  private func picture(_ round: Int, _ random: inout RandomStream) -> Image {
    let format: PixelFormat = [.gray, .grayAlpha, .rgb, .rgba][round % 4]
    let size = Size(width: random.integer(in: 1...40), height: random.integer(in: 1...40))
    var image = Pictures.noise(size, format, seed: UInt64(1000 + round))
    if format.hasAlpha {
      // Clear and opaque pixels are cases of their own in the division by alpha.
      image.withUnsafeMutableBytes { bytes in
        for i in stride(from: format.channels - 1, to: bytes.count, by: format.channels) {
          bytes[i] = [0, 255, bytes[i]][random.integer(in: 0...2)]
        }
      }
    }
    return image
  }

  private func json(_ fill: [Int]) -> Oracle.Input { .json(fill.count == 1 ? "\(fill[0])" : "\(fill)") }

  @Test("rotation is Pillow's of every generation, exact turns and expansion included")
  func rotate() async throws {
    var random = RandomStream(seed: 21)
    for round in 0..<240 {
      let image = picture(round, &random)
      let exact = Double(random.integer(in: -8...8)) * 45
      let angle = round % 3 == 0 ? exact : random.uniform(-400...400)
      let filter = Self.filters[round / 4 % 3]
      let expand = random.bernoulli(0.5)
      let center =
        random.bernoulli(0.3) ? Point(x: random.uniform(-5...45), y: Double(random.integer(in: 0...40))) : nil
      let fill = (0..<image.channels).map { _ in random.integer(in: 0...255) }
      let ours = try Rotate(angle, filter: filter, expand: expand, center: center, fill: Fill(fill))
        .apply(to: image)
      let (name, oracle) = Self.oracles[round % 3]
      let reply = try await oracle.run(
        """
        fill = tuple(fill) if isinstance(fill, list) else fill
        out = image(a).rotate(angle, filter, expand, tuple(center) if center else None, fillcolor=fill)
        """,
        [
          "a": .image(image), "angle": .double(angle), "filter": .int([0, 2, 3][round / 4 % 3]),
          "expand": .bool(expand), "center": .json(center.map { "[\($0.x), \($0.y)]" } ?? "null"),
          "fill": json(fill),
        ])
      let expected = try reply.image
      #expect(
        ours == expected,
        "\(name): \(image) by \(angle) \(filter) \(expand) \(Pictures.distance(ours, expected))")
    }
  }

  @Test("affine pixels are Pillow's with torchvision's matrix from libm")
  func affine() async throws {
    var random = RandomStream(seed: 22)
    for round in 0..<240 {
      let image = picture(round, &random)
      let angle = round % 5 == 0 ? Double(random.integer(in: -4...4)) * 90 : random.uniform(-200...200)
      let scale = round % 7 == 0 ? 1 : random.uniform(0.2...3)
      let shift = Point(x: Double(random.integer(in: -20...20)), y: Double(random.integer(in: -20...20)))
      let shear =
        round % 3 == 0 ? Point(x: 0, y: 0) : Point(x: random.uniform(-50...50), y: random.uniform(-50...50))
      let filter = Self.filters[round / 4 % 3]
      let fill = (0..<image.channels).map { _ in random.integer(in: 0...255) }
      let ours = try Affine(
        angle: angle, translate: shift, scale: scale, shear: shear, filter: filter, fill: Fill(fill)
      ).apply(to: image)
      let (name, oracle) = Self.oracles[round % 3]
      let reply = try await oracle.run(
        """
        import math
        pic = image(a)
        rot, sx, sy = math.radians(angle), math.radians(shear[0]), math.radians(shear[1])
        cx, cy = pic.width * 0.5, pic.height * 0.5
        p = math.cos(rot - sy) / math.cos(sy)
        q = -(p * math.tan(sx) + math.sin(rot))
        r = math.sin(rot - sy) / math.cos(sy)
        s = math.cos(rot) - r * math.tan(sx)
        m = [s / scale, -q / scale, 0.0, -r / scale, p / scale, 0.0]
        m[2] += cx - m[0] * (cx + t[0]) - m[1] * (cy + t[1])
        m[5] += cy - m[3] * (cx + t[0]) - m[4] * (cy + t[1])
        fill = tuple(fill) if isinstance(fill, list) else fill
        out = pic.transform(pic.size, Image.Transform.AFFINE, m, filter, fillcolor=fill)
        """,
        [
          "a": .image(image), "angle": .double(angle), "scale": .double(scale),
          "t": .json("[\(shift.x), \(shift.y)]"), "shear": .json("[\(shear.x), \(shear.y)]"),
          "filter": .int([0, 2, 3][round / 4 % 3]), "fill": json(fill),
        ])
      let expected = try reply.image
      #expect(
        ours == expected,
        "\(name): \(image) \(angle) \(scale) \(shift) \(shear) \(filter) \(Pictures.distance(ours, expected))"
      )
    }
  }

  @Test("sine, cosine and tangent are the C library's but for a rare last bit")
  func trigonometry() async throws {
    var random = RandomStream(seed: 24)
    let angles =
      (-720...720).map { Double($0) * 0.5 * (Double.pi / 180) }
      + (0..<20000).map { _ in random.uniform(-20...20) }
    let reply = try await Oracle.pillow13.run(
      "import math; out = np.array([f(x) for f in (math.sin, math.cos, math.tan) for x in angles])",
      ["angles": .json("\(angles)")])
    let expected = try reply.doubles
    let ours = angles.map { Turn.values($0) }
    var different = 0
    for (i, v) in ours.enumerated() {
      for (value, theirs) in zip([v.sin, v.cos, v.tan], [0, 1, 2].map { expected[$0 * angles.count + i] }) {
        if value != theirs { different += 1 }
        #expect(abs(value - theirs) <= theirs.ulp, "\(angles[i])")
      }
    }
    #expect(different * 400 <= expected.count, "\(different) of \(expected.count)")
  }

  @Test("perspective pixels are Pillow's")
  func perspective() async throws {
    var random = RandomStream(seed: 23)
    for round in 0..<160 {
      let image = picture(round, &random)
      let wide = round % 10 == 0 ? 1.0 : 0.02
      let m = [
        random.uniform(-2...2), random.uniform(-1...1), random.uniform(-20...20), random.uniform(-1...1),
        random.uniform(-2...2), random.uniform(-20...20), random.uniform(-wide...wide),
        random.uniform(-wide...wide),
      ]
      let filter = Self.filters[round / 4 % 3]
      let fill = (0..<image.channels).map { _ in random.integer(in: 0...255) }
      let ours = try Perspective(coefficients: m, filter: filter, fill: Fill(fill)).apply(to: image)
      let (name, oracle) = Self.oracles[round % 3]
      let reply = try await oracle.run(
        """
        pic = image(a)
        fill = tuple(fill) if isinstance(fill, list) else fill
        out = pic.transform(pic.size, Image.Transform.PERSPECTIVE, m, filter, fillcolor=fill)
        """,
        [
          "a": .image(image), "m": .json("\(m)"), "filter": .int([0, 2, 3][round / 4 % 3]),
          "fill": json(fill),
        ])
      #expect(try reply.image == ours, "\(name): \(image) \(m) \(filter)")
    }
  }

  @Test("16-bit pictures go through NEAREST as Pillow's, and through nothing else")
  func gray16() async throws {
    let image = Pictures.noise(Size(width: 29, height: 17), .gray16, seed: 3)
    for angle in [0, 20, 90, 180, -77.7] {
      let ours = try Rotate(angle, expand: true, fill: Fill([40000])).apply(to: image)
      let reply = try await Oracle.pillow13.run(
        "out = image(a).rotate(angle, 0, True, fillcolor=40000)",
        ["a": .image(image), "angle": .double(angle)])
      #expect(try reply.image == ours, "\(angle)")
    }
    let picture = PictureInfo(size: image.size, format: .gray16)
    #expect(throws: TesseraError.self) { try Rotate(3, filter: .bilinear).output(for: picture) }
    #expect(throws: TesseraError.self) { try Affine(angle: 3, filter: .bicubic).apply(to: image) }
  }
}
