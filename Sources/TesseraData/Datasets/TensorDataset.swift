internal import TesseraCore

/// Rows of arrays in npy, npz and safetensors files, mapped into memory: what `tessera preprocess` writes, and NumPy.
///
///     let train = try TensorDataset("out/tensors")             // all shards of a folder
///     let mnist = try TensorDataset("mnist.npz", images: "x_train", labels: "y_train")
///
/// Sample *i* is row *i* of the files one after another. The row of the array `images` is the sample's picture, that
/// of `labels` its class (−1 is none), those of all others its `tensors`. A row is a view on the mapped file, nothing
/// is read or copied before it is used; rows whose elements do not lie aligned in the file, as in most npz files, are
/// copied. Captions and conversations are those of the folder's manifest (`tessera pack --captions`). Deflated arrays of npz files are unpacked into memory when the file is opened.
///
/// A file must not be cut short while samples of it are in use: the system would end the process (SIGBUS). A file that
/// was cut short before is noticed and costs an error. Files that are replaced by renaming do no harm.
public struct TensorDataset: Dataset {
  private struct Part: Sendable {
    var path: String
    var images: StoredArray?
    var labels: StoredArray?
    var others: [StoredArray]
    var rows: Int
  }

  private let parts: [Part]
  /// `ends[k]` is the number of rows in the files up to and including k.
  private let ends: [Int]
  public let classes: [String]
  /// Arrays that are left out because no tensor has elements of their type.
  public let leftOut: [String]
  /// The captions and conversations of a folder's manifest.
  private var texts: ManifestTexts?
  private let memo = Memo<Fingerprint>()

  /// Opens a file, or all `.safetensors` files of a folder in the order of their names.
  ///
  /// - Parameters: as of `init(files:)`.
  /// - Throws: `io`, also for a folder without such a file; what `init(files:)` throws.
  public init(
    _ path: String, images: String? = nil, labels: String? = nil, tensors: [String]? = nil
  ) throws {
    var files = [path]
    if try FileIO.isFolderThere(path) {
      var walk = FolderWalk()
      try walk.walk(path)
      let names = (walk.folders.first { $0.path.isEmpty }?.files ?? []).map {
        String(decoding: $0, as: UTF8.self)
      }
      files = names.filter { $0.hasSuffix(".safetensors") }.map {
        path.hasSuffix("/") ? path + $0 : path + "/" + $0
      }
      guard !files.isEmpty else {
        throw TesseraError(
          .invalidArgument(name: "the folder", expected: "one with .safetensors files", got: "none in it"),
          path: path, stage: .list)
      }
    }
    try self.init(files: files, images: images, labels: labels, tensors: tensors)
    if try FileIO.isFolderThere(path) { texts = try ManifestTexts(folder: path, rows: count) }
  }

  /// Opens files whose rows follow each other.
  ///
  /// - Parameters:
  ///   - files: npy, npz or safetensors, each with the same arrays. The array of an npy file is the picture.
  ///   - images: the array of the pictures; by default `images`, if there is one.
  ///   - labels: the array of the classes; by default `labels`, if there is one. Whole numbers, one a row; an array
  ///     of another kind (soft labels) stays among the tensors.
  ///   - tensors: the other arrays that are wanted; by default all whose type a tensor can have.
  /// - Throws: `invalidArgument` for an array that is not there, for files that differ in their arrays; `corrupt` for
  ///   headers that lie and for arrays of one file with different numbers of rows; `unsupported` for a wanted array
  ///   whose type no tensor has; `io`, `truncated`.
  public init(
    files: [String], images: String? = nil, labels: String? = nil, tensors: [String]? = nil
  ) throws {
    let wanted = tensors.map { Set($0 + [images ?? "images", labels ?? "labels"]) }
    let files = try files.map { try ArrayFile($0, npyName: images ?? "images", wanted: wanted) }
    try self.init(files, ArrayChoice(images: images, labels: labels, tensors: tensors))
  }

  /// Opens npy files that hold one array each, all with the same number of rows.
  ///
  ///     try TensorDataset(arrays: ["images": "x.npy", "labels": "y.npy"])
  ///
  /// - Throws: as `init(files:)`.
  public init(arrays: [String: String], images: String? = nil, labels: String? = nil) throws {
    let files = try arrays.sorted { $0.key < $1.key }.map { name, path in try ArrayFile(path, npyName: name) }
    try self.init([ArrayFile(joining: files)], ArrayChoice(images: images, labels: labels, tensors: nil))
  }

  private init(_ files: [ArrayFile], _ choice: ArrayChoice) throws {
    var parts: [Part] = []
    var classes: [String]?
    for file in files {
      do {
        let part = try Self.part(file, choice)
        if let first = parts.first { try Self.check(part, against: first) }
        let named = try file.classes()
        if let classes, classes != named {
          throw TesseraError(
            .invalidArgument(name: "the classes", expected: "those of \(files[0].path)", got: "others"))
        }
        classes = named
        parts.append(part)
      } catch let error as TesseraError {
        throw error.with(path: file.path, stage: .list)
      }
    }
    self.parts = parts
    self.classes = classes ?? []
    var end = 0
    ends = parts.map { part in
      end += part.rows
      return end
    }
    leftOut =
      choice.tensors != nil ? [] : files.first?.arrays.filter { choice.isLeftOut($0) }.map(\.name) ?? []
  }

  private static func part(_ file: ArrayFile, _ choice: ArrayChoice) throws -> Part {
    let (images, labels, others) = try choice.choose(file.arrays)
    var rows: (name: String, count: Int)?
    for array in [images, labels].compactMap({ $0 }) + others {
      guard let count = array.rows else {
        throw TesseraError(
          .corrupt(format: "the array '\(array.name)'", detail: "it has no rows: its shape is []"))
      }
      if let rows, rows.count != count {
        throw TesseraError(
          .corrupt(
            format: "the file", detail: "'\(rows.name)' has \(rows.count) rows, '\(array.name)' \(count)"))
      }
      rows = (array.name, count)
    }
    return Part(path: file.path, images: images, labels: labels, others: others, rows: rows?.count ?? 0)
  }

  private static func check(_ part: Part, against first: Part) throws {
    func description(_ part: Part) -> [String] {
      ([part.images, part.labels].compactMap { $0 } + part.others)
        .map { "\($0.name) \($0.type.code) \($0.shape.dropFirst().map { String($0) })" }
    }
    let (got, expected) = (description(part), description(first))
    guard got == expected else {
      throw TesseraError(
        .invalidArgument(
          name: "the arrays", expected: "those of \(first.path): \(expected.joined(separator: "; "))",
          got: got.joined(separator: "; ")))
    }
  }

  public var count: Int { ends.last ?? 0 }

  private func locate(_ index: Int) -> (part: Part, row: Int) {
    precondition(index >= 0 && index < count, "sample \(index) of \(count)")
    var (low, high) = (0, ends.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if ends[middle] > index { high = middle } else { low = middle + 1 }
    }
    return (parts[low], index - (low == 0 ? 0 : ends[low - 1]))
  }

  /// - Throws: `truncated` if the file was cut short, `corrupt` for a label under −1.
  public func sample(at index: Int) throws -> Sample {
    let (part, row) = locate(index)
    do {
      let name = "\(part.path), row \(row)"
      var sample = Sample(name: name, label: try Self.label(part, row))
      if let images = part.images { sample.pictures = [.tensor(try images.row(row), name: name)] }
      for array in part.others { sample.tensors[array.name] = try array.row(row) }
      let file = part.path.split(separator: "/").last.map(String.init) ?? part.path
      try texts?.add(to: &sample, at: index, file: file, row: row)
      return sample
    } catch let error as TesseraError {
      throw error.with(path: part.path, stage: .read)
    }
  }

  public func label(at index: Int) throws -> Int? {
    let (part, row) = locate(index)
    return try Self.label(part, row)
  }

  private static func label(_ part: Part, _ row: Int) throws -> Int? {
    guard let label = try part.labels?.integer(row), label != -1 else { return nil }
    guard label >= 0 else {
      throw TesseraError(
        .corrupt(format: "the array '\(part.labels?.name ?? "")'", detail: "label \(label) in row \(row)"),
        path: part.path, stage: .read)
    }
    return label
  }

  /// Names, types and shapes of the arrays, the classes, and elements: all of arrays up to a mebibyte, of larger ones
  /// a mebibyte spread over the array. A change between the places that are looked at is not noticed.
  public func fingerprint() throws -> Fingerprint {
    try memo.value {
      var digest = Digest()
      digest.update("tensors")
      classes.forEach { digest.update($0) }
      for part in parts {
        try part.images?.update(&digest)
        digest.update("labels")
        try part.labels?.update(&digest)
        for array in part.others { try array.update(&digest) }
      }
      try texts?.update(&digest)
      return Fingerprint(digest)
    }
  }
}
