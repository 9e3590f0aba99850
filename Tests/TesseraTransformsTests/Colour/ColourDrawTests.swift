import TestSupport
import Tessera
import Testing

/// What the random colour transforms draw.
@Suite struct ColourDrawTests {
  static let picture = PictureInfo(size: Size(width: 20, height: 10), format: .rgb)

  static func draws(_ transform: any Transform, _ count: Int, _ picture: PictureInfo = picture) throws
    -> [[any Operation]]
  {
    try (0..<count).map { sample in
      var random = RandomStream(seed: 11, sample: UInt64(sample))
      return try transform.draw(for: picture, using: &random)
    }
  }

  @Test("color_jitter draws all four in every order, within their ranges")
  func jitter() throws {
    let jitter = ColorJitter(brightness: 0.4, contrast: .range(0.2...0.3), saturation: 2, hue: 0.1)
    let draws = try Self.draws(jitter, 4800)
    var orders: [String: Int] = [:]
    var (brightness, hue) = ([Double](), [Double]())
    for operations in draws {
      #expect(operations.count == 4)
      orders[operations.map { "\(type(of: $0))" }.joined(separator: ","), default: 0] += 1
      for operation in operations {
        switch operation {
        case let operation as AdjustBrightness:
          #expect((0.6...1.4).contains(operation.factor))
          brightness.append(operation.factor)
        case let operation as AdjustContrast: #expect((0.2...0.3).contains(operation.factor))
        case let operation as AdjustSaturation: #expect((0...3).contains(operation.factor))
        case let operation as AdjustHue:
          #expect((-0.1...0.1).contains(operation.shift))
          hue.append(operation.shift)
        default: Issue.record("drew \(operation)")
        }
      }
    }
    // 24 orders, 200 of each expected, standard deviation 14.
    #expect(orders.count == 24 && orders.values.allSatisfy { (125...275).contains($0) })
    // Uniform: mean within 5 standard errors, both ends reached.
    let mean = brightness.reduce(0, +) / 4800
    let bound = 5 * 0.8 / (12.0 * 4800).squareRoot()
    #expect(abs(mean - 1) < bound)
    #expect(brightness.min()! < 0.61 && brightness.max()! > 1.39 && hue.min()! < -0.099 && hue.max()! > 0.099)
  }

  @Test("color_jitter leaves out what has no room")
  func emptyJitter() throws {
    #expect(try Self.draws(ColorJitter(), 5).allSatisfy(\.isEmpty))
    #expect(try Self.draws(ColorJitter(brightness: 0, hue: .range(0...0)), 5).allSatisfy(\.isEmpty))
    #expect(try Self.draws(ColorJitter(contrast: .range(2...2)), 5).allSatisfy { $0.count == 1 })
  }

  @Test("a probability is the share of draws that do something")
  func probabilities() throws {
    let transforms: [(any Transform, Double)] = [
      (RandomInvert(probability: 0.3), 0.3), (RandomEqualize(), 0.5), (RandomAutocontrast(probability: 1), 1),
      (RandomPosterize(bits: 3, probability: 0), 0), (RandomSolarize(threshold: 9, probability: 0.9), 0.9),
      (RandomAdjustSharpness(factor: 2), 0.5), (RandomGrayscale(), 0.1),
    ]
    for (transform, probability) in transforms {
      let share = Double(try Self.draws(transform, 4000).count { !$0.isEmpty }) / 4000
      let bound = 5 * (probability * (1 - probability) / 4000).squareRoot()
      #expect(abs(share - probability) <= bound, "\(transform): \(share)")
    }
  }

  @Test("the photometric distortion has contrast early and late, and every step half of the time")
  func photometric() throws {
    let draws = try Self.draws(RandomPhotometricDistort(), 4000)
    var (early, late, hue, permuted) = (0, 0, 0, 0)
    for operations in draws {
      let names = operations.map { type(of: $0).schema.name }
      let wanted = ["adjust_brightness", "adjust_saturation", "adjust_hue", "permute_channels"]
      #expect(names.filter { wanted.contains($0) } == wanted.filter { names.contains($0) })
      if names.contains("adjust_hue") { hue += 1 }
      if names.contains("permute_channels") { permuted += 1 }
      if let contrast = names.firstIndex(of: "adjust_contrast"),
        let saturation = names.firstIndex(of: "adjust_saturation")
      {
        if contrast < saturation { early += 1 } else { late += 1 }
      }
    }
    #expect(abs(hue - 2000) < 160)
    #expect(abs(permuted - 4000 * 5 / 12) < 160)  // the identity, one of 6, is not drawn
    #expect(abs(early - 500) < 110 && abs(late - 500) < 110)
  }

  @Test("gaussian_blur draws its width from the whole range")
  func blurDraws() throws {
    let sigmas = try Self.draws(GaussianBlur(kernelSize: 5, sigma: 0.5...3), 2000).map { operations in
      try #require(operations.first as? GaussianBlurFixed).sigma
    }
    #expect(sigmas.allSatisfy((0.5...3).contains) && sigmas.min()! < 0.52 && sigmas.max()! > 2.98)
    #expect(throws: TesseraError.self) { try Self.draws(GaussianBlur(kernelSize: 41), 1) }
  }

  @Test("a draw prints, and what it prints does the same")
  func drawsReplay() throws {
    let pipeline = try Pipeline(
      text:
        "color_jitter(brightness: 0.4, contrast: 0.5...2, saturation: 0.3, hue: 0.2)|random_photometric_distort|gaussian_blur([5, 3])|random_posterize(3)|random_channel_permutation"
    )
    let image = Pictures.ramps(Self.picture.size, .rgb, seed: 1)
    for sample in 0..<50 {
      let draw = try pipeline.draw(for: Self.picture, using: RandomStream(seed: 4, sample: UInt64(sample)))
      let replay = try Pipeline(text: draw.pipeline.text)
      #expect(replay.isDeterministic)
      let again = try replay.draw(for: Self.picture, using: RandomStream(seed: 99))
      #expect(try again.apply(to: image) == draw.apply(to: image), "\(draw.pipeline.text)")
    }
  }
}
