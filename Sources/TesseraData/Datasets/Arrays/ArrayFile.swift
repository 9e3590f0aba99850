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

  private static func safetensors(_ file: MappedFile) throws -> ([StoredArray], [String: String]) {
    let table = try SafetensorsTable(file)
    let arrays = try table.entries.map { entry in
      try StoredArray(
        name: entry.name, type: ElementType(safetensors: entry.code), shape: entry.shape, file: file,
        offset: table.dataStart + entry.bytes.lowerBound, byteCount: entry.bytes.count)
    }
    return (arrays, table.metadata)
  }
}
