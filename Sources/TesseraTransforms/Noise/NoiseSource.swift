package import TesseraCore
private import CKernels

/// Random numbers that are a pure function of (key, element), and the walks that put them on pictures and tensors.
///
/// Neither the order in which elements are done nor the number of threads changes a bit.
package enum NoiseSource {
  /// Elements made at once: small enough for the nearest cache, a multiple of what a block of Philox serves.
  private static let run = 2048

  /// Calls `body(first, deviates)` with normal deviates (mean 0, deviation 1) of the elements 0..<count, run by run.
  @inline(__always)
  package static func normals(
    _ key: RandomStream.Key, count: Int, _ body: (Int, UnsafeBufferPointer<Double>) -> Void
  ) {
    forEachRun(count) { (first, buffer: UnsafeMutableBufferPointer<Double>) in
      tk_noise_normal(key.noiseKey, UInt64(first), buffer.count, buffer.baseAddress)
      body(first, UnsafeBufferPointer(buffer))
    }
  }

  /// Calls `body(first, words)` with 32 random bits for each of the elements 0..<count, run by run.
  @inline(__always)
  package static func words(
    _ key: RandomStream.Key, count: Int, _ body: (Int, UnsafeBufferPointer<UInt32>) -> Void
  ) {
    forEachRun(count) { (first, buffer: UnsafeMutableBufferPointer<UInt32>) in
      tk_noise_words(key.noiseKey, UInt64(first), buffer.count, buffer.baseAddress)
      body(first, UnsafeBufferPointer(buffer))
    }
  }

  /// Calls `body(first, counts)` with Poisson deviates of the means `mean(element)`, each 0...10^6.
  @inline(__always)
  package static func poisson(
    _ key: RandomStream.Key, count: Int, mean: (Int) -> Double,
    _ body: (Int, UnsafeBufferPointer<Double>) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: run) { means in
      forEachRun(count) { (first, buffer: UnsafeMutableBufferPointer<Double>) in
        for i in 0..<buffer.count { means[i] = mean(first + i) }
        tk_noise_poisson(key.noiseKey, UInt64(first), means.baseAddress, buffer.count, buffer.baseAddress)
        body(first, UnsafeBufferPointer(buffer))
      }
    }
  }

  /// Writes the bytes of `levels` as photons counted, `photons` being the mean count at 255.
  static func countedPhotons(
    _ key: RandomStream.Key, of levels: UnsafeBufferPointer<UInt8>, photons: Double,
    into target: UnsafeMutableBufferPointer<UInt8>
  ) {
    precondition(target.count == levels.count)
    guard let source = levels.baseAddress, let target = target.baseAddress else { return }
    tk_shot_noise_u8(key.noiseKey, source, levels.count, photons, target)
  }

  @inline(__always)
  private static func forEachRun<T: BitwiseCopyable>(
    _ count: Int, _ body: (Int, UnsafeMutableBufferPointer<T>) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: T.self, capacity: run) { buffer in
      for first in stride(from: 0, to: count, by: run) {
        body(first, UnsafeMutableBufferPointer(rebasing: buffer[..<min(run, count - first)]))
      }
    }
  }
}

extension RandomStream.Key {
  fileprivate var noiseKey: tk_noise_key {
    tk_noise_key(key: (key.x, key.y), high: (high.x, high.y), operation: operation)
  }
}

/// What all noises share: which pictures they take, and the walk over elements.
enum Noise {
  /// - Throws: `invalidInput` for 16-bit gray and for int64 tensors.
  static func check(_ picture: PictureInfo, operation: String) throws -> PictureInfo {
    guard let tensor = picture.tensor else { return try picture.checked(.eightBit, for: operation) }
    try check(tensor.dataType, operation)
    return picture
  }

  static func check(_ type: DataType, _ operation: String) throws {
    guard type != .int64 else {
      throw TesseraError(
        .invalidInput(operation: operation, expected: "a tensor of floats or bytes", got: type.rawValue))
    }
  }

  /// A tensor whose elements come from `byte` (uint8) or `real` (floats, rounded once to their type): each takes
  /// source and target and writes all elements.
  static func tensor(
    _ tensor: AnyTensor, operation: String,
    byte: (UnsafeBufferPointer<UInt8>, UnsafeMutableBufferPointer<UInt8>) -> Void,
    real: (UnsafeBufferPointer<Float>, UnsafeMutableBufferPointer<Float>) -> Void
  ) throws -> AnyTensor {
    try check(tensor.dataType, operation)
    func map<S: TensorScalar>(
      _ t: Tensor<S>, _ body: (UnsafeBufferPointer<S>, UnsafeMutableBufferPointer<S>) -> Void
    ) -> Tensor<S> {
      t.withUnsafeBufferPointer { source in Tensor(shape: t.shape) { body(source, $0) } }
    }
    switch tensor {
    case .uint8(let t): return .uint8(map(t, byte))
    case .float32(let t): return .float32(map(t, real))
    case .float16(let t): return .float16(map(t.converted { Float($0) }, real).converted { Float16($0) })
    case .bfloat16(let t): return .bfloat16(map(t.converted { Float($0) }, real).converted { BFloat16($0) })
    case .int64: preconditionFailure("checked above")
    }
  }

  /// A picture whose colour bytes come from `byte`; alpha stays.
  static func image(
    _ image: Image, operation: String,
    byte: (UnsafeBufferPointer<UInt8>, UnsafeMutableBufferPointer<UInt8>) -> Void
  ) throws -> Image {
    _ = try image.info.checked(.eightBit, for: operation)
    let count = image.byteCount
    return image.mapped { source, target in
      byte(
        UnsafeBufferPointer(start: source, count: count),
        UnsafeMutableBufferPointer(start: target, count: count))
    }.withAlpha(of: image)
  }

  static func validate(sigma: Double) throws {
    guard sigma >= 0, sigma.isFinite else {
      throw TesseraError(.invalidArgument(name: "sigma", expected: "a number of at least 0", got: "\(sigma)"))
    }
  }

  static func validate(mean: Double) throws {
    guard mean.isFinite else {
      throw TesseraError(.invalidArgument(name: "mean", expected: "a finite number", got: "\(mean)"))
    }
  }

  /// A level rounded half up and clamped to 0...255.
  @inline(__always)
  static func level(_ value: Double) -> UInt8 { UInt8(min(max(value + 0.5, 0), 255)) }
}
