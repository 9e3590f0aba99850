import TestSupport
import Tessera
import Testing

/// Transforms that hold transforms.
@Suite struct CompositionTests {
  static let picture = PictureInfo(size: Size(width: 30, height: 20), format: .rgb)

  static func texts(_ text: String, _ count: Int) throws -> [String] {
    let pipeline = try Pipeline(text: text)
    return try (0..<count).map {
      try pipeline.draw(for: picture, using: RandomStream(seed: 9, sample: UInt64($0))).pipeline.text
    }
  }

  @Test("random_apply does all or nothing, with its probability")
  func apply() throws {
    let texts = try Self.texts("random_apply([invert, posterize(3)], probability: 0.3)", 3000)
    let counts = Dictionary(grouping: texts, by: { $0 }).mapValues(\.count)
    #expect(Set(counts.keys) == ["", "invert|posterize(3)"])
    #expect(abs(counts["invert|posterize(3)"]! - 900) < 130)
  }

  @Test("random_choice takes each by its weight")
  func choice() throws {
    let texts = try Self.texts(
      "random_choice([invert, equalize, autocontrast], probabilities: [1, 0, 3])", 3000)
    let counts = Dictionary(grouping: texts, by: { $0 }).mapValues(\.count)
    #expect(Set(counts.keys) == ["invert", "autocontrast"] && abs(counts["invert"]! - 750) < 120)
    let even = Dictionary(grouping: try Self.texts("random_choice([invert, equalize])", 3000), by: { $0 })
    #expect(abs(even["invert"]!.count - 1500) < 140)
  }

  @Test("random_order takes each order equally often")
  func order() throws {
    let counts = Dictionary(
      grouping: try Self.texts("random_order([invert, equalize, autocontrast])", 3000), by: { $0 }
    ).mapValues(\.count)
    #expect(counts.count == 6 && counts.values.allSatisfy { abs($0 - 500) < 105 })
  }

  @Test("a nested transform sees the picture that the one before leaves")
  func nestedSizes() throws {
    let texts = try Self.texts("random_apply([center_crop(8), random_crop(8)], probability: 1)", 3)
    #expect(
      texts.allSatisfy { $0.hasPrefix("crop(11, 6, 8, 8)") && !$0.contains("crop(11, 6, 8, 8)|crop(1") })
  }

  @Test("weights and lists that make no sense are refused")
  func refusals() {
    for text in [
      "random_choice([])", "random_choice([invert], probabilities: [0])",
      "random_choice([invert], probabilities: [1, 2])",
      "random_apply([invert], probability: 1.5)", "random_apply([to_tensor])", "rand_augment(magnitude: 31)",
      "aug_mix(severity: 11)", "aug_mix(alpha: 0)", "auto_augment(mnist)", "rand_augment(filter: lanczos)",
      "mix(0.5, [0.5], [])", "mix(0.5, [0.5], [[random_invert]])",
    ] {
      #expect(throws: (any Error).self, "\(text)") { try Pipeline(text: text) }
    }
  }

  @Test("mix sums in float and truncates, chain by chain, and refuses chains that change the size")
  func mix() throws {
    let image = Pictures.ramps(Self.picture.size, .rgb, seed: 2)
    let mix = Mix(
      original: 0.25, weights: [0.5, 0.25],
      chains: [[Invert()], [Posterize(bits: 2), Solarize(threshold: 99)]])
    let (a, b) = (
      try Invert().apply(to: image),
      try Solarize(threshold: 99).apply(to: Posterize(bits: 2).apply(to: image))
    )
    let (x, y, z) = (image.bytes, a.bytes, b.bytes)
    let expected = x.indices.map { i -> UInt8 in
      let first: Float = 0.25 * Float(x[i])
      let second: Float = 0.5 * Float(y[i])
      let third: Float = 0.25 * Float(z[i])
      return UInt8(first + second + third)
    }
    #expect(try mix.apply(to: image).bytes == expected)
    let wrong = Mix(original: 0.5, weights: [0.5], chains: [[Crop(Rect(x: 0, y: 0, width: 3, height: 3))]])
    #expect(throws: TesseraError.self) { try wrong.output(for: Self.picture) }
  }

  @Test("aug_mix draws convex weights, chains of one to three, and prints")
  func augMix() throws {
    let image = Pictures.ramps(Self.picture.size, .rgb, seed: 2)
    var (depths, shares): ([Int: Int], [Double]) = ([:], [])
    for sample in 0..<600 {
      var random = RandomStream(seed: 4, sample: UInt64(sample))
      let operations = try AugMix().draw(for: Self.picture, using: &random)
      let mix = try #require(operations.first as? Mix)
      #expect(operations.count == 1 && mix.chains.count == 3)
      #expect(abs(mix.original + mix.weights.reduce(0, +) - 1) < 1e-6)
      shares.append(mix.original)
      for chain in mix.chains { depths[chain.count, default: 0] += 1 }
      if sample < 30 {
        let text = try Pipeline(steps: operations).text
        let again = try Pipeline(text: text).draw(for: Self.picture, using: RandomStream(seed: 0)).apply(
          to: image)
        #expect(try again.value == .image(mix.apply(to: image)), "\(text)")
      }
    }
    // Beta(1, 1) is uniform: mean 1/2, variance 1/12.
    let mean = shares.reduce(0, +) / 600
    let variance = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 600
    #expect(abs(mean - 0.5) < 0.06 && abs(variance - 1.0 / 12) < 0.015)
    #expect(Set(depths.keys) == [1, 2, 3] && depths.values.allSatisfy { abs($0 - 600) < 100 })
  }

  @Test("masks and boxes move with the moves of an automatic augmentation")
  func annotations() throws {
    let image = Pictures.ramps(Self.picture.size, .rgb, seed: 2)
    let mask = Image(size: image.size, format: .gray, repeating: 1)
    let pipeline = try Pipeline(text: "rand_augment(num_ops: 3, magnitude: 20)")
    var moved = 0
    for sample in 0..<60 {
      let draw = try pipeline.draw(for: Self.picture, using: RandomStream(seed: 1, sample: UInt64(sample)))
      let output = try draw.apply(
        to: image,
        annotations: Annotations(masks: [mask], boxes: [BoundingBox(left: 3, top: 3, right: 9, bottom: 9)]))
      let geometric = draw.operations.contains { $0 is any GeometricOperation }
      #expect(geometric || output.annotations.boxes[0].left == 3)
      if output.annotations.boxes[0].left != 3 { moved += 1 }
    }
    #expect(moved > 20)
  }
}
