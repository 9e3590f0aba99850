internal import CTorch

extension TorchTensor {
  /// A tensor whose elements are not set.
  public static func empty(
    _ shape: [Int], type: TorchType = .float32, device: TorchDevice = .cpu
  ) -> TorchTensor {
    checked(withInts(shape) { ct_empty($0, $1, type.code, device.raw) })
  }

  /// A tensor whose every element is `value`.
  public static func full(
    _ shape: [Int], _ value: some TorchNumber, type: TorchType = .float32, device: TorchDevice = .cpu
  ) -> TorchTensor {
    checked(withInts(shape) { ct_full($0, $1, value.torchScalar.raw, type.code, device.raw) })
  }

  /// A tensor of zeros.
  public static func zeros(
    _ shape: [Int], type: TorchType = .float32, device: TorchDevice = .cpu
  ) -> TorchTensor {
    full(shape, 0, type: type, device: device)
  }

  /// A tensor of ones.
  public static func ones(
    _ shape: [Int], type: TorchType = .float32, device: TorchDevice = .cpu
  ) -> TorchTensor {
    full(shape, 1, type: type, device: device)
  }

  /// `start`, `start + step`, … below `end`.
  ///
  /// - Shape: `[⌈(end − start) / step⌉]`.
  public static func arange<N: TorchNumber>(
    _ start: N, _ end: N, step: N, type: TorchType = .int64, device: TorchDevice = .cpu
  ) -> TorchTensor {
    checked(
      ct_arange(
        start.torchScalar.raw, end.torchScalar.raw, step.torchScalar.raw, type.code, device.raw))
  }

  /// 0, 1, … below `end`.
  public static func arange(_ end: Int, type: TorchType = .int64, device: TorchDevice = .cpu) -> TorchTensor {
    arange(0, end, step: 1, type: type, device: device)
  }

  /// Standard normal numbers from the device's default generator, which `TorchRuntime.seed` sets.
  public static func randn(
    _ shape: [Int], type: TorchType = .float32, device: TorchDevice = .cpu
  ) -> TorchTensor {
    checked(withInts(shape) { ct_random($0, $1, true, type.code, device.raw) })
  }

  /// Numbers uniform in 0..<1 from the device's default generator.
  public static func rand(
    _ shape: [Int], type: TorchType = .float32, device: TorchDevice = .cpu
  ) -> TorchTensor {
    checked(withInts(shape) { ct_random($0, $1, false, type.code, device.raw) })
  }

  /// A copy of elements in row-major order. Traps unless their number is the shape's product.
  public convenience init<Element: TorchElement>(_ elements: [Element], shape: [Int]? = nil) {
    let shape = shape ?? [elements.count]
    precondition(
      elements.count == shape.reduce(1, *),
      "a tensor of shape \(shape) needs \(shape.reduce(1, *)) elements, got \(elements.count)")
    let handle = elements.withUnsafeBytes { bytes in
      withInts(shape) { ct_from_bytes(bytes.baseAddress, $0, $1, Element.torchType.code) }
    }
    guard let handle else { TorchFailure.trap("init") }
    self.init(owning: handle)
  }

  /// A scalar, of rank 0.
  public convenience init<Element: TorchElement>(_ value: Element) { self.init([value], shape: []) }

  /// A tensor over memory of `owner`, row-major, without a copy; `owner` lives as long as any view of it.
  ///
  /// The memory is written by whoever writes the tensor: a read-only mapping must only be read.
  /// An empty shape's memory is not kept.
  public static func fromMemory(
    _ pointer: UnsafeRawPointer, shape: [Int], type: TorchType, owner: AnyObject
  ) -> TorchTensor {
    if shape.contains(0) { return empty(shape, type: type) }
    let context = Unmanaged.passRetained(owner).toOpaque()
    return checked(
      withInts(shape) {
        ct_from_memory(
          UnsafeMutableRawPointer(mutating: pointer), $0, $1, type.code,
          { context in if let context { Unmanaged<AnyObject>.fromOpaque(context).release() } }, context)
      })
  }

  /// The one element as a double. Traps unless there is exactly one.
  public var item: Double {
    var value = 0.0
    Self.check(ct_item_double(handle, &value))
    return value
  }

  /// The one element as an integer. Traps unless there is exactly one.
  public var intItem: Int {
    var value: Int64 = 0
    Self.check(ct_item_int(handle, &value))
    return Int(value)
  }

  /// The elements in row-major order, copied, from any device.
  ///
  /// Elements of another type are converted as `to(_:)` does.
  public func array<Element: TorchElement>(of element: Element.Type) -> [Element] {
    let source = type == Element.torchType ? self : to(Element.torchType)
    let count = count
    return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      Self.check(
        ct_copy_out(source.handle, buffer.baseAddress, count * MemoryLayout<Element>.stride), "array")
      initialized = count
    }
  }

  /// Calls `body` with the elements' bytes, row-major, on the processor: of this memory if it lies so, else of a copy.
  public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    let source = to(device: .cpu).detach().contiguous()
    return try withExtendedLifetime(source) {
      try body(UnsafeRawBufferPointer(start: source.dataPointer, count: source.byteCount))
    }
  }
}
