public import TesseraCore

/// A folder of class folders, listed as torchvision's `ImageFolder` lists it.
///
/// Classes are the folders just below the root, in the order of their names' Unicode scalars; a class's files are
/// those at any depth below it with an image's extension (`PictureFiles.extensions`, any case), by folder and then
/// by name; links are followed, except to a folder that holds the link. A class without pictures is an error, as it
/// is there. Files in the root itself belong to no class and are left out, as there.
///
/// Paths are kept in one block: a million files of 40 bytes take about 60 MB. `writeList(to:)` keeps the listing in a
/// file, from which it is had again in a fraction of a second.
public struct ImageFolder: Dataset {
  /// The folder that the names are relative to.
  public let root: String
  public let classes: [String]
  let names: NameTable
  let labels: [Int32]
  /// Bytes of each file; empty until somebody asks (a listing that was read from a file knows them).
  let sizes: [Int]
  /// Why samples can never be read: names that are not UTF-8, folders that cannot be opened.
  let faults: [Int: TesseraError]
  /// What the listing left out: loops of links.
  public let notices: [TesseraError]

  /// Lists a folder.
  ///
  /// - Parameter allowEmptyClasses: whether classes without pictures keep their label instead of being an error.
  /// - Throws: `io` if the folder cannot be read; `invalidInput` if it has no class folders, or classes without
  ///   pictures, by name.
  public init(_ root: String, allowEmptyClasses: Bool = false) throws {
    do {
      var walk = FolderWalk()
      try walk.walk(root)
      self.init(root, try Listing(walk, allowEmptyClasses: allowEmptyClasses))
    } catch let error as TesseraError {
      throw error.with(path: root, stage: .list)
    }
  }

  init(_ root: String, _ listing: Listing) {
    self.root = root
    classes = listing.classes
    names = listing.names
    labels = listing.labels
    sizes = listing.sizes
    faults = listing.faults
    notices = listing.notices
  }

  public var count: Int { labels.count }

  public func sample(at index: Int) throws -> Sample {
    let name = names[index]
    let label = Int(labels[index])
    if let fault = faults[index] {
      return Sample(.unreadable(fault.with(path: name)), label: label, name: name)
    }
    return Sample(.file(path(name)), label: label, name: name)
  }

  public func label(at index: Int) throws -> Int? { Int(labels[index]) }

  /// The path of a sample below the root.
  public func name(at index: Int) -> String { names[index] }

  private func path(_ name: String) -> String { root.hasSuffix("/") ? root + name : root + "/" + name }

  /// Paths below the root in their order, and sizes: a file that was added, removed, renamed or rewritten to another
  /// length shows. What a file holds is not read.
  ///
  /// - Complexity: one `stat` a file, unless the listing was read from a file.
  public func fingerprint() throws -> Fingerprint {
    var digest = Digest()
    digest.update("ImageFolder")
    for name in classes { digest.update(name) }
    for index in 0..<count {
      names.add(index, to: &digest)
      digest.update(try sizes.isEmpty ? FileIO.sizeIfThere(path(names[index])) ?? -1 : sizes[index])
    }
    return Fingerprint(digest)
  }
}

extension ImageFolder {
  /// What a listing is made of.
  struct Listing {
    var classes: [String] = []
    var names = NameTable()
    var labels: [Int32] = []
    var sizes: [Int] = []
    var faults: [Int: TesseraError] = [:]
    var notices: [TesseraError] = []

    init() {}

    init(_ walk: FolderWalk, allowEmptyClasses: Bool) throws {
      let folders = walk.topFolders
      guard !folders.isEmpty else {
        throw TesseraError(
          .invalidInput(
            operation: "ImageFolder",
            expected: "a folder a class (PictureFiles lists pictures without classes)",
            got: "no folder in it"))
      }
      classes = folders.map { String(decoding: $0, as: UTF8.self) }
      var counts = Array(repeating: 0, count: classes.count)
      let numbers = Dictionary(uniqueKeysWithValues: folders.enumerated().map { ($1, $0) })
      for folder in walk.folders {
        guard let label = numbers[Array(folder.path.prefix { $0 != UInt8(ascii: "/") })] else { continue }
        for file in folder.files where PictureFiles.isPicture(file) {
          append(folder.path + [UInt8(ascii: "/")] + file, label: label)
          counts[label] += 1
        }
      }
      for (path, error) in walk.faults {
        guard let label = numbers[Array(path.prefix { $0 != UInt8(ascii: "/") })] else { continue }
        faults[names.count] = error.with(stage: .list)
        append(path, label: label)
        counts[label] += 1
      }
      notices = walk.notices(classes: Set(classes))
      try check(counts, allowEmptyClasses)
    }

    private mutating func append(_ name: [UInt8], label: Int) {
      if String(validating: name, as: UTF8.self) == nil {
        faults[names.count] = TesseraError(
          .io(operation: "list", code: 0, message: "the name is not UTF-8; rename the file"), stage: .list)
      }
      names.append(name)
      labels.append(Int32(label))
    }

    private func check(_ counts: [Int], _ allowEmptyClasses: Bool) throws {
      let empty = counts.indices.filter { counts[$0] == 0 }.map { classes[$0] }
      guard empty.isEmpty || allowEmptyClasses else {
        let shown = empty.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
        let more = empty.count > 5 ? " and \(empty.count - 5) more" : ""
        let extensions = PictureFiles.extensions.map { "." + $0 }.joined(separator: " ")
        throw TesseraError(
          .invalidInput(
            operation: "ImageFolder", expected: "pictures (\(extensions)) in every class",
            got: "none in \(shown)\(more)"))
      }
    }
  }
}
