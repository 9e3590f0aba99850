/// A dense array of `Scalar` in row-major order (the last axis is contiguous).
///
/// A tensor is a value: a copy shares the elements until one of the two is written.
public struct Tensor<Scalar: TensorScalar>: Sendable {
  /// The extent of each axis. A scalar has none.
  public private(set) var shape: [Int]
  private var block: MemoryBlock

  /// Elements: the product of the shape.
  public var count: Int { shape.reduce(1, *) }

  /// Makes a tensor whose every element is `value`.
  public init(shape: [Int], repeating value: Scalar = Scalar()) {
    self.init(shape: shape) { $0.initialize(repeating: value) }
  }

  /// Makes a tensor from elements in row-major order. Traps if their number is not the shape's product.
  public init(shape: [Int], _ elements: [Scalar]) {
    precondition(
      elements.count == shape.reduce(1, *),
      "Tensor of shape \(shape) needs \(shape.reduce(1, *)) elements, got \(elements.count)")
    self.init(shape: shape) { _ = $0.initialize(from: elements) }
  }

  /// Makes a tensor whose elements `body` writes; `body` must initialise every one of them.
  public init(
    shape: [Int], initializingWith body: (UnsafeMutableBufferPointer<Scalar>) throws -> Void
  ) rethrows {
    precondition(shape.allSatisfy { $0 >= 0 }, "Tensor of shape \(shape)")
    self.shape = shape
    self.block = MemoryBlock(byteCount: shape.reduce(1, *) * MemoryLayout<Scalar>.stride)
    try body(block.mutableBytes.bindMemory(to: Scalar.self))
  }

  /// Makes a tensor over a block of memory that already holds its elements.
  package init(shape: [Int], block: MemoryBlock) {
    precondition(shape.reduce(1, *) * MemoryLayout<Scalar>.stride <= block.byteCount)
    self.shape = shape
    self.block = block
  }

  /// The memory that holds the elements, from its start.
  package var storage: MemoryBlock { block }

  /// Calls `body` with the elements. The pointer is valid inside `body` only.
  public func withUnsafeBufferPointer<R>(
    _ body: (UnsafeBufferPointer<Scalar>) throws -> R
  ) rethrows -> R {
    defer { withExtendedLifetime(block) {} }
    return try body(
      UnsafeBufferPointer(start: block.base.assumingMemoryBound(to: Scalar.self), count: count))
  }

  /// Calls `body` with the elements for writing; copies them first if another value shares them.
  public mutating func withUnsafeMutableBufferPointer<R>(
    _ body: (UnsafeMutableBufferPointer<Scalar>) throws -> R
  ) rethrows -> R {
    if !block.isWritable || !isKnownUniquelyReferenced(&block) { block = block.copy() }
    defer { withExtendedLifetime(block) {} }
    return try body(
      UnsafeMutableBufferPointer(start: block.base.assumingMemoryBound(to: Scalar.self), count: count))
  }

  /// The elements in row-major order (a copy).
  public var elements: [Scalar] { withUnsafeBufferPointer { Array($0) } }

  /// The element at an index a axis. Traps outside of the shape.
  public subscript(_ indices: Int...) -> Scalar {
    get { withUnsafeBufferPointer { $0[offset(indices)] } }
    set {
      let at = offset(indices)
      withUnsafeMutableBufferPointer { $0[at] = newValue }
    }
  }

  private func offset(_ indices: [Int]) -> Int {
    precondition(indices.count == shape.count, "\(indices.count) indices for shape \(shape)")
    var at = 0
    for (index, extent) in zip(indices, shape) {
      precondition(index >= 0 && index < extent, "index \(indices) outside of shape \(shape)")
      at = at * extent + index
    }
    return at
  }

  /// The same elements under another shape of the same product; no copy.
  public func reshaped(_ shape: [Int]) -> Tensor {
    precondition(shape.reduce(1, *) == count, "cannot reshape \(self.shape) to \(shape)")
    var other = self
    other.shape = shape
    return other
  }

  /// A tensor of `transform` of each element.
  public func map<T: TensorScalar>(_ transform: (Scalar) throws -> T) rethrows -> Tensor<T> {
    try withUnsafeBufferPointer { source in
      try Tensor<T>(shape: shape) { target in
        for i in 0..<source.count { target.initializeElement(at: i, to: try transform(source[i])) }
      }
    }
  }
}

extension Tensor: Equatable {
  /// Whether shape and every element's bits agree.
  public static func == (a: Tensor, b: Tensor) -> Bool {
    guard a.shape == b.shape else { return false }
    let bytes = a.count * MemoryLayout<Scalar>.stride
    return UnsafeRawBufferPointer(rebasing: a.block.bytes[..<bytes])
      .elementsEqual(UnsafeRawBufferPointer(rebasing: b.block.bytes[..<bytes]))
  }
}

extension Tensor: CustomStringConvertible {
  public var description: String { "Tensor(\(shape), \(Scalar.dataType.rawValue))" }
}
