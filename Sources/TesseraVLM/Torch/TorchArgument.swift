internal import CTorch

/// One argument of an operator that is called by its name.
public enum TorchArgument: Sendable {
  /// Python's `None`.
  case none
  /// What the operator's schema says.
  case `default`
  case tensor(TorchTensor)
  case int(Int)
  case double(Double)
  case bool(Bool)
  case ints([Int])
  case doubles([Double])
  case bools([Bool])
  case tensors([TorchTensor])
  /// A list with absent tensors, as `index` takes.
  case optionalTensors([TorchTensor?])
  case string(String)
  case type(TorchType)
  case device(TorchDevice)
  case number(TorchScalar)

  /// A tensor, or `none`.
  public static func optional(_ tensor: TorchTensor?) -> TorchArgument { tensor.map { .tensor($0) } ?? .none }
  /// A double, or `none`.
  public static func optional(_ value: Double?) -> TorchArgument { value.map { .double($0) } ?? .none }
}

extension TorchTensor {
  /// Whether this libtorch has an operator, such as `"rms_norm"`; names without a namespace are `aten`'s.
  public static func hasOperator(_ name: String, overload: String = "") -> Bool {
    ct_has_operator(qualified(name), overload)
  }

  /// Calls any operator of libtorch by its name, with arguments in its schema's order.
  ///
  /// Those left out at the end take the schema's defaults. Lists of tensors come out flat, numbers as scalars.
  /// - Throws: `invalidInput` with libtorch's message: no such operator, wrong arguments.
  public static func call(
    _ name: String, overload: String = "", _ arguments: [TorchArgument]
  ) throws -> [TorchTensor] {
    guard let results = invoke(qualified(name), overload, arguments) else { throw TorchFailure.error(name) }
    return results
  }

  /// A boxed call that gives one tensor; traps with libtorch's message.
  static func operation(_ name: String, overload: String = "", _ arguments: TorchArgument...) -> TorchTensor {
    guard let results = invoke(qualified(name), overload, arguments) else { TorchFailure.trap(name) }
    precondition(results.count == 1, "\(name) gave \(results.count) tensors")
    return results[0]
  }

  /// A boxed call that gives a list; traps with libtorch's message.
  static func operations(_ name: String, overload: String = "", _ arguments: TorchArgument...)
    -> [TorchTensor]
  {
    guard let results = invoke(qualified(name), overload, arguments) else { TorchFailure.trap(name) }
    return results
  }

  /// A boxed call that gives values and their indices; traps with libtorch's message.
  static func pair(
    _ name: String, overload: String = "", _ arguments: TorchArgument...
  ) -> (values: TorchTensor, indices: TorchTensor) {
    guard let results = invoke(qualified(name), overload, arguments) else { TorchFailure.trap(name) }
    precondition(results.count == 2, "\(name) gave \(results.count) tensors")
    return (results[0], results[1])
  }

  private static func qualified(_ name: String) -> String { name.contains("::") ? name : "aten::\(name)" }

  /// Nil if libtorch refuses.
  private static func invoke(
    _ name: String, _ overload: String, _ arguments: [TorchArgument]
  ) -> [TorchTensor]? {
    let memory = ArgumentMemory()
    let raw = arguments.map(memory.raw)
    // More than any operator gives, but for lists (chunk, split), which are as long as their input says.
    let capacity = arguments.reduce(8) { $0 + $1.mayGive }
    return withExtendedLifetime((memory, arguments)) {
      withUnsafeTemporaryAllocation(of: ct_tensor?.self, capacity: capacity) { results in
        results.initialize(repeating: nil)
        var written = 0
        let status = ct_call(name, overload, raw, raw.count, results.baseAddress, capacity, &written)
        let tensors = results[..<written].compactMap { $0.map(TorchTensor.init(owning:)) }
        return status == 0 ? tensors : nil
      }
    }
  }
}

extension TorchArgument {
  /// How many tensors of a result list this argument may call for.
  fileprivate var mayGive: Int {
    switch self {
    case .int(let value): value > 0 ? min(value, 4096) : 0
    case .ints(let values): values.count
    case .tensor(let tensor): min(tensor.shape.max() ?? 0, 4096)
    case .tensors(let tensors): tensors.count
    default: 0
    }
  }
}

/// The arrays that a call's arguments point into, for as long as the call lasts.
private final class ArgumentMemory {
  private var blocks: [UnsafeMutableRawPointer] = []

  deinit { for block in blocks { block.deallocate() } }

  private func copy<T: BitwiseCopyable>(_ values: [T]) -> UnsafePointer<T>? {
    guard !values.isEmpty else { return nil }
    let block = UnsafeMutablePointer<T>.allocate(capacity: values.count)
    block.initialize(from: values, count: values.count)
    blocks.append(UnsafeMutableRawPointer(block))
    return UnsafePointer(block)
  }

  private func ints(_ values: [Int]) -> ct_arg {
    var arg = ct_arg()
    arg.kind = CT_ARG_INTS
    arg.integers = copy(values.map(Int64.init))
    arg.count = values.count
    return arg
  }

  private func handles(_ tensors: [TorchTensor?]) -> ct_arg {
    var arg = ct_arg()
    arg.kind = CT_ARG_TENSORS
    arg.tensors = copy(tensors.map { $0?.handle })
    arg.count = tensors.count
    return arg
  }

  func raw(_ argument: TorchArgument) -> ct_arg {
    var arg = ct_arg()
    switch argument {
    case .none: arg.kind = CT_ARG_NONE
    case .default: arg.kind = CT_ARG_DEFAULT
    case .tensor(let tensor):
      arg.kind = CT_ARG_TENSOR
      arg.tensor = tensor.handle
    case .int(let value), .number(.integer(let value)):
      arg.kind = CT_ARG_INT
      arg.integer = Int64(value)
    case .double(let value), .number(.real(let value)):
      arg.kind = CT_ARG_DOUBLE
      arg.real = value
    case .bool(let value):
      arg.kind = CT_ARG_BOOL
      arg.integer = value ? 1 : 0
    case .ints(let values): return ints(values)
    case .bools(let values): return ints(values.map { $0 ? 1 : 0 })
    case .doubles(let values):
      arg.kind = CT_ARG_DOUBLES
      arg.reals = copy(values)
      arg.count = values.count
    case .tensors(let tensors): return handles(tensors)
    case .optionalTensors(let tensors): return handles(tensors)
    case .string(let text):
      arg.kind = CT_ARG_STRING
      arg.text = copy(Array(text.utf8CString))
    case .type(let type):
      arg.kind = CT_ARG_DTYPE
      arg.integer = Int64(type.code)
    case .device(let device):
      arg.kind = CT_ARG_DEVICE
      arg.device = device.raw
    }
    return arg
  }
}
