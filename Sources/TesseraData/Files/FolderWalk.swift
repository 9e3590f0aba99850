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
    let identity = try FileIO.identityIfThere(root)
    var open = Set([identity].compactMap { $0 })
    try visit(Array(root.utf8), below: [], depth: depth, open: &open)
    folders.sort { Self.precedes($0.path, $1.path) }
  }

  private mutating func visit(
    _ path: [UInt8], below: [UInt8], depth: Int, open: inout Set<FileIdentity>
  ) throws {
    var files: [[UInt8]] = []
    var inner: [[UInt8]] = []
    for (name, type) in try Self.entries(of: path) {
      do {
        if try Self.isFolder(path + [slash] + name, type) { inner.append(name) } else { files.append(name) }
      } catch let error as TesseraError { faults.append((Self.joined(below, name), error)) }
    }
    files.sort { $0.lexicographicallyPrecedes($1) }
    if !files.isEmpty { folders.append(Folder(path: below, files: files)) }
    if !inner.isEmpty { hasInnerFolders = true }
    if below.isEmpty { topFolders = inner.sorted { $0.lexicographicallyPrecedes($1) } }
    for name in inner where depth > 1 {
      let full = path + [slash] + name
      let relative = Self.joined(below, name)
      let identity: FileIdentity
      do { identity = try Self.identity(full) } catch let error as TesseraError {
        faults.append((relative, error))
        continue
      }
      if excluded.contains(identity) { continue }
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

  private static func joined(_ below: [UInt8], _ name: [UInt8]) -> [UInt8] {
    below.isEmpty ? name : below + [slash] + name
  }

  private static func entries(of folder: [UInt8]) throws -> [(name: [UInt8], type: UInt8)] {
    let path = String(decoding: folder, as: UTF8.self)
    guard let stream = withPath(folder, { name in FileIO.openFolder { opendir(name) } }) else {
      throw FileIO.lastError("open", path)
    }
    defer { closedir(stream) }
    return try FileIO.entries(of: stream, path)
  }

  /// Whether a name is a folder's, or a link's to one. A link that leads nowhere counts as a file.
  ///
  /// - Parameter type: what the listing said, which spares a look at most.
  /// - Throws: `io` where the system cannot tell: all below a folder would be left out as if it were not there.
  private static func isFolder(_ path: [UInt8], _ type: UInt8) throws -> Bool {
    if type == UInt8(DT_REG) { return false }
    if type == UInt8(DT_DIR) { return true }
    var status = stat()
    if withPath(path, { stat($0, &status) }) == 0 { return status.st_mode & S_IFMT == S_IFDIR }
    guard [ENOENT, ENOTDIR, ELOOP].contains(errno) else {
      throw FileIO.lastError("look at", String(decoding: path, as: UTF8.self))
    }
    return false
  }

  private static func identity(_ path: [UInt8]) throws -> FileIdentity {
    var status = stat()
    guard withPath(path, { stat($0, &status) }) == 0 else {
      throw FileIO.lastError("look at", String(decoding: path, as: UTF8.self))
    }
    return FileIdentity(status)
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
