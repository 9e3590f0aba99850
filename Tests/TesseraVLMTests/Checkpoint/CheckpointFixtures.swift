import Foundation
import TestSupport
import Tessera
import TesseraCore
import TesseraData
import TesseraVLM

/// A tiny model of transformers: its config and what it calls its parameters (`Tests/Golden/checkpoints`).
struct TinyModel: Sendable, CustomStringConvertible {
  let version: String
  let name: String
  let config: JSONValue
  /// Names and shapes in its file, and in memory.
  let file: [(name: String, shape: [Int])]
  let memory: [(name: String, shape: [Int])]

  var description: String { "\(name), transformers \(version)" }

  /// All that one version wrote.
  static func all(_ version: String) throws -> [TinyModel] {
    let value = try JSONReader.read(try Repository.bytes("Tests/Golden/checkpoints/keys-\(version).json"))
    guard case .array(let cases)? = value["cases"] else { return [] }
    return cases.compactMap { item in
      guard case .string(let name)? = item["name"], let config = item["config"] else { return nil }
      return TinyModel(
        version: version, name: name, config: config, file: shapes(item["file"]),
        memory: shapes(item["memory"]))
    }
  }

  static func named(_ name: String, _ version: String = "4") throws -> TinyModel {
    guard let found = try all(version).first(where: { $0.name == name }) else {
      throw TesseraError(.unknownFormat(firstBytes: []), path: "case \(name) of transformers \(version)")
    }
    return found
  }

  private static func shapes(_ value: JSONValue?) -> [(name: String, shape: [Int])] {
    guard case .object(let members)? = value else { return [] }
    return members.map { name, value in
      guard case .array(let list) = value else { return (name, []) }
      return (name, list.map { if case .int(let extent) = $0 { extent } else { -1 } })
    }
  }

  /// Writes the model's directory; every element is a number of its own unless `zeros`.
  func write(
    _ folder: String, _ names: [(name: String, shape: [Int])]? = nil, config: JSONValue? = nil
  ) throws {
    try FileIO.makeFolder(folder)
    let text = JSONText(copying: config ?? self.config).text
    try Data(text.utf8).write(to: URL(filePath: "\(folder)/config.json"))
    try Self.writeWeights(names ?? file, to: "\(folder)/model.safetensors")
  }

  /// A file of float32 numbers: the tensor's number in the list, and the element's.
  static func writeWeights(_ names: [(name: String, shape: [Int])], to path: String) throws {
    var tensors: [String: AnyTensor] = [:]
    for (index, (name, shape)) in names.enumerated() {
      let count = shape.reduce(1, *)
      tensors[name] = .float32(Tensor(shape: shape, (0..<count).map { Float(index) + Float($0) / 4096 }))
    }
    try SafetensorsFile.write(tensors, metadata: ["format": "pt"], to: path)
  }
}

extension JSONText {
  init(copying value: JSONValue) {
    self =
      switch value {
      case .null: .null
      case .bool(let flag): .bool(flag)
      case .int(let number): .int(number)
      case .double(let number): .double(number)
      case .string(let text): .string(text)
      case .array(let values): .array(values.map { JSONText(copying: $0) })
      case .object(let members): .object(members.map { ($0.name, JSONText(copying: $0.value)) })
      }
  }
}

extension JSONValue {
  /// The object with a member set, at a path like `text_config.hidden_act`; nil takes it away.
  func setting(_ path: String, _ value: JSONValue?) -> JSONValue {
    guard case .object(var members) = self else { return self }
    let parts = path.split(separator: ".", maxSplits: 1).map(String.init)
    let new = parts.count == 1 ? value : (self[parts[0]] ?? .object([])).setting(parts[1], value)
    members.removeAll { $0.name == parts[0] }
    if let new { members.append((parts[0], new)) }
    return .object(members)
  }
}

/// A safetensors file of a header's text and so many zero bytes.
func safetensors(_ json: String, zeros: Int) -> [UInt8] {
  let length = UInt64(json.utf8.count)
  return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(json.utf8)
    + Array(repeating: 0, count: zeros)
}

/// The description of the error that `body` throws; a failure text where it throws none or one of another type.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "nothing was thrown"
  } catch let error as TesseraError { return error.description } catch { return "another error: \(error)" }
}
