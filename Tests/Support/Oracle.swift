import Foundation
public import Tessera

/// A live Python with Pillow and numpy of one pinned release: what the real library says.
///
/// `make test` installs the releases into `.oracle/`. One process a release, fed through pipes.
public actor Oracle {
  /// Pillow 13.0, the newest generation.
  public static let pillow13 = Oracle("pillow-13")
  /// Pillow 12.3, the generation before.
  public static let pillow12_3 = Oracle("pillow-12.3")
  /// Pillow 11.3, the oldest generation.
  public static let pillow11 = Oracle("pillow-11")

  /// WebDataset 1.0 with Pillow 13.
  public static let webDataset = Oracle("webdataset")
  /// COCO's own tools, beside Pillow 13.
  public static let coco = Oracle("coco")
  /// Hugging Face's tokenizers 0.23.
  public static let tokenizers = Oracle("tokenizers")
  /// TensorBoard 2.21.
  public static let tensorBoard = Oracle("tensorboard")

  /// The release whose pixels `generation` names.
  public static func of(_ generation: PillowGeneration) -> Oracle {
    switch generation {
    case .pillow11: pillow11
    case .pillow12_3: pillow12_3
    case .pillow13: pillow13
    }
  }

  /// What a snippet gets.
  public enum Input: Sendable {
    /// An array [H, W, C] that knows its mode; `image(a)` makes a PIL picture of it.
    case image(Image)
    /// An ndarray.
    case floats(Tensor<Float>)
    case bytes([UInt8])
    case int(Int)
    case double(Double)
    case string(String)
    case bool(Bool)
    /// Any JSON text.
    case json(String)
  }

  public struct Failure: Error, CustomStringConvertible {
    public var description: String
  }

  private let name: String
  private var process: Process?
  private let toServer = Pipe()
  private let fromServer = Pipe()

  private init(_ name: String) { self.name = name }

  /// Runs Python `code`, which sees `inputs` by their names and sets `out`.
  public func run(_ code: String, _ inputs: [String: Input] = [:]) throws -> Reply {
    try start()
    var items: [[String: Any]] = []
    var blobs = Data()
    for (key, input) in inputs {
      var item: [String: Any] = ["name": key]
      let before = blobs.count
      switch input {
      case .image(let image):
        item["kind"] = "image"
        item["mode"] = image.format.pillowMode
        item["width"] = image.width
        item["height"] = image.height
        image.withUnsafeBytes { blobs.append(contentsOf: $0) }
      case .floats(let tensor):
        item["kind"] = "array"
        item["dtype"] = "float32"
        item["shape"] = tensor.shape
        tensor.withUnsafeBufferPointer { blobs.append(contentsOf: UnsafeRawBufferPointer($0)) }
      case .bytes(let bytes):
        item["kind"] = "bytes"
        blobs.append(contentsOf: bytes)
      case .int(let value): (item["kind"], item["value"]) = ("json", value)
      case .double(let value): (item["kind"], item["value"]) = ("json", value)
      case .string(let value): (item["kind"], item["value"]) = ("json", value)
      case .bool(let value): (item["kind"], item["value"]) = ("json", value)
      case .json(let text):
        item["kind"] = "json"
        item["value"] = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
      }
      item["bytes"] = blobs.count - before
      items.append(item)
    }
    let header = try JSONSerialization.data(withJSONObject: ["code": code, "inputs": items])
    var frame = withUnsafeBytes(of: UInt32(header.count).littleEndian) { Data($0) }
    frame.append(header)
    frame.append(blobs)
    try toServer.fileHandleForWriting.write(contentsOf: frame)
    return try readReply()
  }

  private func readReply() throws -> Reply {
    let length = try read(4).withUnsafeBytes { Int($0.loadUnaligned(as: UInt32.self)) }
    guard let header = try JSONSerialization.jsonObject(with: try read(length)) as? [String: Any] else {
      throw Failure(description: "oracle \(name): reply is no object")
    }
    let blob = try read(header["bytes"] as? Int ?? 0)
    if header["kind"] as? String == "error" {
      throw Failure(description: "oracle \(name): \(header["value"] ?? "unknown error")")
    }
    let value = header["value"].flatMap { value -> Data? in
      try? JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed)
    }
    return Reply(
      kind: header["kind"] as? String ?? "", mode: header["mode"] as? String,
      dtype: header["dtype"] as? String,
      shape: header["shape"] as? [Int] ?? [],
      size: Size(width: header["width"] as? Int ?? 0, height: header["height"] as? Int ?? 0),
      bytes: [UInt8](blob), jsonData: value ?? Data("null".utf8))
  }

  private func read(_ count: Int) throws -> Data {
    var data = Data()
    while data.count < count {
      guard let more = try fromServer.fileHandleForReading.read(upToCount: count - data.count), !more.isEmpty
      else { throw Failure(description: "oracle \(name) ended after \(data.count) of \(count) bytes") }
      data.append(more)
    }
    return data
  }

  private func start() throws {
    guard process == nil else { return }
    let python = Repository.path(".oracle/\(name)/bin/python")
    guard FileManager.default.isExecutableFile(atPath: python) else {
      throw Failure(description: "no oracle at \(python): run `make test`, which installs it")
    }
    let process = Process()
    process.executableURL = URL(filePath: python)
    process.arguments = [Repository.path("Tests/Oracles/server.py")]
    process.standardInput = toServer
    process.standardOutput = fromServer
    try process.run()
    self.process = process
  }
}

/// What a snippet set `out` to.
public struct Reply: Sendable {
  public let kind: String
  public let mode: String?
  public let dtype: String?
  public let shape: [Int]
  let size: Size
  public let bytes: [UInt8]
  let jsonData: Data

  /// The reply as a picture (a PIL picture of mode L, LA, RGB, RGBA or I;16).
  public var image: Image {
    get throws {
      guard kind == "image", let format = PixelFormat.allCases.first(where: { $0.pillowMode == mode }) else {
        throw Oracle.Failure(description: "reply is \(kind) \(mode ?? ""), not a picture that Image can hold")
      }
      return Image(size: size, format: format, bytes: bytes)
    }
  }

  /// The elements of a float32 array.
  public var floats: [Float] { get throws { try array("float32") } }
  /// The elements of a float64 array.
  public var doubles: [Double] { get throws { try array("float64") } }

  private func array<T: BitwiseCopyable>(_ wanted: String) throws -> [T] {
    guard kind == "array", dtype == wanted else {
      throw Oracle.Failure(description: "reply is \(kind) of \(dtype ?? "nothing"), not \(wanted)")
    }
    return bytes.withUnsafeBytes { raw in
      (0..<raw.count / MemoryLayout<T>.stride).map {
        raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.stride, as: T.self)
      }
    }
  }

  /// The reply as a decoded JSON value.
  public func json<T: Decodable>(_ type: T.Type) throws -> T {
    try JSONDecoder().decode(type, from: jsonData)
  }
}
