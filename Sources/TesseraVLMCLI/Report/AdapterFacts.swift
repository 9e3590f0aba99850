import Tessera
import TesseraCore
import TesseraTerminal
import TesseraVLM

/// What `inspect` says of an adapter that fits a model.
struct AdapterFacts {
  let path: String
  private let adapter: LoRAAdapter
  private let needs: MemoryNeeds
  private let type: DataType

  /// - Throws: `invalidInput` for a directory of a part alone; what `LoRAAdapter` throws.
  init(_ path: String, _ checkpoint: Checkpoint) throws {
    guard case .llava(let config) = checkpoint.config else {
      throw TesseraError(
        .invalidInput(
          operation: "an adapter", expected: "a LLaVA directory", got: "a \(checkpoint.config.kindName)"),
        path: checkpoint.path)
    }
    self.path = path
    adapter = try LoRAAdapter(path, config: config)
    (needs, type) = (MemoryNeeds(config), checkpoint.mainType)
  }

  /// `rank 8, scale 2.0, 21 layers, 53760 numbers`.
  static func words(_ adapter: LoRAAdapter) -> String {
    "\(ranks(adapter)), \(Words.count(adapter.layers.count, "layer")), \(Words.count(adapter.count, "number"))"
  }

  private static func ranks(_ adapter: LoRAAdapter) -> String {
    func list<T: Comparable & Hashable>(_ values: [T]) -> String {
      Set(values).sorted().map { "\($0)" }.joined(separator: ", ")
    }
    return "rank \(list(adapter.layers.map(\.rank))), scale \(list(adapter.layers.map(\.scale)))"
  }

  private var layers: [(part: ParameterSpec.Part, count: Int)] {
    ParameterSpec.Part.allCases.compactMap { part in
      let count = adapter.layers.count { $0.part == part }
      return count == 0 ? nil : (part, count)
    }
  }

  var rows: [[String]] {
    let config = adapter.config
    var rows = [
      [
        "settings",
        "\(Self.ranks(adapter)) (alpha \(config.alpha)\(config.usesRootScaling ? ", over the root of the rank" : ""))",
      ],
      ["layers", layers.map { "\($0.part.rawValue) \($0.count)" }.joined(separator: ", ")],
      ["learns", "\(Words.count(adapter.count, "number")), \(share) of the model's"],
      [
        "to train",
        "\(ByteCount.words(trainingBytes)) by AdamW in float32 over weights of \(type.rawValue), activations not counted",
      ],
    ]
    for (title, tensors) in [("trained whole", adapter.saved), ("replaced", adapter.replaced)]
    where !tensors.isEmpty {
      rows.append([title, tensors.map(\.spec.name).joined(separator: ", ")])
    }
    if config.dropout > 0 {
      rows.append(["dropout", "\(config.dropout), which tessera-vlm does not train with"])
    }
    return rows
  }

  private var share: String {
    let hundredths = (adapter.count * 10_000 + needs.total / 2) / max(needs.total, 1)
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) %"
  }

  /// The model's weights as they are; for each number that learns a weight, a gradient and two moments.
  private var trainingBytes: Int { needs.weightBytes(type) + 16 * adapter.count }

  var json: JSONText {
    func names(_ tensors: [(spec: ParameterSpec, tensor: TorchTensor)]) -> JSONText {
      .array(tensors.map { .string($0.spec.name) })
    }
    return .object([
      ("path", .string(path)), ("rank", .int(adapter.config.rank)), ("alpha", .double(adapter.config.alpha)),
      ("root_scaling", .bool(adapter.config.usesRootScaling)), ("dropout", .double(adapter.config.dropout)),
      ("layers", .object(layers.map { (key: $0.part.rawValue, value: .int($0.count)) })),
      ("parameters", .int(adapter.count)), ("training", .int(trainingBytes)),
      ("trained_whole", names(adapter.saved)),
      ("replaced", names(adapter.replaced)),
    ])
  }
}
