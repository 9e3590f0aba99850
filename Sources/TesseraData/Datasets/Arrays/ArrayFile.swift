internal import TesseraCore

/// The arrays of one file: npy, npz or safetensors, told apart by the first bytes.
struct ArrayFile: Sendable {
  let path: String
  var arrays: [StoredArray] = []
  var metadata: [String: String] = [:]

  /// Opens a file and checks its headers.
  ///
  /// - Parameters:
  ///   - npyName: what the only array of an npy file is called.
  ///   - wanted: the arrays that will be asked for, nil for all: others in an npz file are not unpacked.
  /// - Throws: `io`, `truncated`, `corrupt`, `unsupported`.
  init(_ path: String, npyName: String, wanted: Set<String>? = nil) throws {
    self.path = path
    do {
      let file = try MappedFile(path)
      let magic = try file.withBytes(0..<min(6, file.byteCount)) { Array($0) }
      if magic == Array(Npy.magic.prefix(6)) {
        arrays = [try Self.npy(file, npyName, 0..<file.byteCount)]
      } else if magic.starts(with: [0x50, 0x4B, 3, 4]) || magic.starts(with: [0x50, 0x4B, 5, 6]) {
        arrays = try Self.npz(file, wanted)
      } else {
        (arrays, metadata) = try Self.safetensors(file)
      }
    } catch let error as TesseraError {
      throw error.with(path: path, stage: .list)
    }
  }

  // MARK: npy and npz

  private static func npy(_ file: MappedFile, _ name: String, _ range: Range<Int>) throws -> StoredArray {
    let layout = try file.withBytes(range) { try NpyLayout($0) }
    return try StoredArray(
      name: name, type: layout.type, shape: layout.shape, file: file, offset: range.lowerBound + layout.start,
      byteCount: range.count - layout.start)
  }

  private static func npz(_ file: MappedFile, _ wanted: Set<String>?) throws -> [StoredArray] {
    let archive = try ZipArchive(file)
    var arrays: [StoredArray] = []
    for member in archive.members where member.name.hasSuffix(".npy") {
      let name = String(member.name.dropLast(4))
      guard !arrays.contains(where: { $0.name == name }) else {
        throw TesseraError(.corrupt(format: "npz", detail: "two arrays are named '\(name)'"))
      }
      if let wanted, !wanted.contains(name) { continue }
      do {
        if member.isDeflated {
          let block = try archive.unpack(member)
          let layout = try NpyLayout(block.bytes)
          arrays.append(
            try StoredArray(
              name: name, type: layout.type, shape: layout.shape, block: block, offset: layout.start))
        } else {
          arrays.append(try npy(file, name, member.bytes))
        }
      } catch let error as TesseraError {
        // Which of the arrays it is.
        guard case .corrupt(let format, let detail) = error.reason, !detail.contains("'\(name)") else {
          throw error
        }
        throw TesseraError(.corrupt(format: format, detail: "'\(member.name)': \(detail)"))
      }
    }
    return arrays
  }

  // MARK: safetensors

  private static func fault(_ detail: String) -> TesseraError {
    TesseraError(.corrupt(format: "safetensors", detail: detail))
  }

  private static func safetensors(_ file: MappedFile) throws -> ([StoredArray], [String: String]) {
    guard file.byteCount >= 8 else {
      throw TesseraError(.truncated(format: "safetensors", expected: 8, got: file.byteCount, unit: "bytes"))
    }
    let length = try file.withBytes(0..<8) { $0.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
    guard length <= SafetensorsHeader.limit else {
      throw TesseraError(
        .limitExceeded(
          what: "bytes of the safetensors header", limit: SafetensorsHeader.limit,
          found: Int(clamping: length)))
    }
    let start = 8 + Int(length)
    guard start <= file.byteCount else {
      throw TesseraError(
        .truncated(format: "safetensors", expected: start, got: file.byteCount, unit: "bytes"))
    }
    let header = try file.withBytes(8..<start) { bytes in
      var reader = JSONReader(bytes, base: 8)
      return try reader.document()
    }
    guard case .object(let members) = header else { throw fault("the header is \(header.kind)") }
    var metadata: [String: String] = [:]
    var entries: [(array: StoredArray, place: Range<Int>)] = []
    var names: Set<String> = []
    for (name, value) in members {
      guard names.insert(name).inserted else { throw fault("two tensors are named '\(name)'") }
      if name == "__metadata__" {
        guard case .object(let pairs) = value else { throw fault("the metadata is \(value.kind)") }
        for pair in pairs {
          guard case .string(let text) = pair.value else {
            throw fault("metadata '\(pair.name)' is no string")
          }
          metadata[pair.name] = text
        }
      } else {
        entries.append(try entry(name, value, file, start))
      }
    }
    try checkPlaces(entries.map { ($0.array.name, $0.place) }, available: file.byteCount - start)
    return (entries.map(\.array), metadata)
  }

  private static func entry(
    _ name: String, _ value: JSONValue, _ file: MappedFile, _ start: Int
  ) throws -> (StoredArray, Range<Int>) {
    guard case .string(let code)? = value["dtype"] else { throw fault("'\(name)' has no dtype") }
    let (shape, ends) = (try numbers(value["shape"], name), try numbers(value["data_offsets"], name))
    guard ends.count == 2, ends[0] <= ends[1], ends[1] <= file.byteCount - start else {
      throw fault("the place of '\(name)' is \(ends), there are \(file.byteCount - start) bytes")
    }
    let type = ElementType(safetensors: code)
    if let size = type.byteCount {
      guard let needed = StoredArray.byteCount(shape, elementSize: size), needed == ends[1] - ends[0] else {
        throw fault("'\(name)' of shape \(shape) does not fill its place \(ends)")
      }
    }
    let array = try StoredArray(
      name: name, type: type, shape: shape, file: file, offset: start + ends[0], byteCount: ends[1] - ends[0])
    return (array, ends[0]..<ends[1])
  }

  private static func numbers(_ value: JSONValue?, _ name: String) throws -> [Int] {
    guard case .array(let values)? = value else { throw fault("'\(name)' has no shape or place") }
    return try values.map {
      guard case .int(let number) = $0, number >= 0 else { throw fault("a number of '\(name)' is wrong") }
      return number
    }
  }

  /// The format allows neither gaps nor overlaps.
  private static func checkPlaces(_ places: [(name: String, place: Range<Int>)], available: Int) throws {
    var end = 0
    for (name, place) in places.sorted(by: {
      ($0.place.lowerBound, $0.place.upperBound) < ($1.place.lowerBound, $1.place.upperBound)
    }) {
      guard place.lowerBound == end else { throw fault("gap or overlap before '\(name)'") }
      end = place.upperBound
    }
    guard end == available else { throw fault("\(available - end) bytes behind the last tensor") }
  }
}
