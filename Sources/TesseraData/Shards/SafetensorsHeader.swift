private import Foundation
public import TesseraCore

/// The head of a safetensors file: names, types, shapes and places of its tensors, and metadata.
///
/// The file is 8 bytes of length (little-endian), so many bytes of JSON padded with spaces, and the elements
/// without gaps. Source: the format's description in the safetensors repository.
public struct SafetensorsHeader: Sendable, Equatable {
  /// One tensor's description.
  public struct Entry: Sendable, Equatable {
    public var name: String
    public var dataType: DataType
    public var shape: [Int]
    /// Where the elements lie, counted from the end of the header.
    public var bytes: Range<Int>
  }

  /// In the order of their places.
  public var entries: [Entry] = []
  public var metadata: [String: String] = [:]

  public init() {}

  /// Bytes of all elements.
  public var byteCount: Int { entries.last?.bytes.upperBound ?? 0 }

  /// Adds a tensor behind the last.
  public mutating func append(_ name: String, shape: [Int], dataType: DataType) {
    let start = byteCount
    let size = shape.reduce(1, *) * dataType.byteCount
    entries.append(Entry(name: name, dataType: dataType, shape: shape, bytes: start..<start + size))
  }

  /// The description of the tensor `name`.
  public subscript(name: String) -> Entry? { entries.first { $0.name == name } }

  /// Length and JSON, padded with spaces to a multiple of 8 and to at least `minimum` bytes.
  public func encoded(minimum: Int = 0) -> [UInt8] {
    var pairs: [(key: String, value: JSONText)] = []
    if !metadata.isEmpty {
      let sorted = metadata.sorted { $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars) }
      pairs.append(("__metadata__", .object(sorted.map { ($0.key, .string($0.value)) })))
    }
    for entry in entries {
      pairs.append(
        (
          entry.name,
          .object([
            ("dtype", .string(Self.code(entry.dataType))), ("shape", .array(entry.shape.map { .int($0) })),
            ("data_offsets", .array([.int(entry.bytes.lowerBound), .int(entry.bytes.upperBound)])),
          ])
        ))
    }
    var json = Array(JSONText.object(pairs).text.utf8)
    let wanted = max(json.count, minimum - 8)
    json += Array(repeating: UInt8(ascii: " "), count: (wanted + 7) / 8 * 8 - json.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) } + json
  }

  /// The format's name of an element type.
  static func code(_ dataType: DataType) -> String {
    switch dataType {
    case .uint8: "U8"
    case .int64: "I64"
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .float32: "F32"
    }
  }
}

extension SafetensorsHeader {
  /// The format's limit on the header: 100 MB.
  static let limit = 100_000_000

  /// Reads the JSON of a header whose elements take `available` bytes.
  ///
  /// - Throws: `corrupt`, `truncated`, or `unsupported` for an element type that is not ours.
  public init(json: [UInt8], available: Int) throws {
    let parsed: [String: Field]
    do { parsed = try JSONDecoder().decode([String: Field].self, from: Data(json)) } catch {
      throw TesseraError(.corrupt(format: "safetensors", detail: "the header is not the JSON it must be"))
    }
    for (name, field) in parsed {
      switch field {
      case .metadata(let values): metadata = values
      case .tensor(let tensor): entries.append(try tensor.entry(name))
      }
    }
    entries.sort { ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound) }
    var end = 0
    for entry in entries {
      guard entry.bytes.lowerBound == end else {
        throw TesseraError(.corrupt(format: "safetensors", detail: "gap or overlap before '\(entry.name)'"))
      }
      end = entry.bytes.upperBound
    }
    guard end <= available else {
      throw TesseraError(.truncated(format: "safetensors", expected: end, got: available, unit: "bytes"))
    }
  }

  private enum Field: Decodable {
    case metadata([String: String])
    case tensor(Fields)

    init(from decoder: any Decoder) throws {
      if decoder.codingPath.last?.stringValue == "__metadata__" {
        self = .metadata(try [String: String](from: decoder))
      } else {
        self = .tensor(try Fields(from: decoder))
      }
    }
  }

  private struct Fields: Decodable {
    var dtype: String
    var shape: [Int]
    var data_offsets: [Int]

    func entry(_ name: String) throws -> Entry {
      guard let type = DataType.allCases.first(where: { SafetensorsHeader.code($0) == dtype }) else {
        throw TesseraError(.unsupported(format: "safetensors", feature: "type \(dtype) of '\(name)'"))
      }
      var size = type.byteCount
      for extent in shape {
        let product = size.multipliedReportingOverflow(by: extent)
        guard extent >= 0, !product.overflow else {
          throw TesseraError(.corrupt(format: "safetensors", detail: "shape \(shape) of '\(name)'"))
        }
        size = product.partialValue
      }
      guard data_offsets.count == 2, data_offsets[0] >= 0, data_offsets[1] >= data_offsets[0],
        data_offsets[1] - data_offsets[0] == size
      else {
        throw TesseraError(
          .corrupt(
            format: "safetensors", detail: "'\(name)' needs \(size) bytes, its place is \(data_offsets)"))
      }
      return Entry(name: name, dataType: type, shape: shape, bytes: data_offsets[0]..<data_offsets[1])
    }
  }
}
