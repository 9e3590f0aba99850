/// A stream of random numbers that is a pure function of its key: (seed, epoch, sample, operation).
///
/// No state is shared: two streams of one key give the same numbers on every machine and thread.
/// Philox encrypts a counter; `operation` and the position in the stream are its low words, so streams
/// of different operations never overlap (each has 2^32 blocks of four 32-bit words).
public struct RandomStream: Sendable {
  /// The 192 bits that fix a stream. Printable and storable, so that a draw of noise can be replayed.
  public struct Key: Sendable, Hashable, Codable {
    public var key: SIMD2<UInt32>
    public var high: SIMD2<UInt32>
    public var operation: UInt32

    public init(key: SIMD2<UInt32>, high: SIMD2<UInt32>, operation: UInt32) {
      self.key = key
      self.high = high
      self.operation = operation
    }
  }

  public let key: Key
  @usableFromInline var nextBlock: UInt32 = 0
  @usableFromInline var words = SIMD4<UInt32>()
  @usableFromInline var used = 4

  /// The stream of one operation on one sample in one epoch.
  public init(seed: UInt64, epoch: UInt64 = 0, sample: UInt64 = 0, operation: UInt32 = 0) {
    // One block turns (seed; epoch, sample) into a fresh key and the counter's high half.
    let mixed = Philox.block(
      SIMD4(
        UInt32(truncatingIfNeeded: sample), UInt32(truncatingIfNeeded: sample >> 32),
        UInt32(truncatingIfNeeded: epoch), UInt32(truncatingIfNeeded: epoch >> 32)),
      key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    self.init(
      Key(key: SIMD2(mixed.x, mixed.y), high: SIMD2(mixed.z, mixed.w), operation: operation))
  }

  public init(_ key: Key) { self.key = key }

  /// The stream of another operation on the same sample.
  public func operation(_ number: UInt32) -> RandomStream {
    RandomStream(Key(key: key.key, high: key.high, operation: number))
  }

  /// A fresh stream that this one's next 128 bits key: what a nested transform or a noise draws from.
  public mutating func split() -> RandomStream {
    let (a, b) = (next64(), next64())
    return RandomStream(
      Key(
        key: SIMD2(UInt32(truncatingIfNeeded: a), UInt32(truncatingIfNeeded: a >> 32)),
        high: SIMD2(UInt32(truncatingIfNeeded: b), UInt32(truncatingIfNeeded: b >> 32)),
        operation: 0))
  }

  /// The next 32 random bits.
  @inlinable
  public mutating func next32() -> UInt32 {
    if used == 4 {
      precondition(nextBlock < .max, "a random stream has 2^34 words")
      words = Philox.block(SIMD4(nextBlock, key.operation, key.high.x, key.high.y), key: key.key)
      nextBlock += 1
      used = 0
    }
    defer { used += 1 }
    return words[used]
  }

  /// The next 64 random bits.
  @inlinable
  public mutating func next64() -> UInt64 { UInt64(next32()) | UInt64(next32()) << 32 }

  /// Uniform in [0, 1): 53 random bits.
  public mutating func uniform() -> Double { Double(next64() >> 11) * 0x1p-53 }

  /// Uniform in [lower, upper).
  public mutating func uniform(_ range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// A whole number in `range`, each equally likely (Lemire's multiply and reject).
  public mutating func integer(in range: ClosedRange<Int>) -> Int {
    let span = UInt64(bitPattern: Int64(range.upperBound &- range.lowerBound)) &+ 1
    if span == 0 { return Int(truncatingIfNeeded: next64()) }
    var product = next64().multipliedFullWidth(by: span)
    if product.low < span {
      let threshold = (0 &- span) % span
      while product.low < threshold { product = next64().multipliedFullWidth(by: span) }
    }
    return range.lowerBound &+ Int(truncatingIfNeeded: product.high)
  }

  /// True with the given probability.
  public mutating func bernoulli(_ probability: Double) -> Bool { uniform() < probability }

  /// A normal deviate of mean 0 and standard deviation 1 (Box–Muller, the cosine half).
  public mutating func normal() -> Double {
    let u = 1 - uniform()  // (0, 1]: the logarithm is finite
    let v = uniform()
    return (-2 * FixedMath.log(u)).squareRoot() * FixedMath.cos(2 * Double.pi * v)
  }

  /// The numbers 0..<count in a random order (Fisher–Yates).
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for i in stride(from: count - 1, to: 0, by: -1) { order.swapAt(i, integer(in: 0...i)) }
    return order
  }
}
