private import Foundation
internal import TesseraCore
internal import TesseraData

/// The weights of a directory: `model.safetensors`, or the shards that `model.safetensors.index.json` lists.
public struct WeightsDirectory: Sendable {
  public let path: String
  /// File by file, in the order of their places.
  public let weights: [StoredWeight]
  /// The files, without their directory.
  public let files: [String]
  private let places: [String: Int]

  static let single = "model.safetensors"
  static let index = "model.safetensors.index.json"
  /// The index names every tensor in about 100 bytes; no model has a million.
  static let indexLimit = 100_000_000

  /// Opens a directory; headers are read, weights are not.
  ///
  /// - Throws: `io`, what `WeightsFile` throws, `corrupt` for an index that does not say what is there,
  ///   `invalidInput` where there are no safetensors at all.
  public init(_ path: String) throws {
    self.path = path
    // With both there, transformers reads the single file too.
    if try FileIO.sizeIfThere("\(path)/\(Self.single)") != nil {
      files = [Self.single]
      weights = try WeightsFile("\(path)/\(Self.single)").weights
    } else if try FileIO.sizeIfThere("\(path)/\(Self.index)") != nil {
      (files, weights) = try Self.sharded(path)
    } else {
      throw Self.noWeights(path)
    }
    places = Dictionary(weights.enumerated().map { ($1.name, $0) }) { first, _ in first }
  }

  /// The tensor of a name in the files.
  ///
  /// - Complexity: O(1).
  public subscript(name: String) -> StoredWeight? { places[name].map { weights[$0] } }

  private static func sharded(_ path: String) throws -> ([String], [StoredWeight]) {
    let indexPath = "\(path)/\(index)"
    let map = try weightMap(indexPath)
    var weights: [StoredWeight] = []
    let files = Set(map.values).sorted()
    for file in files {
      guard try FileIO.sizeIfThere("\(path)/\(file)") != nil else {
        let name = map.filter { $0.value == file }.keys.min() ?? ""
        throw fault("weight_map sends '\(name)' to '\(file)', which is not there", indexPath)
      }
      for weight in try WeightsFile("\(path)/\(file)").weights {
        guard let said = map[weight.name] else {
          throw fault("'\(weight.name)' in \(file) is not in weight_map", indexPath)
        }
        guard said == file else {
          throw fault("weight_map sends '\(weight.name)' to '\(said)', it is in '\(file)'", indexPath)
        }
        weights.append(weight)
      }
    }
    if weights.count != map.count {
      let found = Set(weights.map(\.name))
      let name = map.keys.filter { !found.contains($0) }.min() ?? ""
      throw fault("weight_map sends '\(name)' to '\(map[name] ?? "")', which has no such tensor", indexPath)
    }
    return (files, weights)
  }

  private static func weightMap(_ path: String) throws -> [String: String] {
    let bytes = try FileIO.read(path, limit: indexLimit, isRegular: true)
    let value: JSONValue
    do { value = try JSONReader.read(bytes) } catch let error as TesseraError { throw error.with(path: path) }
    guard case .object(let members)? = value["weight_map"] else {
      throw fault("weight_map must be an object, is \(value["weight_map"]?.kind ?? "not there")", path)
    }
    var map: [String: String] = [:]
    map.reserveCapacity(members.count)
    for (name, file) in members {
      guard case .string(let text) = file else {
        throw fault("weight_map.\(name) must be a file's name, is \(file.kind)", path)
      }
      // A path out of the directory would read whatever the index's author likes.
      guard isPlainName(text) else {
        throw fault("weight_map.\(name) must be a file of this directory, is '\(text)'", path)
      }
      guard map.updateValue(text, forKey: name) == nil else {
        throw fault("weight_map has '\(name)' twice", path)
      }
    }
    return map
  }

  private static func isPlainName(_ text: String) -> Bool {
    !text.isEmpty && !text.hasPrefix(".") && text.utf8.allSatisfy { $0 != UInt8(ascii: "/") && $0 != 0 }
  }

  private static func fault(_ detail: String, _ path: String) -> TesseraError {
    TesseraError(.corrupt(format: "the index of the shards", detail: detail), path: path)
  }

  private static func noWeights(_ path: String) -> TesseraError {
    let pickles = ["pytorch_model.bin", "pytorch_model.bin.index.json"]
    let found = pickles.first { FileIO.size("\(path)/\($0)") != nil }
    let got =
      found.map {
        "\($0), a pickle, which can run code: load it once in transformers and save it with "
          + "save_pretrained(…, safe_serialization=True)"
      } ?? (FileIO.isFolder(path) ? "neither" : "no such directory")
    return TesseraError(
      .invalidInput(operation: "a directory of weights", expected: "\(single) or \(index)", got: got),
      path: path)
  }
}
