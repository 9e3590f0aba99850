internal import CTorch
internal import TesseraCore

/// The one way in which libtorch's refusals become Swift's.
enum TorchFailure {
  /// libtorch's message of the calling thread's last failure.
  static var lastMessage: String { String(cString: ct_last_error()) }

  /// The failure as an error of an operation.
  static func error(_ operation: String) -> TesseraError {
    TesseraError(.invalidInput(operation: operation, expected: "what libtorch accepts", got: lastMessage))
  }

  /// Stops the program with libtorch's message.
  static func trap(_ operation: String) -> Never {
    // Not preconditionFailure: its message is lost in a release build.
    fatalError("\(operation): \(lastMessage)")
  }
}

extension TorchTensor {
  /// The tensor of a handle; NULL is the caller's mistake, and traps with libtorch's message.
  static func checked(_ handle: ct_tensor?, _ operation: String = #function) -> TorchTensor {
    guard let handle else { TorchFailure.trap(operation) }
    return TorchTensor(owning: handle)
  }

  /// Traps unless a status is 0.
  static func check(_ status: Int32, _ operation: String = #function) {
    if status != 0 { TorchFailure.trap(operation) }
  }

  /// The tensor of a handle; NULL throws libtorch's message.
  static func tried(_ handle: ct_tensor?, _ operation: String = #function) throws -> TorchTensor {
    guard let handle else { throw TorchFailure.error(operation) }
    return TorchTensor(owning: handle)
  }
}

/// Calls `body` with extents as C takes them.
func withInts<R>(_ values: [Int], _ body: (UnsafePointer<Int64>?, Int) -> R) -> R {
  values.withUnsafeBufferPointer { buffer in
    buffer.withMemoryRebound(to: Int64.self) { body($0.baseAddress, $0.count) }
  }
}

/// Calls `body` with the tensors' handles, and keeps the tensors alive meanwhile.
func withHandles<R>(_ tensors: [TorchTensor], _ body: (UnsafePointer<ct_tensor?>?, Int) -> R) -> R {
  withExtendedLifetime(tensors) {
    let handles = tensors.map { Optional($0.handle) }
    return handles.withUnsafeBufferPointer { body($0.baseAddress, $0.count) }
  }
}
