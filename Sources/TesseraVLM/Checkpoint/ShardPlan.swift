package import TesseraCore
internal import TesseraData

/// Which file each tensor goes into, as transformers divides them.
///
/// In the model's order, a file is closed when the next tensor would make it larger than the limit; a tensor larger
/// than the limit gets a file of its own. Inside a file the order is that of the safetensors library: by type, the
/// largest first, then by name, so that the same weights give the same bytes as theirs.
package struct ShardPlan {
  package struct Tensor {
    package var spec: ParameterSpec
    /// What it is called in the file.
    package var storedName: String
    package var dataType: DataType
    package var byteCount: Int { spec.count * dataType.byteCount }

    /// - Parameter storedName: nil for the parameter's own.
    package init(spec: ParameterSpec, storedName: String? = nil, dataType: DataType) {
      (self.spec, self.storedName, self.dataType) = (spec, storedName ?? spec.name, dataType)
    }
  }

  /// A file's name and its tensors in the order in which they are written.
  package let files: [(name: String, tensors: [Tensor])]

  package init(_ tensors: [Tensor], limit: Int) {
    var groups: [[Tensor]] = []
    var current: [Tensor] = []
    var size = 0
    for tensor in tensors {
      if tensor.byteCount > limit {
        groups.append([tensor])
        continue
      }
      if size + tensor.byteCount > limit {
        groups.append(current)
        (current, size) = ([], 0)
      }
      current.append(tensor)
      size += tensor.byteCount
    }
    if !current.isEmpty { groups.append(current) }
    let count = groups.count
    files = groups.enumerated().map { index, group in
      let name =
        count == 1
        ? WeightsDirectory.single
        : "model-\(Self.five(index + 1))-of-\(Self.five(count)).safetensors"
      return (name, group.sorted(by: Self.isBefore))
    }
  }

  package var byteCount: Int { files.reduce(0) { $0 + $1.tensors.reduce(0) { $0 + $1.byteCount } } }
  package var parameterCount: Int { files.reduce(0) { $0 + $1.tensors.reduce(0) { $0 + $1.spec.count } } }

  /// `model.safetensors.index.json`; nil where one file holds all.
  package var index: JSONValue? {
    guard files.count > 1 else { return nil }
    let map = files.flatMap { file in file.tensors.map { ($0.storedName, JSONValue.string(file.name)) } }
    return .object([
      (
        "metadata",
        .object([("total_parameters", .int(parameterCount)), ("total_size", .int(byteCount))])
      ), ("weight_map", .object(map.map { (name: $0.0, value: $0.1) })),
    ])
  }

  private static func five(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  private static func isBefore(_ a: Tensor, _ b: Tensor) -> Bool {
    let (x, y) = (rank(a.dataType), rank(b.dataType))
    return x != y ? x > y : a.storedName.unicodeScalars.lexicographicallyPrecedes(b.storedName.unicodeScalars)
  }

  private static func rank(_ type: DataType) -> Int {
    SafetensorsType.allCases.firstIndex(of: SafetensorsType(type)) ?? 0
  }
}
