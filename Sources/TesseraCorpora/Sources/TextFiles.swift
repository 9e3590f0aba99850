internal import TesseraCore
internal import TesseraData

/// The documents of some files of text: their places, and reading them.
struct TextFiles: Sendable {
  /// One document as it stands in its file.
  struct Document {
    /// What errors call it: the file, and the line where files are split.
    var name: String
    var bytes: [UInt8]
  }

  private struct File: Sendable {
    var path: String
    var size: Int
    var changed: Int
    /// Where its documents lie; nil for one that is a document itself.
    var spans: SpanTable?
    /// The line on which each 32nd document starts.
    var lines: [Int] = []
  }

  private let files: [File]
  private let faults: [TesseraError]
  private let split: TextSplit
  /// `ends[k]` is the number of documents in the files up to and including k.
  private let ends: [Int]

  /// - Parameter faults: files that cannot be named; each is a document that throws, behind the others.
  /// - Throws: `io`.
  init(_ paths: [String], faults: [TesseraError], split: TextSplit) throws {
    self.faults = faults
    self.split = split
    files = try paths.map { path in
      guard let size = FileIO.size(path), let changed = FileIO.changed(path) else {
        // The system's own words for what is wrong.
        _ = try FileIO.read(path, limit: 0, isRegular: true)
        throw TesseraError(.io(operation: "read", code: 0, message: "it is no regular file"), path: path)
      }
      var file = File(path: path, size: size, changed: changed)
      if split != .file {
        let scan = try TextScanner(path, split)
        (file.spans, file.lines) = (scan.spans, scan.lines)
      }
      return file
    }
    var end = 0
    ends = files.map { file in
      end += file.spans?.count ?? 1
      return end
    }
  }

  var count: Int { (ends.last ?? 0) + faults.count }

  /// - Throws: `io`, `limitExceeded`; `corrupt` for a file that was changed after it was scanned.
  func document(_ index: Int) throws -> Document {
    if index >= ends.last ?? 0 { throw faults[index - (ends.last ?? 0)] }
    var (low, high) = (0, ends.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if ends[middle] > index { high = middle } else { low = middle + 1 }
    }
    let file = files[low]
    do {
      try check(file)
      let number = index - (low == 0 ? 0 : ends[low - 1])
      guard let spans = file.spans else {
        let bytes = try FileIO.read(file.path, limit: TextCorpus.documentLimit, isRegular: true)
        return Document(
          name: file.path, bytes: TextScanner.hasMark(bytes) ? Array(bytes.dropFirst(3)) : bytes)
      }
      let span = spans[number]
      guard span.count <= TextCorpus.documentLimit else {
        throw TesseraError(
          .limitExceeded(what: "bytes of the document", limit: TextCorpus.documentLimit, found: span.count))
      }
      return try document(number, span, in: file, blockStart: spans[Self.block(of: number)].lowerBound)
    } catch let error as TesseraError { throw error.with(path: file.path, stage: .read) }
  }

  private func check(_ file: File) throws {
    guard let size = FileIO.size(file.path) else {
      _ = try FileIO.read(file.path, limit: 0, isRegular: true)
      return
    }
    guard size == file.size, FileIO.changed(file.path) == file.changed else {
      throw TesseraError(
        .corrupt(format: "the text", detail: "the file was changed after it was listed"))
    }
  }

  /// The document whose line was kept, at or before one.
  private static func block(of number: Int) -> Int { number - number % TextScanner.blockSize }

  /// A document and its line (from 1): from the last one that was kept, line ends are counted.
  private func document(_ number: Int, _ span: Range<Int>, in file: File, blockStart: Int) throws -> Document
  {
    let before = span.lowerBound - blockStart
    var line = file.lines[number / TextScanner.blockSize]
    let bytes: [UInt8]
    if before <= 1 << 16 {
      // One look at the file.
      let both = try FileIO.read(file.path, range: blockStart..<span.upperBound)
      line += both[..<before].count { $0 == UInt8(ascii: "\n") }
      bytes = Array(both[before...])
    } else {
      line += try FileIO.read(file.path, range: blockStart..<span.lowerBound).count {
        $0 == UInt8(ascii: "\n")
      }
      bytes = try FileIO.read(file.path, range: span)
    }
    return Document(name: "\(file.path), line \(line)", bytes: bytes)
  }

  /// Adds how the files are split, and their names and bytes.
  func update(_ digest: inout Digest) throws {
    digest.update(split.rawValue)
    digest.update(files.count)
    for file in files {
      digest.update(file.path.split(separator: "/").last.map(String.init) ?? file.path)
      digest.update(file.size)
      let mapped = try MappedFile(file.path)
      try mapped.withBytes(0..<mapped.byteCount) { digest.update($0) }
    }
    digest.update(faults.count)
  }
}
