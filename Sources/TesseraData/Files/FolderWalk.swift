private import Foundation
package import TesseraCore

/// Lists the files below a folder, names as bytes, in the order of `sorted(os.walk(followlinks=True))`.
package struct FolderWalk {
  /// A folder below the root and the names of the files in it.
  package struct Folder {
    /// The path below the root, without slashes at the ends; empty for the root.
    package var path: [UInt8]
    package var files: [[UInt8]]
  }

  /// Folders that are left out with all below them (the destination, where it lies inside the source).
  var excluded: Set<FileIdentity> = []
  package private(set) var folders: [Folder] = []
  /// Folders that could not be read.
  package private(set) var faults: [(path: [UInt8], error: TesseraError)] = []
  /// Links to folders above them: not followed, or the walk would never end.
  private(set) var loops: [[UInt8]] = []

  /// Whether there are folders below the root, empty ones included.
  private(set) var hasInnerFolders = false
  /// The names of the folders just below the root, empty ones included, in order.
  private(set) var topFolders: [[UInt8]] = []

  package init() {}

  /// Walks `root`; links are followed, except to a folder that holds the link.
  ///
  /// - Parameter depth: how many levels are listed.
  /// - Throws: `io` if the root itself cannot be read.
  package mutating func walk(_ root: String, depth: Int = .max) throws {
    let identity = FileIO.identity(root)
    var open = Set([identity].compactMap { $0 })
    try visit(Array(root.utf8), below: [], depth: depth, open: &open)
    folders.sort { Self.precedes($0.path, $1.path) }
  }

  private mutating func visit(
    _ path: [UInt8], below: [UInt8], depth: Int, open: inout Set<FileIdentity>
  ) throws {
    var files: [[UInt8]] = []
    var inner: [[UInt8]] = []
    for name in try Self.names(in: path) {
      if Self.isFolder(path + [slash] + name) { inner.append(name) } else { files.append(name) }
    }
    files.sort { $0.lexicographicallyPrecedes($1) }
    if !files.isEmpty { folders.append(Folder(path: below, files: files)) }
    if !inner.isEmpty { hasInnerFolders = true }
    if below.isEmpty { topFolders = inner.sorted { $0.lexicographicallyPrecedes($1) } }
    for name in inner where depth > 1 {
      let full = path + [slash] + name
      let relative = below.isEmpty ? name : below + [slash] + name
      guard let identity = Self.identity(full), !excluded.contains(identity) else { continue }
      // A link to a folder above: walking on would never end.
      guard open.insert(identity).inserted else {
        loops.append(relative)
        continue
      }
      defer { open.remove(identity) }
      do { try visit(full, below: relative, depth: depth - 1, open: &open) } catch let error as TesseraError {
        faults.append((relative, error))
      }
    }
  }

  /// Class by class (the first folder's name), then by folder, as ImageFolder's lists of files.
  static func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    let classA = a.prefix { $0 != slash }
    let classB = b.prefix { $0 != slash }
    if classA != classB { return classA.lexicographicallyPrecedes(classB) }
    return a.lexicographicallyPrecedes(b)
  }

  private static func names(in folder: [UInt8]) throws -> [[UInt8]] {
    let path = String(decoding: folder, as: UTF8.self)
    guard let stream = withPath(folder, { opendir($0) }) else { throw FileIO.lastError("open", path) }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw FileIO.lastError("list", path) }
        return names
      }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name != [dot] && name != [dot, dot] { names.append(name) }
    }
  }

  private static func isFolder(_ path: [UInt8]) -> Bool {
    var status = stat()
    return withPath(path) { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func identity(_ path: [UInt8]) -> FileIdentity? {
    var status = stat()
    guard withPath(path, { stat($0, &status) }) == 0 else { return nil }
    return FileIdentity(device: UInt64(bitPattern: Int64(status.st_dev)), inode: UInt64(status.st_ino))
  }

  /// A path of any bytes, as C wants it.
  private static func withPath<R>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> R) -> R {
    (path + [0]).withUnsafeBytes { body($0.baseAddress!.assumingMemoryBound(to: CChar.self)) }
  }
}

extension FolderWalk {
  /// What a listing should tell of the walk: loops of links, and class folders in which no picture is.
  ///
  /// - Parameter classes: the class folders that have pictures.
  func notices(classes: Set<String>) -> [TesseraError] {
    let loops = loops.map { path in
      TesseraError(
        .io(operation: "follow the link", code: ELOOP, message: "it leads to a folder above it; left out"),
        path: String(decoding: path, as: UTF8.self), stage: .list)
    }
    let empty = topFolders.map { String(decoding: $0, as: UTF8.self) }.filter { !classes.contains($0) }
    return loops
      + empty.map { name in
        TesseraError(
          .invalidInput(
            operation: "a class", expected: "pictures in every class folder",
            got: "none: it has no label here (ImageFolder makes this an error)"), path: name, stage: .list)
      }
  }
}

private let slash = UInt8(ascii: "/")
private let dot = UInt8(ascii: ".")
