public import CDLPack
public import TesseraCore

extension AnyTensor {
  /// The tensor as DLPack hands it over: no copy; the elements stay alive until the taker calls the deleter, and a
  /// batch's memory goes back to its loader's pool then.
  ///
  /// Whoever gets the pointer must call its `deleter` exactly once (`torch.from_dlpack` and others do). The elements
  /// are shared with this tensor's other holders: treat them as read-only unless you know there are none.
  ///
  /// - Shape: as the tensor, row-major, on the processor (`kDLCPU`).
  public func makeDLPack() -> UnsafeMutablePointer<DLManagedTensor> {
    let shape = self.shape
    let axes = UnsafeMutablePointer<Int64>.allocate(capacity: max(1, 2 * shape.count))
    var stride: Int64 = 1
    for axis in shape.indices.reversed() {
      axes[axis] = Int64(shape[axis])
      axes[shape.count + axis] = stride
      stride *= Int64(shape[axis])
    }
    let block = storage
    let holder = DLPackHolder(block: block, axes: axes)
    let managed = UnsafeMutablePointer<DLManagedTensor>.allocate(capacity: 1)
    managed.initialize(
      to: DLManagedTensor(
        dl_tensor: DLTensor(
          data: block.base, device: DLDevice(device_type: 1, device_id: 0), ndim: Int32(shape.count),
          dtype: dataType.dlpack, shape: axes, strides: axes + shape.count, byte_offset: 0),
        manager_ctx: Unmanaged.passRetained(holder).toOpaque(),
        deleter: { managed in
          guard let managed else { return }
          if let context = managed.pointee.manager_ctx {
            Unmanaged<DLPackHolder>.fromOpaque(context).release()
          }
          managed.deallocate()
        }))
    return managed
  }
}

/// What a handed-over tensor keeps alive.
private final class DLPackHolder {
  let block: MemoryBlock
  let axes: UnsafeMutablePointer<Int64>

  init(block: MemoryBlock, axes: UnsafeMutablePointer<Int64>) {
    self.block = block
    self.axes = axes
  }

  deinit { axes.deallocate() }
}

extension DataType {
  /// DLPack's name of the type.
  fileprivate var dlpack: DLDataType {
    let code: UInt8 =
      switch self {
      case .int64: 0
      case .uint8: 1
      case .float16, .float32: 2
      case .bfloat16: 4
      }
    return DLDataType(code: code, bits: UInt8(byteCount * 8), lanes: 1)
  }
}
