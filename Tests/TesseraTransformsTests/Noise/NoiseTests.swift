import TesseraTransforms
import TestSupport
import Tessera
import Testing

/// Noise: the same everywhere, and of the distribution it claims.
@Suite struct NoiseTests {
  static let key = RandomStream(seed: 77).key
  /// The key of Tests/Golden/colour/make.py.
  static let goldenKey = RandomStream.Key(
    key: SIMD2(0x0123_4567, 0x89AB_CDEF), high: SIMD2(0xDEAD_BEEF, 0x00C0_FFEE), operation: 3)

  static func normals(_ key: RandomStream.Key, _ count: Int) -> [Double] {
    var all = [Double](repeating: 0, count: count)
    NoiseSource.normals(key, count: count) { first, run in for i in run.indices { all[first + i] = run[i] } }
    return all
  }

  /// Mean, variance, third and fourth standardised moments.
  static func moments(_ values: [Double]) -> (mean: Double, variance: Double, skew: Double, kurtosis: Double)
  {
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    let d = values.map { $0 - mean }
    let variance = d.reduce(0) { $0 + $1 * $1 } / n
    let third = d.reduce(0) { $0 + $1 * $1 * $1 } / n
    let fourth = d.reduce(0) { $0 + $1 * $1 * $1 * $1 } / n
    return (mean, variance, third / (variance * variance.squareRoot()), fourth / (variance * variance))
  }

  @Test("normal deviates have the bits that a second implementation (numpy) has")
  func normalBits() throws {
    let theirs = try ColourGoldenTests.golden.get().doubles("normals")
    let ours = Self.normals(Self.goldenKey, theirs.count)
    #expect(zip(ours, theirs).allSatisfy { $0.bitPattern == $1.bitPattern } && theirs.count == 4001)
  }

  @Test("words are Philox's, whatever the run they are made in")
  func words() {
    let key = Self.key
    NoiseSource.words(key, count: 5000) { first, run in
      for i in run.indices {
        let block = Philox.block(
          SIMD4(UInt32((first + i) / 4), key.operation, key.high.x, key.high.y), key: key.key)
        #expect(run[i] == block[(first + i) % 4])
      }
    }
  }

  @Test("normal deviates are normal: four moments, tails and neighbours")
  func normalMoments() {
    let n = 1_000_000
    let values = Self.normals(Self.key, n)
    let m = Self.moments(values)
    // Five standard errors of each moment of a million deviates.
    #expect(abs(m.mean) < 0.005 && abs(m.variance - 1) < 0.0071 && abs(m.skew) < 0.0123)
    #expect(abs(m.kurtosis - 3) < 0.0245)
    let beyond3 = Double(values.count { abs($0) > 3 }) / Double(n)
    #expect(abs(beyond3 - 0.0026998) < 0.00026)
    for lag in 1...4 {
      let product = (0..<n - lag).reduce(0.0) { $0 + values[$1] * values[$1 + lag] } / Double(n)
      #expect(abs(product) < 0.005, "lag \(lag)")
    }
  }

  @Test(
    "Poisson deviates are Poisson from 0.01 to 100,000", arguments: [0.01, 0.4, 1, 3.7, 12, 40, 255.3, 1e5])
  func poissonMoments(mean: Double) {
    let n = mean > 1000 ? 20_000 : 200_000
    var values = [Double](repeating: 0, count: n)
    NoiseSource.poisson(Self.key, count: n, mean: { _ in mean }) { first, run in
      for i in run.indices { values[first + i] = run[i] }
    }
    let m = Self.moments(values)
    #expect(values.allSatisfy { $0 >= 0 && $0 == $0.rounded() })
    #expect(abs(m.mean - mean) < 5 * (mean / Double(n)).squareRoot())
    // The variance of a Poisson variable's sample variance: (λ + 2λ²) / n.
    #expect(abs(m.variance - mean) < 5 * ((mean + 2 * mean * mean) / Double(n)).squareRoot())
    #expect(
      abs(m.skew - 1 / mean.squareRoot()) < 0.15 / min(mean.squareRoot(), 1) + 5
        * (6 / Double(n)).squareRoot())
    // The share of each level against its probability, by the recurrence p(k + 1) = p(k) λ / (k + 1).
    if mean < 50 {
      var probability = FixedMath.exp(-mean)
      for level in 0..<60 {
        let share = Double(values.count { $0 == Double(level) }) / Double(n)
        #expect(
          abs(share - probability) < 5 * (probability / Double(n)).squareRoot() + 5 / Double(n), "\(level)")
        probability *= mean / Double(level + 1)
      }
    }
  }

  @Test(
    "counted photons of bytes are the Poisson deviates of their means",
    arguments: [0.001, 0.7, 60, 900, 40_000])
  func photonsOfBytes(photons: Double) throws {
    // Every level, several times, and a number of elements that fills no block.
    let picture = Image(size: Size(width: 61, height: 37), format: .rgb) { bytes in
      for i in bytes.indices { bytes[i] = UInt8(truncatingIfNeeded: i &* 89 &+ i / 256) }
    }
    var wanted = [UInt8](repeating: 0, count: picture.byteCount)
    let source = picture.bytes
    NoiseSource.poisson(Self.key, count: source.count, mean: { Double(source[$0]) / 255 * photons }) {
      first, counts in
      for i in counts.indices { wanted[first + i] = UInt8(min(counts[i] * (255 / photons) + 0.5, 255)) }
    }
    #expect(try AddShotNoise(photons: photons, clip: true, key: Self.key).apply(to: picture).bytes == wanted)
  }

  @Test("Poisson deviates of several means side by side are those of each alone")
  func poissonOfMixedMeans() {
    let means = (0..<300).map { [0, 1e-9, 0.3, 0.999, 1, 15.9, 16, 47.2, 1023, 1e6][$0 % 10] }
    var values = [Double](repeating: -1, count: means.count)
    NoiseSource.poisson(Self.key, count: means.count, mean: { means[$0] }) { first, run in
      for i in run.indices { values[first + i] = run[i] }
    }
    for mean in Set(means) {
      NoiseSource.poisson(Self.key, count: means.count, mean: { _ in mean }) { first, run in
        for i in run.indices where means[first + i] == mean { #expect(values[first + i] == run[i]) }
      }
    }
    for (mean, value) in zip(means, values) {
      #expect(abs(value - mean) <= 7 * max(mean, 1).squareRoot(), "\(mean): \(value)")
      if mean == 0 { #expect(value == 0) }
    }
  }

  /// A flat picture, so that what comes out is the noise.
  static func flat(_ value: UInt8, _ format: PixelFormat = .rgb, side: Int = 400) -> Image {
    Image(size: Size(side), format: format, repeating: value)
  }

  static func levels(_ operation: any ImageOperation, _ value: UInt8) throws -> [Double] {
    try operation.apply(to: flat(value)).bytes.map { Double($0) - Double(value) }
  }

  @Test("each noise on bytes has the mean and deviation it states")
  func byteMoments() throws {
    let n = 480_000.0
    let gaussian = Self.moments(
      try Self.levels(AddGaussianNoise(mean: 0.02, sigma: 0.05, clip: true, key: Self.key), 120))
    // Truncation towards zero pulls 5.1 to about 4.83 and widens nothing much: bounds around the exact values.
    #expect(abs(gaussian.variance.squareRoot() - 12.6) < 0.3 && (4.5...5.2).contains(gaussian.mean))
    let speckle = Self.moments(
      try Self.levels(AddSpeckleNoise(mean: 0.1, sigma: 0.08, clip: true, key: Self.key), 100))
    #expect(abs(speckle.mean - 10) < 5 * 8 / n.squareRoot() && abs(speckle.variance - (64 + 1.0 / 12)) < 0.7)
    let uniform = Self.levels
    let flat = Self.moments(try uniform(AddUniformNoise(range: -0.1...0.2, clip: true, key: Self.key), 100))
    #expect(abs(flat.mean - 12.75) < 5 * 22.1 / n.squareRoot() && abs(flat.variance - 76.5 * 76.5 / 12) < 3)
    let shot = Self.moments(try Self.levels(AddShotNoise(photons: 500, clip: true, key: Self.key), 102))
    // A count of mean 200 is 0.51 levels a photon, rounded to whole levels: the exact moments of that.
    var (probability, mean, square) = (FixedMath.exp(-200), 0.0, 0.0)
    for count in 0..<500 {
      let level = (Double(count) * 0.51 + 0.5).rounded(.down) - 102
      mean += probability * level
      square += probability * level * level
      probability *= 200 / Double(count + 1)
    }
    let variance = square - mean * mean
    #expect(abs(shot.mean - mean) < 5 * (variance / n).squareRoot())
    #expect(abs(shot.variance - variance) < 5 * variance * (2 / n).squareRoot())
  }

  @Test(
    "salt and pepper replace the share of whole pixels that they state, the same ones on pictures and tensors"
  )
  func saltAndPepper() throws {
    let operation = AddSaltAndPepperNoise(amount: 0.2, saltShare: 0.25, key: Self.key)
    let image = try operation.apply(to: Self.flat(120))
    var counts: [[Int]: Int] = [:]
    for y in 0..<400 { for x in 0..<400 { counts[(0..<3).map { image[x, y, $0] }, default: 0] += 1 } }
    #expect(Set(counts.keys) == [[120, 120, 120], [0, 0, 0], [255, 255, 255]])
    #expect(abs(counts[[255, 255, 255]]! - 8000) < 440 && abs(counts[[0, 0, 0]]! - 24000) < 720)
    #expect(
      try operation.apply(to: PILToTensor().tensor(from: Self.flat(120))) == PILToTensor().tensor(from: image)
    )
    #expect(try AddSaltAndPepperNoise(amount: 0, saltShare: 1, key: Self.key).apply(to: image) == image)
    let all = try AddSaltAndPepperNoise(amount: 1, saltShare: 1, key: Self.key).apply(to: image)
    #expect(all == Self.flat(255))
  }

  @Test("float tensors get the same distributions in units of 1")
  func floatMoments() throws {
    let half = AnyTensor.float32(Tensor(shape: [3, 300, 300], repeating: 0.5))
    func moments(_ operation: any TensorOperation) throws -> (
      mean: Double, variance: Double, skew: Double, kurtosis: Double
    ) {
      Self.moments(try #require(try operation.apply(to: half).float).elements.map(Double.init))
    }
    let gaussian = try moments(AddGaussianNoise(mean: 0, sigma: 0.1, clip: true, key: Self.key))
    #expect(abs(gaussian.mean - 0.5) < 0.001 && abs(gaussian.variance - 0.01) < 0.0002)
    let speckle = try moments(AddSpeckleNoise(mean: 0, sigma: 0.1, clip: true, key: Self.key))
    #expect(abs(speckle.mean - 0.5) < 0.001 && abs(speckle.variance - 0.0025) < 0.0001)
    let uniform = try moments(AddUniformNoise(range: -0.1...0.1, clip: true, key: Self.key))
    #expect(abs(uniform.mean - 0.5) < 0.001 && abs(uniform.variance - 0.04 / 12) < 0.0001)
    let shot = try moments(AddShotNoise(photons: 60, clip: false, key: Self.key))
    #expect(abs(shot.mean - 0.5) < 0.002 && abs(shot.variance - 0.5 / 60) < 0.0003)
  }

  @Test("alpha stays, 16-bit gray and int64 are refused, halves work")
  func kinds() throws {
    let rgba = Pictures.noise(Size(20), .rgba, seed: 1)
    let operations: [any ImageOperation & TensorOperation] = [
      AddGaussianNoise(mean: 0, sigma: 0.2, clip: true, key: Self.key),
      AddSpeckleNoise(mean: 0, sigma: 0.2, clip: true, key: Self.key),
      AddUniformNoise(range: -0.3...0.3, clip: true, key: Self.key),
      AddShotNoise(photons: 9, clip: true, key: Self.key),
      AddSaltAndPepperNoise(amount: 0.5, saltShare: 0.5, key: Self.key),
    ]
    for operation in operations {
      let noisy = try operation.apply(to: rgba)
      #expect(noisy != rgba)
      for y in 0..<20 { for x in 0..<20 { #expect(noisy[x, y, 3] == rgba[x, y, 3]) } }
      #expect(throws: TesseraError.self) {
        try operation.apply(to: Pictures.noise(Size(4), .gray16, seed: 1))
      }
      let wide = try ToDType(.int64).apply(to: PILToTensor().tensor(from: rgba))
      #expect(throws: TesseraError.self) { try operation.apply(to: wide) }
      for type in [DataType.float16, .bfloat16, .float32, .uint8] {
        let tensor = try ToDType(type, scale: true).apply(to: PILToTensor().tensor(from: rgba))
        let output = try operation.apply(to: tensor)
        #expect(output.dataType == type && output.shape == tensor.shape && output != tensor)
      }
    }
  }

  @Test("a draw of noise prints, and what it prints gives the same noise; samples differ")
  func replay() throws {
    let pipeline = try Pipeline(
      text:
        "gaussian_noise|salt_and_pepper_noise(0.1)|shot_noise(40)|speckle_noise|uniform_noise|to_tensor|gaussian_noise(sigma: 0.2)"
    )
    let image = Pictures.ramps(Size(width: 31, height: 17), .rgb, seed: 6)
    let info = PictureInfo(size: image.size, format: .rgb)
    var outputs: [PipelineOutput] = []
    for sample in 0..<5 {
      let draw = try pipeline.draw(for: info, using: RandomStream(seed: 1, sample: UInt64(sample)))
      let output = try draw.apply(to: image)
      let replay = try Pipeline(text: draw.pipeline.text).draw(for: info, using: RandomStream(seed: 2))
      #expect(try replay.apply(to: image) == output, "\(draw.pipeline.text)")
      #expect(!outputs.contains(output))
      outputs.append(output)
    }
  }
}
