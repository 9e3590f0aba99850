internal import CTorch
private import Foundation

/// A tensor of libtorch: a view of memory that others may share, with its place in the graph of gradients.
///
/// Copies of the reference are the same tensor. An operator that cannot work on its arguments (shapes that do not
/// fit) traps with libtorch's message: it is the caller's mistake. Axes may be negative, counting from the last.
// @unchecked: the handle never changes and libtorch counts references atomically. The elements are memory as in
// PyTorch: who writes them while another thread reads must order the two.
public final class TorchTensor: @unchecked Sendable {
  let handle: ct_tensor

  /// Takes a handle over.
  init(owning handle: ct_tensor) { self.handle = handle }

  deinit { ct_free(handle) }

  /// The extent of each axis; empty for a scalar.
  public var shape: [Int] {
    let rank = rank
    return [Int](unsafeUninitializedCapacity: rank) { buffer, count in
      buffer.withMemoryRebound(to: Int64.self) { ct_shape(handle, $0.baseAddress) }
      count = rank
    }
  }

  /// Elements from one index to the next along each axis.
  public var strides: [Int] {
    let rank = rank
    return [Int](unsafeUninitializedCapacity: rank) { buffer, count in
      buffer.withMemoryRebound(to: Int64.self) { ct_strides(handle, $0.baseAddress) }
      count = rank
    }
  }

  /// The number of axes.
  public var rank: Int { Int(ct_rank(handle)) }
  /// Elements: the product of the shape.
  public var count: Int { Int(ct_count(handle)) }
  /// Bytes of the elements.
  public var byteCount: Int { count * type.byteCount }
  /// Bytes of the memory beneath, which other tensors may share.
  public var storageByteCount: Int { Int(ct_storage_bytes(handle)) }

  /// The extent of one axis.
  public func size(_ axis: Int) -> Int {
    let shape = shape
    let index = axis < 0 ? axis + shape.count : axis
    precondition(shape.indices.contains(index), "axis \(axis) of a tensor of shape \(shape)")
    return shape[index]
  }

  /// The type of the elements.
  public var type: TorchType {
    let code = ct_dtype(handle)
    guard let type = TorchType(code: code) else { preconditionFailure("element type \(code) of libtorch") }
    return type
  }

  /// Where the elements lie.
  public var device: TorchDevice { TorchDevice(ct_device_of(handle)) }

  /// Whether the elements lie in row-major order without gaps.
  public var isContiguous: Bool { ct_is_contiguous(handle) }

  /// Whether both are one tensor, not only equal ones.
  public func isSame(as other: TorchTensor) -> Bool { ct_is_same(handle, other.handle) }

  /// The first element's address. Valid while a tensor of this memory lives; on CUDA not the processor's.
  public var dataPointer: UnsafeMutableRawPointer? { ct_data(handle) }

  /// Handles of tensors in the process that have not been freed: a count to find leaks by.
  public static var liveCount: Int { Int(ct_live_handles()) }
}

extension TorchTensor: CustomStringConvertible {
  /// Shape, type, and device where it is not the processor.
  public var description: String {
    "TorchTensor(\(shape), \(type.rawValue)\(device == .cpu ? "" : ", \(device)"))"
  }

  /// libtorch's own text of the elements.
  public var elementsDescription: String {
    guard let text = ct_text(handle) else { return TorchFailure.lastMessage }
    defer { free(text) }
    return String(cString: text)
  }
}
