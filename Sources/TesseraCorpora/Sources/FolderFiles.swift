internal import TesseraCore
internal import TesseraData

/// The files of some extensions below a folder, in the order of their paths.
struct FolderFiles {
  /// Paths that can be opened.
  private(set) var paths: [String] = []
  /// Files that no path can name.
  private(set) var faults: [TesseraError] = []

  /// - Throws: `io` if the folder, or one in it, cannot be read: a corpus with a hole is not the same corpus.
  init(_ folder: String, extensions: [String]) throws {
    var walk = FolderWalk()
    try walk.walk(folder)
    if let fault = walk.faults.first {
      throw fault.error.with(path: "\(folder)/\(String(decoding: fault.path, as: UTF8.self))", stage: .list)
    }
    let root = folder.hasSuffix("/") ? folder : folder + "/"
    for inner in walk.folders {
      for file in inner.files {
        let bytes = inner.path.isEmpty ? file : inner.path + [UInt8(ascii: "/")] + file
        let name = String(decoding: bytes, as: UTF8.self)
        guard extensions.contains(PictureFiles.fileExtension(name)) else { continue }
        if String(validating: bytes, as: UTF8.self) != nil {
          paths.append(root + name)
        } else {
          faults.append(
            TesseraError(
              .io(operation: "list", code: 0, message: "the name is not UTF-8; rename the file"),
              path: root + name, stage: .list))
        }
      }
    }
  }
}
