import Foundation
public import Tessera

/// Stored results of a large library (torchvision, transformers): `Tests/Golden/<name>/golden.safetensors`.
///
/// `make oracle` runs `Tests/Golden/<name>/make.py`, which asks the live library and writes the file: tensors
/// by name, and in `__metadata__` the versions and `cases`, a JSON list of objects.
public struct Golden: Sendable {
  /// One case: whatever parameters the script stored.
  public struct Case: Sendable, CustomStringConvertible {
    let fields: [String: Field]

    public func string(_ key: String) throws -> String { try value(key) }
    public func int(_ key: String) throws -> Int { Int(try double(key)) }
    public func double(_ key: String) throws -> Double { try value(key) }
    public func doubles(_ key: String) throws -> [Double] { try value(key) }
    public func ints(_ key: String) throws -> [Int] { try doubles(key).map { Int($0) } }
    public func has(_ key: String) -> Bool { fields[key] != nil }
    public var description: String { fields["name"].map { "\($0.value)" } ?? "\(fields.keys.sorted())" }

    private func value<T>(_ key: String) throws -> T {
      guard let value = fields[key]?.value as? T else {
        throw Oracle.Failure(description: "golden case has no \(T.self) '\(key)': \(fields)")
      }
      return value
    }
  }

  /// A JSON value of a kind that cases use.
  enum Field: Sendable, Decodable {
    case string(String), number(Double), numbers([Double]), bool(Bool), other

    init(from decoder: any Decoder) throws {
      let box = try decoder.singleValueContainer()
      if let v = try? box.decode(Bool.self) {
        self = .bool(v)
      } else if let v = try? box.decode(Double.self) {
        self = .number(v)
      } else if let v = try? box.decode(String.self) {
        self = .string(v)
      } else if let v = try? box.decode([Double].self) {
        self = .numbers(v)
      } else {
        self = .other
      }
    }

    var value: Any {
      switch self {
      case .string(let v): v
      case .number(let v): v
      case .numbers(let v): v
      case .bool(let v): v
      case .other: "…"
      }
    }
  }

  struct Entry: Sendable {
    var dtype: String
    var shape: [Int]
    var range: Range<Int>
  }

  public let cases: [Case]
  /// What wrote the file, e.g. `torchvision 0.29.2`.
  public let versions: String
  private let entries: [String: Entry]
  private let data: [UInt8]

  public init(_ name: String) throws {
    let file = try Repository.bytes("Tests/Golden/\(name)/golden.safetensors")
    let length = file.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    guard let header = try JSONSerialization.jsonObject(with: Data(file[8..<8 + length])) as? [String: Any]
    else {
      throw Oracle.Failure(description: "golden \(name): no header")
    }
    let metadata = header["__metadata__"] as? [String: String] ?? [:]
    versions = metadata["versions"] ?? ""
    cases = try JSONDecoder().decode([[String: Field]].self, from: Data((metadata["cases"] ?? "[]").utf8))
      .map(Case.init)
    var entries: [String: Entry] = [:]
    for (key, value) in header where key != "__metadata__" {
      guard let value = value as? [String: Any], let dtype = value["dtype"] as? String,
        let shape = value["shape"] as? [Int], let ends = value["data_offsets"] as? [Int]
      else { throw Oracle.Failure(description: "golden \(name): tensor \(key) is malformed") }
      entries[key] = Entry(dtype: dtype, shape: shape, range: ends[0]..<ends[1])
    }
    self.entries = entries
    data = Array(file[(8 + length)...])
  }

  private func entry(_ name: String, _ dtype: String) throws -> Entry {
    guard let entry = entries[name], entry.dtype == dtype else {
      throw Oracle.Failure(description: "golden has no \(dtype) tensor '\(name)': \(entries.keys.sorted())")
    }
    return entry
  }

  /// A uint8 tensor `[H, W]` or `[H, W, C]` as a picture.
  public func image(_ name: String) throws -> Image {
    let entry = try entry(name, "U8")
    let channels = entry.shape.count == 3 ? entry.shape[2] : 1
    let format: PixelFormat = [1: .gray, 2: .grayAlpha, 3: .rgb, 4: .rgba][channels]!
    return Image(
      size: Size(width: entry.shape[1], height: entry.shape[0]), format: format,
      bytes: Array(data[entry.range]))
  }

  /// A float32 tensor.
  public func floats(_ name: String) throws -> Tensor<Float> {
    let entry = try entry(name, "F32")
    return Tensor(shape: entry.shape, load(entry))
  }

  /// The elements of a float64 tensor.
  public func doubles(_ name: String) throws -> [Double] { load(try entry(name, "F64")) }

  /// The elements of a uint8 tensor.
  public func bytes(_ name: String) throws -> [UInt8] { Array(data[try entry(name, "U8").range]) }

  private func load<T: BitwiseCopyable>(_ entry: Entry) -> [T] {
    data[entry.range].withUnsafeBytes { raw in
      (0..<raw.count / MemoryLayout<T>.stride).map {
        raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.stride, as: T.self)
      }
    }
  }
}
