/// A list of picture files is a dataset: labels where the list has them, none where it has not.
///
/// It is what the command works on. `ImageFolder` is stricter (classes must be there) and takes less memory.
extension PictureFiles: Dataset {
  /// The pictures of a folder of classes, one by one.
  init(_ folder: ImageFolder) {
    self.init(
      files: (0..<folder.count).map { index in
        let name = folder.name(at: index)
        return PictureFile(
          name: name, path: folder.root.hasSuffix("/") ? folder.root + name : folder.root + "/" + name,
          label: Int(folder.labels[index]), fault: folder.faults[index])
      }, classes: folder.classes)
  }

  public func sample(at index: Int) throws -> Sample {
    let file = files[index]
    return Sample(file.source, label: file.label, name: file.name)
  }

  public func label(at index: Int) throws -> Int? { files[index].label }

  /// Names, classes and sizes, in the list's order.
  public func fingerprint() throws -> Fingerprint {
    var digest = Digest()
    digest.update("PictureFiles")
    for file in files {
      digest.update(file.name)
      digest.update(className(of: file) ?? "")
      digest.update(try file.bytes?.count ?? FileIO.sizeIfThere(file.path) ?? -1)
    }
    return Fingerprint(digest)
  }
}
