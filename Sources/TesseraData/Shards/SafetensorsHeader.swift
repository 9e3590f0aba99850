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
  public var entries: [Entry] {
    get { list }
    set {
      list = newValue
      places = Dictionary(newValue.enumerated().map { ($1.name, $0) }) { first, _ in first }
    }
  }
  public var metadata: [String: String] = [:]
  private var list: [Entry] = []
  /// Where in the list a name is (its first, as of a search from the front).
  private var places: [String: Int] = [:]

  public init() {}

  /// Bytes of all elements.
  public var byteCount: Int { entries.last?.bytes.upperBound ?? 0 }

  /// Adds a tensor behind the last.
  public mutating func append(_ name: String, shape: [Int], dataType: DataType) {
    let start = byteCount
    let size = shape.reduce(1, *) * dataType.byteCount
    if places[name] == nil { places[name] = list.count }
    list.append(Entry(name: name, dataType: dataType, shape: shape, bytes: start..<start + size))
  }

  /// The description of the tensor `name`.
  ///
  /// - Complexity: O(1).
  public subscript(name: String) -> Entry? { places[name].map { list[$0] } }

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
  static func code(_ dataType: DataType) -> String { SafetensorsType(dataType).rawValue }
}

extension SafetensorsHeader {
  /// The format's limit on the header: 100 MB.
  static let limit = 100_000_000

  /// Reads the JSON of a header whose elements take `available` bytes.
  ///
  /// - Throws: `corrupt`, `truncated`, or `unsupported` for an element type that is not ours.
  public init(json: [UInt8], available: Int) throws {
    let table = try json.withUnsafeBytes { try SafetensorsTable(json: $0, available: available) }
    metadata = table.metadata
    entries = try table.entries.map { entry in
      guard let type = entry.type?.dataType else {
        throw TesseraError(
          .unsupported(format: "safetensors", feature: "type \(entry.code) of '\(entry.name)'"))
      }
      return Entry(name: entry.name, dataType: type, shape: entry.shape, bytes: entry.bytes)
    }
  }
}
