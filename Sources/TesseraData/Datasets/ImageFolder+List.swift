private import Foundation
internal import TesseraCore

extension ImageFolder {
  /// The first line of a list: what the file is.
  private struct Head: Codable {
    var tessera_list: Int
    var root: String
    var count: Int
    var classes: [String]
  }

  /// Writes the listing, with the files' sizes, to a file that `init(list:)` reads: a line of JSON, then a line a
  /// picture: label, bytes and path, parted by tabs.
  ///
  /// - Throws: `io`.
  public func writeList(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let head = Head(tessera_list: 1, root: root, count: count, classes: classes)
    var bytes = Array(try encoder.encode(head)) + [UInt8(ascii: "\n")]
    for index in 0..<count {
      let size = try sizes.isEmpty ? FileIO.sizeIfThere(root + "/" + names[index]) ?? -1 : sizes[index]
      bytes += Array("\(labels[index])\t\(size)\t".utf8)
      bytes += Self.escaped(names.bytes(index)) + [UInt8(ascii: "\n")]
    }
    try AtomicFile.write(bytes, to: path)
  }

  /// Reads a listing that `writeList(to:)` wrote. No file of it is looked at.
  ///
  /// - Parameters:
  ///   - path: the list.
  ///   - root: where the pictures are now; by default where they were.
  /// - Throws: `io`, `corrupt` with the line.
  public init(list path: String, root: String? = nil) throws {
    do {
      let bytes = try FileIO.read(path)
      let end = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
      let head: Head
      do { head = try JSONDecoder().decode(Head.self, from: Data(bytes[..<end])) } catch {
        throw Self.fault(1, "it does not start with a list's head (tessera list writes one)")
      }
      guard head.tessera_list == 1 else {
        throw TesseraError(.unsupported(format: "the list", feature: "version \(head.tessera_list)"))
      }
      var listing = Listing()
      listing.classes = head.classes
      try bytes.withUnsafeBytes { try Self.read($0, from: end + 1, into: &listing) }
      guard listing.labels.count == head.count else {
        throw TesseraError(
          .truncated(format: "the list", expected: head.count, got: listing.labels.count, unit: "pictures"))
      }
      self.init(root ?? head.root, listing)
    } catch let error as TesseraError {
      throw error.with(path: path, stage: .list)
    }
  }

  private static func fault(_ line: Int, _ detail: String) -> TesseraError {
    TesseraError(.corrupt(format: "the list", detail: "line \(line): \(detail)"))
  }

  private static func read(_ bytes: UnsafeRawBufferPointer, from start: Int, into listing: inout Listing)
    throws
  {
    guard let base = bytes.baseAddress, start < bytes.count else { return }
    listing.names.reserve(names: bytes.count / 32, bytes: bytes.count)
    var at = start
    var line = 2
    while at < bytes.count {
      let end = memchr(base + at, 10, bytes.count - at).map { UnsafeRawPointer($0) - base } ?? bytes.count
      let text = UnsafeRawBufferPointer(rebasing: bytes[at..<end])
      at = end + 1
      guard let (label, afterLabel) = number(text, from: 0),
        let (size, afterSize) = number(text, from: afterLabel),
        label >= 0, label < listing.classes.count, afterSize < text.count
      else { throw fault(line, "it is not label, bytes and path, parted by tabs") }
      listing.labels.append(Int32(label))
      listing.sizes.append(size)
      let name = UnsafeRawBufferPointer(rebasing: text[afterSize...])
      if name.contains(92) {
        listing.names.append(unescaped(name))
      } else {
        listing.names.append(name)
      }
      line += 1
    }
  }

  /// The whole number before the next tab, and what comes behind the tab.
  private static func number(_ text: UnsafeRawBufferPointer, from start: Int) -> (Int, Int)? {
    var (value, at) = (0, start)
    let isNegative = at < text.count && text[at] == UInt8(ascii: "-")
    if isNegative { at += 1 }
    let first = at
    while at < text.count, text[at] >= 48, text[at] <= 57, at - first < 18 {
      value = value * 10 + Int(text[at] - 48)
      at += 1
    }
    guard at > first, at < text.count, text[at] == UInt8(ascii: "\t") else { return nil }
    return (isNegative ? -value : value, at + 1)
  }

  /// A name in which no newline stands: `\n` and `\\` for newline and backslash.
  private static func escaped(_ name: ArraySlice<UInt8>) -> [UInt8] {
    guard name.contains(10) || name.contains(92) else { return Array(name) }
    return name.flatMap { $0 == 10 ? [92, UInt8(ascii: "n")] : $0 == 92 ? [92, 92] : [$0] }
  }

  private static func unescaped(_ name: UnsafeRawBufferPointer) -> [UInt8] {
    var plain: [UInt8] = []
    var isEscape = false
    for byte in name {
      if isEscape {
        plain.append(byte == UInt8(ascii: "n") ? 10 : byte)
        isEscape = false
      } else if byte == 92 {
        isEscape = true
      } else {
        plain.append(byte)
      }
    }
    return plain
  }
}
