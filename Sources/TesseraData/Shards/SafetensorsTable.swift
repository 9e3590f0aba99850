internal import TesseraCore

/// What the head of a safetensors file says, checked: the one reader of the format.
///
/// Refused before anything else is read or allocated: a length that the file does not have, JSON that is none, a
/// name twice, a shape whose product overflows or does not fill its place, gaps, overlaps, places behind the end.
package struct SafetensorsTable: Sendable {
  /// One tensor.
  package struct Entry: Sendable, Equatable {
    package let name: String
    /// The type as the file names it.
    package let code: String
    /// Nil where the format has no such type.
    package let type: SafetensorsType?
    package let shape: [Int]
    /// Where the elements lie, counted from the end of the header.
    package let bytes: Range<Int>
  }

  /// In the order of their places.
  package private(set) var entries: [Entry] = []
  package private(set) var metadata: [String: String] = [:]
  /// Where the elements start in the file.
  package let dataStart: Int
  private var places: [String: Int] = [:]

  /// The tensor of a name.
  ///
  /// - Complexity: O(1).
  package subscript(name: String) -> Entry? { places[name].map { entries[$0] } }

  /// Reads the head of a whole file: every byte of it must belong to the header or to a tensor.
  ///
  /// - Throws: `truncated`, `limitExceeded` for a header over 100 MB, `corrupt`.
  package init(_ file: MappedFile) throws {
    guard file.byteCount >= 8 else {
      throw TesseraError(.truncated(format: "safetensors", expected: 8, got: file.byteCount, unit: "bytes"))
    }
    let start = try file.withBytes(0..<8) { try Self.dataStart($0, size: file.byteCount) }
    let rest = file.byteCount - start
    self = try file.withBytes(8..<start) { try Self(json: $0, available: rest) }
    guard byteCount == rest else {
      throw Self.fault("\(rest - byteCount) bytes behind the last tensor")
    }
  }

  /// Where the elements start, by the file's first eight bytes.
  ///
  /// - Throws: `limitExceeded`, `truncated`.
  static func dataStart(_ prefix: UnsafeRawBufferPointer, size: Int) throws -> Int {
    let length = prefix.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    // A length of more bytes than a number can count has no place in the fact about it.
    guard length <= Int.max else {
      throw fault(
        "the header is said to have \(length) bytes, at most \(SafetensorsHeader.limit) are allowed")
    }
    guard length <= SafetensorsHeader.limit else {
      throw TesseraError(
        .limitExceeded(
          what: "bytes of the safetensors header", limit: SafetensorsHeader.limit,
          found: Int(length)))
    }
    let start = 8 + Int(length)
    guard size >= start else {
      throw TesseraError(.truncated(format: "safetensors", expected: start, got: size, unit: "bytes"))
    }
    return start
  }

  /// Bytes of all elements.
  package var byteCount: Int { entries.last?.bytes.upperBound ?? 0 }

  /// Reads the JSON of a header whose elements may take `available` bytes.
  ///
  /// - Throws: `corrupt`, `truncated`.
  /// - Complexity: O(*n* log *n*) for *n* tensors.
  package init(json: UnsafeRawBufferPointer, available: Int) throws {
    dataStart = 8 + json.count
    var names: Set<String> = []
    do {
      var reader = JSONReader(json, base: 8)
      reader.skipSpace()
      guard reader.peek == UInt8(ascii: "{") else { throw reader.wrong("'{'") }
      guard case .object(let members) = try reader.document() else { throw reader.wrong("'{'") }
      entries.reserveCapacity(members.count)
      for (name, value) in members {
        guard names.insert(name).inserted else { throw Self.fault("two tensors are named '\(name)'") }
        if name == "__metadata__" {
          metadata = try Self.texts(value)
        } else {
          entries.append(try Self.entry(name, value))
        }
      }
    } catch let error as TesseraError {
      throw Self.ofHeader(error)
    }
    entries.sort { ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound) }
    var end = 0
    for (index, entry) in entries.enumerated() {
      guard entry.bytes.lowerBound == end else {
        let what = entry.bytes.lowerBound < end ? "overlaps the tensor" : "leaves a gap"
        throw Self.fault(
          "'\(entry.name)' at \(entry.bytes.lowerBound) \(what) before it, which ends at \(end)")
      }
      end = entry.bytes.upperBound
      places[entry.name] = index
    }
    guard end <= available else {
      throw TesseraError(.truncated(format: "safetensors", expected: end, got: available, unit: "bytes"))
    }
  }

  private static func texts(_ value: JSONValue) throws -> [String: String] {
    guard case .object(let pairs) = value else { throw fault("the metadata is \(value.kind), not an object") }
    var texts: [String: String] = [:]
    for pair in pairs {
      guard case .string(let text) = pair.value else {
        throw fault("metadata '\(pair.name)' is \(pair.value.kind), not a string")
      }
      texts[pair.name] = text
    }
    return texts
  }

  private static func entry(_ name: String, _ value: JSONValue) throws -> Entry {
    guard case .string(let code)? = value["dtype"] else { throw fault("'\(name)' has no dtype") }
    let shape = try numbers(value["shape"], "shape", name)
    let ends = try numbers(value["data_offsets"], "data_offsets", name)
    guard ends.count == 2, ends[0] <= ends[1] else { throw fault("the place of '\(name)' is \(ends)") }
    let type = SafetensorsType(rawValue: code)
    if let type {
      guard let needed = type.byteCount(shape) else {
        throw fault("'\(name)' has a shape that no file can hold: \(shape) of \(code)")
      }
      guard needed == ends[1] - ends[0] else {
        throw fault(
          "'\(name)' of shape \(shape) and dtype \(code) needs \(needed) bytes, its place \(ends) has "
            + "\(ends[1] - ends[0])\(fitting(shape, ends[1] - ends[0]))")
      }
    }
    return Entry(name: name, code: code, type: type, shape: shape, bytes: ends[0]..<ends[1])
  }

  /// Which dtypes need as many bytes as the place has: it may be the dtype that is wrong.
  private static func fitting(_ shape: [Int], _ bytes: Int) -> String {
    let types: [SafetensorsType] = [.float32, .bfloat16, .float16, .float64, .int64, .uint8]
    let codes = types.filter { $0.byteCount(shape) == bytes }.map(\.rawValue)
    return codes.isEmpty ? "" : ", as many as dtype \(codes.joined(separator: " or ")) needs"
  }

  private static func numbers(_ value: JSONValue?, _ key: String, _ name: String) throws -> [Int] {
    guard case .array(let values)? = value else { throw fault("'\(name)' has no list \(key)") }
    return try values.map {
      guard case .int(let number) = $0, number >= 0 else {
        throw fault("\(key) of '\(name)' must be whole numbers from 0 on")
      }
      return number
    }
  }

  private static func fault(_ detail: String) -> TesseraError {
    TesseraError(.corrupt(format: "safetensors", detail: detail))
  }

  /// What is wrong with JSON is wrong with the header of a safetensors file.
  private static func ofHeader(_ error: TesseraError) -> TesseraError {
    switch error.reason {
    case .corrupt(format: "JSON", let detail): fault("the header is not the JSON it must be: \(detail)")
    case .truncated(format: "JSON", _, let got, _): fault("the header's JSON ends early, at byte \(got)")
    default: error
    }
  }
}
