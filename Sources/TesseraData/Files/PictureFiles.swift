public import TesseraCore

/// A list of picture files with their classes: what a folder, a file or a list file holds.
///
/// A folder is listed as torchvision's ImageFolder does: all depths, links followed, names with an image
/// extension, class by class in the order of Unicode scalars. The position in the list is a picture's index,
/// and its randomness hangs on it; a file that cannot be read keeps its place.
public struct PictureFiles: Sendable, Equatable {
  /// The pictures in their order.
  public var files: [PictureFile]
  /// The names of the classes in the order of their labels; empty where labels have no names.
  public var classes: [String]
  /// What the listing left out or found strange: loops of links, class folders without pictures.
  public var notices: [TesseraError] = []
  /// The first folder that could not be listed. How many pictures it has, and so the index of every later one, is not
  /// known: what hangs on indices is not what it would be with it. It has a place in the list, as a picture that fails.
  public internal(set) var unlisted: TesseraError?

  public init(files: [PictureFile], classes: [String] = []) {
    self.files = files
    self.classes = classes
  }

  public var count: Int { files.count }

  /// The picture at an index of the list.
  public subscript(index: Int) -> PictureFile { files[index] }

  /// The name of a picture's class, or its number in words.
  public func className(of file: PictureFile) -> String? {
    guard let label = file.label else { return nil }
    return classes.indices.contains(label) ? classes[label] : String(label)
  }

  /// The extensions that a folder's pictures have, in lower case (torchvision's list).
  public static let extensions = ["jpg", "jpeg", "png", "ppm", "bmp", "pgm", "tif", "tiff", "webp"]
  /// The extensions of list files.
  public static let listExtensions = ["txt", "list", "lst", "jsonl"]

  /// Lists a folder of any depth, a list file (`.txt`, `.list`, `.lst`, `.jsonl`), one picture, or tars
  /// (`shard-{000000..000146}.tar`, URLs of such, `@shards.txt`): of each sample there its first picture.
  ///
  /// - Parameters:
  ///   - source: the path.
  ///   - excluded: a folder that is left out, such as a destination inside of the source.
  ///   - remote: what reads tars on servers; nil for one of its own.
  /// - Throws: `io` if there is no such file, `corrupt` for a list that cannot be read.
  public init(source: String, excluding excluded: String? = nil, remote: RemoteStore? = nil) throws {
    do { self = try Self.list(source, excluding: excluded, remote) } catch let error as TesseraError {
      throw error.with(path: source, stage: .list)
    }
  }

  private static func list(
    _ source: String, excluding excluded: String?, _ remote: RemoteStore?
  ) throws -> PictureFiles {
    if try FileIO.isFolderThere(source) { return try listFolder(source, excluding: excluded) }
    if PackSource.isTar(source) { return ofTars(try WebDataset(source, remote: remote)) }
    if listExtensions.contains(fileExtension(source)) { return try listFile(source) }
    guard try FileIO.exists(source) else { throw FileIO.notThere("open", source) }
    let name = source.split(separator: "/").last.map(String.init) ?? source
    return PictureFiles(files: [PictureFile(name: name, path: source)])
  }

  /// The part after the last dot of the last component, in lower case.
  package static func fileExtension(_ path: String) -> String {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: ".") else { return "" }
    return String(name[name.index(after: dot)...]).lowercased()
  }

  /// Whether a file's name has a picture's extension.
  static func isPicture(_ name: [UInt8]) -> Bool {
    extensions.contains(fileExtension(String(decoding: name, as: UTF8.self)))
  }

  private static func listFolder(_ root: String, excluding excluded: String?) throws -> PictureFiles {
    var walk = FolderWalk()
    if let identity = try excluded.flatMap({ try FileIO.identityIfThere($0) }) {
      walk.excluded.insert(identity)
    }
    try walk.walk(root)
    var files = PictureFiles(files: [])
    for folder in walk.folders {
      for file in folder.files where isPicture(file) { files.append(folder.path, file, root: root) }
    }
    files.notices = walk.notices(classes: Set(files.classes))
    for (path, error) in walk.faults {
      let name = String(decoding: path, as: UTF8.self)
      files.files.append(PictureFile(name: name, path: name, fault: error.with(stage: .list)))
    }
    files.unlisted = walk.faults.first?.error.with(stage: .list)
    return files
  }

  private mutating func append(_ folder: [UInt8], _ last: [UInt8], root: String) {
    let slash = UInt8(ascii: "/")
    let bytes = folder.isEmpty ? last : folder + [slash] + last
    let name = String(decoding: bytes, as: UTF8.self)
    var file = PictureFile(name: name, path: root.hasSuffix("/") ? root + name : root + "/" + name)
    if !folder.isEmpty {
      let label = String(decoding: folder.prefix { $0 != slash }, as: UTF8.self)
      // Files come class by class.
      if classes.last.map({ Array($0.utf8) == Array(label.utf8) }) != true { classes.append(label) }
      file.label = classes.count - 1
    }
    if String(validating: bytes, as: UTF8.self) == nil {
      file.fault = TesseraError(
        .io(operation: "list", code: 0, message: "the name is not UTF-8; rename the file"), stage: .list)
    }
    files.append(file)
  }
}
